package llm

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
)

// maxFault bounds what is read of an error, in bytes.
const maxFault = 64 << 10

// A question is a chat completion as the wire has it.
type question struct {
	Model               string     `json:"model"`
	Messages            []turn     `json:"messages"`
	Stream              bool       `json:"stream"`
	StreamOptions       *streaming `json:"stream_options,omitempty"`
	MaxTokens           int        `json:"max_tokens,omitempty"`
	MaxCompletionTokens int        `json:"max_completion_tokens,omitempty"`
	Temperature         *float64   `json:"temperature,omitempty"`
}

type turn struct {
	Role    Role   `json:"role"`
	Content string `json:"content"`
}

type streaming struct {
	IncludeUsage bool `json:"include_usage"`
}

// ask sends a request until the server accepts it, and returns its response with
// a body to read and close. A request is only repeated if the server refused a
// parameter, once for each, before anything was generated.
func (o *OpenAI) ask(ctx context.Context, r Request) (*http.Response, error) {
	q := question{Model: r.Model, Stream: true, MaxTokens: max(r.MaxTokens, 0), Temperature: r.Temperature}
	for _, m := range r.Messages {
		q.Messages = append(q.Messages, turn(m))
	}
	if !o.noUsage.Load() {
		q.StreamOptions = &streaming{IncludeUsage: true}
	}
	for {
		resp, err := o.send(ctx, o.base.JoinPath("chat", "completions"), q)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode/100 == 2 {
			return resp, nil
		}
		e, said := o.refusal(resp)
		if ctx.Err() != nil || !o.adapt(&q, resp.StatusCode, said) {
			if e.Kind == KindUnknownModel {
				o.chosen.Store(nil)
			}
			return nil, e
		}
	}
}

// adapt drops the parameter that the server complains about, and says whether
// that leaves something to try.
func (o *OpenAI) adapt(q *question, status int, said string) bool {
	if status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
		return false
	}
	switch {
	case q.StreamOptions != nil && (strings.Contains(said, "stream_options") || strings.Contains(said, "include_usage")):
		o.noUsage.Store(true)
		q.StreamOptions = nil
	case q.MaxTokens > 0 && strings.Contains(said, "max_completion_tokens"):
		// OpenAI's reasoning models: "Unsupported parameter: 'max_tokens' …
		// Use 'max_completion_tokens' instead" (teilomillet/gollm#33).
		q.MaxCompletionTokens, q.MaxTokens = q.MaxTokens, 0
	default:
		return false
	}
	return true
}

// refusal reads a response that is no answer, closes it, and returns what it
// means and its text.
func (o *OpenAI) refusal(resp *http.Response) (*Error, string) {
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
	return e, string(said)
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
