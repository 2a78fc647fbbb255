package api

import (
	"context"
	"sync"
)

// A background is what runs beside the requests and the turns, and ends with the
// server.
type background struct {
	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
	ctx     context.Context
	cancel  context.CancelFunc
}

func newBackground() *background {
	b := &background{}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	return b
}

// run does fn on a goroutine of its own; it does nothing, and says so, once the
// server goes down. fn returns soon after its context ends.
func (b *background) run(fn func(context.Context)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.running.Go(func() { fn(b.ctx) })
	return true
}

// end takes nothing new, cancels what runs, and waits for it.
func (b *background) end() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.cancel()
	b.running.Wait()
}
