package api

import (
	"context"
	"errors"

	"github.com/parley-app/parley/api/llm"
)

// errPreempted says that somebody's question needed the place.
var errPreempted = errors.New("a question came first")

// A borrower has a place in the pool that no question needs right now.
type borrower struct {
	cancel context.CancelCauseFunc
}

// borrow waits until a place is free that nobody waits for, and returns a context
// that ends when a question needs the place: who borrows gives it back at once
// then. Questions never wait for longer than that takes.
func (p *pool) borrow(ctx context.Context) (_ context.Context, giveBack func(), err error) {
	for {
		p.mu.Lock()
		if p.free > 0 {
			p.free--
			mine, cancel := context.WithCancelCause(ctx)
			b := &borrower{cancel}
			p.borrowed = append(p.borrowed, b)
			p.mu.Unlock()
			return mine, func() { p.giveBack(b) }, nil
		}
		if p.freed == nil {
			p.freed = make(chan struct{})
		}
		freed := p.freed
		p.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return nil, nil, context.Cause(ctx)
		}
	}
}

func (p *pool) giveBack(b *borrower) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.borrowed {
		if other == b {
			p.borrowed = append(p.borrowed[:i:i], p.borrowed[i+1:]...)
		}
	}
	b.cancel(nil)
	p.pass()
}

// reclaim asks a borrower for its place back, if there is one who was not asked.
func (p *pool) reclaim() {
	if n := len(p.borrowed); n > 0 {
		p.borrowed[n-1].cancel(errPreempted)
		p.borrowed = p.borrowed[:n-1]
	}
}

// aside asks the server once, in a borrowed place; preempted says that a question
// came first and the answer is not whole.
func (s *modelServer) aside(ctx context.Context, r llm.Request, emit func(llm.Delta)) (result llm.Result, preempted bool, err error) {
	if after, open := s.breaker.isOpen(); open && after > 0 {
		return llm.Result{}, false, s.isDead(after)
	}
	mine, giveBack, err := s.pool.borrow(ctx)
	if err != nil {
		return llm.Result{}, false, err
	}
	defer giveBack()
	err = s.guarded(func() (spoke bool, err error) {
		result, spoke, err = s.try(mine, r, emit)
		return spoke, err
	})
	return result, err != nil && errors.Is(context.Cause(mine), errPreempted), err
}
