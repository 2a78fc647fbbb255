package bolt

import (
	"bytes"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/parley-app/parley/store/kv"
)

// A snapshot is a bbolt transaction and its buckets, of which bbolt itself
// makes a new one each time it is asked.
type snapshot struct {
	bolt    *bbolt.Tx
	packed  map[kv.Space]bool // append-ordered
	buckets map[kv.Space]*bucket
	values  [][]byte   // the end of it has room for what lend returns
	entries []kv.Entry // … for what lendPage returns
}

func newSnapshot(tx *bbolt.Tx, packed map[kv.Space]bool) snapshot {
	return snapshot{bolt: tx, packed: packed, buckets: make(map[kv.Space]*bucket)}
}

// A bucket is that of a space. It has a cursor, as bbolt would make a new one for
// each look at a key. Each use of it begins with a search from the root, so that it
// does not matter what was written since the one before.
type bucket struct {
	*bbolt.Bucket
	space  kv.Space
	cursor *bbolt.Cursor
}

// bucket returns the bucket of space, or nil when nothing was ever written to
// it.
func (s *snapshot) bucket(space kv.Space) *bucket {
	b := s.buckets[space]
	if b == nil {
		b = s.keep(space, s.bolt.Bucket([]byte(space)))
	}
	return b
}

// ensure returns the bucket of space and makes it if need be.
func (s *snapshot) ensure(space kv.Space) (*bucket, error) {
	if b := s.bucket(space); b != nil {
		return b, nil
	}
	b, err := s.bolt.CreateBucket([]byte(space))
	return s.keep(space, b), err
}

func (s *snapshot) keep(space kv.Space, b *bbolt.Bucket) *bucket {
	if b == nil {
		return nil
	}
	if s.packed[space] {
		b.FillPercent = packedFill
	}
	kept := &bucket{b, space, b.Cursor()}
	s.buckets[space] = kept
	return kept
}

// reset leaves nothing of the transaction.
func (s *snapshot) reset() {
	s.bolt = nil
	clear(s.buckets)
	s.values = nil
}

// reclaim takes back all that was lent.
func (s *snapshot) reclaim() {
	s.values, s.entries = emptied(s.values), emptied(s.entries)
}

// mostLent is for how many values, or entries, there is room that waits for whom they
// are lent next.
const mostLent = 256

func emptied[T any](room []T) []T {
	if cap(room) > mostLent {
		return nil
	}
	return room[:0]
}

// get returns the value of key where it lies, or nil when it is not there.
func (b *bucket) get(key []byte) []byte {
	if k, v := b.cursor.Seek(key); bytes.Equal(k, key) {
		return v
	}
	return nil
}

// lend returns the values of keys where they lie in the file.
func (s *snapshot) lend(space kv.Space, keys [][]byte) [][]byte {
	values := s.room(len(keys))
	b := s.bucket(space)
	if b == nil {
		clear(values) // they may have been lent before
		return values
	}
	for i, k := range keys {
		values[i] = b.get(k)
	}
	return values
}

// mostValues is for how many values there is room at once.
const mostValues = 20

// room returns n values that nobody has. Most who read ask for one at a time, and then
// for another.
func (s *snapshot) room(n int) [][]byte {
	at := len(s.values)
	if n > cap(s.values)-at {
		s.values, at = make([][]byte, 0, max(n, 4, min(2*cap(s.values), mostValues))), 0
	}
	s.values = s.values[:at+n]
	return s.values[at : at+n : at+n]
}

// get returns copies of the values of keys: a writer's own changes move what
// lies in the file.
func (s *snapshot) get(space kv.Space, keys [][]byte) [][]byte {
	values := s.lend(space, keys)
	n := 0
	for _, v := range values {
		n += len(v)
	}
	into := make(arena, 0, n)
	for i, v := range values {
		if v != nil {
			values[i] = into.copy(v)
		}
	}
	return values
}

// usualPage is how many entries there is room for when nobody knows how long a page
// will be: a usual one, and the one behind it that tells whether there are more.
const usualPage = 64

// lendPage returns a page of entries where they lie in the file.
func (s *snapshot) lendPage(space kv.Space, r kv.Range) []kv.Entry {
	b := s.bucket(space)
	if b == nil {
		return nil
	}
	if r.Limit <= 0 || r.Limit > kv.MaxPage {
		r.Limit = kv.MaxPage
	}
	at := len(s.entries)
	if n := min(r.Limit, usualPage); n > cap(s.entries)-at {
		s.entries, at = make([]kv.Entry, 0, max(n, min(2*cap(s.entries), mostLent))), 0
	}
	page := s.entries[at:at]
	if r.Reverse {
		page = descend(b.cursor, r, page)
	} else {
		page = ascend(b.cursor, r, page)
	}
	if at+len(page) > cap(s.entries) {
		s.entries, at = page, 0 // it has outgrown the room
	}
	s.entries = s.entries[:at+len(page)]
	return slices.Clip(page)
}

// scan returns copies of a page of entries.
func (s *snapshot) scan(space kv.Space, r kv.Range) []kv.Entry {
	page := s.lendPage(space, r)
	n := 0
	for _, e := range page {
		n += len(e.Key) + len(e.Value)
	}
	into, own := make(arena, 0, n), make([]kv.Entry, len(page))
	for i, e := range page {
		own[i] = kv.Entry{Key: into.copy(e.Key), Value: into.copy(e.Value)}
	}
	clear(page) // none may refer to the file when that is mapped anew
	s.entries = emptied(s.entries)
	return own
}

func ascend(c *bbolt.Cursor, r kv.Range, page []kv.Entry) []kv.Entry {
	for k, v := c.Seek(r.From); k != nil && len(page) < r.Limit; k, v = c.Next() {
		if r.To != nil && bytes.Compare(k, r.To) >= 0 {
			break
		}
		page = append(page, kv.Entry{Key: k, Value: v})
	}
	return page
}

func descend(c *bbolt.Cursor, r kv.Range, page []kv.Entry) []kv.Entry {
	for k, v := lastBefore(c, r.To); k != nil && len(page) < r.Limit; k, v = prev(c, k) {
		if bytes.Compare(k, r.From) < 0 {
			break
		}
		page = append(page, kv.Entry{Key: k, Value: v})
	}
	return page
}

// lastBefore moves c to the last key before to, or to the last of all if to is
// nil.
func lastBefore(c *bbolt.Cursor, to []byte) (k, v []byte) {
	if to != nil {
		if k, _ := c.Seek(to); k != nil {
			return prev(c, k)
		}
	}
	// Last never returns when this transaction has deleted every key of a
	// bucket of several pages.
	if k, _ := c.First(); k == nil {
		return nil, nil
	}
	return c.Last()
}

// prev moves c, which stands on key at, to the key before. Prev says that it
// is at the beginning also when it comes to a page whose keys this transaction
// has all deleted; being asked again it goes on.
func prev(c *bbolt.Cursor, at []byte) (k, v []byte) {
	if k, v = c.Prev(); k != nil || !c.Bucket().Writable() {
		return k, v
	}
	first, _ := c.Bucket().Cursor().First()
	for k == nil && !bytes.Equal(first, at) {
		k, v = c.Prev()
	}
	return k, v
}
