package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-app/parley/api/llm/llmtest"
)

// The doctor asks a model for a few words, for real: a list of models says little.
func TestDoctorAsksForAnAnswer(t *testing.T) {
	say := func(text string) llmtest.Play { return func(c *llmtest.Call) { c.Text(text); c.End() } }
	refuse := func(status int, body string) llmtest.Play { return func(c *llmtest.Call) { c.Refuse(status, body) } }
	for name, tt := range map[string]struct {
		play   llmtest.Play
		model  string
		status string
		detail string
		advice string
	}{
		"answers":                   {say("OK"), "", lookOK, "offers 1 model, and fake-model answers", ""},
		"only reasons":              {func(c *llmtest.Call) { c.Reasoning("hm"); c.Finish("length"); c.Done() }, "", lookOK, "answers", ""},
		"says nothing":              {(*llmtest.Call).End, "", lookWarn, "answered with nothing", "another model"},
		"fails":                     {refuse(500, `{"error":{"message":"out of memory"}}`), "", lookBad, "fake-model does not answer: The model server failed. Try again. The model server said: out of memory", "log"},
		"wants another key":         {refuse(401, `{"error":{"message":"bad key"}}`), "", lookBad, "API key", "model.openai.api_key"},
		"has another model":         {refuse(404, `{"error":{"message":"model 'nope' not found"}}`), "nope", lookBad, "nope does not answer", "such as fake-model"},
		"an error in a 200":         {refuse(200, `{"code":1302,"msg":"quota used up","success":false}`), "", lookBad, "quota used up", "log"},
		"refuses short answers":     {refuse(400, `{"error":{"message":"Unknown parameter: 'max_tokens'."}}`), "", lookOK, "answers", ""},
		"an answer that breaks off": {func(c *llmtest.Call) { c.Text("O"); c.Cut() }, "", lookBad, "broke off", "log"},
	} {
		t.Run(name, func(t *testing.T) {
			s := llmtest.New(t)
			s.Next(tt.play)
			l := testConfig(t, flag{"data", t.TempDir(), ""}, flag{"model.openai.base_url", s.URL, ""}, flag{"model.openai.model", tt.model, ""})
			got := lookAtModels(t.Context(), l)
			if len(got) == 0 || got[0].Status != tt.status || !strings.Contains(got[0].Detail, tt.detail) || !strings.Contains(got[0].Advice, tt.advice) {
				t.Errorf("%+v", got)
			}
			if c := s.Calls()[0]; c.MaxTokens < 1 || c.MaxTokens > 8 || len(c.Messages) != 1 {
				t.Errorf("asked %s", c.Body)
			}
		})
	}
	http.DefaultClient.CloseIdleConnections()
}
