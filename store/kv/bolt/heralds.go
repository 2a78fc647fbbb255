package bolt

import "sync"

// heralds are the calls that are committed and have AfterCommit functions to run: one
// call after the other, in the order of their commits, each on the goroutine of its
// caller, beside the writer, who goes on with the next group meanwhile.
type heralds struct {
	mu   sync.Mutex
	last *call // of those that wait or run; nil if there are none
	left sync.WaitGroup
}

// add has c run its functions once all before it have, and does not wait for it.
func (h *heralds) add(c *call) {
	h.left.Add(1)
	h.mu.Lock()
	before := h.last
	if h.last = c; before != nil {
		before.behind = c
	}
	h.mu.Unlock()
	if before == nil {
		c.turn <- struct{}{}
	}
}

// run has c, whose turn it is, run its functions, and gives the turn to who is behind
// it, whichever way they end.
func (h *heralds) run(c *call) {
	defer h.left.Done()
	defer h.next(c)
	publish(c.tx.after)
}

func (h *heralds) next(c *call) {
	h.mu.Lock()
	behind := c.behind
	if behind == nil {
		h.last = nil
	}
	h.mu.Unlock()
	if behind != nil {
		behind.turn <- struct{}{}
	}
}
