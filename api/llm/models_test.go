package llm_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/api/llm/llmtest"
)

// contents joins all contents of a recorded stream, by encoding/json.
func contents(t *testing.T, file []byte) string {
	t.Helper()
	var all strings.Builder
	for line := range strings.Lines(string(file)) {
		data, ok := strings.CutPrefix(line, "data: {")
		if !ok {
			continue
		}
		var v struct {
			Choices []struct{ Delta struct{ Content string } }
		}
		if err := json.Unmarshal([]byte("{"+data), &v); err != nil {
			t.Fatal(err)
		}
		for _, c := range v.Choices {
			all.WriteString(c.Delta.Content)
		}
	}
	return all.String()
}

func TestModelsOfEveryDialect(t *testing.T) {
	for d, tokens := range map[llmtest.Dialect]int{
		llmtest.OpenAI: 0, llmtest.Ollama: 8192, llmtest.VLLM: 8192, llmtest.LlamaCPP: 8192, llmtest.LMStudio: 8192,
	} {
		s := llmtest.New(t)
		s.Dialect = d
		got, err := client(t, s.URL, func(o *llm.OpenAIOptions) { o.Name = "mine" }).Models(t.Context())
		want := []llm.Model{{ID: "fake-model", Provider: "mine", ContextTokens: tokens, Default: true}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", d, err, diff)
		}
	}
}

func TestModels(t *testing.T) {
	for name, tt := range map[string]struct {
		set    func(*llm.OpenAIOptions)
		routes map[string]string // path to JSON
		want   []llm.Model
	}{
		"the default comes first": {
			func(o *llm.OpenAIOptions) { o.Model = "b" },
			map[string]string{"/v1/models": `{"data":[{"id":"a","max_model_len":1},{"id":"b","max_model_len":2}]}`},
			[]llm.Model{{ID: "b", ContextTokens: 2, Default: true}, {ID: "a", ContextTokens: 1}},
		},
		"without a default it is the first": {
			func(o *llm.OpenAIOptions) { o.Model = "" },
			map[string]string{"/v1/models": `{"data":[{"id":"text-embedding-x"},{"id":"a","context_length":1},{"id":"b","context_window":2}]}`},
			[]llm.Model{{ID: "a", ContextTokens: 1, Default: true}, {ID: "b", ContextTokens: 2}},
		},
		"a default that is not listed": {
			func(o *llm.OpenAIOptions) { o.Model = "x" },
			map[string]string{"/v1/models": `{"data":[{"id":"a","max_model_len":1}]}`},
			[]llm.Model{{ID: "x", Default: true}, {ID: "a", ContextTokens: 1}},
		},
		"what is set wins": {
			func(o *llm.OpenAIOptions) { o.ContextTokens = 77 },
			map[string]string{"/v1/models": `{"data":[{"id":"fake-model","max_model_len":1}]}`},
			[]llm.Model{{ID: "fake-model", ContextTokens: 77, Default: true}},
		},
		"a list alone, and odd entries": {
			func(o *llm.OpenAIOptions) { o.Model = "" },
			map[string]string{"/v1/models": `[7,{"id":""},{"id":"a","max_model_len":"long"},{"id":"b","max_model_len":1e99}]`},
			[]llm.Model{{ID: "a", Default: true}, {ID: "b"}},
		},
		"no list": {nil, nil, []llm.Model{{ID: "fake-model", Default: true}}},
		"Ollama without a model": {
			func(o *llm.OpenAIOptions) { o.Model = "" },
			map[string]string{"/v1/models": `{"object":"list","data":null}`},
			[]llm.Model{},
		},
		"llama.cpp, the context in force": {
			nil,
			map[string]string{"/v1/models": `{"data":[{"id":"fake-model","meta":{"n_ctx":4096,"n_ctx_train":131072}}]}`},
			[]llm.Model{{ID: "fake-model", ContextTokens: 4096, Default: true}},
		},
		"llama.cpp, older": {
			nil,
			map[string]string{"/v1/models": `{"data":[{"id":"fake-model","meta":{"n_ctx_train":131072}}]}`, "/props": `{"default_generation_settings":{"n_ctx":2048}}`},
			[]llm.Model{{ID: "fake-model", ContextTokens: 2048, Default: true}},
		},
		"llama.cpp without props": {
			nil,
			map[string]string{"/v1/models": `{"data":[{"id":"fake-model","meta":{"n_ctx_train":131072}}]}`},
			[]llm.Model{{ID: "fake-model", ContextTokens: 131072, Default: true}},
		},
		"LM Studio, not loaded, and embeddings": {
			func(o *llm.OpenAIOptions) { o.Model = "a" },
			map[string]string{
				"/v1/models":     `{"data":[{"id":"a"},{"id":"nomic"}]}`,
				"/api/v0/models": `{"data":[{"id":"a","type":"llm","state":"not-loaded","max_context_length":32768},{"id":"nomic","type":"embeddings","max_context_length":2048}]}`,
			},
			[]llm.Model{{ID: "a", ContextTokens: 32768, Default: true}},
		},
		"Ollama, set in the Modelfile": {
			nil,
			map[string]string{
				"/v1/models": `{"data":[{"id":"fake-model"}]}`, "/api/ps": `{"models":[]}`,
				"/api/show": `{"parameters":"temperature 1\nnum_ctx      16384\n","model_info":{"llama.context_length":131072},"capabilities":["completion"]}`,
			},
			[]llm.Model{{ID: "fake-model", ContextTokens: 16384, Default: true}},
		},
		"Ollama, not loaded": {
			nil,
			map[string]string{
				"/v1/models": `{"data":[{"id":"fake-model"}]}`, "/api/ps": `{"models":[]}`,
				"/api/show": `{"model_info":{"llama.context_length":131072,"general.architecture":"llama"}}`,
			},
			[]llm.Model{{ID: "fake-model", ContextTokens: 4096, Default: true}},
		},
		"Ollama, a small one": {
			nil,
			map[string]string{
				"/v1/models": `{"data":[{"id":"fake-model"}]}`, "/api/ps": `{"models":[]}`,
				"/api/show": `{"model_info":{"llama.context_length":2048}}`,
			},
			[]llm.Model{{ID: "fake-model", ContextTokens: 2048, Default: true}},
		},
		"Ollama, one that embeds": {
			func(o *llm.OpenAIOptions) { o.Model = "a" },
			map[string]string{
				"/v1/models": `{"data":[{"id":"a"},{"id":"bge-m3"}]}`, "/api/ps": `{"models":[{"name":"a","context_length":4096}]}`,
				"/api/show": `{"capabilities":["embedding"]}`,
			},
			[]llm.Model{{ID: "a", ContextTokens: 4096, Default: true}},
		},
		"probes that answer nonsense": {
			nil,
			map[string]string{"/v1/models": `{"data":[{"id":"fake-model"}]}`, "/api/ps": `<html>`, "/props": `[]`, "/api/v0/models": `{"data":7}`},
			[]llm.Model{{ID: "fake-model", Default: true}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := llmtest.New(t)
			routes(s, tt.routes)
			set := func(o *llm.OpenAIOptions) {
				o.Name = "p"
				if tt.set != nil {
					tt.set(o)
				}
			}
			got, err := client(t, s.URL, set).Models(t.Context())
			for i := range tt.want {
				tt.want[i].Provider = "p"
			}
			if d := cmp.Diff(tt.want, got); d != "" || err != nil {
				t.Errorf("%v\n%s", err, d)
			}
		})
	}
}

