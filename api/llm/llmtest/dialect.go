package llmtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// A Dialect is a server's way to speak OpenAI's protocol.
type Dialect string

// The dialects, as of autumn 2026. Ollama's is taken from recordings
// (../testdata/ollama) and middleware/openai.go; OpenAI's from its API
// reference; vLLM's from entrypoints/openai (older: serving_engine.py) and
// vllm-project/vllm#6652; llama.cpp's from tools/server and its issues #14268,
// #14566, #16109; LM Studio's from lmstudio.ai/docs and the reports
// lmstudio-ai/lmstudio-bug-tracker#546, nugget/thane-ai-agent#1395.
const (
	OpenAI   Dialect = "openai"
	Ollama   Dialect = "ollama"
	VLLM     Dialect = "vllm"
	LlamaCPP Dialect = "llamacpp"
	LMStudio Dialect = "lmstudio"
)

// Dialects are all of them.
var Dialects = []Dialect{OpenAI, Ollama, VLLM, LlamaCPP, LMStudio}

// created stands for every time, so that answers are the same on every run.
const created = 1795357556

// chunk wraps a delta as the dialect does. reason is "" while the answer runs.
func (d Dialect) chunk(c *Call, delta, reason string) string {
	finish := "null"
	if reason != "" {
		finish = fmt.Sprintf("%q", reason)
	}
	model, _ := json.Marshal(c.Model)
	switch d {
	case LlamaCPP:
		return fmt.Sprintf(`{"choices":[{"finish_reason":%s,"index":0,"delta":%s}],"created":%d,"id":"chatcmpl-PZ5ZD8fq","model":%s,"system_fingerprint":"b9038-a414a44","object":"chat.completion.chunk"}`,
			finish, delta, created, model)
	case Ollama:
		return fmt.Sprintf(`{"id":"chatcmpl-299","object":"chat.completion.chunk","created":%d,"model":%s,"system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":%s,"finish_reason":%s}]}`,
			created, model, delta, finish)
	}
	usage := ""
	if d == OpenAI && c.Options != nil && c.Options.IncludeUsage {
		usage = `,"usage":null`
	}
	return fmt.Sprintf(`{"id":"chatcmpl-9814ea0f","object":"chat.completion.chunk","created":%d,"model":%s,"choices":[{"index":0,"delta":%s,"logprobs":null,"finish_reason":%s}]%s}`,
		created, model, delta, finish, usage)
}

// greeting is the delta with the role alone; two servers have none, for they
// put the role into every delta.
func (d Dialect) greeting(c *Call) string {
	switch d {
	case OpenAI:
		return d.chunk(c, `{"role":"assistant","content":"","refusal":null}`, "")
	case VLLM:
		return d.chunk(c, `{"role":"assistant","content":""}`, "")
	case LlamaCPP:
		return d.chunk(c, `{"role":"assistant","content":null}`, "")
	}
	return ""
}

func (d Dialect) delta(c *Call, field, text string) string {
	t, _ := json.Marshal(text)
	switch {
	case d == Ollama && field != "content":
		return d.chunk(c, fmt.Sprintf(`{"role":"assistant","content":"",%q:%s}`, field, t), "")
	case d == Ollama || d == LMStudio:
		return d.chunk(c, fmt.Sprintf(`{"role":"assistant",%q:%s}`, field, t), "")
	}
	return d.chunk(c, fmt.Sprintf(`{%q:%s}`, field, t), "")
}

// reasoning is the field that vLLM since 2026 and Ollama call so, and the others
// reasoning_content.
func (d Dialect) reasoning() string {
	if d == VLLM || d == Ollama {
		return "reasoning"
	}
	return "reasoning_content"
}

func (d Dialect) finish(c *Call, reason string) string {
	switch d {
	case Ollama:
		return d.chunk(c, `{"role":"assistant","content":""}`, reason)
	case VLLM:
		return d.chunk(c, `{"content":""}`, reason)
	}
	return d.chunk(c, `{}`, reason)
}

func (d Dialect) usage(c *Call, prompt, completion int) string {
	model, _ := json.Marshal(c.Model)
	timings := ""
	if d == LlamaCPP {
		timings = `,"timings":{"prompt_n":1,"prompt_ms":12.5,"predicted_n":1,"predicted_per_second":8.1e1}`
	}
	return fmt.Sprintf(`{"id":"chatcmpl-299","object":"chat.completion.chunk","created":%d,"model":%s,"choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}%s}`,
		created, model, prompt, completion, prompt+completion, timings)
}

