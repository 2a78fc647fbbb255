package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// compactStep is how many bytes of keys and values one transaction of Compact
// copies; all of one are in memory.
const compactStep = 8 << 20

// Compact writes what the store at from holds to the new file to, without free
// pages and with full ones, and proves by CheckFile that it is whole. While it
// works nobody can write to from; ErrInUse says that somebody does. progress,
// if not nil, hears how large the new file has become.
func Compact(ctx context.Context, from, to string, progress func(written int64)) error {
	src, err := openToRead(from)
	if errors.Is(err, berrors.ErrTimeout) {
		return inUse(from)
	} else if err != nil {
		return fmt.Errorf("kv/bolt: open %s: %w", from, explain(from, err))
	}
	defer src.Close()
	return placed(ctx, to, func(f *os.File) error {
		stop := watch(f, progress)
		defer stop()
		// It is synced as a whole when it is full.
		dst, err := bbolt.Open(f.Name(), 0o600, &bbolt.Options{NoSync: true, FreelistType: bbolt.FreelistMapType, Logger: quiet{}})
		if err != nil {
			return err
		}
		err, _ = guard(func() error { return bbolt.Compact(dst, src, compactStep) })
		return errors.Join(err, ctx.Err(), dst.Close())
	})
}

// watch tells progress about the size of f twice a second, until stop.
func watch(f *os.File, progress func(int64)) (stop func()) {
	if progress == nil {
		return func() {}
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(time.Second / 2)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				if info, err := f.Stat(); err == nil {
					progress(info.Size())
				}
			}
		}
	})
	return func() { close(done); wg.Wait() }
}
