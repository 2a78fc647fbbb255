package llm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

var (
	errNoToken = errors.New("no token in time")
	errSilence = errors.New("silence in mid-answer")
)

// A watch ends a request that stalls. Two clocks run: one until the next token,
// from the start; one between bytes of any kind, keep-alives included, from the
// first token on. One goroutine uses it.
type watch struct {
	ctx    context.Context // ends with errNoToken or errSilence as its cause
	cancel context.CancelCauseFunc

	token, silence       *time.Timer
	tokenLimit, maxQuiet time.Duration
	started, ending      bool
}

func newWatch(ctx context.Context, token, quiet time.Duration) *watch {
	w := &watch{tokenLimit: token, maxQuiet: quiet}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.token = time.AfterFunc(token, func() { w.cancel(errNoToken) })
	w.silence = time.AfterFunc(time.Hour, func() { w.cancel(errSilence) })
	w.silence.Stop()
	return w
}

func (w *watch) stop() {
	w.token.Stop()
	w.silence.Stop()
	w.cancel(nil)
}

// arrived notes a token.
func (w *watch) arrived() {
	if w.ending {
		return
	}
	w.started = true
	w.token.Reset(w.tokenLimit)
	w.silence.Reset(w.maxQuiet)
}

// end gives what follows the answer a last grace, whatever still trickles in.
func (w *watch) end(grace time.Duration) {
	w.ending = true
	w.token.Stop()
	w.silence.Reset(grace)
}

// A pulse is a body under watch.
type pulse struct {
	io.Reader
	w *watch
}

func (p pulse) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if n > 0 && p.w.started && !p.w.ending {
		p.w.silence.Reset(p.w.maxQuiet)
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
