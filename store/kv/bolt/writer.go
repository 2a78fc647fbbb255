package bolt

import (
	"fmt"
	"runtime"
)

// write is the writer: the only goroutine that opens bbolt write transactions
// while the engine is open.
func (e *Engine) write() {
	defer close(e.stopped)
	g := newGroup(e.packed)
	for {
		select {
		case c := <-e.line:
			if !e.serve(g, func() error { return e.process(g, c) }) {
				return
			}
		case <-e.due.C:
			if !e.serve(g, e.checkpoint) {
				return
			}
		case <-e.closing:
			return
		}
	}
}

// serve does a piece of the writer's work, for g. It reports false when that broke
// the engine.
func (e *Engine) serve(g *group, work func() error) bool {
	stack, err := guard(work)
	switch {
	case err == nil:
		return true
	case stack != nil:
		e.wedged = true
		err = fmt.Errorf("%w\n%s", err, stack)
	case g.bolt != nil:
		_ = g.bolt.Rollback() // of what Commit has not rolled back itself
	}
	e.fail(err)
	return false
}

// process commits a group that begins with c.
func (e *Engine) process(g *group, c *call) (err error) {
	e.readers.dismiss(e.readers.newest)
	if g.bolt, err = e.db.Begin(true); err != nil {
		return err
	}
	if err := e.outgrown(g.bolt); err != nil {
		return err
	}
	for ; c != nil; c = e.next(g) {
		if err := e.run(g, c); err != nil {
			return err
		}
	}
	if err := e.commit(g); err != nil {
		return err
	}
	e.crowded = len(g.calls) > 1
	e.answer(g)
	g.reset()
	return nil
}

// next takes the next call for g, or nil when g is full or nobody is in line.
// If the last group was of several, it lets the others run once before it says
// so: those who were answered are about to come back, and a commit costs far
// more than the look.
func (e *Engine) next(g *group) *call {
	if g.full() {
		return nil
	}
	if c := e.waiting(); c != nil || !e.crowded {
		return c
	}
	runtime.Gosched()
	return e.waiting()
}

func (e *Engine) waiting() *call {
	select {
	case c := <-e.line:
		return c
	default:
		return nil
	}
}

// run gives c its turn in g and undoes what it wrote unless it went well.
func (e *Engine) run(g *group, c *call) error {
	c.tx.group, c.tx.before = g, len(g.log)
	g.calls = append(g.calls, c)
	c.turn <- struct{}{}
	<-e.ran
	if !c.ok {
		return g.undo(c.tx.before)
	}
	g.writes += c.tx.writes
	g.bytes += c.tx.bytes
	return nil
}

// answer lets each call run its AfterCommit functions, in commit order, which answers
// it, and then answers those that have none.
func (e *Engine) answer(g *group) {
	for _, c := range g.calls {
		if c.publishes() {
			c.turn <- struct{}{}
			<-e.ran
		}
	}
	for _, c := range g.calls {
		if !c.publishes() {
			close(c.turn)
		}
	}
}
