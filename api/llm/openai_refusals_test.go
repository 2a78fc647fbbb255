package llm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/api/llm/llmtest"
)

// systemRefusals is how servers say that a model has no system role.
var systemRefusals = map[string]struct {
	status int
	body   string
}{
	"vLLM, Gemma":        {400, `{"object":"error","message":"System role not supported","type":"BadRequestError","param":null,"code":400}`},
	"llama.cpp, Jinja":   {500, `{"error":{"code":500,"message":"Jinja Exception: System role not supported","type":"server_error"}}`},
	"llama.cpp, context": {500, `{"error":{"code":500,"message":"\n------------\nWhile executing CallExpression at line 2, column 36 in source:\n...{{ raise_exception('System role not supported') }}","type":"server_error"}}`},
	"OpenAI, o1":         {400, `{"error":{"message":"Unsupported value: 'messages[0].role' does not support 'system' with this model.","type":"invalid_request_error","param":"messages[0].role","code":"unsupported_value"}}`},
	"Gemini, Gemma":      {400, `[{"error":{"code":400,"message":"Developer instruction is not enabled for models/gemma-3-27b-it","status":"INVALID_ARGUMENT"}}]`},
	"Mistral, template":  {400, `{"object":"error","message":"Only user and assistant roles are supported!","type":"BadRequestError","code":400}`},
	"Mistral, alternate": {400, `{"object":"error","message":"Conversation roles must alternate user/assistant/user/assistant/...","type":"BadRequestError","code":400}`},
	"Bedrock":            {400, `{"message":"This model doesn't support system messages. Try again without system messages or use a model that supports system messages."}`},
	"Anthropic":          {400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"messages: Unexpected role \\\"system\\\". The Messages API accepts a top-level `system` parameter, not \\\"system\\\" as an input message role.\"}}"},
	"pydantic":           {422, `{"detail":[{"type":"literal_error","loc":["body","messages",0,"role"],"msg":"Input should be 'user' or 'assistant'","input":"system"}]}`},
	"text":               {400, `role system is not allowed`},
	"LM Studio":          {400, `{"error":"Error rendering prompt with jinja template: \"Only user and assistant roles are supported!\". This is usually an issue with the model's prompt template."}`},
	"TGI":                {422, `{"error":"Template error: invalid operation: System role not supported (in <string>:1)","error_type":"template_error"}`},
	"Baidu":              {200, `{"error_code":336006,"error_msg":"the role of message with index 0 must be user, system is invalid","id":"x"}`},
	"in a stream":        {200, "event: error\ndata: {\"error\":{\"message\":\"System role not supported\"}}\n\n"},
	"in a stream, vLLM":  {200, "data: {\"object\":\"error\",\"message\":\"System role not supported\",\"type\":\"BadRequestError\",\"code\":400}\n\ndata: [DONE]\n\n"},
}

// Where the system role is refused, the instructions go into the first question,
// which is asked again once; this is remembered for the model.
func TestSystemRoleRefused(t *testing.T) {
	for name, tt := range systemRefusals {
		t.Run(name, func(t *testing.T) {
			s := llmtest.New(t)
			refuse := func(c *llmtest.Call) { c.Refuse(tt.status, tt.body) }
			s.Next(refuse, speak, speak, speak)
			o := client(t, s.URL)
			r := llm.Request{Messages: []llm.Message{{Role: llm.RoleSystem, Content: "be kind"}, {Role: llm.RoleUser, Content: "hello"}}}
			for range 2 {
				if got, e := ask(t, o, r); e != nil || got.Text != poem {
					t.Fatalf("heard %q, %v", got.Text, e)
				}
			}
			calls := s.Calls()
			if len(calls) != 3 {
				t.Fatalf("asked %d times", len(calls))
			}
			want := []llmtest.Message{{Role: "user", Content: "be kind\n\nhello"}}
			for _, c := range calls[1:] {
				if d := cmp.Diff(want, c.Messages); d != "" {
					t.Error(d)
				}
			}
			other := r
			other.Model = "other"
			if _, e := ask(t, o, other); e != nil || s.Calls()[3].Messages[0].Role != "system" {
				t.Errorf("another model: %v, %v", e, s.Calls()[3].Messages)
			}
		})
	}
}

