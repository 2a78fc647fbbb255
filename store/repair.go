package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/parley-app/parley/store/kv"
)

// Repair makes what can be derived from the records again: index entries, their
// counts and sums, and what messages, threads and projects say of their children. It returns one
// sentence for each thing it did. It never touches what cannot be derived: a
// record that is damaged, a reference to what is not there, the chain of audit
// entries, two records that claim one unique key; Check names those. Nobody else
// may use the store meanwhile.
func (s *Store) Repair(ctx context.Context) (done []string, err error) {
	r := &repairer{ctx: InReserve(ctx), store: s}
	for _, c := range checkers {
		if err := c.repair(r); err != nil {
			return r.done, err
		}
	}
	return r.done, errors.Join(r.attachments(), r.counters(), r.search(), r.flush())
}

// A repairer collects writes and does them in bounded transactions.
type repairer struct {
	ctx    context.Context
	store  *Store
	done   []string
	writes []repairWrite
}

// A repairWrite puts value at key, or deletes key if value is nil.
type repairWrite struct {
	space      kv.Space
	key, value []byte
}

// repairBatch bounds one transaction, and one page of records in memory.
const repairBatch = 200

func (r *repairer) say(format string, args ...any) {
	r.done = append(r.done, fmt.Sprintf(format, args...))
}

// write keeps what flush writes, once the snapshot in which it was found to be
// wanted is over: nil deletes.
func (r *repairer) write(space kv.Space, key, value []byte) {
	r.writes = append(r.writes, repairWrite{space, bytes.Clone(key), bytes.Clone(value)})
}

// flush does what was collected. It must not be called in a snapshot.
func (r *repairer) flush() error {
	for some := range slices.Chunk(r.writes, repairBatch) {
		if err := r.store.Update(r.ctx, func(tx *Tx) error { return apply(tx, some) }); err != nil {
			return err
		}
	}
	r.writes = nil
	return nil
}

func apply(tx *Tx, writes []repairWrite) (err error) {
	for _, w := range writes {
		if w.value == nil {
			tx.dropped(w.space)
			err = tx.kv.Delete(w.space, w.key)
		} else {
			err = tx.kv.Put(w.space, w.key, w.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// each calls fn for every entry of a space, in bounded snapshots, between which
// fn's writes are done.
func (r *repairer) each(space kv.Space, fn func(*Tx, kv.Entry) error) error {
	from := kv.Range{Limit: repairBatch}
	for {
		n := 0
		err := r.store.View(r.ctx, func(tx *Tx) error {
			page, err := tx.kv.Scan(space, from)
			if err != nil {
				return err
			}
			for _, e := range page {
				from.From = append(bytes.Clone(e.Key), 0)
				if err := fn(tx, e); err != nil {
					return err
				}
			}
			n = len(page)
			return nil
		})
		if err = errors.Join(err, r.flush()); err != nil || n < repairBatch {
			return err
		}
	}
}

func (t *table[T]) repair(r *repairer) error {
	tallies := t.tallies()
	err := r.each(t.space, func(tx *Tx, e kv.Entry) error {
		record, err := t.decode(e.Key, e.Value)
		if err != nil || !bytes.Equal(t.key(record), e.Key) {
			return nil //nolint:nilerr // cannot be derived; Check names it
		}
		for i := range t.indexes {
			ix := &t.indexes[i]
			ix.tally(&tallies[i], record)
			if err := t.repairEntry(tx, r, ix, e.Key, record); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range t.indexes {
		if err := t.repairIndex(r, &t.indexes[i], tallies[i]); err != nil {
			return err
		}
	}
	return nil
}

// repairEntry writes the index entry that a record should have, unless another
// record that is whole has a claim to it.
func (t *table[T]) repairEntry(tx *Tx, r *repairer, ix *index[T], key []byte, record *T) error {
	want := ix.entry(key, record)
	if want == nil {
		return nil
	}
	space := ix.space
	got, err := tx.get1(space, want)
	if err != nil || bytes.Equal(got, key) {
		return err
	}
	if got != nil && ix.unique {
		if claimed, err := t.claims(tx, ix, got, want); claimed || err != nil {
			return err
		}
	}
	r.say("%s %x: its entry in index %s was made again", t.space, key, ix.name)
	r.write(space, want, key)
	return nil
}

// claims says whether the record of key is there, whole, and belongs at entry.
func (t *table[T]) claims(tx *Tx, ix *index[T], key, entry []byte) (bool, error) {
	if len(key) == 0 {
		return false, nil
	}
	v, err := tx.get1(t.space, key)
	if err != nil || v == nil {
		return false, err
	}
	record, err := t.decode(key, v)
	return err == nil && bytes.Equal(ix.entry(key, record), entry), nil
}

// repairIndex removes the entries of records that do not have them, and corrects
// the counts. The entry of a record that is there and damaged stays: whether it
// fits cannot be known.
func (t *table[T]) repairIndex(r *repairer, ix *index[T], want tally) error {
	space := ix.space
	err := r.each(space, func(tx *Tx, e kv.Entry) error {
		v, err := tx.get1(t.space, e.Value)
		if err != nil {
			return err
		}
		if v != nil {
			record, err := t.decode(e.Value, v)
			if err != nil || bytes.Equal(ix.entry(e.Value, record), e.Key) {
				return nil //nolint:nilerr // damaged: see above
			}
		}
		r.say("%s %x: an entry of no record was removed", space, e.Key)
		r.write(space, e.Key, nil)
		return nil
	})
	if err != nil || ix.group == nil {
		return err
	}
	if err := t.repairCounts(r, ix, want.counts); err != nil || ix.weigh == nil {
		return err
	}
	return t.repairSums(r, ix, want.sums)
}

func (t *table[T]) repairCounts(r *repairer, ix *index[T], counts map[string]int) error {
	space := ix.counts
	err := r.each(space, func(_ *Tx, e kv.Entry) error {
		want := counts[string(e.Key)]
		delete(counts, string(e.Key))
		if len(e.Value) == 8 && binary.BigEndian.Uint64(e.Value) == uint64(want) && want > 0 {
			return nil
		}
		r.say("%s %x: the count was set to %d", space, e.Key, want)
		r.write(space, e.Key, countValue(want))
		return nil
	})
	if err != nil {
		return err
	}
	for group, n := range counts {
		r.say("%s %x: the count was set to %d", space, group, n)
		r.write(space, []byte(group), countValue(n))
	}
	return nil
}

func (t *table[T]) repairSums(r *repairer, ix *index[T], sums map[string]int64) error {
	space := ix.sums
	err := r.each(space, func(_ *Tx, e kv.Entry) error {
		want := sums[string(e.Key)]
		delete(sums, string(e.Key))
		if bytes.Equal(e.Value, sumValue(want)) {
			return nil
		}
		r.say("%s %x: the sum was set to %d", space, e.Key, want)
		r.write(space, e.Key, sumValue(want))
		return nil
	})
	if err != nil {
		return err
	}
	for group, n := range sums {
		r.say("%s %x: the sum was set to %d", space, group, n)
		r.write(space, []byte(group), sumValue(n))
	}
	return nil
}

// countValue is how a count is stored: not at all if it is none.
func countValue(n int) []byte {
	if n == 0 {
		return nil
	}
	return binary.BigEndian.AppendUint64(nil, uint64(n))
}
