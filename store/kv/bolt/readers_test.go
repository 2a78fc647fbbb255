package bolt_test

import (
	"fmt"
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

// What a View was lent, the next is lent again: nothing of the one before may show.
func TestAViewSeesNothingOfTheOneBefore(t *testing.T) {
	e := mustOpen(t, filepath.Join(t.TempDir(), "store"), bolt.Options{})
	for _, key := range []string{"a", "b", "c"} {
		put(t, e, key, []byte("value of "+key))
	}
	for range 3 {
		err := e.View(t.Context(), func(tx kv.Tx) error {
			page, err := tx.Scan("space", kv.Range{})
			if err != nil || len(page) != 3 {
				t.Errorf("a page has %d entries and the error %v", len(page), err)
			}
			_, err = tx.Get("space", []byte("a"), []byte("b"), []byte("c"))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = e.View(t.Context(), func(tx kv.Tx) error {
			values, err := tx.Get("never_written", []byte("a"), []byte("b"))
			if len(values) != 2 || values[0] != nil || values[1] != nil {
				t.Errorf("a space that was never written to has the values %q", values)
			}
			if values, _ := tx.Get("space", []byte("nobody")); values[0] != nil {
				t.Errorf("a key that is not there has the value %q", values[0])
			}
			if page, _ := tx.Scan("never_written", kv.Range{}); len(page) != 0 {
				t.Errorf("it has the entries %v", page)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestPagesOfOneViewDoNotShareRoom(t *testing.T) {
	e := mustOpen(t, filepath.Join(t.TempDir(), "store"), bolt.Options{})
	for i := range 300 {
		put(t, e, fmt.Sprintf("%03d", i), []byte{byte(i)})
	}
	for range 2 {
		err := e.View(t.Context(), func(tx kv.Tx) error {
			var pages [][]kv.Entry
			for from := range 100 { // short and long ones, that outgrow what there is
				page, err := tx.Scan("space", kv.Range{From: fmt.Appendf(nil, "%03d", from), Limit: 1 + from*from%200})
				if err != nil {
					return err
				}
				pages = append(pages, page)
			}
			for from, page := range pages {
				if len(page) != 1+from*from%200 {
					t.Errorf("the page from %d has %d entries", from, len(page))
				}
				for i, e := range page {
					if want := fmt.Sprintf("%03d", from+i); string(e.Key) != want {
						t.Fatalf("entry %d of the page from %d is %s, want %s", i, from, e.Key, want)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
