//go:build torture

package crashtest

import (
	"path/filepath"
	"testing"
	"time"
)

// A process that is killed at any moment leaves a store that has all it
// acknowledged. The same store goes through all of it.
func TestKilledAtRandom(t *testing.T) {
	t.Parallel()
	rounds(t, 2, func(t *testing.T, seed uint64) {
		tr, path := newTrial(seed, 3), filepath.Join(t.TempDir(), "parley.db")
		for range 10 {
			tr.noLog = tr.rng.IntN(2) == 0 // so that each kind starts on what the other has left
			w := tr.job(path).start(t, nil)
			w.after(tr.rng.IntN(50)) // 0: perhaps before the store is there
			time.Sleep(time.Duration(tr.rng.IntN(2000)) * time.Microsecond)
			must(t, tr.judge(path, w.kill(t).acked))
		}
	})
}
