package llm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A fault is an error as a model server words it.
type fault struct {
	message string
	words   string // types and codes, lower-case, for telling kinds apart
	params  string // names of the parameters that it is about, lower-case
	status  int    // of a code that is an HTTP status
	limit   int    // the context in tokens, where a field tells it
}

// readFault understands the ways in which servers word an error: {"error":
// {"message", "type", "code"}} (OpenAI), {"error": "text"} (LM Studio, TGI,
// Ollama's own routes), {"object": "error", "message"} (vLLM before 0.10),
// {"detail": …} (FastAPI), {"error_message"} (Venice), {"code", "msg"} (Zhipu),
// {"error_code", "error_msg"} (Baidu), {"base_resp": {"status_code",
// "status_msg"}} (MiniMax), {"errors": […]}, a list of one (Gemini's compatible
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

// messageKeys are the fields that hold the message of an error, or another
// error, the most telling first.
var messageKeys = []string{
	"message", "msg", "detail", "error_message", "errormessage", "error_msg", "errormsg", "err_msg", "errmsg", "error_description",
	"status_msg", "statusmessage", "error", "errors", "err", "base_resp", "fault", "title", "description",
}

func (f *fault) read(v any, depth int) {
	if depth > 8 {
		return
	}
	switch v := v.(type) {
	case string:
		f.text(v, depth)
	case []any:
		for _, one := range v[:min(len(v), 10)] {
			f.read(one, depth+1)
		}
	case map[string]any:
		f.object(v, depth)
	}
}

func (f *fault) object(v map[string]any, depth int) {
	fields := make(map[string]any, len(v))
	for k, one := range v {
		fields[strings.ToLower(k)] = one
	}
	for _, k := range []string{"type", "code", "error_type", "reason", "status", "status_code", "statuscode", "error_code", "http_status"} {
		f.word(fields[k])
	}
	for _, k := range []string{"param", "parameter", "loc"} {
		f.param(fields[k])
	}
	if n, ok := fields["n_ctx"].(json.Number); ok {
		f.limit, _ = strconv.Atoi(n.String())
	}
	if e := fields["error"]; f.message == "" && !isText(e) {
		f.read(e, depth+1) // before the message beside it, which may be a part of it
	}
	for _, k := range messageKeys {
		if f.message == "" && fields[k] != nil {
			f.read(fields[k], depth+1)
		}
	}
	if place, ok := fields["loc"].([]any); ok && depth > 0 && f.message != "" && len(place) > 1 && !strings.Contains(f.message, ": ") {
		f.message = fmt.Sprintf("%v: %s", place[len(place)-1], f.message)
	}
}

func isText(v any) bool {
	_, ok := v.(string)
	return ok
}

// text takes a message, which proxies like to wrap as JSON inside a string.
func (f *fault) text(s string, depth int) {
	if f.message != "" {
		return
	}
	var v any
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	if s = strings.TrimSpace(s); strings.HasPrefix(s, "{") && d.Decode(&v) == nil {
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
		f.code(v)
	case json.Number:
		f.code(v.String())
	}
}

func (f *fault) code(s string) {
	if n, err := strconv.Atoi(s); err == nil && n >= 400 && n < 600 {
		f.status = n
	}
}

func (f *fault) param(v any) {
	switch v := v.(type) {
	case string:
		f.params += " " + strings.ToLower(v)
	case []any:
		for _, one := range v {
			f.param(one)
		}
	}
}

var (
	titleRE = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	h1RE    = regexp.MustCompile(`(?is)<h1[^>]*>(.*?)</h1>`)
	tagRE   = regexp.MustCompile(`(?s)<[^>]*>`)
)

// pageTitle returns what a web page is called, "" if it does not say.
func pageTitle(page []byte) string {
	for _, re := range []*regexp.Regexp{titleRE, h1RE} {
		if m := re.FindSubmatch(page); m != nil {
			if s := strings.TrimSpace(html.UnescapeString(tagRE.ReplaceAllString(string(m[1]), " "))); s != "" {
				return s
			}
		}
	}
	return ""
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

var noModel = []string{"model_not_found", "not a valid model", "no models loaded", "unknown model"}

var noAccess = []string{"invalid_api_key", "insufficient_quota", "insufficient_balance", "billing_not_active", "billing_hard_limit_reached"}

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
	case f.overflows(status):
		return KindContextExceeded
	case f.mentions(noModel), status == 404 && strings.Contains(about, "model"):
		return KindUnknownModel
	case status == 401, status == 402, status == 403, f.mentions(noAccess):
		return KindUnauthorized
	case status == 413:
		return KindContextExceeded
	case status == 429, status == 529, strings.Contains(f.words, "rate_limit"), strings.Contains(f.words, "overloaded"), strings.Contains(f.words, "resource_exhausted"):
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
		s = "This conversation is longer than the model can read. Summarise it, or start a new chat"
	case KindUnauthorized:
		if status == http.StatusUnauthorized || f.status == http.StatusUnauthorized || strings.Contains(f.words, "invalid_api_key") {
			return "The model server does not accept Parley's API key. An administrator has to check it."
		}
		s = "The model server does not let Parley use this model. An administrator has to check the account"
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
	return s + ". The model server said: " + f.message
}

// error makes the Error of a fault.
func (f fault) error(status int) *Error {
	k := f.kind(status)
	return &Error{Kind: k, Status: status, Message: f.say(k, status), Down: f.isDown(status), fault: f}
}

// isDown reports whether a gateway says that there is no server behind it.
func (f fault) isDown(status int) bool {
	about := strings.ToLower(f.message)
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable &&
		(strings.Contains(about, "no healthy upstream") || strings.Contains(about, "no server is available") || strings.Contains(about, "upstream connect error"))
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
