package llm

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxBody bounds an answer that comes whole and a list of models, in bytes.
const maxBody = 8 << 20

// Stream asks the server and hands on its answer as it comes. See Provider.
// Usage and FinishReason are what had arrived, also beside an error.
func (o *OpenAI) Stream(ctx context.Context, r Request, emit func(Delta)) (Result, error) {
	if len(r.Messages) == 0 {
		return Result{}, &Error{Kind: KindBadRequest, Message: "There is nothing to answer."}
	}
	w := newWatch(ctx, o.o.FirstTokenTimeout, o.o.SilenceTimeout)
	defer w.stop()
	a := &answer{o: o, w: w, emit: emit}
	err := a.run(r)
	if err != nil {
		err = a.explain(ctx, err)
	}
	return a.result, err
}

// An answer is one that is being received.
type answer struct {
	o      *OpenAI
	w      *watch
	emit   func(Delta)
	result Result

	opened          bool // the server accepted the question
	text, reasoning joiner
}

// run receives the answer; what is left of a character when it ends is let go as
// U+FFFD, whatever ended it.
func (a *answer) run(r Request) error {
	defer func() { a.pass(a.text.end(), a.reasoning.end()) }()
	if err := a.o.resolve(a.w.ctx, &r); err != nil {
		return err
	}
	a.result.Model = r.Model
	resp, err := a.o.ask(a.w.ctx, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	a.opened = true
	body, err := decoded(resp.Header.Get("Content-Encoding"), pulse{resp.Body, a.w})
	if err != nil {
		return err
	}
	events := newSSEReader(body)
	switch events.first() { // rather than Content-Type, which not all set right
	case '{': // the server ignores "stream"
		return a.whole(events)
	case '<': // a web page: this is no model server
		e := fault{}.error(http.StatusNotFound)
		e.Status = resp.StatusCode
		return e
	}
	return a.stream(events)
}

// stream reads events until one says that the answer is over.
func (a *answer) stream(events *sseReader) error {
	finished := false
	var c chunk
	for {
		ev, err := events.next()
		switch {
		case err != nil && finished:
			return nil // no [DONE], but nothing is missing
		case err != nil:
			return err
		case string(ev.data) == "[DONE]":
			a.w.end(a.o.drain)
			_, _ = io.CopyN(io.Discard, events, 4096) // reading to the end keeps the connection
			return nil
		case len(ev.data) == 0:
			continue
		}
		if err := a.event(&c, ev); err != nil {
			return err
		}
		if len(c.finish) > 0 && !finished {
			finished = true
			a.w.end(a.o.grace)
		}
	}
}

// event takes one event apart and hands on what it holds.
func (a *answer) event(c *chunk, ev event) error {
	err := c.decode(ev.data)
	switch {
	case ev.name == "error":
		return a.o.fault(ev.data).error(0)
	case err != nil && ev.cut:
		*c = chunk{}
		return nil // the reader returns what cut it next
	case err != nil:
		return fmt.Errorf("%w: %.100q", err, a.o.redact(string(ev.data)))
	}
	a.take(c)
	switch {
	case c.fault != nil:
		return a.o.fault(c.fault).error(0)
	case string(c.finish) == "error": // OpenRouter's, without saying more
		return fault{}.error(0)
	}
	return nil
}

// take hands on text, and notes the rest.
func (a *answer) take(c *chunk) {
	text := c.text
	if !c.delta && !a.w.started {
		text = c.whole
	}
	a.pass(a.text.add(text), a.reasoning.add(c.reasoning))
	if len(c.model) > 0 && string(c.model) != a.result.Model {
		a.result.Model = string(c.model)
	}
	if len(c.finish) > 0 {
		a.result.FinishReason = string(c.finish)
	}
	if c.usage != (Usage{}) {
		a.result.Usage = c.usage
	}
}

func (a *answer) pass(text, reasoning string) {
	if text != "" || reasoning != "" {
		a.w.arrived()
		a.emit(Delta{Text: text, Reasoning: reasoning})
	}
}

// whole reads an answer that comes in one piece.
func (a *answer) whole(body io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	switch {
	case err != nil:
		return err
	case len(data) > maxBody:
		return errEventTooLong
	}
	var c chunk
	if err := a.event(&c, event{data: data}); err != nil {
		return err
	}
	if !c.choices {
		return fmt.Errorf("%w: no choices", errSyntax)
	}
	return nil
}

// explain makes an Error of what ended an answer.
func (a *answer) explain(ctx context.Context, err error) *Error {
	var e *Error
	cause := context.Cause(a.w.ctx)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &Error{Kind: KindTimeout, Message: "The answer took longer than it may.", Err: ctx.Err()}
	case ctx.Err() != nil:
		return &Error{Kind: KindInterrupted, Message: "The answer was stopped.", Err: ctx.Err()}
	case errors.As(err, &e):
		return e
	case errors.Is(cause, errNoToken) && !a.w.started:
		return &Error{Kind: KindTimeout, Message: "The model server has sent nothing for " + spell(a.o.o.FirstTokenTimeout) + ". Try again.", Err: cause}
	case errors.Is(cause, errSilence), errors.Is(cause, errNoToken):
		return &Error{Kind: KindTimeout, Message: "The model server fell silent in the middle of the answer. What had come is kept.", Err: cause}
	case errors.Is(err, errSyntax), errors.Is(err, errEventTooLong), errors.Is(err, errEncoding), errors.Is(err, gzip.ErrHeader):
		return &Error{Kind: KindServerError, Message: "The model server sent what Parley cannot read.", Err: a.o.hide(err)}
	case a.w.started:
		return &Error{Kind: KindInterrupted, Message: "The model server broke off in the middle of the answer. What had come is kept.", Err: err}
	case a.opened:
		return &Error{Kind: KindInterrupted, Message: "The model server broke off before its answer began. Try again.", Err: err}
	}
	return a.o.unreachable(err)
}

