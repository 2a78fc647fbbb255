package llm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

var (
	errNoSign  = errors.New("no sign of life in time")
	errNoToken = errors.New("signs of life, but no token in time")
)

// longestWait bounds the time between two tokens, however many signs of life
// come between them.
const longestWait = time.Hour

// A watch ends a request that stalls. Two clocks run: one between bytes of any
// kind, keep-alives and progress included, which are signs of life; one between
// tokens, which is far longer. One goroutine uses it.
type watch struct {
	ctx    context.Context // ends with errNoSign or errNoToken as its cause
	cancel context.CancelCauseFunc

	quiet, token            *time.Timer
	first, silence, longest time.Duration // how long quiet lasts before the first token and after it, and token
	started, ending         bool
}

func newWatch(ctx context.Context, first, silence, longest time.Duration) *watch {
	w := &watch{first: first, silence: silence, longest: max(longest, first)}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.quiet = time.AfterFunc(first, func() { w.cancel(errNoSign) })
	w.token = time.AfterFunc(w.longest, func() { w.cancel(errNoToken) })
	return w
}

func (w *watch) stop() {
	w.quiet.Stop()
	w.token.Stop()
	w.cancel(nil)
}

// arrived notes a token.
func (w *watch) arrived() {
	w.started, w.ending = true, false
	w.token.Reset(w.longest)
	w.quiet.Reset(w.silence)
}

// sign notes a sign of life.
func (w *watch) sign() {
	switch {
	case w.ending:
	case w.started:
		w.quiet.Reset(w.silence)
	default:
		w.quiet.Reset(w.first)
	}
}

// end gives what follows the answer a last grace, whatever still trickles in,
// unless another token does.
func (w *watch) end(grace time.Duration) {
	w.ending = true
	w.token.Stop()
	w.quiet.Reset(grace)
}

// A pulse is a body under watch.
type pulse struct {
	io.Reader
	w *watch
}

func (p pulse) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if n > 0 {
		p.w.sign()
	}
	return n, err
}

// spell words a duration for people.
func spell(d time.Duration) string {
	switch {
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d minutes", int(d.Round(time.Minute)/time.Minute))
	case d >= 2*time.Second:
		return fmt.Sprintf("%d seconds", int(d.Round(time.Second)/time.Second))
	}
	return d.String()
}
