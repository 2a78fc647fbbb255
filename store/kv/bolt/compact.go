package bolt

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// compactStep is how many bytes of keys and values one transaction of CompactTo
// copies; all of one are in memory.
const compactStep = 8 << 20

// CompactTo writes what the store holds to a new file at path, without free pages
// and with full ones, and proves by CheckFile that it is whole. What is written
// meanwhile is not in it. progress, if not nil, hears how large it has become.
func (e *Engine) CompactTo(ctx context.Context, path string, progress func(written int64)) error {
	if err := e.refusal(ctx); err != nil {
		return err
	}
	return placed(ctx, path, func(f *os.File) error {
		stop := watch(f, progress)
		defer stop()
		// It is synced as a whole when it is full.
		dst, err := bbolt.Open(f.Name(), 0o600, &bbolt.Options{NoSync: true, FreelistType: bbolt.FreelistMapType, Logger: quiet{}})
		if err != nil {
			return err
		}
		_, err = guard(func() error { return bbolt.Compact(dst, e.db, compactStep) })
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
