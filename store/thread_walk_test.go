package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
	"github.com/parley-app/parley/store/storetest"
)

// A walker walks a list of threads by cursor while others write.
type walker struct {
	testing.TB
	store   *store.Store
	random  *rand.Rand
	project *store.Project
	ann     *store.User
	q       store.ThreadQuery
	threads []*store.Thread
	touched map[store.ID]bool // moved, gone or new since the walk began
	shown   map[store.ID]int
}

func (w *walker) thread(title string) *store.Thread {
	th := storetest.Thread(w, w.store, w.project, w.ann, title)
	w.threads = append(w.threads, th)
	return th
}

// disturb does what others do between two pages. The cursor itself may move, and
// neither goes nor leaves the list: that is unknown_cursor.
func (w *walker) disturb(cursor store.ID) {
	for range w.random.IntN(4) {
		th := w.threads[w.random.IntN(len(w.threads))]
		kind := w.random.IntN(5)
		if th.ID == cursor && kind >= 3 {
			kind = 1
		}
		w.touched[th.ID] = true
		switch kind {
		case 0:
			w.touched[w.thread(fmt.Sprintf("thread %02d new", w.random.IntN(40))).ID] = true
		case 1:
			storetest.Message(w, w.store, th.ID, w.ann, "moves it in activity")
		default:
			storetest.Update(w, w.store, func(tx *store.Tx) error {
				v, err := tx.Thread(th.ID)
				switch {
				case err != nil:
					return err
				case kind == 2:
					v.Title, v.UpdatedAt = fmt.Sprintf("thread %02d renamed", w.random.IntN(40)), tx.Now
				case kind == 3 && v.IsArchived():
					v.ArchivedAt = store.Time{}
				case kind == 3:
					v.ArchivedAt = tx.Now
				default:
					return tx.DeleteThread(v)
				}
				return tx.PutThread(v)
			})
			if kind == 4 {
				w.threads = slices.DeleteFunc(w.threads, func(t *store.Thread) bool { return t.ID == th.ID })
			}
		}
	}
}

// walk goes through the list from its beginning, or with back from its end.
func (w *walker) walk(back bool) {
	page, _, more := listThreads(w, w.store, w.q)
	if back {
		all := w.q
		all.Limit = 1000
		page, _, _ = listThreads(w, w.store, all)
		page = page[len(page)-1:]
		more = true
	}
	for {
		for _, th := range page {
			w.shown[th.ID]++
		}
		if !more {
			return
		}
		cursor := page[len(page)-1].ID
		if w.q.After = cursor; back {
			cursor = page[0].ID
			w.q.After, w.q.Before = store.ID{}, cursor
		}
		w.disturb(cursor)
		if page, _, more = listThreads(w, w.store, w.q); len(page) == 0 && more {
			w.Fatal("an empty page says that there is more")
		}
	}
}

// API-2: what was there throughout, and stayed where it was, is shown exactly
// once, whatever else is made, moved, archived and deleted meanwhile: the cursor
// too may move.
func TestAPI2AWalkThroughThreadsIsStableWhileOthersWrite(t *testing.T) {
	for _, sort := range []string{"activity", "created", "updated", "title"} {
		for _, asc := range []bool{true, false} {
			for _, back := range []bool{true, false} {
				for _, search := range []string{"", "THREAD"} {
					name := fmt.Sprintf("by %s, ascending %t, backward %t, searching %q", sort, asc, back, search)
					t.Run(name, func(t *testing.T) { walkThreads(t, sort, search, asc, back) })
				}
			}
		}
	}
}

func walkThreads(t *testing.T, sort, search string, asc, back bool) {
	s, ann, p, _ := world(t)
	no := false
	w := &walker{
		TB: t, store: s, random: rand.New(rand.NewPCG(7, uint64(len(sort)))), project: p, ann: ann,
		touched: map[store.ID]bool{}, shown: map[store.ID]int{},
		q: store.ThreadQuery{Projects: []store.ID{p.ID}, Viewer: ann.ID, Archived: &no, Sort: sort, Asc: asc, Search: search, Page: store.Page{Limit: 3}},
	}
	for i := range 25 {
		w.thread(fmt.Sprintf("thread %02d", (i*7)%40))
	}
	began := slices.Clone(w.threads)
	w.walk(back)
	still := 0
	for _, th := range began {
		if w.touched[th.ID] {
			continue
		}
		if still++; w.shown[th.ID] != 1 {
			t.Errorf("%s was there throughout and was shown %d times", th.Title, w.shown[th.ID])
		}
	}
	if still == 0 || len(w.touched) == 0 {
		t.Fatalf("%d threads stayed, %d were touched: this proves nothing", still, len(w.touched))
	}
}

