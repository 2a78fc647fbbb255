//go:build torture

package crashtest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/backup"
	"github.com/parley-app/parley/store/kv/bolt"
)

var (
	torture = flag.Duration("torture", 0, "go on with random seeds for about this long")
	replay  = flag.Uint64("seed", 0, "use this seed alone")
	drawn   = flag.Uint64("drawn", rand.Uint64(), "the first seed that nobody has chosen; a test that is run again must get the same one")
)

// parts is among how many tests the time of -torture is divided.
const parts = 9

// rounds runs fn with the seeds 1 to n and with the drawn one, and goes on with random ones
// while -torture lets it. Two runs with one seed differ in what chance decides:
// which moment a kill hits.
func rounds(t *testing.T, n int, fn func(t *testing.T, seed uint64)) {
	round := func(seed uint64) bool {
		return t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { fn(t, seed) })
	}
	if *replay != 0 {
		round(*replay)
		return
	}
	until := time.Now().Add(*torture / parts)
	for seed := range uint64(n) {
		if !round(seed + 1) {
			return
		}
	}
	for seed := *drawn; round(seed) && time.Now().Before(until); {
		seed = rand.Uint64()
	}
}

// A trial is one store that is put through one ordeal after the other.
type trial struct {
	play             // Done is what the store is known to show
	rng   *rand.Rand // for the ordeals
	clock time.Duration
	lies  bool // a disk that does: what it loses is not kept
	noLog bool // the store does without its log
}

func newTrial(seed uint64, people int) *trial {
	return &trial{play: play{Seed: seed, Size: 20_000, Done: make([]int, people)}, rng: rand.New(rand.NewPCG(seed, 0))}
}

// job is more of the same play, by a clock that is set back an hour each time.
// Ids must go on nevertheless: people see threads and messages in the order of
// their ids.
func (tr *trial) job(path string) job {
	tr.clock -= time.Hour
	return job{Store: path, Clock: tr.clock, Play: &tr.play, NoLog: tr.noLog}
}

// judge opens the store at path after its process has ended somehow, and returns
// what is wrong with it, given the steps that were acknowledged: that the file or a
// record is damaged, that a step was lost or taken by half, or that an id has gone
// back in time. Then every person takes one more step, and bbolt checks the file
// after each of these commits.
func (tr *trial) judge(path string, acked map[int]int) (err error) {
	s, err := openStore(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	h := house{s.Store, blobsBeside(path)}
	if err := tr.inspect(h, acked); err != nil {
		return errors.Join(err, tr.keep(s))
	}
	for i := range tr.Done {
		if err := tr.person(i).act(h); err != nil {
			return fmt.Errorf("the store takes no more steps: %w", err)
		}
		tr.Done[i]++
	}
	return nil
}

// lockTimeout is for a machine that is very busy: a process that another test has
// just begun to start holds what this one had open, and so the lock of a store.
const lockTimeout = time.Minute

// An openedStore is a store and the engine below it.
type openedStore struct {
	*store.Store
	engine *bolt.Engine
}

func openStore(path string) (*openedStore, error) {
	engine, err := bolt.Open(path, bolt.Options{AppendOrdered: store.AppendOrdered(), Strict: true, LockTimeout: lockTimeout})
	if err != nil {
		return nil, err
	}
	s, err := store.Open(context.Background(), engine, store.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return &openedStore{s, engine}, nil
}

// keep puts a copy of a store that was found guilty where it outlives the test, and
// returns an error that says where.
func (tr *trial) keep(s *openedStore) error {
	if tr.lies {
		return nil
	}
	dir, err := os.MkdirTemp("", fmt.Sprintf("parley-crash-%d-", tr.Seed))
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "parley.db")
	return errors.Join(s.engine.CopyTo(context.Background(), path, nil), fmt.Errorf("the store is kept in %s", path))
}

// inspect only reads.
func (tr *trial) inspect(h house, acked map[int]int) error {
	if err := checked(h.Store); err != nil {
		return err
	}
	if faults, _, err := backup.CheckBlobs(context.Background(), h.Store, h.blobs, nil); err != nil || len(faults) > 0 {
		return errors.Join(err, fmt.Errorf("check of blobs: %q", faults))
	}
	for i := range tr.Done {
		if err := tr.settle(h, i, acked[i]); err != nil {
			return err
		}
	}
	return nil
}

// checked makes an error of what Check finds.
func checked(s *store.Store) error {
	findings, err := s.Check(context.Background())
	if len(findings) > 0 {
		err = errors.Join(err, fmt.Errorf("check: %q", findings))
	}
	return err
}

// settle finds out how many steps of a person the store shows: those that were
// acknowledged, and perhaps the one that was being taken.
func (tr *trial) settle(h house, i, acked int) error {
	p := tr.person(i)
	for range acked {
		p.next()
	}
	got, err := h.look(p.name)
	if err != nil {
		return fmt.Errorf("%s, who was told of %d steps: %w", p.name, acked, err)
	}
	lost := cmp.Diff(p.Sees, got, cmpopts.EquateEmpty())
	if lost == "" {
		tr.Done[i] = p.steps
		return nil
	}
	told := p.steps
	p.next()
	half := cmp.Diff(p.Sees, got, cmpopts.EquateEmpty())
	if half == "" {
		tr.Done[i] = p.steps
		return nil
	}
	return fmt.Errorf("%s was told of step %d; the store shows neither that nor the whole of the next (-acknowledged +shown):\n%s\n(-the next +shown):\n%s", p.name, told, lost, half)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
