package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/parley-app/parley/store/kv"
)

// checkers are all tables, in the order of their declaration.
var checkers []interface {
	check(tx *Tx, report func(format string, args ...any)) error
	repair(r *repairer) error
	spaces() []kv.Space
}

// Check proves that every value is undamaged, every index entry has its record
// and the reverse, every reference resolves and every counter equals what it
// counts. It returns one sentence for each finding; an error means that the
// check itself could not be done.
func (s *Store) Check(ctx context.Context) (findings []string, err error) {
	strange, err := s.strangeSpaces(ctx)
	if err != nil {
		return nil, err
	}
	err = s.View(ctx, func(tx *Tx) error {
		findings = nil
		report := func(format string, args ...any) { findings = append(findings, fmt.Sprintf(format, args...)) }
		for _, c := range checkers {
			if err := c.check(tx, report); err != nil {
				return err
			}
		}
		for _, check := range []func(*Tx, func(string, ...any)) error{checkCounters, checkAttachments, checkAudit, checkSearch, checkMeta} {
			if err := check(tx, report); err != nil {
				return err
			}
		}
		return checkSpaces(tx, strange, report)
	})
	return findings, err
}

func (t *table[T]) check(tx *Tx, report func(string, ...any)) error {
	tallies := t.tallies()
	err := kv.Walk(tx.kv, t.space, kv.Range{}, func(e kv.Entry) error {
		r, err := t.decode(e.Key, e.Value)
		if err != nil {
			report("%s", strings.TrimPrefix(err.Error(), "store: "))
			return nil
		}
		if !bytes.Equal(t.key(r), e.Key) {
			report("%s %x: holds the record of another key, %x", t.space, e.Key, t.key(r))
		}
		for i := range t.indexes {
			t.indexes[i].tally(&tallies[i], r)
			if err := t.checkEntry(tx, &t.indexes[i], e.Key, r, report); err != nil {
				return err
			}
		}
		return t.checkResolves(tx, e.Key, r, report)
	})
	if err != nil {
		return err
	}
	for i := range t.indexes {
		if err := t.checkIndex(tx, &t.indexes[i], tallies[i], report); err != nil {
			return err
		}
	}
	return nil
}

func (t *table[T]) checkEntry(tx *Tx, ix *index[T], key []byte, r *T, report func(string, ...any)) error {
	want := ix.entry(key, r)
	if want == nil {
		return nil
	}
	got, err := tx.get1(ix.space, want)
	if err == nil && !bytes.Equal(got, key) {
		report("%s %x: index %s has no entry for it", t.space, key, ix.name)
	}
	return err
}

func (t *table[T]) checkResolves(tx *Tx, key []byte, r *T, report func(string, ...any)) error {
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
			report("%s %x: its %s refers to %s %s, which is not there", t.space, key, ref.name, targets[ref.to].noun, id)
		}
	}
	return nil
}

// checkIndex looks from the entries to the records, and at the counters.
func (t *table[T]) checkIndex(tx *Tx, ix *index[T], want tally, report func(string, ...any)) error {
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
		report("%s %x: entry of no record", space, e.Key)
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

func (t *table[T]) checkSums(tx *Tx, ix *index[T], sums map[string]int64, report func(string, ...any)) error {
	space := ix.sums
	err := kv.Walk(tx.kv, space, kv.Range{}, func(e kv.Entry) error {
		if want := sums[string(e.Key)]; !bytes.Equal(e.Value, sumValue(want)) {
			report("%s %x: is not the sum, which is %d", space, e.Key, want)
		}
		delete(sums, string(e.Key))
		return nil
	})
	for group, n := range sums {
		report("%s %x: missing, the sum is %d", space, group, n)
	}
	return err
}

func (t *table[T]) checkCounts(tx *Tx, ix *index[T], counts map[string]int, report func(string, ...any)) error {
	space := ix.counts
	err := kv.Walk(tx.kv, space, kv.Range{}, func(e kv.Entry) error {
		n := 0
		if len(e.Value) == 8 {
			n = int(binary.BigEndian.Uint64(e.Value))
		}
		if want := counts[string(e.Key)]; n != want || n == 0 {
			report("%s %x: counts %d, there are %d", space, e.Key, n, want)
		}
		delete(counts, string(e.Key))
		return nil
	})
	for group, n := range counts {
		report("%s %x: missing, there are %d", space, group, n)
	}
	return err
}
