package bolt

import (
	"context"
	"sync/atomic"
	"time"
)

// swift is how long a flush of the log may take for the next to be made beside bbolt's
// commit. What is not durable nobody may see: a View that begins when bbolt has
// committed waits for the flush. Behind a slow disk it sees the commit before instead.
const swift = 2 * time.Millisecond

// flushes are those of the log, one at a time.
type flushes struct {
	now     func() time.Time
	took    time.Duration // the last one; the writer's
	running atomic.Pointer[flush]
}

// A flush makes durable what a group has written.
type flush struct {
	commit int // bbolt's number for it
	done   chan struct{}
	took   time.Duration // valid when done is closed, as err is
	err    error
}

// begin has a flush made of the record that w has for commit, and does not wait for it.
func (f *flushes) begin(w *wal, commit int) *flush {
	one := &flush{commit: commit, done: make(chan struct{})}
	f.running.Store(one)
	go func() {
		defer close(one.done)
		began := f.now()
		one.err = w.flush()
		one.took = f.now().Sub(began)
	}()
	return one
}

// end waits for one. If that has failed, nobody may ever see its commit.
func (f *flushes) end(one *flush) error {
	<-one.done
	if one.err == nil {
		f.took = one.took
		f.running.Store(nil)
	}
	return one.err
}

// hold makes Views that see commit wait until release.
func (f *flushes) hold(commit int) *flush {
	one := &flush{commit: commit, done: make(chan struct{})}
	f.running.Store(one)
	return one
}

// release ends hold. After an error that is not isolated, and so leaves a commit to
// see, nobody may ever see the commit.
func (f *flushes) release(one *flush, err error) {
	if err == nil || isolated(err) {
		f.running.Store(nil)
	} else {
		one.err = err
	}
	close(one.done)
}

// await waits until commit is durable. If it cannot be, the engine breaks.
func (e *Engine) await(ctx context.Context, commit int) error {
	one := e.flushes.running.Load()
	if one == nil || one.commit != commit {
		return nil
	}
	select {
	case <-one.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if one.err != nil {
		<-e.broken
		return e.cause
	}
	return nil
}
