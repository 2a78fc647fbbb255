package api

import (
	"context"
	"slices"
	"sync"

	"github.com/parley-app/parley/store"
)

// A pool bounds how many answers are written at once and is fair between people:
// those who wait are served in turn, one question each, however many questions
// one of them has.
type pool struct {
	mu    sync.Mutex
	free  int
	all   int
	queue []*waiter

	borrowed []*borrower   // who may be asked for their places, see borrow
	freed    chan struct{} // closed when a place is free; nil while nobody waits to borrow
}

type waiter struct {
	user  store.ID
	round int // served before those of a later round
	ready chan struct{}
	moved func(position int)
	place int // last told
}

func newPool(n int) *pool { return &pool{free: n, all: n} }

// size is how many have a place, and how many wait for one.
func (p *pool) size() (running, waiting int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all - p.free, len(p.queue)
}

// acquire waits for a place until ctx ends. moved is told the place in the line,
// from 1, whenever it changes while waiting, and 0 when the wait is over; it is
// not called for who need not wait. It must be quick. Who acquires must release.
func (p *pool) acquire(ctx context.Context, user store.ID, moved func(position int)) error {
	p.mu.Lock()
	if p.free > 0 && ctx.Err() == nil {
		p.free--
		p.mu.Unlock()
		return nil
	}
	w := &waiter{user: user, round: p.nextRound(user), ready: make(chan struct{}), moved: moved}
	at := slices.IndexFunc(p.queue, func(q *waiter) bool { return q.round > w.round })
	if at < 0 {
		at = len(p.queue)
	}
	p.queue = slices.Insert(p.queue, at, w)
	p.reclaim()
	p.tell()
	p.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		return p.leave(ctx, w)
	}
}

// nextRound is the round after the user's last question that waits, and not
// before the round that is being served.
func (p *pool) nextRound(user store.ID) int {
	round := 0
	if len(p.queue) > 0 {
		round = p.queue[0].round
	}
	for _, w := range p.queue {
		if w.user == user {
			round = w.round + 1
		}
	}
	return round
}

func (p *pool) leave(ctx context.Context, w *waiter) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.queue, w); i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
		p.tell()
	} else {
		p.pass() // it was given a place at the same moment
	}
	return context.Cause(ctx)
}

// release gives the place to the next in line.
func (p *pool) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pass()
}

func (p *pool) pass() {
	if len(p.queue) == 0 {
		p.free++
		if p.freed != nil {
			close(p.freed)
			p.freed = nil
		}
		return
	}
	next := p.queue[0]
	p.queue = p.queue[1:]
	next.moved(0) // under the lock, so that it is the last word
	close(next.ready)
	p.tell()
}

func (p *pool) tell() {
	for i, w := range p.queue {
		if w.place != i+1 {
			w.place = i + 1
			w.moved(w.place)
		}
	}
}
