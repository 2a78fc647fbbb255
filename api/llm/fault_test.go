package llm

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// Each line is what a server really answers; the sources stand beside.
func TestFaultKinds(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		want   Kind
	}{
		"OpenAI, context":                {400, `{"error":{"message":"This model's maximum context length is 4097 tokens. However, your messages resulted in 4294 tokens. Please reduce the length of the messages.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`, KindContextExceeded},
		"vLLM, context":                  {400, `{"error":{"message":"This model's maximum context length is 163840 tokens. However, you requested 170000 tokens","type":"BadRequestError","param":null,"code":400}}`, KindContextExceeded},
		"vLLM, context, older":           {400, `{"object":"error","message":"This model's maximum context length is 131072 tokens. However, you requested 351430 tokens.","type":"BadRequestError","param":null,"code":400}`, KindContextExceeded},
		"vLLM, decoder prompt":           {400, `{"error":{"message":"The decoder prompt (length 7064) is longer than the maximum model length of 6144. Make sure that 'max_model_len' is no smaller","type":"BadRequestError","code":400}}`, KindContextExceeded},
		"llama.cpp, context":             {400, `{"error":{"code":400,"message":"request (4476 tokens) exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":4476,"n_ctx":4096}}`, KindContextExceeded},
		"llama.cpp, context, mid-stream": {0, `{"code":500,"message":"Context size has been exceeded.","type":"server_error"}`, KindContextExceeded},
		"llama.cpp, context, older":      {0, `{"code":400,"message":"the request exceeds the available context size. try increasing the context size or enable context shift","type":"invalid_request_error"}`, KindContextExceeded},
		"LM Studio, context":             {400, `{"error":"Trying to keep the first 14538 tokens when context the overflows. However, the model is loaded with context length of only 2048 tokens, which is not enough."}`, KindContextExceeded},
		"Ollama, context":                {400, `{"error":{"message":"the input length exceeds the context length","type":"invalid_request_error","param":null,"code":null}}`, KindContextExceeded},
		"Venice, context":                {0, `{"error_type":"context_length_exceeded","error_message":"too long"}`, KindContextExceeded},
		"too large for a proxy":          {413, `<html><title>413 Request Entity Too Large</title></html>`, KindContextExceeded},
		"OpenAI, key":                    {401, `{"error":{"message":"Incorrect API key provided: sk-ab**cd.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`, KindUnauthorized},
		"forbidden":                      {403, ``, KindUnauthorized},
		"OpenRouter, no credits":         {402, `{"error":{"code":402,"message":"Insufficient credits"}}`, KindUnauthorized},
		"Ollama, model":                  {404, `{"error":{"message":"model 'nope' not found","type":"api_error","param":null,"code":null}}`, KindUnknownModel},
		"OpenAI, model":                  {404, `{"error":{"message":"The model 'nope' does not exist","type":"invalid_request_error","param":null,"code":"model_not_found"}}`, KindUnknownModel},
		"vLLM, model":                    {404, `{"object":"error","message":"The model 'nope' does not exist.","type":"NotFoundError","param":null,"code":404}`, KindUnknownModel},
		"OpenRouter, model":              {400, `{"error":{"message":"nope is not a valid model ID","code":400}}`, KindUnknownModel},
		"LM Studio, no model loaded":     {400, `{"error":{"message":"No models loaded. Please load a model in the developer page or use the 'lms load' command.","type":"invalid_request_error","param":"model","code":null}}`, KindUnknownModel},
		"a wrong path":                   {404, `404 page not found`, KindUnavailable},
		"a wrong path, FastAPI":          {404, `{"detail":"Not Found"}`, KindUnavailable},
		"a wrong path, web page":         {404, `<html>nginx</html>`, KindUnavailable},
		"too many":                       {429, `{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}`, KindRateLimited},
		"too many tokens a minute":       {429, `{"error":{"message":"Request too large … maximum context length","code":"rate_limit_exceeded"}}`, KindRateLimited},
		"too many, mid-stream":           {0, `{"code":429,"message":"slow down"}`, KindRateLimited},
		"overloaded":                     {529, ``, KindRateLimited},
		"llama.cpp, loading":             {503, `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`, KindUnavailable},
		"a gateway without its server":   {502, `<html><body><h1>502 Bad Gateway</h1></body></html>`, KindUnavailable},
		"a gateway that waited":          {504, `<html>`, KindTimeout},
		"Ollama, the runner died":        {500, `{"error":{"message":"model runner has unexpectedly stopped","type":"api_error"}}`, KindServerError},
		"500 with a web page":            {500, `<!doctype html><h1>Internal Server Error</h1>`, KindServerError},
		"FastAPI, 422":                   {422, `{"detail":[{"loc":["body","messages"],"msg":"field required","type":"value_error.missing"}]}`, KindBadRequest},
		"Ollama, bad JSON":               {400, `{"error":{"message":"unexpected EOF","type":"invalid_request_error","param":null,"code":null}}`, KindBadRequest},
		"Gemini, a list":                 {400, `[{"error":{"code":400,"message":"Invalid value","status":"INVALID_ARGUMENT"}}]`, KindBadRequest},
		"a redirect":                     {302, ``, KindUnavailable},
		"mid-stream, without a word":     {0, `{}`, KindServerError},
		"mid-stream, a bad request":      {0, `{"message":"x","type":"BadRequestError","code":400}`, KindBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			e := readFault([]byte(tt.body)).error(tt.status)
			if e.Kind != tt.want {
				t.Errorf("kind %s, want %s", e.Kind, tt.want)
			}
			if e.Message == "" || strings.ContainsAny(e.Message, "<>{}\n") || e.Status != tt.status {
				t.Errorf("not for people: %q, status %d", e.Message, e.Status)
			}
		})
	}
}