// What is refused once more is an error, which says what the server said.
func TestSystemRoleRefusedForever(t *testing.T) {
	s := llmtest.New(t)
	refuse := func(c *llmtest.Call) {
		c.Refuse(400, `{"object":"error","message":"System role not supported","code":400}`)
	}
	s.Next(refuse, refuse, refuse)
	o := client(t, s.URL)
	r := llm.Request{Messages: []llm.Message{{Role: llm.RoleSystem, Content: "be kind"}, {Role: llm.RoleUser, Content: "hello"}}}
	if _, e := ask(t, o, r); e == nil || e.Kind != llm.KindBadRequest || !strings.Contains(e.Message, "System role not supported") {
		t.Errorf("got %v", e)
	}
	if n := len(s.Calls()); n != 2 {
		t.Errorf("asked %d times", n)
	}
	if _, e := ask(t, o, question("?")); e == nil || s.Calls()[2].Messages[0].Role != "user" {
		t.Errorf("got %v", e)
	}
}

func TestParametersRefused(t *testing.T) {
	warm := 0.7
	for name, tt := range map[string]struct {
		status int
		body   string
		wrong  func(*llmtest.Call) bool // whether the server still refuses it
	}{
		"temperature, OpenAI":           {400, `{"error":{"message":"Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}`, func(c *llmtest.Call) bool { return c.Temperature != nil }},
		"temperature, by its param":     {400, `{"error":{"message":"Unsupported parameter","param":"temperature"}}`, func(c *llmtest.Call) bool { return c.Temperature != nil }},
		"temperature, TGI":              {422, "{\"error\":\"Input validation error: `temperature` must be strictly positive\",\"error_type\":\"validation\"}", func(c *llmtest.Call) bool { return c.Temperature != nil }},
		"temperature, FastAPI":          {422, `{"detail":[{"type":"extra_forbidden","loc":["body","temperature"],"msg":"Extra inputs are not permitted","input":0.7}]}`, func(c *llmtest.Call) bool { return c.Temperature != nil }},
		"stream_options, Mistral":       {422, `{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted","input":{"include_usage":true}}]},"type":"invalid_request_error"}`, func(c *llmtest.Call) bool { return c.Options != nil }},
		"stream_options, Azure":         {400, `{"error":{"message":"Unrecognized request argument supplied: stream_options","type":"invalid_request_error","param":null,"code":null}}`, func(c *llmtest.Call) bool { return c.Options != nil }},
		"stream_options, 500":           {500, `{"error":"unknown field stream_options"}`, func(c *llmtest.Call) bool { return c.Options != nil }},
		"max_tokens, OpenAI":            {400, `{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}`, func(c *llmtest.Call) bool { return c.MaxTokens > 0 }},
		"max_tokens, unknown":           {400, `{"error":{"message":"Unknown parameter: 'max_tokens'."}}`, func(c *llmtest.Call) bool { return c.MaxTokens > 0 }},
		"max_tokens, too large":         {400, `{"error":{"message":"max_tokens is too large: 5000. This model supports at most 4096 completion tokens, whereas you provided 5000.","type":"invalid_request_error","param":"max_tokens","code":"invalid_value"}}`, func(c *llmtest.Call) bool { return c.MaxTokens > 4096 }},
		"max_tokens, DeepSeek":          {400, `{"error":{"message":"Invalid max_tokens value, the valid range of max_tokens is [1, 4096]","type":"invalid_request_error"}}`, func(c *llmtest.Call) bool { return c.MaxTokens > 4096 || c.MaxTokens == 0 }},
		"max_tokens, Groq":              {400, "{\"error\":{\"message\":\"`max_tokens` must be less than or equal to `4096`, the maximum value for `max_tokens` is less than the `context_window` for this model\",\"type\":\"invalid_request_error\"}}", func(c *llmtest.Call) bool { return c.MaxTokens > 4096 || c.MaxTokens == 0 }},
		"max_tokens, Anthropic":         {400, `{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: 5000 > 4096, which is the maximum allowed number of output tokens for claude-3-5"}}`, func(c *llmtest.Call) bool { return c.MaxTokens > 4096 || c.MaxTokens == 0 }},
		"max_tokens, vLLM":              {400, `{"object":"error","message":"'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 4096 tokens and your request has 20 input tokens (5000 > 4096 - 20).","type":"BadRequestError","code":400}`, func(c *llmtest.Call) bool { return c.MaxTokens > 4076 || c.MaxTokens == 0 }},
		"the rest of the context":       {400, `{"error":{"message":"This model's maximum context length is 4096 tokens. However, you requested 5020 tokens (20 in the messages, 5000 in the completion). Please reduce the length of the messages or completion.","type":"invalid_request_error","code":"context_length_exceeded"}}`, func(c *llmtest.Call) bool { return c.MaxTokens > 4076 }},
		"the rest of the context, TGI":  {422, "{\"error\":\"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 20 `inputs` tokens and 5000 `max_new_tokens`\",\"error_type\":\"validation\"}", func(c *llmtest.Call) bool { return c.MaxTokens > 4076 }},
		"the rest of the context, Groq": {400, `{"error":{"message":"Please reduce the length of the messages or completion. Current length is 5020 while limit is 4096","code":"context_length_exceeded"}}`, func(c *llmtest.Call) bool { return c.MaxTokens > 4076 }},
		"streams":                       {400, `{"error":{"message":"Unsupported value: 'stream' does not support true with this model. Only the default (false) value is supported.","type":"invalid_request_error","param":"stream","code":"unsupported_value"}}`, func(c *llmtest.Call) bool { return c.Stream }},
	} {
		t.Run(name, func(t *testing.T) {
			s := llmtest.New(t)
			play := func(c *llmtest.Call) {
				switch {
				case tt.wrong(c):
					c.Refuse(tt.status, tt.body)
				case !c.Stream:
					c.Whole(poem)
				default:
					speak(c)
				}
			}
			s.Next(play, play, play, play)
			o := client(t, s.URL)
			r := question("?")
			r.MaxTokens, r.Temperature = 5000, &warm
			if got, e := ask(t, o, r); e != nil || got.Text != poem {
				t.Fatalf("heard %q, %v, after %d questions", got.Text, e, len(s.Calls()))
			}
			if n := len(s.Calls()); n != 2 {
				t.Errorf("asked %d times", n)
			}
			c := s.Calls()[1]
			if c.MaxTokens+c.MaxCompletionTokens == 0 && !strings.Contains(name, "unknown") && !strings.Contains(name, "Groq") {
				t.Errorf("the limit of the answer is gone: %s", c.Body)
			}
			if strings.HasPrefix(name, "the rest") || strings.HasSuffix(name, "vLLM") {
				return // of this question alone
			}
			if _, e := ask(t, o, r); e != nil || len(s.Calls()) != 3 {
				t.Errorf("it was not remembered: %v after %d questions", e, len(s.Calls()))
			}
		})
	}
}

