package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
	"github.com/parley-app/parley/store/storetest"
)

// An impatient engine ends a context with the update that makes left zero.
type impatient struct {
	kv.Engine
	left int
	end  context.CancelFunc
}

func (e *impatient) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if e.left--; e.left == 0 {
		e.end()
	}
	return e.Engine.Update(context.WithoutCancel(ctx), fn)
}

// Reap stops when it is told to, goes on where it was, and leaves nothing.
func TestReap(t *testing.T) {
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "parley.db"), bolt.Options{MapSize: 1 << 28})
	if err != nil {
		t.Fatal(err)
	}
	e := &impatient{Engine: engine}
	s, err := store.Open(t.Context(), e, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ann := storetest.User(t, s, "ann")
	p := storetest.Project(t, s, ann, "p")
	for i := range 3 {
		th := storetest.Thread(t, s, p, ann, fmt.Sprint(i))
		for range 60 {
			storetest.Message(t, s, th.ID, ann, "hello")
		}
	}
	storetest.Update(t, s, func(tx *store.Tx) error { return tx.DeleteProject(p) })
	entries := func(space kv.Space) (n int) {
		err := engine.View(t.Context(), func(tx kv.Tx) error {
			page, err := tx.Scan(space, kv.Range{})
			n = len(page)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	stops := 0
	for entries("doomed") > 0 {
		ctx, end := context.WithCancel(t.Context())
		e.left, e.end = 3, end
		if err := s.Reap(ctx); errors.Is(err, context.Canceled) {
			stops++
		} else if err != nil {
			t.Fatal(err)
		}
		end()
		if findings, err := s.Check(t.Context()); err != nil || len(findings) > 0 {
			t.Fatalf("after %d stops: %q, %v", stops, findings, err)
		}
	}
	if stops < 2 {
		t.Errorf("it was stopped %d times: its transactions are not bounded", stops)
	}
	for _, space := range []kv.Space{"threads", "messages", "messages.id", "members"} {
		if n := entries(space); n > 0 {
			t.Errorf("%s still has %d entries", space, n)
		}
	}
}

// A person's messages stay when they go, and are nobody's: all of them, however many
// stand between, and whatever their size.
func TestReapTakesMessagesOffTheirAuthor(t *testing.T) {
	s := storetest.New(t)
	ann, ben := storetest.User(t, s, "ann"), storetest.User(t, s, "ben")
	th := storetest.Thread(t, s, storetest.Project(t, s, ann, "p"), ann, "t")
	long := strings.Repeat("a long text ", 100_000) // four of them are what one step looks at
	of := map[store.ID]int{}
	for i := range 130 {
		who, text := ann, "short"
		if i%3 == 0 {
			who = ben
		}
		if i%20 == 0 {
			text = long
		}
		storetest.Message(t, s, th.ID, who, text)
		of[who.ID]++
	}
	storetest.Update(t, s, func(tx *store.Tx) error { return tx.DeleteUser(ben) })
	steps := 0
	for more := true; more; steps++ {
		storetest.Update(t, s, func(tx *store.Tx) (err error) { more, err = tx.ReapSome(); return err })
	}
	got := map[store.ID]int{}
	storetest.View(t, s, func(tx *store.Tx) error {
		page, _, err := tx.ListMessages(th.ID, store.Page{Limit: 200}, false)
		for _, raw := range page {
			m, err := raw.Decode()
			if err != nil {
				return err
			}
			got[m.UserID]++
		}
		return err
	})
	if got[ann.ID] != of[ann.ID] || got[store.ID{}] != of[ben.ID] || len(got) != 2 {
		t.Errorf("after %d steps %v, before %v", steps, got, of)
	}
	if steps < 3 {
		t.Errorf("%d steps: one looks at too much", steps)
	}
}
