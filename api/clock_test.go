package api_test

import (
	"sync"
	"time"
)

// A clock is set by its test. Whatever works in the background may read it meanwhile.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return clockAt(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)) }

func clockAt(now time.Time) *clock { return &clock{now: now} }

// Now tells the time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// add puts the clock forward.
func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// set sets the clock.
func (c *clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}
