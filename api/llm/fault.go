package llm

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A fault is an error as a model server words it.
type fault struct {
	message string
	words   string // type and code, lower-case, for telling kinds apart
	status  int    // of a code that is an HTTP status
}

// readFault understands the ways in which servers word an error: {"error":
// {"message", "type", "code"}} (OpenAI), {"error": "text"} (LM Studio, Ollama's
// own routes), {"object": "error", "message"} (vLLM before 0.10), {"detail": …}
// (FastAPI), {"error_message"} (Venice), a list of one (Gemini's compatible
// route), and messages that are objects or hold JSON again. What is no JSON has
// no message.
func readFault(body []byte) fault {
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return fault{}
	}
	var f fault
	f.read(v, 0)
	return f
}

func (f *fault) read(v any, depth int) {
	if depth > 8 {
		return
	}
	switch v := v.(type) {
	case string:
		f.text(v, depth)
	case []any:
		if len(v) > 0 {
			f.read(v[0], depth+1)
		}
	case map[string]any:
		for _, k := range []string{"type", "code", "error_type", "reason"} {
			f.word(v[k])
		}
		for _, k := range []string{"error", "message", "msg", "detail", "error_message"} {
			if v[k] != nil && f.message == "" {
				f.read(v[k], depth+1)
			}
		}
	}
}

// text takes a message, which proxies like to wrap as JSON inside a string.
func (f *fault) text(s string, depth int) {
	var v any
	if s = strings.TrimSpace(s); strings.HasPrefix(s, "{") && json.Unmarshal([]byte(s), &v) == nil {
		f.read(v, depth+1)
	}
	if f.message == "" {
		f.message = s
	}
}

func (f *fault) word(v any) {
	switch v := v.(type) {
	case string:
		f.words += " " + strings.ToLower(v)
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil && n >= 400 && n < 600 {
			f.status = n
		}
	}
}

// sentence makes what a server said fit to be shown: one line, no control
// characters, at most 300 characters.
func sentence(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if r := []rune(s); len(r) > 300 {
		s = strings.TrimSpace(string(r[:300])) + "…"
	}
	return s
}

// tooLong holds what servers say, in lower case, when a conversation is longer
// than the context of its model.
var tooLong = []string{
	"context_length_exceeded",              // OpenAI, code
	"maximum context length",               // OpenAI, vLLM: "This model's maximum context length is …"
	"longer than the maximum model length", // vLLM: "The decoder prompt (length 7064) is longer than …"
	"max_model_len",                        // vLLM
	"exceed_context_size_error",            // llama.cpp, type
	"exceeds the available context size",   // llama.cpp
	"context size has been exceeded",       // llama.cpp and LM Studio's MLX, in mid-stream
	"exceeds context size",                 // llama.cpp
	"larger than the max context size",     // llama.cpp before 2026
	"trying to keep the first",             // LM Studio: "… tokens when context the overflows"
	"context length of only",               // LM Studio
	"exceeds the context length",           // Ollama: "the input length exceeds the context length"
	"exceeds the context window",
	"exceeds maximum context",
	"context window exceeded",
	"context length exceeded",
	"max context window",
	"prompt is too long",
	"prompt too long",
	"input is too long",
	"string_above_max_length",
}

var noModel = []string{"model_not_found", "not a valid model", "no models loaded", "unknown model"}

func (f fault) mentions(list []string) bool {
	said := strings.ToLower(f.words + " " + f.message)
	for _, s := range list {
		if strings.Contains(said, s) {
			return true
		}
	}
	return false
}

// kind says what a fault means under an HTTP status, 0 in mid-stream.
func (f fault) kind(status int) Kind {
	if status == 0 || status == http.StatusOK {
		status = f.status
	}
	about := strings.ToLower(f.message + f.words)
	switch {
	case status != http.StatusTooManyRequests && f.mentions(tooLong):
		return KindContextExceeded
	case f.mentions(noModel), status == 404 && strings.Contains(about, "model"):
		return KindUnknownModel
	case status == 401, status == 402, status == 403, strings.Contains(f.words, "invalid_api_key"):
		return KindUnauthorized
	case status == 413:
		return KindContextExceeded
	case status == 429, status == 529, strings.Contains(f.words, "rate_limit"), strings.Contains(f.words, "overloaded"):
		return KindRateLimited
	case status == 408, status == 504:
		return KindTimeout
	case status == 404, status == 405, status == 502, status == 503, status/100 == 3:
		return KindUnavailable
	case status/100 == 4, strings.Contains(f.words, "invalid_request"), strings.Contains(f.words, "badrequest"):
		return KindBadRequest
	}
	return KindServerError
}

// say words an error of kind k for people. What the server said is added where
// it helps them or their administrator, and left out where it may hold a part of
// the API key.
func (f fault) say(k Kind, status int) string {
	s := ""
	switch k {
	case KindContextExceeded:
		return "This conversation is longer than the model can take in. Start a new thread, or have this one summarised."
	case KindUnauthorized:
		return "The model server does not accept Parley's API key. An administrator has to check it."
	case KindUnknownModel:
		s = "The model server does not have this model"
	case KindRateLimited:
		s = "The model server has too much to do just now. Try again in a moment"
	case KindTimeout:
		s = "The model server did not answer in time. Try again"
	case KindUnavailable:
		switch {
		case status/100 == 3:
			return "The model server points to another address, which Parley does not follow. An administrator has to check the base URL."
		case status == 404 || status == 405:
			return "There is no model server at the address that is set. An administrator has to check the base URL."
		}
		s = "The model server is not ready. Try again in a moment"
	case KindBadRequest:
		s = "The model server refused the request"
	default:
		s = "The model server failed. Try again"
	}
	if f.message == "" {
		return s + "."
	}
	return s + ". It said: " + f.message
}

// error makes the Error of a fault.
func (f fault) error(status int) *Error {
	k := f.kind(status)
	return &Error{Kind: k, Status: status, Message: f.say(k, status)}
}

// retryAfter reads how long a server asks to wait: Retry-After in seconds or as
// a date, which is compared with the server's own clock if it tells it, or
// OpenAI's retry-after-ms. 0 if it does not say; a day at most.
func retryAfter(h http.Header, now time.Time) time.Duration {
	d := time.Duration(0)
	v := strings.TrimSpace(h.Get("Retry-After"))
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil {
		d = seconds(ms / 1000)
	} else if s, err := strconv.ParseFloat(v, 64); err == nil {
		d = seconds(s)
	} else if at, err := http.ParseTime(v); err == nil {
		if date, err := http.ParseTime(h.Get("Date")); err == nil {
			now = date
		}
		d = at.Sub(now)
	}
	return min(max(d, 0), 24*time.Hour)
}

// seconds is safe for what a float can hold and a Duration cannot.
func seconds(s float64) time.Duration {
	if !(s > 0) {
		return 0
	}
	return time.Duration(min(s, 86400) * float64(time.Second))
}
