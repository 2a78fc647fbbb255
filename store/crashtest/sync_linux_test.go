//go:build torture

package crashtest

import (
	"path/filepath"
	"strings"
	"testing"
)

// at gives the n-th call the verdict v.
func at(n int, v Verdict) func(int) Verdict {
	return func(i int) Verdict {
		if i == n {
			return v
		}
		return Pass
	}
}

// everySync has one person take some steps in a new store, from its creation to
// its close, again and again, with a log and without: the n-th time the n-th sync
// meets its fate.
func everySync(t *testing.T, seed uint64, v Verdict, see func(t *testing.T, n int, e end)) {
	for name, noLog := range logModes {
		t.Run(name, func(t *testing.T) { everySyncOf(t, seed, noLog, v, see) })
	}
}

// logModes are the two ways in which an engine keeps a store.
var logModes = map[string]bool{"with a log": false, "without a log": true}

func everySyncOf(t *testing.T, seed uint64, noLog bool, v Verdict, see func(t *testing.T, n int, e end)) {
	const steps = 12
	for n := 1; ; n++ {
		tr, path := newTrial(seed, 1), filepath.Join(t.TempDir(), "parley.db")
		tr.Steps, tr.noLog = steps, noLog
		e := tr.job(path).start(t, at(n, v)).wait(t)
		if e.ok && n > e.syncs {
			if e.acked[0] != steps || n < 2*steps {
				t.Errorf("a run without a fault has %d syncs and %d steps", e.syncs, e.acked[0])
			}
			return
		}
		see(t, n, e)
		if err := tr.judge(path, e.acked); err != nil {
			t.Fatalf("at sync %d: %v", n, err)
		}
	}
}

func TestKilledAtEverySync(t *testing.T) {
	t.Parallel()
	rounds(t, 1, func(t *testing.T, seed uint64) {
		everySync(t, seed, Kill, func(t *testing.T, n int, e end) {
			if e.ok || e.said != "" {
				t.Errorf("at sync %d: it was not killed: %s", n, e.said)
			}
		})
	})
}

// A process that is told that its writes did not reach the disk takes no more,
// says why, and fails.
func TestEverySyncFails(t *testing.T) {
	t.Parallel()
	rounds(t, 1, func(t *testing.T, seed uint64) {
		everySync(t, seed, Fail, func(t *testing.T, n int, e end) {
			if e.ok || !strings.Contains(e.said, "input/output error") {
				t.Errorf("at sync %d it ended well: %t, and said %q", n, e.ok, e.said)
			}
		})
	})
}
