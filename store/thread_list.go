package store

import (
	"bytes"
	"slices"
	"strings"

	"github.com/parley-app/parley/store/kv"
)

// A ThreadQuery selects threads that Viewer may see.
type ThreadQuery struct {
	Page
	Projects []ID   // of which Viewer is a member
	Viewer   ID     // sees their own private threads too
	Archived *bool  // nil: both
	Sort     string // activity, created, updated or title
	Asc      bool   // the smallest first
	Search   string // part of the title, whatever its case; "" is all
}

// A threadEntry is an index entry without its scope: what threads of several
// scopes are merged by.
type threadEntry struct{ order, key []byte }

// ListThreads returns the page that q asks for, how many threads there are in
// all, and whether there are more beyond the page in the direction that it was
// walked: with Before those that precede it. A page costs the same at any cursor;
// Offset and Search may cost what they skip. A cursor stands for where its thread
// was when Viewer was last shown it in this order, so that a walk goes on where
// it was although the thread has moved.
func (tx *Tx) ListThreads(q ThreadQuery) (page []*Thread, total int, more bool, err error) {
	scopes := q.scopes()
	if q.Search != "" {
		return tx.searchThreads(q, scopes)
	}
	for _, scope := range scopes {
		n, err := threads.count(tx, q.Sort, scope)
		if err != nil {
			return nil, 0, false, err
		}
		total += n
	}
	from, err := tx.threadCursor(q, scopes)
	if err != nil {
		return nil, 0, false, err
	}
	entries, err := tx.mergeThreads(q, scopes, from, q.Offset+q.Limit+1)
	if err != nil {
		return nil, 0, false, err
	}
	entries, more = q.cut(entries)
	tx.store.walks.shown(q.walk(), entries)
	page, err = tx.threadsOf(entries)
	return page, total, more, err
}

// cut takes the page off entries that were walked away from the cursor; a list
// is always in its own order.
func (q ThreadQuery) cut(entries []threadEntry) (page []threadEntry, more bool) {
	page = entries[min(q.Offset, len(entries)):]
	more = len(page) > q.Limit
	page = slices.Clip(page[:min(q.Limit, len(page))])
	if !q.Before.IsZero() {
		slices.Reverse(page)
	}
	return page, more
}

func (q ThreadQuery) walk() walkKey { return walkKey{q.Viewer, q.Sort} }

func (q ThreadQuery) scopes() (scopes [][]byte) {
	for _, project := range q.Projects {
		for _, audience := range []ID{{}, q.Viewer} {
			for _, archived := range []bool{false, true} {
				if q.Archived == nil || *q.Archived == archived {
					scopes = append(scopes, kv.Key(project, audience, archived))
				}
			}
		}
	}
	return scopes
}

// threadCursor returns the place of the cursor in the order, nil without one.
func (tx *Tx) threadCursor(q ThreadQuery, scopes [][]byte) ([]byte, error) {
	id := q.After
	if id.IsZero() {
		id = q.Before
	}
	if id.IsZero() {
		return nil, nil
	}
	t, err := threads.find(tx, kv.Key(id))
	if err != nil {
		return nil, err
	}
	if t == nil || !slices.ContainsFunc(scopes, func(s []byte) bool { return bytes.Equal(s, t.scope()) }) {
		return nil, unknownCursor()
	}
	if place := tx.store.walks.place(q.walk(), kv.Key(id)); place != nil {
		return place, nil
	}
	return threads.index(q.Sort).entry(kv.Key(id), t)[len(t.scope()):], nil
}

// mergeThreads returns the first n entries of all scopes in the order of q,
// from the cursor on.
func (tx *Tx) mergeThreads(q ThreadQuery, scopes [][]byte, from []byte, n int) ([]threadEntry, error) {
	reverse := q.backward()
	var merged []threadEntry
	for _, scope := range scopes {
		r := kv.Prefix(scope)
		r.Reverse, r.Limit = reverse, n
		if from != nil && reverse {
			r.To = slices.Concat(scope, from)
		} else if from != nil {
			r.From = slices.Concat(scope, from, []byte{0})
		}
		err := kv.Walk(tx.kv, threads.space+"."+kv.Space(q.Sort), r, func(e kv.Entry) error {
			merged = append(merged, threadEntry{e.Key[len(scope):], e.Value})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(merged, func(a, b threadEntry) int {
		if reverse {
			a, b = b, a
		}
		return bytes.Compare(a.order, b.order)
	})
	return merged[:min(n, len(merged))], nil
}

func (tx *Tx) threadsOf(entries []threadEntry) ([]*Thread, error) {
	keys := make([][]byte, len(entries))
	for i, e := range entries {
		keys[i] = e.key
	}
	return threads.many(tx, keys)
}

// searchThreads filters by title: it reads every thread in the scopes, which are
// one person's.
func (tx *Tx) searchThreads(q ThreadQuery, scopes [][]byte) (page []*Thread, total int, more bool, err error) {
	from, err := tx.threadCursor(q, scopes)
	if err != nil {
		return nil, 0, false, err
	}
	entries, err := tx.mergeThreads(q, scopes, nil, 1<<30)
	if err != nil {
		return nil, 0, false, err
	}
	all, err := tx.threadsOf(entries)
	if err != nil {
		return nil, 0, false, err
	}
	want := strings.ToLower(q.Search)
	back := q.backward()
	var follow []threadEntry
	known := from == nil
	for i, t := range all {
		if !strings.Contains(strings.ToLower(t.Title), want) {
			continue
		}
		total++
		known = known || t.ID == q.After || t.ID == q.Before
		if c := bytes.Compare(entries[i].order, from); from == nil || back && c < 0 || !back && c > 0 {
			follow = append(follow, entries[i])
		}
	}
	if !known {
		return nil, 0, false, unknownCursor()
	}
	entries, more = q.cut(follow)
	tx.store.walks.shown(q.walk(), entries)
	page, err = tx.threadsOf(entries)
	return page, total, more, err
}

// backward says whether the page is walked from the larger keys to the smaller.
func (q ThreadQuery) backward() bool { return q.Asc == !q.Before.IsZero() }

// Cut returns the part of a whole list that p asks for and whether there is more
// beyond it in the direction that it was walked: with Before what precedes it.
func Cut[T any](list []T, p Page, id func(T) ID) (page []T, more bool, err error) {
	at := func(want ID) int { return slices.IndexFunc(list, func(x T) bool { return id(x) == want }) }
	from, to := min(p.Offset, len(list)), len(list)
	switch {
	case !p.After.IsZero():
		if from = at(p.After) + 1; from == 0 {
			return nil, false, unknownCursor()
		}
	case !p.Before.IsZero():
		if to = at(p.Before); to < 0 {
			return nil, false, unknownCursor()
		}
		from = max(0, to-p.Limit)
	}
	if !p.Before.IsZero() {
		return list[from:to], from > 0, nil
	}
	to = min(to, from+p.Limit)
	return list[from:to], to < len(list), nil
}
