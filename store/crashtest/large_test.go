//go:build torture

package crashtest

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// The limits that the house promises of a large delete. On a machine that does
// other things too they cannot be held to, so only -torture insists on the times.
const (
	maxReapTime   = 50 * time.Millisecond
	maxReapWrites = kv.MaxWrites / 2
	maxSlowdown   = 2.0
)

// While a large project is taken down, those who chat elsewhere hardly notice.
func TestLargeDelete(t *testing.T) {
	n, quiet := 20_000, time.Second
	if *torture > 0 {
		n, quiet = 1_000_000, 20*time.Second
	}
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "parley.db"), bolt.Options{AppendOrdered: store.AppendOrdered()})
	must(t, err)
	s, err := store.Open(t.Context(), engine, store.Options{Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	defer s.Close()
	doomed := newCrowd(t, s, "doomed")
	doomed.load(t, n)

	c := newChat(t, s)
	before := c.during(t, func() { <-time.After(quiet) })
	doomed.deleteProject(t)
	var steps []reapStep
	after := c.during(t, func() { steps = reapAll(t, s) })

	hold := func(r reapStep) time.Duration { return r.hold }
	work := func(r reapStep) time.Duration { return r.work }
	slowdown := float64(percentile(after, 0.99)) / float64(percentile(before, 0.99))
	t.Logf("%d messages: %d sends before: p50 %v, p99 %v; %d sends meanwhile: p50 %v, p99 %v (%.2f times)", n,
		len(before), percentile(before, 0.5), percentile(before, 0.99), len(after), percentile(after, 0.5), percentile(after, 0.99), slowdown)
	t.Logf("%d reaping transactions, until they were durable: p50 %v, p99 %v, the longest %v; their own work alone: the longest %v", len(steps),
		percentile(each(steps, hold), 0.5), percentile(each(steps, hold), 0.99), percentile(each(steps, hold), 1), percentile(each(steps, work), 1))
	if *torture > 0 && slowdown > maxSlowdown {
		t.Errorf("p99 of sends is %.2f times what it was, want at most %.0f", slowdown, maxSlowdown)
	}
	if longest := percentile(each(steps, hold), 1); *torture > 0 && longest > maxReapTime {
		t.Errorf("a reaping transaction takes %v, want at most %v", longest, maxReapTime)
	}
	must(t, checked(s))
}

// However much hangs from a record, each transaction that takes some of it down is
// small.
func TestReapingWritesLittleAtOnce(t *testing.T) {
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "parley.db"), bolt.Options{})
	must(t, err)
	m := &meter{Engine: engine, spaces: map[kv.Space]bool{}}
	s, err := store.Open(t.Context(), m, store.Options{})
	must(t, err)
	defer s.Close()
	c := newCrowd(t, s, "doomed")
	c.load(t, 1000)
	c.deleteProject(t)
	m.writes = 0
	steps := reapAll(t, s)
	if m.writes > maxReapWrites || len(steps) < 10 {
		t.Errorf("%d transactions, of which the largest writes %d times; want at most %d", len(steps), m.writes, maxReapWrites)
	}
	t.Logf("the largest of %d transactions writes %d times", len(steps), m.writes)
}

// A reapStep is one transaction of a large delete.
type reapStep struct {
	work time.Duration // of its function
	hold time.Duration // from its beginning until it was durable: others wait
}

// reapAll takes down all that was deleted, as the server's job does.
func reapAll(t *testing.T, s *store.Store) (steps []reapStep) {
	t.Helper()
	for more := true; more; {
		var r reapStep
		must(t, s.Update(context.Background(), func(tx *store.Tx) (err error) {
			start := time.Now()
			if more, err = tx.ReapSome(); err != nil {
				return err
			}
			r.work = time.Since(start)
			return tx.AfterCommit(func() { r.hold = time.Since(start) })
		}))
		steps = append(steps, r)
	}
	return steps
}

// A chat is some people who send messages, each to a thread of their own, with a
// little pause between them.
type chat struct {
	s       *store.Store
	threads []store.ID
}

const (
	chatters  = 8
	chatPause = 2 * time.Millisecond
)

func newChat(t *testing.T, s *store.Store) *chat {
	t.Helper()
	elsewhere, c := newCrowd(t, s, "elsewhere"), &chat{s: s}
	for range chatters {
		c.threads = append(c.threads, elsewhere.open(t))
	}
	return c
}

// during returns how long each send took while do ran.
func (c *chat) during(t *testing.T, do func()) []time.Duration {
	t.Helper()
	took := make([][]time.Duration, len(c.threads))
	done := make(chan struct{})
	var all sync.WaitGroup
	for i := range c.threads {
		all.Go(func() {
			for pause := time.NewTicker(chatPause); ; {
				select {
				case <-done:
					return
				case <-pause.C:
				}
				start := time.Now()
				if err := c.send(i); err != nil {
					t.Error(err)
					return
				}
				took[i] = append(took[i], time.Since(start))
			}
		})
	}
	do()
	close(done)
	all.Wait()
	return slices.Concat(took...)
}

func (c *chat) send(i int) error {
	return c.s.Update(context.Background(), func(tx *store.Tx) error {
		t, err := tx.Thread(c.threads[i])
		if err != nil {
			return err
		}
		_, err = say(tx, t, "hello")
		return err
	})
}

func each[T, R any](list []T, of func(T) R) (out []R) {
	for _, x := range list {
		out = append(out, of(x))
	}
	return out
}

func percentile(list []time.Duration, q float64) time.Duration {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[int(q*float64(len(sorted)-1))]
}
