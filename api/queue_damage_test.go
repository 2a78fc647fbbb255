package api_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm/llmtest"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// rewrite closes the store as a crash does, has fn write to its file, and starts again.
func (w *world) rewrite(fn func(tx kv.Tx) error) {
	w.t.Helper()
	if err := w.store.Close(); err != nil && store.CodeOf(err) != store.CodeUnavailable {
		w.t.Fatal(err)
	}
	engine, err := bolt.Open(w.path, bolt.Options{MapSize: 1 << 30})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := engine.Update(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
	if err := engine.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.start()
}

// damage turns a bit of the record of space whose key ends with id, and returns its key
// and what it was.
func (w *world) damage(space kv.Space, id store.ID) (key, whole []byte) {
	w.t.Helper()
	w.rewrite(func(tx kv.Tx) error {
		return kv.Walk(tx, space, kv.Range{}, func(e kv.Entry) error {
			if !bytes.HasSuffix(e.Key, id[:]) {
				return nil
			}
			key, whole = slices.Clone(e.Key), slices.Clone(e.Value)
			bad := slices.Clone(whole)
			bad[len(bad)-3] ^= 4
			return tx.Put(space, key, bad)
		})
	})
	if key == nil {
		w.t.Fatalf("%s has no record of %s", space, id)
	}
	return key, whole
}

// waiting has two questions wait behind an answer that does not end.
func (w *world) waiting() (ann api.Actor, thread store.ID, second *store.Message) {
	w.t.Helper()
	ann = w.as("ann")
	th := w.thread(ann)
	w.model.Next(func(c *llmtest.Call) { c.Open(); c.Stall() })
	w.send(ann, th.ID, "Q1")
	w.model.Call(w.t)
	second = w.send(ann, th.ID, "Q2")
	w.send(ann, th.ID, "Q3")
	return ann, th.ID, second
}

// That a question waits is known by its key: a damaged record of it keeps neither it
// nor what waits behind it from being answered.
func TestADamagedPlaceInTheQueueIsAnswered(t *testing.T) {
	w := newWorld(t)
	ann, thread, second := w.waiting()
	w.damage("queue", second.ID)
	w.model.Next(says("A2"), says("A3"))
	if err := w.api.AnswerQueued(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := w.idle(ann, thread), "Q1 |  (interrupted) | Q2 | A2 | Q3 | A3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestADamagedPlaceInTheQueueCanBeDeleted(t *testing.T) {
	w := newWorld(t)
	ann, thread, second := w.waiting()
	w.damage("queue", second.ID)
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: second.ID}))(t)
	w.model.Next(says("A3"))
	if err := w.api.AnswerQueued(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := w.idle(ann, thread), "Q1 |  (interrupted) | Q3 | A3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What waits behind a damaged record is answered.
func TestTheQueueGoesOnBehindDamage(t *testing.T) {
	for _, space := range []kv.Space{"messages", "users", "members"} {
		t.Run(string(space), func(t *testing.T) {
			w := newWorld(t)
			ann, ben, th := w.team()
			w.model.Next(func(c *llmtest.Call) { c.Open(); c.Stall() })
			w.send(ann, th.ID, "Q1")
			w.model.Call(t)
			second := w.send(ben, th.ID, "Q2")
			w.send(ann, th.ID, "Q3")
			id := ben.UserID
			if space == "messages" {
				id = second.ID
			}
			key, whole := w.damage(space, id)
			w.model.Next(says("A3"))
			if err := w.api.AnswerQueued(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := w.idle(ann, th.ID); !strings.HasSuffix(got, "Q3 | A3") || space != "messages" && !strings.Contains(got, "Q2 |  (failed)") {
				t.Errorf("got %q", got)
			}
			w.rewrite(func(tx kv.Tx) error { return tx.Put(space, key, whole) }) // or the check at the end finds it
			must(w.store.Repair(t.Context()))(t)                                 // a question that is whole again gets its place
		})
	}
}

// A question whose place in the queue was lost is not left to wait for ever: the place
// is made again from it, and it is answered.
func TestALostPlaceInTheQueueIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	ann, thread, second := w.waiting()
	w.rewrite(func(tx kv.Tx) error { return tx.Delete("queue", kv.IDs(thread, second.ID)) })
	found := must(w.store.Examine(t.Context()))(t)
	if len(found.Damage) > 0 || len(found.Derived) != 1 || !strings.Contains(found.Derived[0], "waits for an answer") {
		t.Errorf("found %+v", found)
	}
	if done := must(w.store.Repair(t.Context()))(t); len(done) != 1 {
		t.Errorf("did %q", done)
	}
	w.model.Next(says("A2"), says("A3"))
	if err := w.api.AnswerQueued(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := w.idle(ann, thread), "Q1 |  (interrupted) | Q2 | A2 | Q3 | A3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
