package llm

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"
)

// maxBody bounds an answer that comes whole and a list of models, in bytes.
const maxBody = 8 << 20

// Stream asks the server and hands on its answer as it comes. See Provider. What
// the server refuses of a request is left out, and the question asked again, a few
// times at most and only before anything was said; see refusal. Usage and
// FinishReason are what had arrived, also beside an error.
func (o *OpenAI) Stream(ctx context.Context, r Request, emit func(Delta)) (Result, error) {
	if len(r.Messages) == 0 {
		return Result{}, &Error{Kind: KindBadRequest, Message: "There is nothing to answer."}
	}
	r.Messages = normalize(r.Messages)
	w := newWatch(ctx, o.o.FirstTokenTimeout, o.o.SilenceTimeout, o.longest)
	defer w.stop()
	if err := o.resolve(w.ctx, &r); err != nil {
		return Result{}, (&answer{o: o, w: w}).explain(ctx, err)
	}
	remembered := o.refusals.get(r.Model, o.now())
	known := remembered
	for {
		a := &answer{o: o, w: w, emit: emit, began: o.now()}
		a.result.Model = r.Model
		err := a.run(r, known)
		if known != remembered && (err == nil || w.started) {
			o.refusals.put(r.Model, known, o.now())
		}
		if err == nil {
			return a.result, nil
		}
		e := a.explain(ctx, err)
		o.learn(r.Model, e)
		next, again := known.after(e, &r)
		if !again || w.started || w.ctx.Err() != nil {
			return a.result, e
		}
		known = next
	}
}

// An answer is one that is being received.
type answer struct {
	o      *OpenAI
	w      *watch
	emit   func(Delta)
	result Result
	began  time.Time
	end    ending

	connected       bool   // a connection to the server was made
	opened          bool   // the server accepted the question
	understood      bool   // an event was one of a chat completion
	strange         string // the beginning of the first event that was none
	text, reasoning joiner
	split           splitter
}

// run receives the answer. What is left of a character when it ends is passed on as
// U+FFFD, whatever ended it.
func (a *answer) run(r Request, known refusal) error {
	a.split.emit = a.emit
	defer func() {
		a.pass(a.text.end(), a.reasoning.end())
		a.split.end()
	}()
	resp, err := a.o.ask(httptrace.WithClientTrace(a.w.ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { a.connected = true },
	}), r, known)
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
	if events.first() == '<' { // rather than Content-Type, which not all set right
		return a.page(events, resp.StatusCode)
	}
	return a.stream(events)
}

// page makes an error of a web page: what answers is no model server.
func (a *answer) page(body io.Reader, status int) error {
	page, _ := io.ReadAll(io.LimitReader(body, maxFault)) // half of it is better than nothing
	e := fault{}.error(http.StatusNotFound)
	if e.Status = status; pageTitle(page) != "" {
		e.Message += " It answers with a web page: " + sentence(a.o.redact(pageTitle(page)))
	}
	return e
}

// stream reads events until one says that the answer is over, or nothing more comes.
func (a *answer) stream(events *sseReader) error {
	var c chunk
	for {
		ev, err := events.next()
		switch {
		case err != nil:
			return a.ended(err, events.stray)
		case isDone(ev.data), ev.endsStream() && !bytes.HasPrefix(bytes.TrimSpace(ev.data), []byte("{")):
			return a.done(events)
		case ev.name != "error" && isPing(ev.data):
			continue
		}
		wasWhole := a.end.finished && a.end.spoke
		err = a.event(&c, ev)
		switch {
		case ev.endsStream() && (err == nil || errors.Is(err, errSyntax)):
			return a.done(events)
		case err != nil && wasWhole:
			a.late(err)
		case err != nil:
			return err
		}
	}
}

// done ends an answer of which the server has said that it is over.
func (a *answer) done(events *sseReader) error {
	a.w.end(a.o.drain)
	_, _ = io.CopyN(io.Discard, events, 4096) // reading to the end keeps the connection
	if !a.understood && a.strange != "" {
		return a.unreadable(a.strange)
	}
	return nil
}

// ended says what it means that nothing more comes.
func (a *answer) ended(err error, stray []byte) error {
	switch {
	case a.end.finished && (a.end.spoke || errors.Is(err, io.EOF)):
		return nil // no [DONE], but nothing is missing
	case !errors.Is(err, io.EOF) || a.understood:
		return err
	case len(stray) > 0: // an error that is plain text
		return a.o.fault(stray).error(0)
	case a.strange != "":
		return a.unreadable(a.strange)
	}
	return err
}

// late notes an error that came after the whole answer.
func (a *answer) late(err error) {
	if a.result.Late == "" {
		a.result.Late = sentence(a.o.redact(err.Error()))
	}
}

func (a *answer) unreadable(data string) error {
	if a.strange == "" {
		a.strange = cutText(a.o.redact(data), maxStray)
	}
	return fmt.Errorf("%w: %.200q", errSyntax, a.o.redact(data))
}

