//go:build torture

package crashtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

const manySyncs = 50

// syncMuch syncs a file from many threads at once, and says so of each sync that
// went well.
func syncMuch(path string, out io.Writer) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var all sync.WaitGroup
	var strange atomic.Value
	for range manySyncs {
		all.Go(func() {
			switch err := f.Sync(); {
			case err == nil:
				fmt.Fprintln(out, 0)
			case !errors.Is(err, syscall.EIO):
				strange.Store(err)
			}
		})
	}
	all.Wait()
	err, _ = strange.Load().(error)
	return err
}

// The gate counts over all threads, and each verdict comes true.
func TestGate(t *testing.T) {
	for name, tt := range map[string]struct {
		decide      func(n int) Verdict
		syncs, well int
		ok          bool
	}{
		"all pass":            {func(int) Verdict { return Pass }, manySyncs, manySyncs, true},
		"all are passed over": {func(int) Verdict { return Skip }, manySyncs, manySyncs, true},
		"every second fails":  {func(n int) Verdict { return []Verdict{Pass, Fail}[n%2] }, manySyncs, manySyncs / 2, true},
		"killed at the first": {at(1, Kill), 1, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			e := job{Syncs: filepath.Join(t.TempDir(), "f")}.start(t, tt.decide).wait(t)
			if e.syncs != tt.syncs || e.acked[0] != tt.well || e.ok != tt.ok {
				t.Errorf("%d syncs came, %d went well, ended well: %t (%s); want %d, %d, %t", e.syncs, e.acked[0], e.ok, e.said, tt.syncs, tt.well, tt.ok)
			}
		})
	}
}
