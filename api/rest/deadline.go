package rest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// deadlines end the contexts of requests that take longer than timeout. Requests of
// one time-out are late in the order in which they began, so one timer does for all
// of them, where context.WithTimeout sets and stops one for each.
type deadlines struct {
	timeout time.Duration

	mu          sync.Mutex
	first, last *deadline   // of the requests that run
	timer       *time.Timer // nil until the first began
	armed       bool        // timer is set, for first or for one that was before it
	over        bool        // all were ended, and so is whoever begins
}

// newDeadlines makes some that end with life at the latest.
func newDeadlines(life context.Context, timeout time.Duration) *deadlines {
	d := &deadlines{timeout: timeout}
	context.AfterFunc(life, d.endAll)
	return d
}

// A deadline is the context of one request.
type deadline struct {
	of    *deadlines
	until time.Time
	id    string // of the request
	err   atomic.Pointer[error]

	previous, next *deadline     // under of.mu
	done           chan struct{} // under of.mu; nil until somebody asks for it
}

var _ context.Context = (*deadline)(nil)

// begin makes the context of a request that began at start. Who begins it must end it.
func (d *deadlines) begin(id string, start time.Time) *deadline {
	c := &deadline{of: d, until: start.Add(d.timeout), id: id}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over {
		c.err.Store(&context.Canceled)
		return c
	}
	if c.previous = d.last; d.last == nil {
		d.first = c
	} else {
		d.last.next = c
	}
	d.last = c
	if !d.armed {
		d.arm(time.Until(c.until))
	}
	return c
}

// arm sets the timer, under mu.
func (d *deadlines) arm(after time.Duration) {
	if d.armed = true; d.timer == nil {
		d.timer = time.AfterFunc(after, d.expire)
		return
	}
	d.timer.Reset(after)
}

// expire ends those that are late and sets the timer for the next.
func (d *deadlines) expire() {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	for d.first != nil && !now.Before(d.first.until) {
		d.remove(d.first, &context.DeadlineExceeded)
	}
	if d.armed = false; d.first != nil {
		d.arm(d.first.until.Sub(now))
	}
}

func (d *deadlines) endAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	for d.first != nil {
		d.remove(d.first, &context.Canceled)
	}
	if d.timer != nil {
		d.timer.Stop()
	}
}

// remove ends c, one of those that run, under mu.
func (d *deadlines) remove(c *deadline, err *error) {
	if c.previous == nil {
		d.first = c.next
	} else {
		c.previous.next = c.next
	}
	if c.next == nil {
		d.last = c.previous
	} else {
		c.next.previous = c.previous
	}
	c.previous, c.next = nil, nil
	c.err.Store(err)
	if c.done != nil {
		close(c.done)
	}
}

// end ends the context of a request that is answered.
func (c *deadline) end() {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if c.Err() == nil {
		c.of.remove(c, &context.Canceled)
	}
}

// Deadline implements context.Context.
func (c *deadline) Deadline() (time.Time, bool) { return c.until, true }

// Done implements context.Context. What only reads never asks.
func (c *deadline) Done() <-chan struct{} {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.Err() != nil {
			close(c.done)
		}
	}
	return c.done
}

// Err implements context.Context.
func (c *deadline) Err() error {
	if err := c.err.Load(); err != nil {
		return *err
	}
	return nil
}

// Value implements context.Context: it has the id of the request.
func (c *deadline) Value(key any) any {
	if key == (requestIDKey{}) {
		return c.id
	}
	return nil
}
