package store

import (
	"slices"
	"sync"
)

// A walks remembers where in an order the pages stood that people were shown
// lately. A cursor is the id of a thread; a thread that has moved since it was
// shown would take the walk along to its new place, and the client would see
// again, or miss, what lies between. It is a memory, not a record: after a
// restart a cursor means where the thread is now.
type walks struct {
	mu    sync.Mutex
	users map[walkKey][]shownPage // the newest last
}

// A walkKey is whose walk it is, and in which order.
type walkKey struct {
	viewer ID
	sort   string
}

// A shownPage is what one page showed.
type shownPage []threadEntry

// The bounds keep the memory at some megabytes.
const (
	maxWalkers    = 256
	maxShownPages = 8
)

// shown remembers a page, and keeps nothing of it.
func (w *walks) shown(k walkKey, lent []threadEntry) {
	page := shownPage(lent)
	if len(page) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.users == nil {
		w.users = map[walkKey][]shownPage{}
	}
	pages := w.users[k]
	if len(pages) == 0 {
		MakeRoom(w.users, maxWalkers)
	}
	if last := len(pages) - 1; last >= 0 && pages[last].begins(page) {
		if pages[last].equals(page) {
			return
		}
		pages = pages[:last] // somebody who asks for the same again and again
	}
	if len(pages) == maxShownPages {
		pages = slices.Delete(pages, 0, 1)
	}
	w.users[k] = append(pages, kept(page))
}

// kept copies entries in one piece: the walks outlive the snapshot.
func kept(entries []threadEntry) shownPage {
	n := 0
	for _, e := range entries {
		n += len(e.order) + len(e.key)
	}
	into, page := make([]byte, 0, n), make(shownPage, len(entries))
	for i, e := range entries {
		at := len(into)
		into = append(append(into, e.order...), e.key...)
		page[i] = threadEntry{order: into[at : at+len(e.order)], key: into[at+len(e.order):]}
	}
	return page
}

func (p shownPage) begins(other shownPage) bool {
	return len(p) <= len(other) && string(p[0].order) == string(other[0].order) && string(p[len(p)-1].order) == string(other[len(p)-1].order)
}

func (p shownPage) equals(other shownPage) bool {
	return slices.EqualFunc(p, other, func(a, b threadEntry) bool {
		return string(a.key) == string(b.key) && string(a.order) == string(b.order)
	})
}

// place returns where the thread of key stood when it was last shown, or nil.
func (w *walks) place(k walkKey, key []byte) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, page := range slices.Backward(w.users[k]) {
		for _, e := range page {
			if string(e.key) == string(key) {
				return e.order
			}
		}
	}
	return nil
}