// done: llama.cpp leaves out the blank line (darshi1337/apogee#139).
func (d Dialect) done() string {
	if d == LlamaCPP {
		return "data: [DONE]\n"
	}
	return "data: [DONE]\n\n"
}

// midStream is how a failure after the first token looks.
func (d Dialect) midStream(c *Call, message string) string {
	m, _ := json.Marshal(message)
	switch d {
	case Ollama: // the error is decoded as a chunk, which leaves an empty one
		return "data: " + d.chunk(c, `{"role":"assistant","content":""}`, "") + "\n\n"
	case VLLM:
		return fmt.Sprintf("data: {\"error\":{\"message\":%s,\"type\":\"InternalServerError\",\"param\":null,\"code\":500}}\n\ndata: [DONE]\n\n", m)
	case LlamaCPP:
		return fmt.Sprintf("data: {\"error\":{\"code\":500,\"message\":%s,\"type\":\"server_error\"}}\n\n", m)
	case LMStudio:
		return fmt.Sprintf("event: error\ndata: {\"error\":{\"message\":%s},\"message\":%s}\n\n", m, m)
	}
	return fmt.Sprintf("data: {\"error\":{\"message\":%s,\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n", m)
}

// fault is the JSON of a refusal.
func (d Dialect) fault(status int, message, code string) any {
	var stable any
	if code != "" {
		stable = code
	}
	switch d {
	case VLLM:
		return map[string]any{"object": "error", "message": message, "type": "BadRequestError", "param": nil, "code": status}
	case LlamaCPP:
		return map[string]any{"error": map[string]any{"code": status, "message": message, "type": code}}
	case LMStudio:
		return map[string]any{"error": message}
	}
	return map[string]any{"error": map[string]any{"message": message, "type": "invalid_request_error", "param": nil, "code": stable}}
}

// TooLong is the body of the HTTP 400 by which the dialect says that a
// conversation is longer than the context. Ollama mostly cuts it in silence.
func (d Dialect) TooLong() string {
	message, code := "This model's maximum context length is 4097 tokens. However, your messages resulted in 4294 tokens. Please reduce the length of the messages.", "context_length_exceeded"
	switch d {
	case LlamaCPP:
		return `{"error":{"code":400,"message":"request (4476 tokens) exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":4476,"n_ctx":4096}}`
	case LMStudio:
		message = "Trying to keep the first 14538 tokens when context the overflows. However, the model is loaded with context length of only 2048 tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input"
	case Ollama:
		message, code = "the input length exceeds the context length", ""
	}
	b, _ := json.Marshal(d.fault(400, message, code))
	return string(b)
}

// list answers the routes that name models and contexts.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	id, n := s.Model, s.Context
	switch string(s.Dialect) + " " + r.URL.Path {
	case "vllm /v1/models":
		reply(w, 200, map[string]any{"object": "list", "data": []any{map[string]any{"id": id, "object": "model", "owned_by": "vllm", "max_model_len": n}}})
	case "llamacpp /v1/models":
		reply(w, 200, map[string]any{"object": "list", "data": []any{map[string]any{"id": id, "object": "model", "owned_by": "llamacpp", "meta": map[string]any{"n_ctx_train": 4 * n}}}})
	case "llamacpp /props":
		reply(w, 200, map[string]any{"default_generation_settings": map[string]any{"n_ctx": n}, "total_slots": 1})
	case "lmstudio /api/v0/models":
		reply(w, 200, map[string]any{"object": "list", "data": []any{
			map[string]any{"id": id, "object": "model", "type": "llm", "state": "loaded", "max_context_length": 4 * n, "loaded_context_length": n},
		}})
	case "ollama /api/ps":
		reply(w, 200, map[string]any{"models": []any{map[string]any{"name": id, "model": id, "context_length": n}}})
	default:
		if r.URL.Path != "/v1/models" {
			reply(w, http.StatusNotFound, map[string]any{"error": "Unexpected endpoint or method. (" + strings.ToUpper(r.Method) + ")"})
			return
		}
		reply(w, 200, map[string]any{"object": "list", "data": []any{map[string]any{"id": id, "object": "model", "created": created, "owned_by": "library"}}})
	}
}
