package kvtest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

var lifetime = []test{
	{"a closed engine takes no calls", closed},
	{"close waits for who is inside", closeWaits},
	{"a transaction is of no use after its function", useAfterEnd},
	{"what was written is there after opening again", reopened},
}

func closed(t *testing.T, e kv.Engine) {
	fill(t, e, one, "a", "1")
	if err := e.Close(); err != nil {
		t.Error("close:", err)
	}
	ran := func(kv.Tx) error {
		t.Error("a function ran in a closed engine")
		return nil
	}
	wantError(t, "view", e.View(t.Context(), ran), kv.ErrClosed)
	wantError(t, "update", e.Update(t.Context(), ran), kv.ErrClosed)
	if err := e.Close(); err != nil {
		t.Error("second close:", err)
	}
}

// closeWaits closes the engine while a view and an update are inside, and has
// them read and write after that.
func closeWaits(t *testing.T, e kv.Engine) {
	var running sync.WaitGroup
	var viewDone, updateDone bool
	inside, release := make(chan struct{}, 3), make(chan struct{})
	running.Go(func() {
		err := e.View(context.Background(), func(tx kv.Tx) error {
			inside <- struct{}{}
			<-release
			_, err := all(tx, one)
			viewDone = err == nil
			return err
		})
		if err != nil {
			t.Error("view:", err)
		}
	})
	<-inside
	entered := make(chan struct{})
	var once sync.Once
	running.Go(func() {
		err := e.Update(context.Background(), func(tx kv.Tx) error {
			once.Do(func() { close(entered) })
			<-release
			err := put(tx, one, "a", "1")
			updateDone = err == nil
			return err
		})
		if err != nil && !errors.Is(err, kv.ErrClosed) { // Twice comes a second time
			t.Error("update:", err)
		}
	})
	<-entered
	closing := make(chan error)
	go func() { closing <- e.Close() }()
	close(release)
	if err := <-closing; err != nil {
		t.Error("close:", err)
	}
	if !viewDone || !updateDone {
		t.Errorf("close returned before view (done: %t) and update (done: %t)", viewDone, updateDone)
	}
	running.Wait()
}

func useAfterEnd(t *testing.T, e kv.Engine) {
	fill(t, e, one, "a", "1")
	var kept kv.Tx
	use := func(t *testing.T) {
		_, getErr := get(kept, one, "a")
		_, scanErr := kept.Scan(one, kv.Range{})
		wantError(t, "get", getErr, kv.ErrDone)
		wantError(t, "scan", scanErr, kv.ErrDone)
	}
	write := func(t *testing.T) {
		wantError(t, "put", kept.Put(one, []byte("b"), nil), kv.ErrDone)
		wantError(t, "delete", kept.Delete(one, []byte("a")), kv.ErrDone)
		wantError(t, "after commit", kept.AfterCommit(func() { t.Error("ran") }), kv.ErrDone)
	}
	view(t, e, func(tx kv.Tx) error {
		kept = tx
		return nil
	})
	use(t)
	update(t, e, func(tx kv.Tx) error {
		kept = tx
		return tx.AfterCommit(func() {
			use(t)
			write(t)
		})
	})
	use(t)
	write(t)
	wantAll(t, e, one, "a", "1")
}

func reopened(t *testing.T, e kv.Engine) {
	fill(t, e, one, "a", "1", "b", "2", "empty", "")
	fill(t, e, two, "a", "3")
	update(t, e, func(tx kv.Tx) error { return tx.Delete(one, []byte("b")) })
	r, ok := e.(Reopener)
	if !ok {
		t.Skip("this engine cannot be opened again")
	}
	again := reopen(t, r)
	defer func() {
		if err := again.Close(); err != nil {
			t.Error("close:", err)
		}
	}()
	wantAll(t, again, one, "a", "1", "empty", "")
	wantAll(t, again, two, "a", "3")
}

func reopen(t *testing.T, r Reopener) kv.Engine {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Fatal("close:", err)
	}
	return r.Reopen(t)
}
