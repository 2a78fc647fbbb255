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
type threadEntry struct{ order, key, scope []byte }

// ListThreads returns the page that q asks for, how many threads there are in
// all, and whether there are more beyond the page in the direction that it was
// walked: with Before those that precede it. A page costs the same at any cursor;
// Offset and Search may cost what they skip. A cursor stands for where its thread
// was when Viewer was last shown it in this order, so that a walk goes on where
// it was although the thread has moved. The threads are shared, and not to be
// changed.
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

func (q ThreadQuery) scopes() [][]byte {
	scopes := make([][]byte, 0, 4*len(q.Projects))
	for _, project := range q.Projects {
		for _, audience := range []ID{{}, q.Viewer} {
			for _, archived := range []bool{false, true} {
				if q.Archived == nil || *q.Archived == archived {
					scopes = append(scopes, kv.Append(kv.IDs(project, audience), archived))
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

// A scopeWalk goes through the entries of one scope, a few at a time.
type scopeWalk struct {
	scope []byte
	left  kv.Range // what is not yet read
	last  []byte   // the order of the last entry that was read
	more  bool
}

// mergeThreads returns the first n entries of all scopes in the order of q,
// from the cursor on. Of each scope it reads not many more than it needs.
func (tx *Tx) mergeThreads(q ThreadQuery, scopes [][]byte, from []byte, n int) ([]threadEntry, error) {
	reverse := q.backward()
	walks := make([]scopeWalk, len(scopes))
	for i, scope := range scopes {
		walks[i] = scopeWalk{scope: scope, left: scopeFrom(scope, from, reverse), more: true}
		walks[i].left.Limit = min(2*n/len(scopes)+2, n)
	}
	merged := make([]threadEntry, 0, min(n+len(scopes), usualMerge))
	for {
		read, err := tx.readScopes(q, walks, &merged, n)
		if err != nil || !read {
			return merged[:min(n, len(merged))], err
		}
		slices.SortFunc(merged, func(a, b threadEntry) int { return inOrder(a.order, b.order, reverse) })
	}
}

// usualMerge is for how many entries a merge makes room at once.
const usualMerge = 64

func scopeFrom(scope, from []byte, reverse bool) kv.Range {
	r := kv.Prefix(scope)
	if r.Reverse = reverse; from != nil && reverse {
		r.To = slices.Concat(scope, from)
	} else if from != nil {
		r.From = slices.Concat(scope, from, []byte{0})
	}
	return r
}

func inOrder(a, b []byte, reverse bool) int {
	if reverse {
		a, b = b, a
	}
	return bytes.Compare(a, b)
}

// readScopes reads on in those scopes whose next entry may be among the first n of
// all, and says whether there were any. merged is in order.
func (tx *Tx) readScopes(q ThreadQuery, walks []scopeWalk, merged *[]threadEntry, n int) (read bool, err error) {
	sorted := (*merged)[:min(n, len(*merged))]
	var end []byte
	if len(sorted) == n {
		end = sorted[n-1].order
	}
	for i := range walks {
		w := &walks[i]
		if !w.more || end != nil && inOrder(w.last, end, q.backward()) >= 0 {
			continue
		}
		if len(w.last) > 0 {
			w.left.Limit = min(2*w.left.Limit, n-rank(sorted, w.last, q.backward()))
		}
		read = true
		if *merged, err = w.read(tx, q.Sort, *merged); err != nil {
			return false, err
		}
	}
	return read, nil
}

// rank says how many of the entries stand before or at last: what follows it in its
// scope cannot be among those.
func rank(entries []threadEntry, last []byte, reverse bool) int {
	at, found := slices.BinarySearchFunc(entries, last, func(e threadEntry, last []byte) int { return inOrder(e.order, last, reverse) })
	if found {
		at++
	}
	return at
}

// read appends the next entries of the scope to list.
func (w *scopeWalk) read(tx *Tx, sort string, list []threadEntry) ([]threadEntry, error) {
	w.left.Limit = min(w.left.Limit, kv.MaxPage)
	page, err := tx.kv.Scan(threads.index(sort).space, w.left)
	if err != nil {
		return nil, err
	}
	for _, e := range page {
		list = append(list, threadEntry{e.Key[len(w.scope):], e.Value, w.scope})
	}
	if w.more = len(page) == w.left.Limit; !w.more {
		return list, nil
	}
	last := page[len(page)-1].Key
	w.last = last[len(w.scope):]
	if w.left.Reverse {
		w.left.To = last
	} else {
		w.left.From = append(bytes.Clone(last), 0)
	}
	return list, nil
}

func (tx *Tx) threadsOf(entries []threadEntry) ([]*Thread, error) {
	keys := make([][]byte, len(entries))
	for i, e := range entries {
		keys[i] = e.key
	}
	list, err := threads.each(tx, keys, threads.look)
	for i, t := range list {
		if t.IsDamaged() {
			t.place(entries[i].scope)
		}
	}
	return list, err
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

// place has a thread that stands for a damaged one be where its index entry is.
func (t *Thread) place(scope []byte) {
	if len(scope) != 2*len(ID{})+1 {
		return
	}
	t.ProjectID, t.UserID = ID(scope[:16]), ID(scope[16:32])
	if t.IsPrivate = !t.UserID.IsZero(); scope[32] == 1 {
		t.ArchivedAt = t.CreatedAt
	}
}
