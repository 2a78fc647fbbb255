package store

import "github.com/parley-app/parley/store/kv"

// list returns the records whose entry in the index name starts with prefix, at
// most kv.MaxPage of them: for lists that a person makes by hand.
func (t *table[T]) list(tx *Tx, name string, prefix []byte, reverse bool) ([]*T, error) {
	r := kv.Prefix(prefix)
	r.Reverse = reverse
	entries, err := tx.kv.Scan(t.indexSpace(t.index(name)), r)
	if err != nil {
		return nil, err
	}
	keys := make([][]byte, len(entries))
	for i, e := range entries {
		keys[i] = e.Value
	}
	return t.many(tx, keys)
}

// many returns the records of keys, all of which must be there.
func (t *table[T]) many(tx *Tx, keys [][]byte) ([]*T, error) {
	vals, err := tx.kv.Get(t.space, keys...)
	if err != nil {
		return nil, err
	}
	out := make([]*T, len(vals))
	for i, v := range vals {
		if out[i], err = t.decode(keys[i], v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// all returns every record of a small table in key order.
func (t *table[T]) all(tx *Tx) ([]*T, error) {
	var out []*T
	err := kv.Walk(tx.kv, t.space, kv.Range{}, func(e kv.Entry) error {
		r, err := t.decode(e.Key, e.Value)
		out = append(out, r)
		return err
	})
	return out, err
}
