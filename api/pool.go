package api

import (
	"context"
	"slices"
	"sort"
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
	queue []*waiter              // by round, and in each as they came
	of    map[store.ID][]*waiter // the same, by user

	borrowed []*borrower   // who may be asked for their places, see borrow
	freed    chan struct{} // closed when a place is free; nil while nobody waits to borrow
}

type waiter struct {
	ctx   context.Context
	user  store.ID
	round int // served before those of a later round
	moved func(position int)
	then  func(error)
	place int         // in the line, from 1, as it was last told; 0: it has left
	keep  func() bool // has the end of ctx no longer end the wait; false: it has
}

func newPool(n int) *pool { return &pool{free: n, all: n, of: map[store.ID][]*waiter{}} }

// size is how many have a place, and how many wait for one.
func (p *pool) size() (running, waiting int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all - p.free, len(p.queue)
}

// enter waits for a place until ctx ends, and then calls then, once, on a goroutine
// of its own: with nil when it has a place, which must be given back by release, or
// with the cause of ctx. While it waits it needs no goroutine. moved is told the
// place in the line, from 1, whenever it changes while waiting, and 0 when there is
// a place; it is not called for who need not wait. It must be quick.
func (p *pool) enter(ctx context.Context, user store.ID, moved func(position int), then func(error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free > 0 && ctx.Err() == nil {
		p.free--
		go then(nil)
		return
	}
	w := &waiter{ctx: ctx, user: user, round: p.nextRound(user), moved: moved, then: then}
	w.keep = context.AfterFunc(ctx, func() { p.leave(w) })
	at := p.after(w.round)
	p.queue = slices.Insert(p.queue, at, w)
	p.of[user] = append(p.of[user], w)
	p.reclaim()
	p.tell(at)
}

// after is where those of later rounds than round begin.
func (p *pool) after(round int) int {
	return sort.Search(len(p.queue), func(i int) bool { return p.queue[i].round > round })
}

// nextRound is the round after the user's last question that waits, and not
// before the round that is being served.
func (p *pool) nextRound(user store.ID) int {
	if mine := p.of[user]; len(mine) > 0 {
		return mine[len(mine)-1].round + 1
	}
	if len(p.queue) > 0 {
		return p.queue[0].round
	}
	return 0
}

// leave ends the wait of w, whose context has ended.
func (p *pool) leave(w *waiter) {
	p.mu.Lock()
	if at := w.place - 1; at >= 0 {
		p.drop(at)
		p.tell(at)
	}
	p.mu.Unlock()
	w.then(context.Cause(w.ctx))
}

// drop takes the one at a place out of the line.
func (p *pool) drop(at int) *waiter {
	w := p.queue[at]
	w.place = 0
	if at == 0 {
		p.queue[0], p.queue = nil, p.queue[1:]
	} else {
		p.queue = slices.Delete(p.queue, at, at+1)
	}
	mine := p.of[w.user]
	i := slices.Index(mine, w) // the first, of who is served
	if mine = slices.Delete(mine, i, i+1); len(mine) == 0 {
		delete(p.of, w.user)
	} else {
		p.of[w.user] = mine
	}
	return w
}

// release gives the place to the next in line.
func (p *pool) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pass()
}

func (p *pool) pass() {
	for len(p.queue) > 0 {
		next := p.drop(0)
		if !next.keep() {
			continue // its context has ended at the same moment: it leaves
		}
		next.moved(0) // under the lock, so that it is the last word
		go next.then(nil)
		p.tell(0)
		return
	}
	p.free++
	if p.freed != nil {
		close(p.freed)
		p.freed = nil
	}
}

// tell says to those from a place on where they are, if they do not know.
func (p *pool) tell(from int) {
	for i, w := range p.queue[from:] {
		if at := from + i + 1; w.place != at {
			w.place = at
			if w.ctx.Err() == nil {
				w.moved(at)
			}
		}
	}
}
