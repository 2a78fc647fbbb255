//go:build torture

package crashtest

import (
	"context"
	"io"
	"path/filepath"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// A large delete that is killed again and again is taken up where it was, and in
// the end nothing is there but what others have.
func TestKilledWhileReaping(t *testing.T) {
	t.Parallel()
	rounds(t, 1, func(t *testing.T, seed uint64) {
		tr, path := newTrial(seed, 1), filepath.Join(t.TempDir(), "parley.db")
		must(t, tr.judge(path, nil)) // somebody who has nothing to do with it
		s, err := openStore(path)
		must(t, err)
		c := newCrowd(t, s.Store, "crowd")
		c.load(t, 1500)
		c.deleteProject(t)
		must(t, s.Close())
		kills := 0
		for ; !(job{Store: path, Reap: true}).start(t, at(1+tr.rng.IntN(15), Kill)).wait(t).ok; kills++ {
			must(t, tr.judge(path, nil))
		}
		if kills < 3 {
			t.Errorf("it was killed %d times only", kills)
		}
		must(t, tr.judge(path, nil))
		tr.wantAlone(t, path)
	})
}

// wantAlone fails the test if the store has messages, or anything that waits to be
// taken down, besides what its one person sees.
func (tr *trial) wantAlone(t *testing.T, path string) {
	t.Helper()
	engine, err := bolt.Open(path, bolt.Options{})
	must(t, err)
	s, err := store.Open(context.Background(), engine, store.Options{})
	must(t, err)
	defer s.Close()
	must(t, reap(s, io.Discard)) // of what the person has deleted
	want, got := 0, map[kv.Space]int{}
	for _, t := range tr.person(0).Sees.Threads {
		want += len(t.Messages)
	}
	must(t, engine.View(context.Background(), func(tx kv.Tx) error {
		for _, space := range []kv.Space{"messages", "doomed"} {
			err := kv.Walk(tx, space, kv.Range{}, func(kv.Entry) error { got[space]++; return nil })
			if err != nil {
				return err
			}
		}
		return nil
	}))
	if got["messages"] != want || got["doomed"] != 0 {
		t.Errorf("there are %d messages, want %d; %d trees are not taken down", got["messages"], want, got["doomed"])
	}
}