// API-2: a walk through messages is stable in both directions.
func TestAPI2AWalkThroughMessagesIsStableWhileOthersWrite(t *testing.T) {
	for _, back := range []bool{true, false} {
		t.Run(fmt.Sprintf("backward %t", back), func(t *testing.T) {
			s, ann, _, th := world(t)
			random := rand.New(rand.NewPCG(7, 7))
			var began []*store.Message
			for i := range 30 {
				began = append(began, storetest.Message(t, s, th.ID, ann, fmt.Sprint(i)))
			}
			gone, shown := map[store.ID]bool{}, map[store.ID]int{began[0].ID: 1}
			p := store.Page{Limit: 4, After: began[0].ID}
			if back {
				p, shown = store.Page{Limit: 4}, map[store.ID]int{}
			}
			for more := true; more; {
				page, total, next := listMessages(t, s, th.ID, p)
				for _, m := range page {
					shown[m.ID]++
				}
				if more = next; len(page) == 0 {
					break
				}
				if total < len(page) {
					t.Errorf("total %d on a page of %d", total, len(page))
				}
				if p = (store.Page{Limit: 4, After: page[len(page)-1].ID}); back {
					p = store.Page{Limit: 4, Before: page[0].ID}
				}
				if len(gone) < 10 { // or a walk to the newest would never end
					storetest.Message(t, s, th.ID, ann, "new")
				}
				victim := began[random.IntN(len(began))] // the cursor too: its row stays
				gone[victim.ID] = true
				deleteMessage(t, s, victim.ID)
			}
			for _, m := range began {
				if !gone[m.ID] && shown[m.ID] != 1 {
					t.Errorf("message %s was there throughout and was shown %d times", m.Content, shown[m.ID])
				}
			}
		})
	}
}

func listMessages(t *testing.T, s *store.Store, thread store.ID, p store.Page) (page []*store.Message, total int, more bool) {
	t.Helper()
	storetest.View(t, s, func(tx *store.Tx) error {
		th, err := tx.Thread(thread)
		if err != nil {
			return err
		}
		total = th.MessageCount
		stored, next, err := tx.ListMessages(thread, p, false)
		page, more = nil, next
		for _, m := range stored {
			d, err := m.Decode()
			if err != nil {
				return err
			}
			page = append(page, d)
		}
		return err
	})
	return page, total, more
}

func deleteMessage(t *testing.T, s *store.Store, id store.ID) {
	t.Helper()
	storetest.Update(t, s, func(tx *store.Tx) error {
		m, err := tx.Message(id)
		if err != nil || m.IsDeleted {
			return err
		}
		th, err := tx.Thread(m.ThreadID)
		if err != nil {
			return err
		}
		m.IsDeleted, m.DeletedAt, m.Content, m.TokenCount = true, tx.Now, "", 0
		return tx.SaveMessage(th, m)
	})
}

// A countingEngine counts what is read of it.
type countingEngine struct {
	kv.Engine
	reads *int
}

func (e countingEngine) View(ctx context.Context, fn func(kv.Tx) error) error {
	return e.Engine.View(ctx, func(tx kv.Tx) error { return fn(countingTx{tx, e.reads}) })
}

type countingTx struct {
	kv.Tx
	reads *int
}

func (t countingTx) Get(space kv.Space, keys ...[]byte) ([][]byte, error) {
	*t.reads += len(keys)
	return t.Tx.Get(space, keys...)
}

func (t countingTx) Scan(space kv.Space, r kv.Range) ([]kv.Entry, error) {
	page, err := t.Tx.Scan(space, r)
	*t.reads += len(page) + 1
	return page, err
}

// API-2: by cursor, the first page, one in the middle and the last cost the same.
func TestAPI2PagesByCursorCostTheSameEverywhere(t *testing.T) {
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "parley.db"), bolt.Options{MapSize: 1 << 28})
	if err != nil {
		t.Fatal(err)
	}
	reads := 0
	s, err := store.Open(t.Context(), countingEngine{engine, &reads}, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	ann := storetest.User(t, s, "ann")
	p := storetest.Project(t, s, ann, "Garden")
	var ids []store.ID
	var th *store.Thread
	for i := range 300 {
		th = storetest.Thread(t, s, p, ann, fmt.Sprintf("%03d", i))
		ids = append(ids, th.ID)
	}
	for _, sort := range []string{"activity", "created", "updated", "title"} {
		for name, back := range map[string]bool{"after": false, "before": true} {
			var costs []int
			for _, at := range []int{11, 150, 288} {
				q := store.ThreadQuery{Projects: []store.ID{p.ID}, Viewer: ann.ID, Sort: sort, Asc: true, Page: store.Page{Limit: 10, After: ids[at]}}
				if back {
					q.After, q.Before = store.ID{}, ids[at]
				}
				before := reads
				if page, _, _ := listThreads(t, s, q); len(page) != 10 {
					t.Fatalf("%d threads", len(page))
				}
				costs = append(costs, reads-before)
			}
			if slices.Max(costs) > slices.Min(costs)+1 || slices.Max(costs) > 40 {
				t.Errorf("threads by %s, %s: %v reads for the first, a middle and the last page", sort, name, costs)
			}
		}
	}
	var said []store.ID
	for range 300 {
		said = append(said, storetest.Message(t, s, th.ID, ann, "words").ID)
	}
	for _, page := range []func(id store.ID) store.Page{
		func(id store.ID) store.Page { return store.Page{Limit: 10, After: id} },
		func(id store.ID) store.Page { return store.Page{Limit: 10, Before: id} },
	} {
		var costs []int
		for _, at := range []int{11, 150, 288} {
			before := reads
			listMessages(t, s, th.ID, page(said[at]))
			costs = append(costs, reads-before)
		}
		if slices.Max(costs) > slices.Min(costs)+1 || slices.Max(costs) > 40 {
			t.Errorf("messages: %v reads for the first, a middle and the last page", costs)
		}
	}
}
