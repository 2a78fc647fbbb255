package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

// maxFault bounds what is read of an error, in bytes.
const maxFault = 64 << 10

// A question is a chat completion as the wire has it, but for its messages.
type question struct {
	Model               string     `json:"model"`
	Stream              bool       `json:"stream"`
	StreamOptions       *streaming `json:"stream_options,omitempty"`
	MaxTokens           int        `json:"max_tokens,omitempty"`
	MaxCompletionTokens int        `json:"max_completion_tokens,omitempty"`
	Temperature         *float64   `json:"temperature,omitempty"`
}

type streaming struct {
	IncludeUsage bool `json:"include_usage"`
}

// with returns the question as JSON with messages, which are most of it and are
// encoded by hand: encoding/json takes several times as long, and grows as it goes.
func (q question) with(messages []Message) ([]byte, error) {
	head, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	size := len(head) + 64
	for _, m := range messages {
		size += len(m.Content) + len(m.Content)/16 + 64
	}
	b := append(make([]byte, 0, size), head[:len(head)-1]...)
	for i, m := range messages {
		between := `,{"role":`
		if i == 0 {
			between = `,"messages":[{"role":`
		}
		b = appendText(append(b, between...), string(m.Role))
		b = append(appendText(append(b, `,"content":`...), m.Content), '}')
	}
	return append(b, "]}"...), nil
}

// appendText appends s as a string of JSON. Bytes that are no UTF-8 become U+FFFD.
func appendText(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	b = append(b, '"')
	plain := 0 // s[plain:i] needs no escape
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[plain:i]...)
		switch plain = i + 1; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		default:
			b = fmt.Appendf(b, `\u%04x`, c)
		}
	}
	return append(append(b, s[plain:]...), '"')
}

// ask sends a request as known has it, and returns the response with a body to read
// and close.
func (o *OpenAI) ask(ctx context.Context, r Request, known refusal) (*http.Response, error) {
	q, messages := known.request(r)
	body, err := q.with(messages)
	if err != nil {
		return nil, err
	}
	resp, err := o.send(ctx, o.base.JoinPath("chat", "completions"), body)
	if err != nil || resp.StatusCode/100 == 2 {
		return resp, err
	}
	e := o.refused(resp)
	if e.Kind == KindUnknownModel {
		o.chosen.Store(nil)
	}
	return nil, e
}

// refused reads a response that is no answer, closes it, and returns what it means.
func (o *OpenAI) refused(resp *http.Response) *Error {
	defer resp.Body.Close()
	body, err := decoded(resp.Header.Get("Content-Encoding"), io.LimitReader(resp.Body, maxFault))
	if err != nil {
		body = strings.NewReader("")
	}
	said, _ := io.ReadAll(io.LimitReader(body, maxFault)) // half of it is better than nothing
	e := o.fault(said).error(resp.StatusCode)
	e.RetryAfter = retryAfter(resp.Header, o.now())
	if len(said) > 0 {
		e.Err = errors.New(sentence(o.redact(string(said))))
	}
	return e
}

// resolve fills in the model, asking the server for its first one if none is
// set. Embedding models are passed over: they answer nothing.
func (o *OpenAI) resolve(ctx context.Context, r *Request) error {
	if r.Model == "" {
		r.Model = o.o.Model
	}
	if p := o.chosen.Load(); r.Model == "" && p != nil {
		r.Model = *p
	}
	if r.Model != "" {
		return nil
	}
	list, err := o.list(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return &Error{Kind: KindUnknownModel, Message: "The model server has no model. An administrator has to load one."}
	}
	r.Model = list[0].ID
	o.chosen.Store(&r.Model)
	return nil
}
