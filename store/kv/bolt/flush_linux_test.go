package bolt

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-app/parley/store/kv"
)

// flushing has the newest commit wait for its flush, as it does while bbolt has been
// quicker than the disk.
func (c *crowd) flushing() *flush {
	close(c.release)
	c.wg.Wait()
	one := &flush{commit: lastCommit(c.t, c.e), done: make(chan struct{})}
	c.e.flushes.running.Store(one)
	return one
}

// look begins a View and says what becomes of it.
func (c *crowd) look(ctx context.Context) chan error {
	seen := make(chan error, 1)
	go func() { seen <- c.e.View(ctx, func(kv.Tx) error { return nil }) }()
	synctest.Wait()
	return seen
}

func TestNobodySeesWhatIsNotDurable(t *testing.T) {
	inLine(t, nil, func(c *crowd) {
		one := c.flushing()
		ctx, cancel := context.WithCancel(context.Background())
		seen, impatient := c.look(context.Background()), c.look(ctx)
		cancel()
		if err := <-impatient; !errors.Is(err, context.Canceled) {
			t.Errorf("the context has ended: got %v", err)
		}
		select {
		case err := <-seen:
			t.Fatalf("the view has not waited, and got %v", err)
		default:
		}
		close(one.done)
		if err := <-seen; err != nil {
			t.Error(err)
		}
		if n := len(c.e.readers.running); n != 0 {
			t.Errorf("%d readers are left", n)
		}
	})
}

func TestNobodySeesWhatCouldNotBeMadeDurable(t *testing.T) {
	inLine(t, nil, func(c *crowd) {
		one := c.flushing()
		seen := c.look(context.Background())
		one.err = syscall.EIO
		close(one.done)
		c.e.fail(one.err)
		if err := <-seen; !errors.Is(err, kv.ErrBroken) {
			t.Errorf("got %v, want ErrBroken", err)
		}
	})
}

func TestAnOlderCommitIsSeenMeanwhile(t *testing.T) {
	inLine(t, nil, func(c *crowd) {
		c.flushing().commit++
		if err := <-c.look(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// Behind a slow disk bbolt commits nothing that is not flushed, so that a View
// need not wait.
func TestASlowDiskIsWaitedForFirst(t *testing.T) {
	e := openWithRoom(t, filepath.Join(t.TempDir(), "store"))
	logFirst(t, e)
	e.flushes.took = time.Second
	swap(t, e.wal.file, os.DevNull, os.O_RDWR)
	before := lastCommit(t, e)
	if err := writeNote(e, "lost"); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("the flush fails: got %v", err)
	}
	if after := lastCommit(t, e); after != before {
		t.Errorf("commit %d was made without its flush", after)
	}
	_ = e.Close()
}
