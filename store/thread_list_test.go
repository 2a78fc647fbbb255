package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

func titles(list []*store.Thread) (out []string) {
	for _, t := range list {
		out = append(out, t.Title)
	}
	return out
}

func listThreads(t rapid.TB, s *store.Store, q store.ThreadQuery) (page []*store.Thread, total int, more bool) {
	t.Helper()
	err := s.View(context.Background(), func(tx *store.Tx) (err error) {
		page, total, more, err = tx.ListThreads(q)
		return err
	})
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	return page, total, more
}

func TestListThreads(t *testing.T) {
	s, ann, p, _ := world(t)
	bob := storetest.User(t, s, "bob")
	storetest.Member(t, s, p, bob, store.ProjectEditor)
	second := storetest.Project(t, s, ann, "Kitchen")
	stove := storetest.Thread(t, s, second, ann, "stove")
	hidden := storetest.Thread(t, s, p, bob, "Bob's secret")
	old := storetest.Thread(t, s, p, ann, "Archived")
	storetest.Update(t, s, func(tx *store.Tx) error {
		hidden.IsPrivate, old.ArchivedAt = true, tx.Now
		if err := tx.PutThread(hidden); err != nil {
			return err
		}
		return tx.PutThread(old)
	})
	storetest.Message(t, s, stove.ID, ann, "hot")
	both := []store.ID{p.ID, second.ID}
	yes, no := true, false
	for name, tt := range map[string]struct {
		q    store.ThreadQuery
		want string
	}{
		"by activity, across projects":      {store.ThreadQuery{Projects: both, Viewer: ann.ID, Archived: &no, Sort: "activity"}, "stove,Roses"},
		"by title, whatever its case":       {store.ThreadQuery{Projects: both, Viewer: ann.ID, Archived: &no, Sort: "title", Asc: true}, "Roses,stove"},
		"a private one to its maker":        {store.ThreadQuery{Projects: both[:1], Viewer: bob.ID, Archived: &no, Sort: "created"}, "Bob's secret,Roses"},
		"the archived ones":                 {store.ThreadQuery{Projects: both, Viewer: ann.ID, Archived: &yes, Sort: "activity"}, "Archived"},
		"all, the archived ones among them": {store.ThreadQuery{Projects: both, Viewer: ann.ID, Sort: "created", Asc: true}, "Roses,stove,Archived"},
		"searched by a part of the title":   {store.ThreadQuery{Projects: both, Viewer: ann.ID, Archived: &no, Sort: "activity", Search: "OSE"}, "Roses"},
		"searched, and nothing there":       {store.ThreadQuery{Projects: both, Viewer: ann.ID, Sort: "activity", Search: "secret"}, ""},
		"of no project":                     {store.ThreadQuery{Viewer: ann.ID, Sort: "activity"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tt.q.Limit = 10
			page, total, more := listThreads(t, s, tt.q)
			if got := strings.Join(titles(page), ","); got != tt.want || more || total != len(page) {
				t.Errorf("got %q, total %d, more %t; want %q", got, total, more, tt.want)
			}
		})
	}
}

// Walking by cursor, in either direction and any order, shows every thread once.
func TestWalkingThreadsByCursor(t *testing.T) {
	s, ann, p, _ := world(t)
	other := storetest.Project(t, s, ann, "Second")
	for i := range 23 {
		storetest.Thread(t, s, []*store.Project{p, other}[i%2], ann, fmt.Sprint("thread ", i*7%10))
	}
	rapid.Check(t, func(t *rapid.T) {
		q := store.ThreadQuery{
			Projects: []store.ID{p.ID, other.ID}, Viewer: ann.ID,
			Sort: rapid.SampledFrom([]string{"activity", "created", "updated", "title"}).Draw(t, "sort"),
			Asc:  rapid.Bool().Draw(t, "asc"),
		}
		q.Limit = 100
		whole, total, _ := listThreads(t, s, q)
		q.Limit = rapid.IntRange(1, 9).Draw(t, "limit")
		var walked []*store.Thread
		for more := true; more; {
			var page []*store.Thread
			page, _, more = listThreads(t, s, q)
			walked = append(walked, page...)
			q.After = page[len(page)-1].ID
		}
		q.After, q.Before = store.ID{}, whole[len(whole)-1].ID
		var back []*store.Thread
		for {
			page, _, _ := listThreads(t, s, q)
			if len(page) == 0 {
				break
			}
			back = slices.Concat(page, back)
			q.Before = page[0].ID
		}
		same := func(a, b *store.Thread) bool { return a.ID == b.ID }
		if total != len(whole) || !slices.EqualFunc(walked, whole, same) || !slices.EqualFunc(back, whole[:len(whole)-1], same) {
			t.Fatalf("whole %q\nwalked %q\nback %q", titles(whole), titles(walked), titles(back))
		}
	})
}

func TestUnknownThreadCursor(t *testing.T) {
	s, ann, p, _ := world(t)
	foreign := storetest.Thread(t, s, storetest.Project(t, s, ann, "Second"), ann, "elsewhere")
	for name, q := range map[string]store.ThreadQuery{
		"of another list":         {Projects: []store.ID{p.ID}, Page: store.Page{After: foreign.ID}},
		"of nothing":              {Projects: []store.ID{p.ID}, Page: store.Page{Before: ann.ID}},
		"of another list, sought": {Projects: []store.ID{p.ID}, Page: store.Page{After: foreign.ID}, Search: "e"},
	} {
		t.Run(name, func(t *testing.T) {
			q.Viewer, q.Sort, q.Limit = ann.ID, "activity", 5
			err := s.View(t.Context(), func(tx *store.Tx) error { _, _, _, err := tx.ListThreads(q); return err })
			if store.CodeOf(err) != store.CodeUnknownCursor {
				t.Errorf("got %v", err)
			}
		})
	}
}
