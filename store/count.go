package store

import (
	"bytes"
	"encoding/binary"
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
		return tx.kv.Delete(t.countSpace(ix), group)
	}
	return tx.kv.Put(t.countSpace(ix), group, binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// count says how many entries of the index name are in group.
func (t *table[T]) count(tx *Tx, name string, group []byte) (int, error) {
	v, err := tx.get1(t.countSpace(t.index(name)), group)
	if err != nil || len(v) != 8 {
		return 0, err
	}
	return int(binary.BigEndian.Uint64(v)), nil
}
