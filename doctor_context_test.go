package main

import (
	"strings"
	"testing"

	"github.com/parley-app/parley/api/llm"
)

func TestDoctorWarnsOfAnAssumedContext(t *testing.T) {
	if got := lookAtContexts([]llm.Model{{ID: "known", ContextTokens: 4096}}); got != nil {
		t.Errorf("a server that tells is warned of: %+v", got)
	}
	got := lookAtContexts([]llm.Model{{ID: "known", ContextTokens: 4096}, {ID: "dark"}})
	if len(got) != 1 || got[0].Status != lookWarn || !strings.Contains(got[0].Detail, "dark") || strings.Contains(got[0].Detail, "known") ||
		!strings.Contains(got[0].Detail, "8192") || !strings.Contains(got[0].Advice, "model.openai.context_tokens") {
		t.Errorf("got %+v", got)
	}
}
