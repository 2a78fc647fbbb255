package api

import (
	"slices"
	"sync"

	"github.com/parley-app/parley/store"
)

// An outline is what a plan needs to know of the messages of a thread: how large
// they are, not what they say. Nobody changes it.
type outline struct {
	rows     []outlineRow // by id; without the deleted ones
	settled  int          // rows[:settled] stay the same until rewrites changes
	rowCount int          // of the thread, as is rewrites
	rewrites int
}

type outlineRow struct {
	id, parent store.ID
	isUser     bool
	isOpen     bool // still being written, or not asked yet
	hasText    bool
	tokens     int
	files      []store.Attachment
}

// isCurrent reports whether the outline is what the messages of t are.
func (o *outline) isCurrent(t *store.Thread) bool {
	return o != nil && o.rewrites == t.Rewrites && o.rowCount == t.RowCount && o.settled == len(o.rows)
}

// outlines remembers the outlines of threads used lately. It is safe for concurrent
// use. An outline counts only for a thread with the same counters, so it cannot be
// stale.
type outlines struct {
	mu    sync.RWMutex
	known map[store.ID]*outline
	rows  int // of all
}

// maxOutlineRows keeps the outlines at some ten megabytes.
const maxOutlineRows = 100_000

func (s *outlines) get(thread store.ID) *outline {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.known[thread]
}

func (s *outlines) put(thread store.ID, o *outline) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[store.ID]*outline{}
	}
	s.drop(thread)
	for other := range s.known {
		if s.rows+len(o.rows) <= maxOutlineRows {
			break
		}
		s.drop(other)
	}
	s.known[thread] = o
	s.rows += len(o.rows)
}

func (s *outlines) drop(thread store.ID) {
	if o := s.known[thread]; o != nil {
		s.rows -= len(o.rows)
		delete(s.known, thread)
	}
}

// outline returns the outline of t and reads what is new since the last time.
// In an Update it is kept only once tx is committed.
func (a *API) outline(tx *store.Tx, t *store.Thread) (*outline, error) {
	known := a.outlines.get(t.ID)
	if known.isCurrent(t) {
		return known, nil
	}
	o, err := readOutline(tx, t, known)
	if err != nil {
		return nil, err
	}
	keep := func() { a.outlines.put(t.ID, o) }
	if tx.AfterCommit(keep) != nil { // in a View
		keep()
	}
	return o, nil
}

// readOutline reads the messages of t that known does not have, the newest first.
func readOutline(tx *store.Tx, t *store.Thread, known *outline) (*outline, error) {
	o := &outline{rowCount: t.RowCount, rewrites: t.Rewrites}
	var last store.ID
	if known != nil && known.rewrites == t.Rewrites && known.settled > 0 && known.rowCount <= t.RowCount {
		o.rows = known.rows[:known.settled:known.settled]
		last = o.rows[known.settled-1].id
	}
	var fresh []outlineRow
	before, more := store.ID{}, true
	for limit := 8; more; limit = min(4*limit, 200) {
		var page []store.StoredMessage
		var err error
		if page, more, err = tx.ListMessages(t.ID, store.Page{Limit: limit, Before: before}, false); err != nil {
			return nil, err
		}
		list, err := store.WhatIsSaid(page)
		if err != nil {
			return nil, err
		}
		for i := range slices.Backward(list) {
			if list[i].ID.Compare(last) <= 0 {
				more = false
				break
			}
			fresh = append(fresh, rowOf(&list[i]))
		}
		if len(list) > 0 {
			before = list[0].ID
		}
	}
	slices.Reverse(fresh)
	o.rows = append(o.rows, fresh...)
	if o.settled = slices.IndexFunc(o.rows, func(r outlineRow) bool { return r.isOpen }); o.settled < 0 {
		o.settled = len(o.rows)
	}
	return o, nil
}

func rowOf(m *store.Said) outlineRow {
	return outlineRow{
		id: m.ID, parent: m.ParentID, isUser: m.IsUser, isOpen: m.Status == store.StatusStreaming || m.Status == store.StatusQueued,
		hasText: m.Content != "", tokens: m.TokenCount, files: m.Attachments,
	}
}

// A turnRows is a question and the answer to it that the model reads: the newest.
// Each is a place in outline.rows, or -1 if there is none.
type turnRows struct {
	at               store.ID // where it stands among the others
	question, answer int
}

// turns returns what was said up to a question and with it, without its answers; zero
// is all. An answer made anew stands with its question, however late it came.
func (o *outline) turns(until store.ID) []turnRows {
	list := make([]turnRows, 0, len(o.rows)/2+1)
	byQuestion := make(map[store.ID]int, len(o.rows)/2+1)
	for i := range o.rows {
		r := &o.rows[i]
		switch {
		case r.isOpen, !r.isUser && !r.hasText:
		case r.isUser:
			if until.IsZero() || r.id.Compare(until) <= 0 {
				byQuestion[r.id] = len(list)
				list = append(list, turnRows{r.id, i, -1})
			}
		default:
			at := r.parent
			if at.IsZero() {
				at = r.id
			}
			if n, ok := byQuestion[at]; ok {
				list[n].answer = i
			} else if until.IsZero() || at.Compare(until) < 0 { // its question was deleted
				byQuestion[at] = len(list)
				list = append(list, turnRows{at, -1, i})
			}
		}
	}
	slices.SortFunc(list, func(a, b turnRows) int { return a.at.Compare(b.at) })
	if n := len(list); n > 0 && !until.IsZero() && list[n-1].at == until {
		list[n-1].answer = -1
	}
	return list
}

// isBeingAsked returns the newest question if its answer is being written.
func (o *outline) isBeingAsked() (question store.ID) {
	for _, r := range slices.Backward(o.rows[o.settled:]) {
		if r.isOpen && !r.isUser {
			return r.parent
		}
	}
	return store.ID{}
}