// A server that refuses everything is asked a few times and no more.
func TestEverythingRefused(t *testing.T) {
	warm := 0.7
	for _, body := range []string{
		`{"error":"stream_options, max_completion_tokens, max_tokens, temperature, 'stream' and the system role are not supported"}`,
		`{"error":{"message":"This model's maximum context length is 300 tokens: max_tokens, temperature, stream_options"}}`,
	} {
		s := llmtest.New(t)
		for range 50 {
			s.Next(func(c *llmtest.Call) { c.Refuse(400, body) })
		}
		r := llm.Request{MaxTokens: 100, Temperature: &warm, Messages: []llm.Message{{Role: llm.RoleSystem, Content: "be kind"}, {Role: llm.RoleUser, Content: "?"}}}
		if _, e := ask(t, client(t, s.URL), r); e == nil {
			t.Error("no error")
		}
		if n := len(s.Calls()); n > 9 {
			t.Errorf("asked %d times", n)
		}
	}
}

// What is refused is forgotten in time: the model may have been replaced.
func TestRefusalsAreForgotten(t *testing.T) {
	s := llmtest.New(t)
	s.Next(func(c *llmtest.Call) { c.Refuse(400, `{"error":"unknown field stream_options"}`) }, speak, speak, speak)
	o := client(t, s.URL)
	now := time.Now()
	o.SetNow(func() time.Time { return now })
	for range 2 {
		_, _ = ask(t, o, question("?"))
	}
	now = now.Add(2 * time.Hour)
	_, _ = ask(t, o, question("?"))
	if c := s.Calls(); len(c) != 4 || c[2].Options != nil || c[3].Options == nil {
		t.Errorf("%d questions", len(c))
	}
}

// The limit that an error tells is learned for its model.
func TestLearnedContext(t *testing.T) {
	s := llmtest.New(t)
	o := client(t, s.URL)
	if _, e := ask(t, o, question("[[context]]")); e == nil || e.Kind != llm.KindContextExceeded {
		t.Fatalf("got %v", e)
	}
	if got := o.LearnedContext("fake-model"); got != 4097 {
		t.Errorf("learned %d", got)
	}
	if got := o.LearnedContext("other"); got != 0 {
		t.Errorf("learned %d of a model that was not asked", got)
	}
}
