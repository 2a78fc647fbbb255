package bolt

import (
	"errors"
	"fmt"
	"runtime"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/parley-app/parley/store/kv"
)

// write is the writer: the only goroutine that opens bbolt write transactions
// while the engine is open. A function that ends it has another one go on with g.
func (e *Engine) write(g *group) {
	defer func() {
		if g.running != nil {
			go e.write(g)
		} else {
			close(e.stopped)
		}
	}()
	if g.running != nil && !e.serve(g, func() error { return e.resume(g) }) {
		return
	}
	for e.turn(g) {
	}
}

// turn waits for something to do and does it. It reports false when the engine is
// closed or broken.
func (e *Engine) turn(g *group) bool {
	select {
	case <-e.broken: // by a commit that went well after all: who waited has left
		return false
	default:
	}
	if len(e.apart) > 0 { // before closing: they have left the line
		g.alone = true
		c := e.apart[0]
		e.apart = e.apart[1:]
		return e.serve(g, func() error { return e.process(g, c) })
	}
	select {
	case <-e.closing:
		return false
	default:
	}
	if c := e.line.next(); c != nil {
		return e.serve(g, func() error { return e.process(g, c) })
	}
	select {
	case <-e.line.some:
		return true
	case <-e.due.C:
		return e.serve(g, e.checkpoint)
	case <-e.closing:
		return false
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
	if err := e.run(g, c); err != nil {
		return err
	}
	return e.fill(g)
}

// resume goes on with g where the writer was ended.
func (e *Engine) resume(g *group) error {
	c := g.running
	g.running = nil
	if err := e.lend(g, c); err != nil {
		return err
	}
	return e.fill(g)
}

// fill takes into g who else is in line, and commits it.
func (e *Engine) fill(g *group) error {
	for c := e.next(g); c != nil; c = e.next(g) {
		if err := e.run(g, c); err != nil {
			return err
		}
	}
	err := g.damage
	if err == nil {
		err = e.commit(g)
	}
	if isolated(err) {
		return e.separate(g, err)
	} else if err != nil {
		return err
	}
	e.crowded = len(g.calls) > 1
	e.answer(g)
	g.reset()
	return nil
}

// isolated reports whether err has left no trace in the file and is no reason for others
// to fail.
func isolated(err error) bool { return errors.Is(err, kv.ErrFull) || errors.Is(err, kv.ErrDamaged) }

// separate undoes g, which failed because of err without a trace in the file. Its
// calls run again one by one, so that only those fail for which there is a reason.
func (e *Engine) separate(g *group, err error) error {
	if e := g.bolt.Rollback(); e != nil && !errors.Is(e, berrors.ErrTxClosed) {
		return e
	}
	if g.alone {
		c := g.calls[0]
		c.err, c.ok = err, false
		e.answer(g)
		g.reset()
		return nil
	}
	done := g.calls[:0:0]
	for _, c := range g.calls {
		if c.ok {
			c.tx = update{}
			e.apart = append(e.apart, c)
		} else {
			done = append(done, c)
		}
	}
	g.calls = done
	e.answer(g)
	g.reset()
	return nil
}

// next takes the next call for g, or nil when g is full or nobody is in line.
// If the last group was of several, it lets the others run once before it says
// so: those who were answered are about to come back, and a commit costs far
// more than the look.
func (e *Engine) next(g *group) *call {
	if g.alone || g.damage != nil || g.full() {
		return nil
	}
	if c := e.line.next(); c != nil || !e.crowded {
		return c
	}
	runtime.Gosched()
	return e.line.next()
}

// run runs c in g and undoes what it wrote unless it went well.
func (e *Engine) run(g *group, c *call) error {
	c.tx.group, c.tx.before = g, len(g.log)
	c.ok = false
	g.calls = append(g.calls, c)
	g.running = c
	returned := c.attempt()
	g.running = nil
	if !returned {
		return e.lend(g, c)
	}
	return g.settle(c)
}

// lend undoes what c wrote when it did not return, and has its caller run it.
func (e *Engine) lend(g *group, c *call) error {
	before := c.tx.before
	if g.damage != nil { // the group is undone as a whole, and c runs again apart
		c.ok = true
		return nil //nolint:nilerr // fill looks at it
	}
	if err := g.undo(before); err != nil {
		return err
	}
	c.tx = update{group: g, before: before}
	c.turn <- struct{}{}
	<-e.ran
	return g.settle(c)
}

// answer answers the calls of g, or has them run their AfterCommit functions first, in
// the order of the commits: what goes on beside the writer.
func (e *Engine) answer(g *group) {
	for _, c := range g.calls {
		switch {
		case !c.fate.CompareAndSwap(undecided, committed): // nobody waits
		case c.publishes():
			e.heralds.add(c)
		default:
			close(c.turn)
		}
	}
}
