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

// checkers are all tables, in the order of their declaration.
var checkers []interface {
	check(tx *Tx, report *Findings) error
	repair(r *repairer) error
	drop(r *repairer) error
	spaces() []kv.Space
}

// Findings are the faults that Examine found, one sentence each.
type Findings struct {
	// Damage is of the records: something that was stored is not there any more,
	// or not as it was stored. Nothing can derive it again.
	Damage []string
	// Derived is of data that Repair makes again from the records: index entries,
	// counts, counters, the index of words. The records themselves are whole.
	Derived []string
}

// All returns the damage and then the faults in derived data.
func (f Findings) All() []string { return slices.Concat(f.Damage, f.Derived) }

func (f *Findings) damage(format string, args ...any) {
	f.Damage = append(f.Damage, fmt.Sprintf(format, args...))
}

func (f *Findings) derived(format string, args ...any) {
	f.Derived = append(f.Derived, fmt.Sprintf(format, args...))
}

// Check returns all that Examine finds.
func (s *Store) Check(ctx context.Context) ([]string, error) {
	f, err := s.Examine(ctx)
	return f.All(), err
}

// Examine proves that every value is undamaged, every index entry has its record
// and the reverse, every reference resolves and every counter equals what it
// counts. An error means that the check itself could not be done.
func (s *Store) Examine(ctx context.Context) (f Findings, err error) {
	strange, err := s.strangeSpaces(ctx)
	if err != nil {
		return f, err
	}
	err = s.View(ctx, func(tx *Tx) error {
		f = Findings{}
		for _, c := range checkers {
			if err := c.check(tx, &f); err != nil {
				return err
			}
		}
		for _, check := range []func(*Tx, *Findings) error{checkCounters, checkAttachments, checkAudit, checkSearch, checkMeta} {
			if err := check(tx, &f); err != nil {
				return err
			}
		}
		return checkSpaces(tx, strange, &f)
	})
	return f, err
}

func (t *table[T]) check(tx *Tx, report *Findings) error {
	tallies := t.tallies()
	lacking := make([]map[string]bool, len(t.indexes))
	err := kv.Walk(tx.kv, t.space, kv.Range{}, func(e kv.Entry) error {
		r, err := t.decode(e.Key, e.Value)
		if err != nil {
			d, ok := errors.AsType[*damageError](err)
			if !ok {
				return err
			}
			report.damage("%s", d.finding())
			return nil
		}
		if !bytes.Equal(t.key(r), e.Key) {
			report.damage("%s %x: holds the record of another key, %x", t.space, e.Key, t.key(r))
		}
		for i := range t.indexes {
			t.indexes[i].tally(&tallies[i], r)
			want, err := t.checkEntry(tx, &t.indexes[i], e.Key, r, report)
			if err != nil {
				return err
			}
			if want != nil && t.indexes[i].unique {
				if lacking[i] == nil {
					lacking[i] = map[string]bool{}
				}
				lacking[i][string(want)] = true
			}
		}
		if t.examine != nil {
			if err := t.examine(tx, e.Key, r, report); err != nil {
				return err
			}
		}
		return t.checkResolves(tx, e.Key, r, report)
	})
	if err != nil {
		return err
	}
	for i := range t.indexes {
		if err := t.checkIndex(tx, &t.indexes[i], tallies[i], lacking[i], report); err != nil {
			return err
		}
	}
	return nil
}

// checkEntry returns the index entry that the record at key lacks, or nil.
func (t *table[T]) checkEntry(tx *Tx, ix *index[T], key []byte, r *T, report *Findings) (lacking []byte, err error) {
	want := ix.entry(key, r)
	if want == nil {
		return nil, nil
	}
	got, err := tx.get1(ix.space, want)
	if err != nil || bytes.Equal(got, key) {
		return nil, err
	}
	claimed := false
	if got != nil && ix.unique {
		if claimed, err = t.claims(tx, ix, got, want); err != nil {
			return nil, err
		}
	}
	if claimed { // two records with one unique key: which of them is right nothing tells
		report.damage("%s %x: index %s has no entry for it", t.space, key, ix.name)
	} else {
		report.derived("%s %x: index %s has no entry for it", t.space, key, ix.name)
	}
	return want, nil
}

func (t *table[T]) checkResolves(tx *Tx, key []byte, r *T, report *Findings) error {
	for i := range t.refs {
		ref := &t.refs[i]
		id := ref.id(r)
		if id.IsZero() {
			continue
		}
		there, err := targets[ref.to].has(tx, id)
		if err != nil {
			return err
		}
		doomed, err := tx.get1(doomedSpace, doomedKey(ref.to, id))
		if err != nil {
			return err
		}
		if !there && doomed == nil {
			report.damage("%s %x: its %s refers to %s %s, which is not there", t.space, key, ref.name, targets[ref.to].noun, id)
		}
	}
	return nil
}

// checkIndex looks from the entries to the records, and at the counters.
// lacking are the entries of a unique index that records have and the index has not,
// or not for them.
func (t *table[T]) checkIndex(tx *Tx, ix *index[T], want tally, lacking map[string]bool, report *Findings) error {
	space := ix.space
	err := kv.Walk(tx.kv, space, kv.Range{}, func(e kv.Entry) error {
		v, err := tx.get1(t.space, e.Value)
		if err != nil {
			return err
		}
		if v != nil {
			r, err := t.decode(e.Value, v)
			if err != nil || bytes.Equal(ix.entry(e.Value, r), e.Key) {
				return nil //nolint:nilerr // that the record is damaged has been said
			}
		}
		if v == nil && ix.names(e) && !lacking[string(e.Key)] {
			report.damage("%s %x: entry of no record: %s %x is not there", space, e.Key, t.space, e.Value)
			return nil
		}
		report.derived("%s %x: entry of no record", space, e.Key)
		return nil
	})
	if err != nil || ix.group == nil {
		return err
	}
	if err := t.checkCounts(tx, ix, want.counts, report); err != nil || ix.weigh == nil {
		return err
	}
	return t.checkSums(tx, ix, want.sums, report)
}

// names reports whether an entry is sound in itself: then it was written with a record,
// and if that is not there, it was lost.
func (ix *index[T]) names(e kv.Entry) bool {
	return len(e.Value) > 0 && (ix.unique || bytes.HasSuffix(e.Key, e.Value))
}

func (t *table[T]) checkSums(tx *Tx, ix *index[T], sums map[string]int64, report *Findings) error {
	space := ix.sums
	err := kv.Walk(tx.kv, space, kv.Range{}, func(e kv.Entry) error {
		if want := sums[string(e.Key)]; !bytes.Equal(e.Value, sumValue(want)) {
			report.derived("%s %x: is not the sum, which is %d", space, e.Key, want)
		}
		delete(sums, string(e.Key))
		return nil
	})
	for group, n := range sums {
		report.derived("%s %x: missing, the sum is %d", space, group, n)
	}
	return err
}

func (t *table[T]) checkCounts(tx *Tx, ix *index[T], counts map[string]int, report *Findings) error {
	space := ix.counts
	err := kv.Walk(tx.kv, space, kv.Range{}, func(e kv.Entry) error {
		n := 0
		if len(e.Value) == 8 {
			n = int(binary.BigEndian.Uint64(e.Value))
		}
		if want := counts[string(e.Key)]; n != want || n == 0 {
			report.derived("%s %x: counts %d, there are %d", space, e.Key, n, want)
		}
		delete(counts, string(e.Key))
		return nil
	})
	for group, n := range counts {
		report.derived("%s %x: missing, there are %d", space, group, n)
	}
	return err
}