// event takes one event apart and hands on what it holds.
func (a *answer) event(c *chunk, ev event) error {
	err := c.decode(ev.data)
	switch {
	case ev.name == "error":
		return a.o.fault(ev.data).error(0)
	case err != nil && ev.cut:
		return nil // the reader returns what cut it next
	case err != nil && len(bytes.TrimSpace(ev.data)) > 0 && bytes.IndexByte([]byte(`{["<`), bytes.TrimSpace(ev.data)[0]) < 0:
		return a.o.fault(ev.data).error(0) // plain text
	case err != nil:
		return a.unreadable(string(ev.data))
	case isProgress(ev.name) && !c.choices:
		return nil
	}
	a.take(c, ev.bare)
	switch {
	case c.fault != nil:
		return a.o.fault(c.fault).error(0)
	case finishReason(c.finish) == "error": // OpenRouter's, without saying more
		return a.failed(string(c.finish))
	case !c.choices && c.usage == (Usage{}) && a.strange == "":
		a.strange = cutText(a.o.redact(string(ev.data)), maxStray)
	}
	return nil
}

// failed makes an error of a finish reason that says so.
func (a *answer) failed(reason string) error {
	f := fault{}
	if reason != "error" {
		f.message = cutText(sentence(a.o.redact(reason)), maxReason)
	}
	return f.error(0)
}

// take hands on text, and notes the rest.
func (a *answer) take(c *chunk, bare bool) {
	a.understood = a.understood || c.choices
	text := c.text
	isWhole := !c.delta && !a.w.started
	if isWhole {
		text = c.whole
	}
	reason := a.o.redact(finishReason(c.finish))
	if reason == "" && bare && isWhole && len(c.whole) > 0 {
		reason = "stop" // it came whole
	}
	a.end.note(len(text) > 0 || len(c.reasoning) > 0, reason)
	a.pass(a.text.add(text), a.reasoning.add(c.reasoning))
	if len(c.model) > 0 && string(c.model) != a.result.Model {
		a.result.Model = string(c.model)
	}
	if a.end.reason != "" {
		a.result.FinishReason = a.end.reason
	}
	if c.usage != (Usage{}) {
		a.result.Usage = c.usage
	}
	if reason != "" && a.end.finished && a.end.spoke && len(text) == 0 && len(c.reasoning) == 0 {
		a.w.end(a.o.grace)
	}
}

// pass hands on text, out of which the reasoning is taken, and reasoning that the
// server has told apart.
func (a *answer) pass(text, reasoning string) {
	if text == "" && reasoning == "" {
		return
	}
	a.w.arrived()
	if reasoning != "" {
		a.emit(Delta{Reasoning: reasoning})
	}
	if text != "" {
		a.split.add(text)
	}
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
	case errors.Is(cause, errNoSign) && !a.w.started:
		return &Error{Kind: KindTimeout, Message: "The model server has sent nothing for " + spell(a.o.o.FirstTokenTimeout) + ". Try again.", Err: cause}
	case errors.Is(cause, errNoToken):
		return &Error{Kind: KindTimeout, Message: "The model server has sent no text for " + spell(a.w.longest) + ", only signs that it works. Try again.", Err: cause}
	case errors.Is(cause, errNoSign):
		return &Error{Kind: KindTimeout, Message: "The model server fell silent in the middle of the answer. What had come is kept.", Err: cause}
	case errors.Is(err, errSyntax), errors.Is(err, errEventTooLong), errors.Is(err, errEncoding), errors.Is(err, gzip.ErrHeader):
		return &Error{Kind: KindServerError, Message: a.unreadableSentence(err), Err: a.o.hide(err)}
	case a.w.started:
		return &Error{Kind: KindInterrupted, Message: "The model server broke off in the middle of the answer. What had come is kept.", Err: a.o.hide(err)}
	case a.opened:
		return &Error{Kind: KindInterrupted, Message: "The model server broke off before its answer began. Try again.", Err: a.o.hide(err)}
	}
	e = a.o.unreachable(err)
	// A proxy that accepts for a server that is gone hangs up at once; one that
	// hangs up later had enough of this question.
	e.Down = !a.connected || a.o.now().Sub(a.began) < hangUpAtOnce
	return e
}

const hangUpAtOnce = 2 * time.Second

// unreadableSentence says to people that the server sent something strange, and
// what, where it is text.
func (a *answer) unreadableSentence(err error) string {
	const s = "The model server sent what Parley cannot read."
	if text := sentence(a.strange); text != "" && !a.end.spoke {
		return s + " It sent: " + text
	}
	return s
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
	return nil, fmt.Errorf("%w: %q", errEncoding, encoding)
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

// fault reads what a server said, without credentials. Text that is no JSON is the
// message itself; of a web page it is the title.
func (o *OpenAI) fault(body []byte) fault {
	f := readFault(body)
	b := bytes.TrimSpace(body)
	switch {
	case f.message != "" || len(b) == 0:
	case b[0] == '<':
		f.message = pageTitle(b)
	case b[0] != '{' && !json.Valid(b):
		f.message = string(b)
	}
	f.message = sentence(o.redact(f.message)) // in this order: half a key is still a secret
	return f
}
