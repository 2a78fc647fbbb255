package bolt

import (
	"fmt"
	"runtime/debug"

	"github.com/parley-app/parley/store/kv"
)

// A call is one Update on its way through the writer. Its functions run on the
// goroutine of its caller, so that a panic, its stack and runtime.Goexit stay
// where they belong; the writer and the caller hand the turn to one another,
// and only who has it touches the call.
type call struct {
	tx   update
	err  error         // what the caller is answered
	ok   bool          // the function has returned, and well
	turn chan struct{} // a value is a turn, closed is the answer of who needs no second one
}

func newCall() *call {
	return &call{turn: make(chan struct{}, 1)}
}

// follow goes with c until it is answered: the first turn is for fn, a second one for
// what waits for the commit, and an answer too.
func (e *Engine) follow(c *call, fn func(kv.Tx) error) error {
	for ran := false; ; ran = true {
		open := false
		select {
		case _, open = <-c.turn:
		case <-e.broken:
			select {
			case _, open = <-c.turn: // it was answered before
			default:
				return e.cause
			}
		}
		if !open {
			return c.err
		}
		if ran {
			e.take(func() { publish(c.tx.after) })
			return c.err
		}
		e.take(func() { c.run(fn) })
	}
}

// take runs step and gives the turn back, whichever way step ends.
func (e *Engine) take(step func()) {
	defer func() { e.ran <- struct{}{} }()
	step()
}

func (c *call) run(fn func(kv.Tx) error) {
	defer c.tx.end()
	c.err = fn(&c.tx)
	if c.err == nil {
		c.err = c.tx.err
	}
	c.ok = c.err == nil
}

// publishes says whether something waits for the commit of c.
func (c *call) publishes() bool { return c.ok && len(c.tx.after) > 0 }

// publish runs all of fns in order, also when one of them panics.
func publish(fns []func()) {
	if len(fns) > 0 {
		defer publish(fns[1:])
		fns[0]()
	}
}

// guard makes an error of a panic, with which bbolt reports a damaged file, and
// returns its stack. After one bbolt may hold its locks for ever.
func guard(f func() error) (stack []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			stack, err = debug.Stack(), fmt.Errorf("bbolt: %v", p)
		}
	}()
	return nil, f()
}
