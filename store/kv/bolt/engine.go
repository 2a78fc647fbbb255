package bolt

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/parley-app/parley/store/kv"
)

// An Engine keeps a store in one file. Make it with Open.
type Engine struct {
	db      *bbolt.DB
	file    *os.File // bbolt's; to read what bbolt does not tell
	path    string
	packed  map[kv.Space]bool // the append-ordered spaces
	unclean bool
	readers readers
	heralds heralds
	flushes flushes
	logbook

	line    *line
	ran     chan struct{} // a caller gives the turn back to the writer
	closing chan struct{} // closed by Close: the writer takes no more calls
	stopped chan struct{} // closed by the writer when it ends
	crowded bool          // the last group was of several; the writer's
	apart   []*call       // of a group that failed together, to be committed one by one; the writer's
	full    error         // why bbolt could not write a page of the commit; the writer's
	wrote   bool          // a group was committed; the writer's, and then Close's

	damages    atomic.Int64  // see Damages
	committing atomic.Bool   // bbolt is in Commit: its errors are now failures
	breaking   sync.Once     // is for fail
	broken     chan struct{} // closed when a commit failed, after cause is set
	cause      error         // wraps kv.ErrBroken
	failed     chan error    // has room for cause
	wedged     bool          // bbolt panicked and holds its locks; the writer's

	close func() error
}

var _ kv.Engine = (*Engine)(nil)

// View implements kv.Engine. It runs fn on the caller's goroutine, in a bbolt
// read transaction that nobody else has, beside the writer and without waiting for it.
func (e *Engine) View(ctx context.Context, fn func(kv.Tx) error) error {
	if err := e.refusal(ctx); err != nil {
		return err
	}
	r, err := e.readers.begin(e.db)
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return kv.ErrClosed
	} else if err != nil {
		return err
	}
	if err := e.await(ctx, r.bolt.ID()); err != nil {
		e.readers.end(r, false)
		return err
	}
	v, returned := &view{ctx: ctx, snapshot: &r.snapshot, damages: &e.damages}, false
	defer func() {
		v.end()
		e.readers.end(r, returned)
	}()
	err = fn(v)
	returned = true
	return err
}

// Update implements kv.Engine. The writer runs fn on a goroutine of its own: once,
// or once more on the caller's if it did not return.
func (e *Engine) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if err := e.refusal(ctx); err != nil {
		return err
	}
	c := newCall(fn)
	c.reserve = kv.UsesReserve(ctx)
	e.line.join(c)
	return e.follow(ctx, c)
}

// Failed tells the owner, once, that a commit failed and why: the error wraps
// kv.ErrBroken. From then on the engine refuses everything, and the owner must
// end the process; only a new start with a check knows what was written.
func (e *Engine) Failed() <-chan error { return e.failed }

// Unclean says that the store was not closed by the process that had it before
// (it was killed, or the power went): its owner should check it.
func (e *Engine) Unclean() bool { return e.unclean }

// Close implements kv.Engine. It writes the list of free pages, which the next
// Open then need not search for, and gives the file back. Of an engine that is
// broken it returns the cause.
func (e *Engine) Close() error { return e.close() }

// refusal is why the engine takes no call with ctx, or nil.
func (e *Engine) refusal(ctx context.Context) error {
	select {
	case <-e.broken:
		return e.cause
	default:
	}
	select {
	case <-e.closing:
		return kv.ErrClosed
	default:
		return ctx.Err()
	}
}

// fail breaks the engine. Whoever waits for the writer is released at once.
func (e *Engine) fail(err error) {
	e.breaking.Do(func() {
		e.cause = brokenBy(err)
		e.failed <- e.cause // first: who learns of it from broken finds it there
		close(e.broken)
	})
}

// patience is how long Close waits for the writer of a broken engine. bbolt
// reads the whole file to undo a commit that failed, which may take minutes
// and is of no use to a process that ends.
const patience = time.Second

func (e *Engine) shutdown() error {
	close(e.closing)
	select {
	case <-e.stopped:
	case <-e.broken:
		select {
		case <-e.stopped:
		case <-time.After(patience):
			return e.cause
		}
	}
	e.heralds.left.Wait()
	if e.wedged {
		return e.cause
	}
	e.readers.dismiss(0)
	err := e.cause
	if err == nil {
		err = e.retire()
	}
	e.abandon()
	if err == nil && (e.wrote || e.unclean) { // otherwise it lies in the file already, which stays as it is
		err = e.writeFreelist()
	}
	return errors.Join(err, dropPID(e.path), e.db.Close())
}

// writeFreelist ends the time of NoFreelistSync with a commit that changes
// nothing but stores the list of free pages.
func (e *Engine) writeFreelist() error {
	e.db.NoFreelistSync = false
	return e.db.Update(func(*bbolt.Tx) error { return nil })
}
