package bolt

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"

	"go.etcd.io/bbolt"

	"github.com/parley-app/parley/store/kv"
)

const notes kv.Space = "notes"

// A crowd is callers of one engine behind a transaction that holds the turn.
// It lives in a synctest bubble, where waiting for all to stand in line needs
// no sleep.
type crowd struct {
	t       *testing.T
	e       *Engine
	release chan struct{}
	wg      sync.WaitGroup
}

// inLine runs test in a bubble while a transaction holds the turn, which in the
// end gets the error first.
func inLine(t *testing.T, first error, test func(c *crowd)) {
	path := filepath.Join(t.TempDir(), "store")
	synctest.Test(t, func(t *testing.T) {
		e, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		c := &crowd{t: t, e: e, release: make(chan struct{})}
		c.join(context.Background(), first, func(tx kv.Tx) error {
			<-c.release
			return tx.Put(notes, []byte("first"), nil)
		})
		test(c)
		c.wg.Wait()
	})
}

// join sends a caller into the line and waits until it stands there.
func (c *crowd) join(ctx context.Context, want error, fn func(kv.Tx) error) {
	c.wg.Go(func() {
		if err := c.e.Update(ctx, fn); !errors.Is(err, want) {
			c.t.Errorf("update: got %v, want %v", err, want)
		}
	})
	synctest.Wait()
}

// commits counts what test makes bbolt commit.
func (c *crowd) commits(test func()) int {
	before := lastCommit(c.t, c.e)
	test()
	return lastCommit(c.t, c.e) - before
}

