package llm_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/api/llm/llmtest"
)

const chatPath = "/v1/chat/completions"

// recording reads what a real Ollama answered.
func recording(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "ollama", name+".http"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRecordedOllama(t *testing.T) {
	type want struct {
		text    string
		deltas  int
		finish  string
		usage   llm.Usage
		kind    llm.Kind
		message string
	}
	for name, tt := range map[string]want{
		"stream-usage":    {deltas: 45, finish: "length", usage: llm.Usage{PromptTokens: 37, CompletionTokens: 60}},
		"stream-no-usage": {deltas: 19, finish: "length"},
		"stop-word":       {deltas: 258, finish: "length"},
		"over-context":    {deltas: 5, finish: "length", usage: llm.Usage{PromptTokens: 4096, CompletionTokens: 5}},
		"complete":        {deltas: 1, text: " quܲ5P list= thrq answe ca serve g answe b% si mod m", finish: "length", usage: llm.Usage{PromptTokens: 21, CompletionTokens: 30}},
		"client-left":     {deltas: 148, kind: llm.KindInterrupted},
		"unknown-model":   {kind: llm.KindUnknownModel, message: "model 'nope' not found"},
		"bad-json":        {kind: llm.KindBadRequest, message: "unexpected EOF"},
		"no-messages":     {kind: llm.KindBadRequest, message: "[] is too short - 'messages'"},
	} {
		file := recording(t, name)
		if tt.text == "" {
			tt.text = contents(t, file)
		}
		for how, size := range map[string]int{"at once": 0, "byte by byte": 1, "in packets": 1400} {
			t.Run(name+" "+how, func(t *testing.T) {
				url := llmtest.Replay(t, size, map[string][]byte{chatPath: file})
				got, e := ask(t, client(t, url), question("?"))
				h := want{text: got.Text, deltas: got.Deltas, finish: got.Result.FinishReason, usage: got.Result.Usage, kind: got.Kind}
				if e != nil && strings.Contains(e.Message, tt.message) {
					h.message = tt.message
				}
				if tt != h {
					t.Errorf("want %+v\n got %+v", tt, h)
				}
			})
		}
	}
}

func TestRecordedModels(t *testing.T) {
	url := llmtest.Replay(t, 0, map[string][]byte{
		"/v1/models": recording(t, "models"), "/api/ps": recording(t, "ps"), "/api/show": recording(t, "show"), "/api/tags": recording(t, "tags"),
	})
	got, err := client(t, url, func(o *llm.OpenAIOptions) { o.Model = "tiny" }).Models(t.Context())
	want := []llm.Model{{ID: "tiny:latest", Provider: "openai", ContextTokens: 4096, Default: true}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(err, d)
	}
}