func TestFaultMessages(t *testing.T) {
	for name, tt := range map[string]struct{ body, want string }{
		"an object":               {`{"error":{"message":"no\nway","type":"x"}}`, "no\nway"},
		"text":                    {`{"error":"no"}`, "no"},
		"a message that nests":    {`{"error":{"message":{"message":"no"}}}`, "no"},
		"JSON within text":        {`{"error":{"message":"{\"error\":{\"message\":\"no\",\"code\":\"model_not_found\"}}"}}`, "no"},
		"what only looks like it": {`{"error":{"message":"{no"}}`, "{no"},
		"no JSON":                 {`<html>`, ""},
		"nothing":                 {``, ""},
		"nested without end":      {strings.Repeat(`{"error":`, 50) + `"x"` + strings.Repeat("}", 50), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := readFault([]byte(tt.body)).message; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSentence(t *testing.T) {
	if got := sentence(" a\n\tb\x00\x1b[31mc\u200b "); got != "a b [31mc" {
		t.Errorf("got %q", got)
	}
	if got := sentence(strings.Repeat("漢", 400)); len([]rune(got)) != 301 {
		t.Errorf("%d characters", len([]rune(got)))
	}
}

func TestRetryAfter(t *testing.T) {
	at := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		header map[string]string
		want   time.Duration
	}{
		"not said":                  {nil, 0},
		"seconds":                   {map[string]string{"Retry-After": "7"}, 7 * time.Second},
		"a part of a second":        {map[string]string{"Retry-After": "0.5"}, 500 * time.Millisecond},
		"milliseconds":              {map[string]string{"Retry-After-Ms": "1500", "Retry-After": "2"}, 1500 * time.Millisecond},
		"a date":                    {map[string]string{"Retry-After": "Sun, 22 Nov 2026 14:00:30 GMT"}, 30 * time.Second},
		"a date by their own clock": {map[string]string{"Retry-After": "Sun, 22 Nov 2026 15:00:30 GMT", "Date": "Sun, 22 Nov 2026 15:00:00 GMT"}, 30 * time.Second},
		"a date that has passed":    {map[string]string{"Retry-After": "Sun, 22 Nov 2026 13:00:00 GMT"}, 0},
		"below zero":                {map[string]string{"Retry-After": "-7"}, 0},
		"not a number":              {map[string]string{"Retry-After": "NaN"}, 0},
		"a word":                    {map[string]string{"Retry-After": "soon"}, 0},
		"more than a day":           {map[string]string{"Retry-After": "1e300"}, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			for k, v := range tt.header {
				h.Set(k, v)
			}
			if got := retryAfter(h, at); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