func lastCommit(t *testing.T, e *Engine) (id int) {
	err := e.db.View(func(tx *bbolt.Tx) error {
		id = tx.ID()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (c *crowd) wantKeys(want ...string) {
	c.t.Helper()
	var got []string
	err := c.e.View(context.Background(), func(tx kv.Tx) error {
		got = nil
		return kv.Walk(tx, notes, kv.Range{}, func(e kv.Entry) error {
			got = append(got, string(e.Key))
			return nil
		})
	})
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		c.t.Errorf("the store has %q (%v), want %q", got, err, want)
	}
}

var errUndo = errors.New("undo this")

func putNote(key string) func(kv.Tx) error {
	return func(tx kv.Tx) error { return tx.Put(notes, []byte(key), nil) }
}

func TestWhoIsInLineIsCommittedTogether(t *testing.T) {
	inLine(t, nil, func(c *crowd) {
		for i := range 20 {
			c.join(context.Background(), nil, putNote(fmt.Sprintf("well %02d", i)))
			c.join(context.Background(), errUndo, func(tx kv.Tx) error {
				return errors.Join(tx.Delete(notes, []byte("first")), putNote("failed")(tx), errUndo)
			})
		}
		n := c.commits(func() {
			close(c.release)
			c.wg.Wait()
		})
		if n != 1 {
			t.Errorf("%d commits, want 1", n)
		}
		want := []string{"first"}
		for i := range 20 {
			want = append(want, fmt.Sprintf("well %02d", i))
		}
		c.wantKeys(want...)
	})
}

// What was undone in the middle of a group is not in the log, of which the next start
// makes the store again.
func TestTheLogHasNothingOfWhatWasUndone(t *testing.T) {
	inLine(t, nil, func(c *crowd) {
		close(c.release)
		c.wg.Wait() // with the first commit the log begins
		hold := make(chan struct{})
		c.join(context.Background(), nil, func(tx kv.Tx) error { <-hold; return putNote("before")(tx) })
		c.join(context.Background(), errUndo, func(tx kv.Tx) error {
			return errors.Join(putNote("failed")(tx), tx.Put(notes, []byte("before"), []byte("failed")), tx.Delete(notes, []byte("first")), errUndo)
		})
		c.join(context.Background(), nil, putNote("behind"))
		close(hold)
		c.wg.Wait()
		told, err := readWAL(WAL(c.e.path))
		if err != nil || len(told.groups) != 1 {
			c.t.Fatalf("the log has %v, %v, want one group", told, err)
		}
		var keys []string
		err = eachWrite(told.groups[0], func(_, key, value []byte) error {
			keys = append(keys, fmt.Sprintf("%s=%q", key, value))
			return nil
		})
		if got := fmt.Sprint(keys); err != nil || got != `[before="" behind=""]` {
			c.t.Errorf("the log has %s, %v", got, err)
		}
		c.wantKeys("before", "behind", "first")
	})
}

func TestTheLineIsFirstComeFirstServed(t *testing.T) {
	inLine(t, nil, func(c *crowd) {
		var order []int
		for i := range 50 {
			c.join(context.Background(), nil, func(tx kv.Tx) error {
				return tx.AfterCommit(func() { order = append(order, i) })
			})
		}
		close(c.release)
		c.wg.Wait()
		for i, n := range order {
			if i != n {
				t.Fatalf("order of commits: %v", order)
			}
		}
	})
}

func TestAGroupIsBounded(t *testing.T) {
	for name, tt := range map[string]struct {
		callers, writes, size int // what each one writes
		want                  int // commits; the one who holds the turn is in the first
	}{
		"as many calls as may be": {groupCalls - 1, 1, 1, 1},
		"one call more":           {groupCalls, 1, 1, 2},
		"writes":                  {groupWrites/kv.MaxWrites + 1, kv.MaxWrites, 1, 2},
		"bytes":                   {5, 1, 3 << 20, 2},
	} {
		t.Run(name, func(t *testing.T) {
			inLine(t, nil, func(c *crowd) {
				for i := range tt.callers {
					c.wg.Go(func() {
						err := c.e.Update(context.Background(), func(tx kv.Tx) (err error) {
							for n := range tt.writes {
								err = errors.Join(err, tx.Put(notes, fmt.Append(nil, i, n), make([]byte, tt.size)))
							}
							return err
						})
						if err != nil {
							t.Error(err)
						}
					})
				}
				synctest.Wait()
				n := c.commits(func() {
					close(c.release)
					c.wg.Wait()
				})
				if n != tt.want {
					t.Errorf("%d commits, want %d", n, tt.want)
				}
			})
		})
	}
}

func TestNothingWrittenIsNotCommitted(t *testing.T) {
	inLine(t, nil, func(c *crowd) {
		close(c.release)
		c.wg.Wait()
		n := c.commits(func() {
			c.join(context.Background(), errUndo, func(tx kv.Tx) error { return errors.Join(putNote("failed")(tx), errUndo) })
			c.join(context.Background(), nil, func(tx kv.Tx) error { return tx.Delete(notes, []byte("missing")) })
			c.join(context.Background(), nil, func(tx kv.Tx) error {
				_, err := tx.Get(notes, []byte("first"))
				return err
			})
		})
		if n != 0 {
			t.Errorf("%d commits, want none", n)
		}
		c.wantKeys("first")
	})
}

func TestWhoIsCancelledInLineDoesNotRun(t *testing.T) {
	inLine(t, nil, func(c *crowd) {
		ctx, cancel := context.WithCancel(context.Background())
		c.join(context.Background(), nil, putNote("before"))
		c.join(ctx, context.Canceled, func(kv.Tx) error {
			t.Error("the function of a cancelled call ran")
			return nil
		})
		c.join(context.Background(), nil, putNote("behind"))
		cancel()
		synctest.Wait() // out of the line while the turn is still held
		close(c.release)
		c.wg.Wait()
		c.wantKeys("before", "behind", "first")
	})
}

func TestACancelThatComesLaterHasNoEffect(t *testing.T) {
	inLine(t, nil, func(c *crowd) {
		ctx, cancel := context.WithCancel(context.Background())
		c.join(ctx, nil, func(tx kv.Tx) error {
			cancel()
			return putNote("mine")(tx)
		})
		close(c.release)
		c.wg.Wait()
		c.wantKeys("first", "mine")
	})
}

func TestCloseRefusesTheLineAndWaitsForWhoIsInside(t *testing.T) {
	inLine(t, nil, func(c *crowd) {
		c.join(context.Background(), kv.ErrClosed, func(kv.Tx) error {
			t.Error("a function ran after close")
			return nil
		})
		closed := make(chan error, 1)
		go func() { closed <- c.e.Close() }()
		synctest.Wait() // whoever was in line has gone, and Close waits
		select {
		case err := <-closed:
			t.Fatalf("close returned %v while a transaction ran", err)
		default:
		}
		close(c.release)
		if err := <-closed; err != nil {
			t.Error("close:", err)
		}
	})
}
