package search

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
	"github.com/parley-app/parley/store/kv/kvtest"
	"github.com/parley-app/parley/store/storetest"
)

// A library is a store with a thread in it.
type library struct {
	*testing.T
	*store.Store
	raw    kv.Engine
	ann    *store.User
	thread *store.Thread
}

func newLibrary(t *testing.T) *library {
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "parley.db"), bolt.Options{MapSize: 1 << 28})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), kvtest.Twice(engine), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	l := &library{T: t, Store: s, raw: engine, ann: storetest.User(t, s, "ann")}
	l.thread = storetest.Thread(t, s, storetest.Project(t, s, l.ann, "Garden"), l.ann, "Roses in March")
	return l
}

func (l *library) drain() {
	l.Helper()
	if err := Drain(l.Context(), l.Store); err != nil {
		l.Fatal(err)
	}
}

func (l *library) find(q string) (n int) {
	l.Helper()
	storetest.View(l, l.Store, func(tx *store.Tx) error {
		hits, err := Find(tx, Parse(q), []store.SearchScope{{Project: l.thread.ProjectID}})
		n = len(hits)
		return err
	})
	return n
}

func (l *library) check() []string {
	l.Helper()
	findings, err := l.Check(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	return findings
}

// first changes the first entry of a space.
func first(space kv.Space, change func(kv.Tx, kv.Entry) error) func(kv.Tx) error {
	return func(tx kv.Tx) error {
		page, err := tx.Scan(space, kv.Range{Limit: 1})
		if err != nil || len(page) == 0 {
			return fmt.Errorf("%s: %d entries, %w", space, len(page), err)
		}
		return change(tx, page[0])
	}
}

// What is wrong in the index, Check names; Repair and a drained queue make it
// right, whatever it was.
func TestADamagedIndexIsRepaired(t *testing.T) {
	lose := func(tx kv.Tx, space kv.Space, e kv.Entry) error { return tx.Delete(space, e.Key) }
	for name, damage := range map[string]func(kv.Tx) error{
		"a word is lost": first("search", func(tx kv.Tx, e kv.Entry) error { return lose(tx, "search", e) }),
		"a word is cut":  first("search", func(tx kv.Tx, e kv.Entry) error { return tx.Put("search", e.Key, e.Value[:5]) }),
		"a word too many": first("search", func(tx kv.Tx, e kv.Entry) error {
			return tx.Put("search", kv.Key(ID(e.Key[:16]), store.ID{}, "zzz", ID(e.Key[len(e.Key)-16:])), e.Value)
		}),
		"no word at all":    first("search", func(tx kv.Tx, e kv.Entry) error { return tx.Put("search", []byte("x"), e.Value) }),
		"a text is lost":    first("search.docs", func(tx kv.Tx, e kv.Entry) error { return lose(tx, "search.docs", e) }),
		"a text is damaged": first("search.docs", func(tx kv.Tx, e kv.Entry) error { e.Value[9] ^= 4; return tx.Put("search.docs", e.Key, e.Value) }),
		"a task of no text": func(tx kv.Tx) error { return tx.Put("search.queue", []byte{9, 9}, nil) },
		"everything is lost": func(tx kv.Tx) error {
			for _, space := range []kv.Space{"search", "search.docs"} {
				err := kv.Walk(tx, space, kv.Range{}, func(e kv.Entry) error { return lose(tx, space, e) })
				if err != nil {
					return err
				}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLibrary(t)
			storetest.Message(t, l.Store, l.thread.ID, l.ann, "When are roses pruned?")
			l.drain()
			if findings := l.check(); len(findings) > 0 || l.find("roses") != 2 {
				t.Fatalf("before: %v, %d found", findings, l.find("roses"))
			}
			if err := l.raw.Update(t.Context(), damage); err != nil {
				t.Fatal(err)
			}
			if findings := l.check(); len(findings) == 0 {
				t.Error("nothing was found")
			}
			if _, err := l.Repair(t.Context()); err != nil {
				t.Fatal(err)
			}
			l.drain()
			if findings := l.check(); len(findings) > 0 || l.find("roses") != 2 || l.find("zzz") != 0 {
				t.Errorf("after the repair: %v, %d found", findings, l.find("roses"))
			}
		})
	}
}

// ID keeps the cases short.
func ID(b []byte) store.ID { return store.ID(b) }

// An index that is built step by step, and changed in the middle of that, ends as
// it should; a text is not found before all of it is there.
func TestALongTextIsIndexedInSteps(t *testing.T) {
	l := newLibrary(t)
	l.drain()
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "word%04d ", i)
	}
	m := storetest.Message(t, l.Store, l.thread.ID, l.ann, b.String())
	steps := 0
	once := func() (done int) {
		texts, err := queued(t.Context(), l.Store, 10)
		if err != nil || len(texts) == 0 {
			t.Fatalf("%d texts in the queue, %v", len(texts), err)
		}
		storetest.Update(t, l.Store, func(tx *store.Tx) (err error) {
			done, err = tx.IndexSearch([]store.SearchEntry{entry(texts[0])})
			return err
		})
		steps++
		if findings := l.check(); len(findings) > 0 {
			t.Fatalf("after %d steps: %v", steps, findings)
		}
		return done
	}
	for once() == 0 {
		if l.find("word1999 ") != l.find("word0000 ") {
			t.Fatal("found before it was whole")
		}
	}
	if steps < 3 || l.find("word0000 word1999 ") != 1 {
		t.Errorf("%d steps, %d found", steps, l.find("word0000 word1999 "))
	}
	rewrite(t, l.Store, m.ID, strings.ReplaceAll(b.String(), "word", "other"))
	once() // in the middle of which it is changed again
	rewrite(t, l.Store, m.ID, "brief")
	l.drain()
	if l.find("word0001 ")+l.find("other1999 ") != 0 || l.find("brief") != 1 || len(l.check()) > 0 {
		t.Errorf("in the end: %v", l.check())
	}
}

func rewrite(t *testing.T, s *store.Store, message store.ID, content string) {
	t.Helper()
	storetest.Update(t, s, func(tx *store.Tx) error {
		m, err := tx.Message(message)
		if err != nil {
			return err
		}
		th, err := tx.Thread(m.ThreadID)
		if err != nil {
			return err
		}
		m.Content = content
		return tx.SaveMessage(th, m)
	})
}

// Two who empty the queue at once do what one does.
func TestTwoIndexersAtOnce(t *testing.T) {
	l := newLibrary(t)
	for i := range 60 {
		storetest.Message(t, l.Store, l.thread.ID, l.ann, fmt.Sprintf("roses number%d", i))
	}
	ended := make(chan error, 2)
	for range 2 {
		go func() { ended <- Drain(context.WithoutCancel(t.Context()), l.Store) }()
	}
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if findings := l.check(); len(findings) > 0 || l.find("roses number59 ") != 1 {
		t.Errorf("%v, %d found", findings, l.find("roses number59 "))
	}
}

// A word that is in very many texts and one that is in few find what has both.
func TestRareAndCommonWords(t *testing.T) {
	l := newLibrary(t)
	storetest.Update(t, l.Store, func(*store.Tx) error { return nil })
	for i := range firstLook + 40 {
		text := "common words"
		if i == 5 {
			text = "common needle"
		}
		storetest.Message(t, l.Store, l.thread.ID, l.ann, text)
	}
	l.drain()
	for q, want := range map[string]int{"common needle ": 1, "needle common": 1, "common ": firstLook + 40, "com": firstLook + 40, "words needle ": 0} {
		if got := l.find(q); got != want {
			t.Errorf("%q finds %d, want %d", q, got, want)
		}
	}
}
