package api

import (
	"errors"
	"sync"
	"time"

	"github.com/parley-app/parley/api/llm"
)

const (
	breakAfter  = 3                // failures one after another
	breakFor    = 5 * time.Second  // the first time
	breakAtMost = 60 * time.Second // it doubles until then
)

// A breaker keeps questions from a model server that does not answer, so that who
// asks hears it at once and nobody waits for a time-out. After a while one question
// is let through; how that ends decides for all (half-open).
type breaker struct {
	now func() time.Time

	mu       sync.Mutex
	failures int           // since the last success
	wait     time.Duration // how long it stays open; 0: it is closed
	until    time.Time
	probing  bool // one question is under way to find out
}

// allow says whether a question may be asked: then its end must be told to record. If
// not, after is when to try again.
func (b *breaker) allow() (after time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch left := b.until.Sub(b.now()); {
	case b.wait == 0:
		return 0, true
	case left > 0:
		return left, false
	case b.probing:
		return time.Second, false
	}
	b.probing = true
	return 0, true
}

// A sign is what the end of a question says about its model server.
type sign uint8

const (
	noSign sign = iota // nothing: a person stopped it
	alive
	dead
)

// signOf reads it from how a question ended to which no token came. A server is
// dead only where it cannot be reached at all: one that is slow, busy or refuses
// a question may answer the next one at once.
func signOf(err error) sign {
	var e *llm.Error
	switch {
	case err == nil:
		return alive
	case errors.As(err, &e) && e.Down:
		return dead
	case e == nil, isCancelled(err):
		return noSign // it was not asked, or not waited for
	default:
		return alive
	}
}

// record tells how a question ended.
func (b *breaker) record(s sign) {
	b.mu.Lock()
	defer b.mu.Unlock()
	probed := b.probing
	b.probing = false
	switch s {
	case alive:
		b.failures, b.wait = 0, 0
	case dead:
		b.failures++
		if probed {
			b.open(min(2*b.wait, breakAtMost))
		} else if b.failures >= breakAfter && b.wait == 0 {
			b.open(breakFor)
		}
	}
}

func (b *breaker) open(wait time.Duration) { b.wait, b.until = wait, b.now().Add(wait) }

// hint says that the server was heard of otherwise: the next question finds out.
func (b *breaker) hint() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = b.now()
}

// isOpen says whether questions are kept back, and until when.
func (b *breaker) isOpen() (after time.Duration, open bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(b.until.Sub(b.now()), 0), b.wait > 0
}
