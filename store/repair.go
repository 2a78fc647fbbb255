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
// counts and sums, what messages, threads and projects say of their children, and
// the queue from which the index of words is made. It returns one sentence for each
// thing it did. It never touches what cannot be derived: a record that is damaged, a
// reference to what is not there, the chain of audit entries, two records that claim
// one unique key; Check names those. Others may use the store meanwhile: each
// transaction proves again what it is about to correct.
func (s *Store) Repair(ctx context.Context) (done []string, err error) {
	r := &repairer{ctx: InReserve(ctx), store: s}
	for _, c := range checkers {
		if err := c.repair(r); err != nil {
			return r.done, err
		}
	}
	err = errors.Join(r.attachments(), r.queue(), r.counters(), r.search(), r.flush())
	return r.done, err
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
	// now, if set, is asked in the transaction that writes, and returns the value to
	// write; ok is false when nothing is wrong any more.
	now func(tx *Tx) (value []byte, ok bool, err error)
}

// repairBatch bounds one transaction, and one page of records in memory.
const repairBatch = 200

func (r *repairer) say(format string, args ...any) {
	r.done = append(r.done, fmt.Sprintf(format, args...))
}

// write keeps what flush writes, once the snapshot in which it was found to be
// wanted is over: nil deletes.
func (r *repairer) write(space kv.Space, key, value []byte) {
	r.writes = append(r.writes, repairWrite{space: space, key: bytes.Clone(key), value: bytes.Clone(value)})
}

// rewrite is write for what others may have changed by then; see repairWrite.
func (r *repairer) rewrite(space kv.Space, key []byte, now func(tx *Tx) (value []byte, ok bool, err error)) {
	r.writes = append(r.writes, repairWrite{space: space, key: bytes.Clone(key), now: now})
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
		if w.now != nil {
			var ok bool
			if w.value, ok, err = w.now(tx); err != nil {
				return err
			} else if !ok {
				continue
			}
		}
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
	pk, entry := bytes.Clone(key), bytes.Clone(want)
	r.rewrite(space, entry, func(tx *Tx) ([]byte, bool, error) {
		record, err := t.find(tx, pk)
		if err != nil || record == nil || !bytes.Equal(ix.entry(pk, record), entry) {
			return nil, false, ignoreDamage(err)
		}
		got, err := tx.get1(space, entry)
		return pk, err == nil && !bytes.Equal(got, pk), err
	})
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
		stray, err := t.isStray(tx, ix, e)
		if err != nil || !stray {
			return err
		}
		r.say("%s %x: an entry of no record was removed", space, e.Key)
		entry := bytes.Clone(e.Key)
		r.rewrite(space, entry, func(tx *Tx) ([]byte, bool, error) {
			pk, err := tx.get1(space, entry)
			if err != nil || pk == nil {
				return nil, false, err
			}
			stray, err := t.isStray(tx, ix, kv.Entry{Key: entry, Value: pk})
			return nil, stray, err
		})
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

// isStray reports whether an index entry belongs to no record. That of a record that
// is damaged does not: whether it fits cannot be known.
func (t *table[T]) isStray(tx *Tx, ix *index[T], e kv.Entry) (bool, error) {
	v, err := tx.get1(t.space, e.Value)
	if err != nil || v == nil {
		return v == nil, err
	}
	record, err := t.decode(e.Value, v)
	return err == nil && !bytes.Equal(ix.entry(e.Value, record), e.Key), nil
}

// tallyNow returns what the records of a group come to in this transaction. Every
// group is the beginning of its entries.
func (t *table[T]) tallyNow(tx *Tx, ix *index[T], group []byte) (count int, sum int64, err error) {
	err = kv.Walk(tx.kv, ix.space, kv.Prefix(group), func(e kv.Entry) error {
		record, err := t.find(tx, e.Value)
		if err != nil || record == nil || !bytes.Equal(ix.groupOf(record), group) {
			return ignoreDamage(err)
		}
		if count++; ix.weigh != nil {
			sum += ix.weigh(record)
		}
		return nil
	})
	return count, sum, err
}

func (t *table[T]) repairCounts(r *repairer, ix *index[T], counts map[string]int) error {
	return r.totals(ix.counts, "count", values(counts, countValue), func(tx *Tx, group []byte) ([]byte, error) {
		n, _, err := t.tallyNow(tx, ix, group)
		return countValue(n), err
	})
}

func (t *table[T]) repairSums(r *repairer, ix *index[T], sums map[string]int64) error {
	return r.totals(ix.sums, "sum", values(sums, sumValue), func(tx *Tx, group []byte) ([]byte, error) {
		_, n, err := t.tallyNow(tx, ix, group)
		return sumValue(n), err
	})
}

// values encodes each total.
func values[N any](totals map[string]N, encode func(N) []byte) map[string][]byte {
	out := make(map[string][]byte, len(totals))
	for group, n := range totals {
		out[group] = encode(n)
	}
	return out
}

// totals corrects the entries of a space that are not as want has them; now works one
// out again in the transaction that writes it.
func (r *repairer) totals(space kv.Space, what string, want map[string][]byte, now func(tx *Tx, group []byte) ([]byte, error)) error {
	fix := func(group, is []byte) {
		r.say("%s %x: the %s was set to %d", space, group, what, total(is))
		r.rewrite(space, group, func(tx *Tx) ([]byte, bool, error) {
			v, err := now(tx, group)
			if err != nil {
				return nil, false, err
			}
			old, err := tx.get1(space, group)
			return v, err == nil && !bytes.Equal(old, v), err
		})
	}
	err := r.each(space, func(_ *Tx, e kv.Entry) error {
		is, ok := want[string(e.Key)]
		delete(want, string(e.Key))
		if !ok || !bytes.Equal(e.Value, is) {
			fix(bytes.Clone(e.Key), is)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for group, is := range want {
		if is != nil {
			fix([]byte(group), is)
		}
	}
	return nil
}

// total reads what countValue or sumValue has written.
func total(v []byte) int64 {
	if len(v) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(v))
}

// countValue is how a count is stored: not at all if it is none.
func countValue(n int) []byte {
	if n == 0 {
		return nil
	}
	return binary.BigEndian.AppendUint64(nil, uint64(n))
}
