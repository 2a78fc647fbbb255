package bolt

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"github.com/parley-app/parley/store/kv"
)

// A call is one Update on its way through the writer, who runs its function. One that
// panics, or calls runtime.Goexit, runs once more, on the goroutine of its caller: so
// the panic, its stack and the end of the goroutine are where they belong, and
// nobody else has to change goroutines. Writer and caller hand the turn to one another,
// and only who has it touches the call.
type call struct {
	fn      func(kv.Tx) error
	tx      update
	err     error         // what the caller is answered
	ok      bool          // the function has returned, and well
	reserve bool          // may use the room that is kept back on a full disk
	turn    chan struct{} // a value is the caller's turn, closed is the answer of who needs none

	fate   atomic.Int32 // decided once
	behind *call        // see heralds
}

// The fates of a call.
const (
	undecided int32 = iota
	committed       // what breaks the engine later does not matter to it
	abandoned       // the engine broke first, and the caller has left
)

func newCall(fn func(kv.Tx) error) *call {
	return &call{fn: fn, turn: make(chan struct{}, 1)}
}

// follow waits with c for its answer: in line until ctx ends, and then however long
// that takes. Its turn comes when its function has not returned for the writer, and
// when it is committed and has something to publish.
func (e *Engine) follow(ctx context.Context, c *call) error {
	ended, closing, broken := ctx.Done(), e.closing, e.broken
	for {
		select {
		case _, open := <-c.turn:
			switch {
			case !open:
				return c.err
			case c.fate.Load() == committed:
				e.heralds.run(c)
				return c.err
			}
			e.take(c)
		case <-ended:
			if e.line.leave(c) {
				return ctx.Err()
			}
			ended = nil
		case <-closing:
			if e.line.leave(c) {
				return kv.ErrClosed
			}
			closing = nil
		case <-broken:
			if c.fate.CompareAndSwap(undecided, abandoned) {
				e.line.leave(c)
				return e.cause
			}
			broken = nil
		}
	}
}

// take runs c on this goroutine and gives the turn back to the writer, whichever way
// that ends.
func (e *Engine) take(c *call) {
	defer func() { e.ran <- struct{}{} }()
	c.run()
}

// attempt runs c, and says whether its function has returned. It does not return
// itself from one that ends the goroutine.
func (c *call) attempt() (returned bool) {
	defer func() {
		if !returned {
			_ = recover() // it will panic again
		}
	}()
	c.run()
	return true
}

func (c *call) run() {
	defer c.tx.end()
	c.err = c.fn(&c.tx)
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
