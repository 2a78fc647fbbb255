package store

import (
	"bytes"
	"encoding/binary"

	"github.com/parley-app/parley/store/kv"
)

// group returns the counted group of r, nil when r is not counted.
func (ix *index[T]) groupOf(r *T) []byte {
	if r == nil || ix.group == nil || ix.key(r) == nil {
		return nil
	}
	return ix.group(r)
}

func (t *table[T]) moveCount(tx *Tx, ix *index[T], old, r *T) error {
	was, is := ix.groupOf(old), ix.groupOf(r)
	if bytes.Equal(was, is) {
		return nil
	}
	if err := t.addCount(tx, ix, was, -1); err != nil {
		return err
	}
	return t.addCount(tx, ix, is, +1)
}

func (t *table[T]) addCount(tx *Tx, ix *index[T], group []byte, by int) error {
	if group == nil {
		return nil
	}
	n, err := t.count(tx, ix.name, group)
	if err != nil {
		return err
	}
	if n += by; n == 0 {
		return tx.kv.Delete(ix.counts, group)
	}
	return tx.kv.Put(ix.counts, group, binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// count says how many entries of the index name are in group.
func (t *table[T]) count(tx *Tx, name string, group []byte) (int, error) {
	v, err := tx.get1(t.index(name).counts, group)
	if err != nil || len(v) != 8 {
		return 0, err
	}
	return int(binary.BigEndian.Uint64(v)), nil
}

// countKeys says how many keys a space has, by looking at each.
func (tx *Tx) countKeys(space kv.Space) (n int, err error) { return tx.countKeysIn(space, kv.Range{}) }

// countKeysIn says how many keys of a space are in r.
func (tx *Tx) countKeysIn(space kv.Space, r kv.Range) (n int, err error) {
	err = kv.Walk(tx.kv, space, r, func(kv.Entry) error { n++; return nil })
	return n, err
}

// moveSum keeps the sums of an index that weighs its records.
func (t *table[T]) moveSum(tx *Tx, ix *index[T], old, r *T) error {
	if ix.weigh == nil {
		return nil
	}
	was, is := ix.groupOf(old), ix.groupOf(r)
	if bytes.Equal(was, is) {
		if was == nil || ix.weigh(old) == ix.weigh(r) {
			return nil
		}
		return t.addSum(tx, ix, is, ix.weigh(r)-ix.weigh(old))
	}
	if was != nil {
		if err := t.addSum(tx, ix, was, -ix.weigh(old)); err != nil {
			return err
		}
	}
	if is == nil {
		return nil
	}
	return t.addSum(tx, ix, is, ix.weigh(r))
}

func (t *table[T]) addSum(tx *Tx, ix *index[T], group []byte, by int64) error {
	n, err := t.sum(tx, ix.name, group)
	if err != nil || by == 0 {
		return err
	}
	if n += by; n == 0 {
		return tx.kv.Delete(ix.sums, group)
	}
	return tx.kv.Put(ix.sums, group, sumValue(n))
}

// sum says what the records of group in the index name weigh together.
func (t *table[T]) sum(tx *Tx, name string, group []byte) (int64, error) {
	v, err := tx.get1(t.index(name).sums, group)
	if err != nil || len(v) != 8 {
		return 0, err
	}
	return int64(binary.BigEndian.Uint64(v)), nil
}

// sumValue is how a sum is stored: not at all if it is none.
func sumValue(n int64) []byte {
	if n == 0 {
		return nil
	}
	return binary.BigEndian.AppendUint64(nil, uint64(n))
}

// A tally is what the records of a table come to in one of its indexes, by group.
type tally struct {
	counts map[string]int
	sums   map[string]int64
}

func (t *table[T]) tallies() []tally {
	list := make([]tally, len(t.indexes))
	for i := range list {
		list[i] = tally{map[string]int{}, map[string]int64{}}
	}
	return list
}

// tally counts r in l.
func (ix *index[T]) tally(l *tally, r *T) {
	g := ix.groupOf(r)
	if g == nil {
		return
	}
	l.counts[string(g)]++
	if ix.weigh == nil {
		return
	}
	if l.sums[string(g)] += ix.weigh(r); l.sums[string(g)] == 0 {
		delete(l.sums, string(g))
	}
}
