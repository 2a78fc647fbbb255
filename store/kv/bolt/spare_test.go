package bolt

import (
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/parley-app/parley/store/kv"
)

// readIn runs fn in a View and returns the read transaction that it had.
func readIn(t *testing.T, e *Engine, fn func()) (tx *bbolt.Tx) {
	t.Helper()
	defer func() { _ = recover() }()
	err := e.View(context.Background(), func(v kv.Tx) error {
		tx = v.(*view).bolt
		fn()
		return nil
	})
	if err != nil {
		t.Error("view:", err)
	}
	return tx
}

func openSpare(t *testing.T, o Options) *Engine {
	t.Helper()
	e, err := Open(filepath.Join(t.TempDir(), "store"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error("close:", err)
		}
		if len(e.readers.spare) > 0 {
			t.Error("a read transaction waits after close")
		}
	})
	if err := e.Update(context.Background(), putNote("first")); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestAReadTransactionServesTheNextView(t *testing.T) {
	e := openSpare(t, Options{})
	quiet := func() {}
	before := readIn(t, e, quiet)
	if readIn(t, e, quiet) != before {
		t.Error("the second view did not have the transaction of the first")
	}
	if inner := new(bbolt.Tx); readIn(t, e, func() { inner = readIn(t, e, quiet) }) == inner {
		t.Error("two views had one transaction at once")
	}
	if n := len(e.readers.spare); n != 2 {
		t.Errorf("%d transactions wait, want 2", n)
	}
}

func TestAReadTransactionThatIsOutdatedIsEnded(t *testing.T) {
	e := openSpare(t, Options{})
	write := func() {
		if err := e.Update(context.Background(), putNote("second")); err != nil {
			t.Error(err)
		}
	}
	before := readIn(t, e, func() {})
	write()
	if len(e.readers.spare) > 0 || before.DB() != nil {
		t.Error("it outlives a commit while it waits")
	}
	if before = readIn(t, e, write); len(e.readers.spare) > 0 || before.DB() != nil {
		t.Error("it waits after a view that began before a commit")
	}
}

func TestAReadTransactionIsEndedWhenItsViewPanics(t *testing.T) {
	e := openSpare(t, Options{})
	var tx *bbolt.Tx
	readIn(t, e, func() {
		tx = e.readers.running[0].bolt
		panic("in a view")
	})
	if len(e.readers.spare) > 0 || len(e.readers.running) > 0 || tx.DB() != nil {
		t.Error("it was kept")
	}
}

func TestAFileIsMappedAnewThoughReadTransactionsWait(t *testing.T) {
	e := openSpare(t, Options{MapSize: 1 << 20})
	for i := range 40 {
		readIn(t, e, func() {})
		err := e.Update(context.Background(), func(tx kv.Tx) error {
			readIn(t, e, func() {})
			return tx.Put(notes, fmt.Append(nil, i), make([]byte, 100<<10))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoViewSeesLessThanOneBeforeIt counts up while others look.
func TestNoViewSeesLessThanOneBeforeIt(t *testing.T) {
	e := openSpare(t, Options{})
	key := []byte("count")
	var seen atomic.Uint64
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				least := seen.Load()
				var n uint64
				err := e.View(context.Background(), func(tx kv.Tx) error {
					v, err := tx.Get(notes, key)
					if err == nil && v[0] != nil {
						n = binary.BigEndian.Uint64(v[0])
					}
					return err
				})
				if err != nil || n < least {
					t.Errorf("a view saw %d (%v) after another had seen %d", n, err, least)
					return
				}
				for {
					old := seen.Load()
					if old >= n || seen.CompareAndSwap(old, n) {
						break
					}
				}
			}
		})
	}
	for i := range uint64(200) {
		err := e.Update(context.Background(), func(tx kv.Tx) error {
			return tx.Put(notes, key, binary.BigEndian.AppendUint64(nil, i+1))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	readers.Wait()
}
