package bolt_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

func TestTheAgeOfTheOldestReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := mustOpen(t, filepath.Join(t.TempDir(), "store"), bolt.Options{MapSize: 1 << 28})
		want := func(age time.Duration) {
			t.Helper()
			if got := e.OldestReader(); got != age {
				t.Errorf("the oldest reader is %v old, want %v", got, age)
			}
		}
		read := func() (end func()) {
			done, ended := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(ended)
				if err := e.View(t.Context(), func(kv.Tx) error { <-done; return nil }); err != nil {
					t.Error(err)
				}
			}()
			synctest.Wait()
			return func() { close(done); <-ended }
		}
		want(0)
		first := read()
		time.Sleep(3 * time.Second)
		second := read()
		want(3 * time.Second)
		time.Sleep(time.Second)
		first()
		want(time.Second)
		put(t, e, "a", nil) // writers are none
		second()
		want(0)
	})
}
