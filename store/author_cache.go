package store

import "sync"

// An authorCache remembers the JSON of authors by the text of their ids, for as long
// as Store.People stays the same: to read and encode some 25 of them took nearly half
// of the time of a page of 50 messages.
//
// A View may still see the names of before a change. So what it reads counts only
// with the number that was People's before the View began. An Update sees its own
// changes, which may be undone, and goes past the cache.
type authorCache struct {
	mu     sync.RWMutex
	people uint64
	byID   map[string][]byte
}

// get returns the JSON of the author whose id is text, or nil if it is not known to
// hold for tx. It is shared, and not to be changed.
func (c *authorCache) get(tx *Tx, text []byte) []byte {
	if tx.IsUpdate() {
		return nil
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.people != tx.people {
		return nil
	}
	return c.byID[string(text)]
}

// put remembers json, which must not be changed any more. A nil is not remembered:
// a user may still come to be, which is no change of People.
func (c *authorCache) put(tx *Tx, text, json []byte) {
	if tx.IsUpdate() || json == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.people > tx.people {
		return
	}
	if c.byID == nil || c.people < tx.people {
		c.people, c.byID = tx.people, map[string][]byte{}
	}
	MakeRoom(c.byID, maxCached)
	c.byID[string(text)] = json
}