var errEncoding = errors.New("an unknown Content-Encoding")

// decoded undoes a compression that nobody asked for but some proxies apply.
func decoded(encoding string, body io.Reader) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		return &lazyGzip{src: body}, nil
	}
	return nil, fmt.Errorf("%w: %.40q", errEncoding, encoding)
}

// A lazyGzip reads the header of gzip with the first bytes, not before.
type lazyGzip struct {
	src io.Reader
	z   *gzip.Reader
	err error // of the header, for good
}

func (l *lazyGzip) Read(b []byte) (int, error) {
	if l.z == nil && l.err == nil {
		l.z, l.err = gzip.NewReader(l.src)
	}
	if l.err != nil {
		return 0, l.err
	}
	return l.z.Read(b)
}

// unreachable words a failure to get any answer.
func (o *OpenAI) unreachable(err error) *Error {
	msg := "The model server cannot be reached. Try again, or ask an administrator."
	if strings.Contains(err.Error(), "certificate") {
		msg = "The model server cannot be trusted: its certificate is not valid here. An administrator has to look into it."
	}
	return &Error{Kind: KindUnavailable, Message: msg, Err: o.hide(err)}
}

// hide keeps the API key out of errors that quote what a server said.
func (o *OpenAI) hide(err error) error {
	if s := err.Error(); s != o.redact(s) {
		return errors.New(o.redact(s))
	}
	return err
}

// fault reads what a server said, without the API key. Text that is no JSON is
// the message itself, unless it is a web page.
func (o *OpenAI) fault(body []byte) fault {
	f := readFault(body)
	if b := bytes.TrimSpace(body); f.message == "" && len(b) > 0 && !bytes.ContainsAny(b[:1], "<{[") {
		f.message = string(b)
	}
	f.message = sentence(o.redact(f.message)) // in this order: half a key is still a secret
	return f
}
