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
	turn chan struct{} // a value is a turn, closed is the answer
}

func newCall() *call {
	return &call{turn: make(chan struct{}, 1)}
}

// follow goes with c until it is answered: the first turn is for fn, a second
// one for what waits for the commit.
func (e *Engine) follow(c *call, fn func(kv.Tx) error) error {
	step := func() { c.run(fn) }
	for {
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
		e.take(step)
		step = func() { publish(c.tx.after) }
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

// publish runs all of fns in order, also when one of them panics.
func publish(fns []func()) {
	if len(fns) > 0 {
		defer publish(fns[1:])
		fns[0]()
	}
}

// guard makes an error of a panic, with which bbolt reports a damaged file, and
// returns its stack. After one bbolt may hold its locks for ever.
func guard(f func() error) (err error, stack []byte) {
	defer func() {
		if p := recover(); p != nil {
			err, stack = fmt.Errorf("bbolt: %v", p), debug.Stack()
		}
	}()
	return f(), nil
}
