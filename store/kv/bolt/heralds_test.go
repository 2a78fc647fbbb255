package bolt

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/parley-app/parley/store/kv"
)

// held is a transaction whose AfterCommit function takes until release is closed.
func (c *crowd) held(key string, release chan struct{}) func(kv.Tx) error {
	return func(tx kv.Tx) error {
		return errors.Join(putNote(key)(tx), tx.AfterCommit(func() { <-release }))
	}
}

func TestTheNextGroupIsCommittedWhileOneStillPublishes(t *testing.T) {
	inLine(t, nil, func(c *crowd) {
		close(c.release)
		hold, told := make(chan struct{}), false
		c.join(context.Background(), nil, c.held("publishes", hold))
		c.join(context.Background(), nil, func(tx kv.Tx) error {
			return errors.Join(putNote("waits")(tx), tx.AfterCommit(func() { told = true }))
		})
		if err := writeNote(c.e, "says nothing"); err != nil {
			t.Error(err)
		}
		c.wantKeys("first", "publishes", "says nothing", "waits")
		if told {
			t.Error("a later transaction has published before one that still does")
		}
		close(hold)
		c.wg.Wait()
		if !told {
			t.Error("update returned before its after commit ran")
		}
	})
}

func TestCloseWaitsForWhoPublishes(t *testing.T) {
	inLine(t, nil, func(c *crowd) {
		close(c.release)
		hold := make(chan struct{})
		c.join(context.Background(), nil, c.held("publishes", hold))
		closed := make(chan error, 1)
		go func() { closed <- c.e.Close() }()
		synctest.Wait()
		select {
		case err := <-closed:
			t.Fatalf("close returned %v while a transaction published", err)
		default:
		}
		close(hold)
		if err := <-closed; err != nil {
			t.Error("close:", err)
		}
	})
}

// Who is committed is told so, though the engine breaks before its turn to publish.
func TestWhatBreaksLaterTakesNothingBack(t *testing.T) {
	inLine(t, nil, func(c *crowd) {
		close(c.release)
		hold := make(chan struct{})
		c.join(context.Background(), nil, c.held("publishes", hold))
		c.join(context.Background(), nil, func(tx kv.Tx) error {
			return errors.Join(putNote("waits")(tx), tx.AfterCommit(func() {}))
		})
		c.e.fail(errors.New("a fault"))
		c.join(context.Background(), kv.ErrBroken, putNote("too late"))
		close(hold)
		c.wg.Wait()
	})
}

// Who has left because the engine is broken is not waited for.
func TestWhoHasLeftPublishesNothing(t *testing.T) {
	inLine(t, kv.ErrBroken, func(c *crowd) {
		c.join(context.Background(), kv.ErrBroken, func(tx kv.Tx) error {
			return tx.AfterCommit(func() { t.Error("after commit ran for nobody") })
		})
		c.e.fail(errors.New("a fault"))
		c.wg.Wait()
		close(c.release)
		if err := c.e.Close(); !errors.Is(err, kv.ErrBroken) {
			t.Errorf("close: got %v, want ErrBroken", err)
		}
	})
}

// Nor does what its function would write still happen, or touch what its caller has.
func TestWhoHasLeftDoesNotRun(t *testing.T) {
	inLine(t, kv.ErrBroken, func(c *crowd) {
		c.join(context.Background(), kv.ErrBroken, func(kv.Tx) error {
			t.Error("the function of a caller that has left ran")
			return nil
		})
		c.e.fail(errors.New("a fault"))
		c.wg.Wait()
		close(c.release)
		synctest.Wait()
	})
}

// A function that ends its goroutine ends that of its caller, not the writer.
func TestWhoExitsLeavesTheOthersInTheirGroup(t *testing.T) {
	inLine(t, nil, func(c *crowd) {
		for i := range 3 {
			c.join(context.Background(), nil, putNote(fmt.Sprint("well ", i)))
			go func() {
				_ = c.e.Update(context.Background(), func(tx kv.Tx) error {
					_ = putNote("gone")(tx)
					runtime.Goexit()
					return nil
				})
				t.Error("update returned")
			}()
			synctest.Wait()
		}
		n := c.commits(func() {
			close(c.release)
			c.wg.Wait()
		})
		if n != 1 {
			t.Errorf("%d commits, want 1", n)
		}
		c.wantKeys("first", "well 0", "well 1", "well 2")
	})
}

func TestAPanicHasTheStackOfItsCaller(t *testing.T) {
	e := openBench(t, Options{})
	defer func() {
		stack := string(debug.Stack())
		for _, name := range []string{"faulty", "TestAPanicHasTheStackOfItsCaller"} {
			if p := recover(); !strings.Contains(stack, name) {
				t.Errorf("%s is not in the stack of %v:\n%s", name, p, stack)
			}
		}
	}()
	_ = e.Update(context.Background(), faulty)
}

func faulty(kv.Tx) error { panic("a bug") }
