//go:build torture

package crashtest

import (
	"context"
	"errors"
	"flag"
	"io"
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

// The limits that the house promises of a large delete.
const (
	maxReapWrites = kv.MaxWrites / 2
	maxSlowdown   = 2.0
)

const turns = 100 // at most, with reaping and without

var large = flag.Int("large", 1000, "how many messages TestLargeDelete deletes; from a million on it holds the store to its limits, for which the machine must be quiet")

// While a large project is taken down, those who chat elsewhere hardly notice.
func TestLargeDelete(t *testing.T) {
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "parley.db"), bolt.Options{AppendOrdered: store.AppendOrdered()})
	must(t, err)
	s, err := store.Open(t.Context(), engine, store.Options{Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	defer s.Close()
	doomed := newCrowd(t, s, "doomed")
	doomed.load(t, *large)
	c := newChat(t, s)
	doomed.deleteProject(t)

	// By turns, because the machine's speed drifts. What is left after that is taken
	// down without being measured.
	var before, meanwhile []time.Duration
	turn, began := time.Second/10, time.Now()
	if *large >= 1_000_000 {
		turn = time.Second
	}
	done := false
	for i := 0; i < turns && !done; i++ {
		before = append(before, c.during(t, func() { <-time.After(turn) })...)
		meanwhile = append(meanwhile, c.during(t, func() { done = reapFor(t, s, turn) })...)
	}
	measured := time.Since(began)
	must(t, s.Reap(t.Context()))
	slowdown := float64(percentile(meanwhile, 0.99)) / float64(percentile(before, 0.99))
	t.Logf("%d messages: %d sends by themselves: p50 %v, p99 %v; %d sends meanwhile: p50 %v, p99 %v (%.2f times)", *large,
		len(before), percentile(before, 0.5), percentile(before, 0.99), len(meanwhile), percentile(meanwhile, 0.5), percentile(meanwhile, 0.99), slowdown)
	t.Logf("half of %v went into reaping meanwhile, %v into the rest", measured, time.Since(began)-measured)
	if *large >= 1_000_000 && slowdown > maxSlowdown {
		t.Errorf("p99 of sends is %.2f times what it was, want at most %.0f", slowdown, maxSlowdown)
	}
	must(t, checked(s))
}

// reapFor takes down what was deleted, as the server does, for as long as a turn,
// and says whether that was all.
func reapFor(t *testing.T, s *store.Store, turn time.Duration) (done bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), turn)
	defer cancel()
	err := s.Reap(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	must(t, err)
	return true
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
	must(t, reap(s, io.Discard))
	if m.writes > maxReapWrites || m.writes == 0 {
		t.Errorf("the largest transaction writes %d times; want at most %d", m.writes, maxReapWrites)
	}
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

func percentile(list []time.Duration, q float64) time.Duration {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[int(q*float64(len(sorted)-1))]
}