// routes makes a server answer these paths, and no other of its own.
func routes(s *llmtest.Server, list map[string]string) {
	for _, p := range []string{"/v1/models", "/props", "/api/ps", "/api/show", "/api/v0/models"} {
		body, ok := list[p]
		s.Route(p, func(w http.ResponseWriter, _ *http.Request) {
			if !ok {
				http.NotFound(w, nil)
				return
			}
			_, _ = io.WriteString(w, body)
		})
	}
}

// What Ollama had in force is remembered when it unloads the model, which it
// does after five minutes; a limit that jumps with that would make no sense.
func TestOllamaContextIsRemembered(t *testing.T) {
	s := llmtest.New(t)
	show := `{"model_info":{"llama.context_length":131072}}`
	o := client(t, s.URL)
	for i, ps := range []string{`{"models":[{"name":"fake-model","context_length":32768}]}`, `{"models":[]}`} {
		routes(s, map[string]string{"/v1/models": `{"data":[{"id":"fake-model"}]}`, "/api/ps": ps, "/api/show": show})
		got, err := o.Models(t.Context())
		if err != nil || len(got) != 1 || got[0].ContextTokens != 32768 {
			t.Errorf("%d: got %v, %v", i, got, err)
		}
	}
}

func TestModelsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		kind   llm.Kind
	}{
		"unauthorized": {401, "", llm.KindUnauthorized},
		"a web page":   {200, "<html>", llm.KindServerError},
		"another JSON": {200, `{"hello":1}`, llm.KindServerError},
		"500":          {500, "<html>", llm.KindServerError},
	} {
		s := llmtest.New(t)
		s.Route("/v1/models", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.body)
		})
		_, err := client(t, s.URL).Models(t.Context())
		var e *llm.Error
		if !errors.As(err, &e) || e.Kind != tt.kind || e.Message == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A probe that hangs costs two seconds at most, never the list.
func TestProbesAreBestEffort(t *testing.T) {
	s := llmtest.New(t)
	s.Route("/props", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	start := time.Now()
	got, err := client(t, s.URL).Models(t.Context())
	if err != nil || len(got) != 1 || time.Since(start) > 8*time.Second {
		t.Errorf("got %v, %v after %v", got, err, time.Since(start))
	}
}

func TestFirstModelIsChosenAndKept(t *testing.T) {
	s := llmtest.New(t)
	o := client(t, s.URL, func(o *llm.OpenAIOptions) { o.Model = "" })
	for range 2 {
		if got, e := ask(t, o, question("?")); e != nil || got.Result.Model != "fake-model" {
			t.Errorf("got %q, %v", got.Result.Model, e)
		}
		s.Route("/v1/models", http.NotFound) // not asked again
	}
	s.Next(func(c *llmtest.Call) { c.Refuse(404, `{"error":{"message":"model 'fake-model' not found"}}`) })
	if _, e := ask(t, o, question("?")); e == nil || e.Kind != llm.KindUnknownModel {
		t.Errorf("got %v", e)
	}
	routes(s, map[string]string{"/v1/models": `{"data":[{"id":"new-model"}]}`})
	if got, e := ask(t, o, question("?")); e != nil || got.Result.Model != "new-model" {
		t.Errorf("after it was gone: %q, %v", got.Result.Model, e)
	}
	routes(s, map[string]string{"/v1/models": `{"data":[]}`})
	o = client(t, s.URL, func(o *llm.OpenAIOptions) { o.Model = "" })
	if _, e := ask(t, o, question("?")); e == nil || e.Kind != llm.KindUnknownModel {
		t.Errorf("with no model there: %v", e)
	}
}
