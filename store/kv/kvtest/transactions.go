package kvtest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

var transactions = []test{
	{"a function that fails leaves nothing", failureUndone},
	{"a function that panics leaves nothing", panicUndone},
	{"a function that exits its goroutine leaves nothing", exitUndone},
	{"a view cannot write", readOnly},
	{"the error of a view is its function's", viewError},
	{"after commit runs after the commit, in order", afterCommit},
	{"after commit does not run after a failure", afterFailure},
	{"after commit may panic", afterCommitPanics},
	{"what is cancelled before does not run", cancelledBefore},
}

// ravage changes all that fill put there, in every way there is.
func ravage(tx kv.Tx) error {
	err := put(tx, one, "a", "changed", "b", "", "new", "x", "a", "changed again", "back", "changed")
	for _, k := range []string{"c", "a", "new", "missing", "back"} {
		err = errors.Join(err, tx.Delete(one, []byte(k)))
	}
	return errors.Join(err, put(tx, one, "c", "back again", "back", "other"), put(tx, two, "first", "in two"))
}

var untouched = []string{"a", "1", "b", "2", "back", "4", "c", "3", "empty", ""}

func failureUndone(t *testing.T, e kv.Engine) {
	fill(t, e, one, untouched...)
	err := e.Update(t.Context(), func(tx kv.Tx) error {
		if err := errors.Join(ravage(tx), tx.Put(one, []byte("empty"), []byte("full"))); err != nil {
			return err
		}
		return fmt.Errorf("wrapped: %w", errUndo)
	})
	wantError(t, "update", err, errUndo)
	wantUntouched(t, e)
}

// wantUntouched also asks by key, and in a new write transaction.
func wantUntouched(t *testing.T, e kv.Engine) {
	t.Helper()
	wantAll(t, e, one, untouched...)
	wantAll(t, e, two)
	update(t, e, func(tx kv.Tx) error {
		values, err := tx.Get(one, []byte("a"), []byte("c"), []byte("new"), []byte("empty"))
		if err == nil && (fmt.Sprintf("%q", values) != `["1" "3" "" ""]` || values[2] != nil || values[3] == nil) {
			t.Errorf("got %q", values)
		}
		return err
	})
}

func panicUndone(t *testing.T, e kv.Engine) {
	fill(t, e, one, untouched...)
	cause := errors.New("a bug")
	func() {
		defer func() {
			if p := recover(); p != cause {
				t.Errorf("recovered %v, want the value that the function panicked with", p)
			}
		}()
		_ = e.Update(t.Context(), func(tx kv.Tx) error {
			_ = ravage(tx)
			panic(cause)
		})
		t.Error("update returned although its function panicked")
	}()
	wantUntouched(t, e)
	func() {
		defer func() { _ = recover() }()
		_ = e.View(t.Context(), func(kv.Tx) error { panic(cause) })
		t.Error("view returned although its function panicked")
	}()
	wantUntouched(t, e)
}

// exitUndone is what t.FailNow does inside a transaction.
func exitUndone(t *testing.T, e kv.Engine) {
	fill(t, e, one, untouched...)
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = e.Update(context.Background(), func(tx kv.Tx) error {
			_ = ravage(tx)
			runtime.Goexit()
			return nil
		})
	}()
	<-exited
	wantUntouched(t, e)
}

func readOnly(t *testing.T, e kv.Engine) {
	fill(t, e, one, "a", "1")
	view(t, e, func(tx kv.Tx) error {
		wantError(t, "put", tx.Put(one, []byte("b"), nil), kv.ErrReadOnly)
		wantError(t, "delete", tx.Delete(one, []byte("a")), kv.ErrReadOnly)
		wantError(t, "after commit", tx.AfterCommit(func() { t.Error("ran in a view") }), kv.ErrReadOnly)
		v, err := get(tx, one, "a")
		if string(v) != "1" {
			t.Errorf("a is %q", v)
		}
		return err
	})
	wantAll(t, e, one, "a", "1")
}

func viewError(t *testing.T, e kv.Engine) {
	wantError(t, "view", e.View(t.Context(), func(kv.Tx) error { return errUndo }), errUndo)
}

func afterCommit(t *testing.T, e kv.Engine) {
	var order []string
	for i := range 3 {
		var returned bool
		before := len(order)
		update(t, e, func(tx kv.Tx) error {
			order = order[:before]
			note := func(s string) func() {
				return func() {
					if returned {
						t.Error("update returned before its after commit ran")
					}
					order = append(order, fmt.Sprint(s, i))
				}
			}
			err := tx.AfterCommit(note("first "))
			if i == 1 { // one transaction need not write to have something to tell
				return errors.Join(err, tx.AfterCommit(note("second ")))
			}
			return errors.Join(err, put(tx, one, "k", fmt.Sprint(i)), tx.AfterCommit(note("second ")))
		})
		returned = true
	}
	diff(t, []string{"first 0", "second 0", "first 1", "second 1", "first 2", "second 2"}, order, "order")
}

func afterFailure(t *testing.T, e kv.Engine) {
	bad := func() { t.Error("ran after a failure") }
	err := e.Update(t.Context(), func(tx kv.Tx) error {
		return errors.Join(put(tx, one, "a", "1"), tx.AfterCommit(bad), errUndo)
	})
	wantError(t, "update", err, errUndo)
	func() {
		defer func() { _ = recover() }()
		_ = e.Update(t.Context(), func(tx kv.Tx) error {
			_ = tx.AfterCommit(bad)
			panic("a bug")
		})
	}()
	fill(t, e, one, "b", "2")
	wantAll(t, e, one, "b", "2")
}

func afterCommitPanics(t *testing.T, e kv.Engine) {
	others := 0
	func() {
		defer func() {
			if p := recover(); p != "a bug" {
				t.Errorf("recovered %v", p)
			}
		}()
		_ = e.Update(t.Context(), func(tx kv.Tx) error {
			others = 0
			other := func() { others++ }
			return errors.Join(put(tx, one, "a", "1"), tx.AfterCommit(other),
				tx.AfterCommit(func() { panic("a bug") }), tx.AfterCommit(other))
		})
		t.Error("update returned although after commit panicked")
	}()
	if others != 2 {
		t.Errorf("%d of 2 other functions ran", others)
	}
	fill(t, e, one, "b", "2")
	wantAll(t, e, one, "a", "1", "b", "2")
}

func cancelledBefore(t *testing.T, e kv.Engine) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := e.Update(ctx, func(kv.Tx) error {
		t.Error("the function ran")
		return nil
	})
	wantError(t, "update", err, context.Canceled)
}
