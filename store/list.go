package store

import (
	"slices"

	"github.com/parley-app/parley/store/kv"
)

// MaxList is how many records the lists return that come whole: what makes one
// longer would hide the rest.
const MaxList = kv.MaxPage

// list returns the records whose entry in the index name starts with prefix, at
// most kv.MaxPage of them: for lists that a person makes by hand.
func (t *table[T]) list(tx *Tx, name string, prefix []byte, reverse bool) ([]*T, error) {
	r := kv.Prefix(prefix)
	r.Reverse = reverse
	return t.listRange(tx, name, r)
}

// listRange returns the records whose entry in the index name is in a range.
func (t *table[T]) listRange(tx *Tx, name string, r kv.Range) ([]*T, error) {
	entries, err := tx.kv.Scan(t.index(name).space, r)
	if err != nil {
		return nil, err
	}
	return t.many(tx, valuesOf(entries))
}

// valuesOf returns what index entries point to.
func valuesOf(entries []kv.Entry) [][]byte {
	keys := make([][]byte, len(entries))
	for i, e := range entries {
		keys[i] = e.Value
	}
	return keys
}

// scan returns the records in a range of keys.
func (t *table[T]) scan(tx *Tx, r kv.Range) ([]*T, error) {
	entries, err := tx.kv.Scan(t.space, r)
	if err != nil {
		return nil, err
	}
	return t.listedAll(tx, entries)
}

// listedAll is listed for entries of the table.
func (t *table[T]) listedAll(tx *Tx, entries []kv.Entry) ([]*T, error) {
	out := make([]*T, 0, len(entries))
	for _, e := range entries {
		r, err := t.listed(tx, e.Key, e.Value, t.decode)
		if err != nil {
			return nil, err
		}
		if r != nil {
			out = append(out, r)
		}
	}
	return out, nil
}

// newestBy returns a page of the records whose entry in the index name is prefix
// and the id that is their key, the newest first, and whether there are more beyond
// it in the direction that it was walked: with Before newer ones.
func (t *table[T]) newestBy(tx *Tx, name string, prefix []byte, p Page) (page []*T, more bool, err error) {
	space := t.index(name).space
	r := kv.Prefix(prefix)
	r.Reverse, r.Limit = true, p.Offset+p.Limit+1
	for _, cursor := range []ID{p.After, p.Before} {
		if cursor.IsZero() {
			continue
		}
		if found, err := tx.get1(space, slices.Concat(prefix, kv.Key(cursor))); err != nil || found == nil {
			return nil, false, orElse(err, unknownCursor())
		}
	}
	if !p.After.IsZero() {
		r.To = slices.Concat(prefix, kv.Key(p.After))
	} else if !p.Before.IsZero() {
		r.From, r.Reverse = append(slices.Concat(prefix, kv.Key(p.Before)), 0), false
	}
	entries, err := tx.kv.Scan(space, r)
	if err != nil {
		return nil, false, err
	}
	entries = entries[min(p.Offset, len(entries)):]
	more = len(entries) > p.Limit
	page, err = t.many(tx, valuesOf(entries[:min(p.Limit, len(entries))]))
	if !r.Reverse {
		slices.Reverse(page)
	}
	return page, more, err
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// many returns the records of keys, as far as they are there and whole; see listed.
func (t *table[T]) many(tx *Tx, keys [][]byte) ([]*T, error) { return t.each(tx, keys, t.decode) }

// each is many with one's own way to decode.
func (t *table[T]) each(tx *Tx, keys [][]byte, decode func(key, v []byte) (*T, error)) ([]*T, error) {
	vals, err := tx.kv.Get(t.space, keys...)
	if err != nil {
		return nil, err
	}
	out := make([]*T, 0, len(vals))
	for i, v := range vals {
		r, err := t.listed(tx, keys[i], v, decode)
		if err != nil {
			return nil, err
		}
		if r != nil {
			out = append(out, r)
		}
	}
	return out, nil
}

// all returns every record of a small table in key order.
func (t *table[T]) all(tx *Tx) ([]*T, error) {
	var out []*T
	err := kv.Walk(tx.kv, t.space, kv.Range{}, func(e kv.Entry) error {
		r, err := t.listed(tx, e.Key, e.Value, t.decode)
		if r != nil {
			out = append(out, r)
		}
		return err
	})
	return out, err
}
