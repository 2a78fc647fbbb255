package store

import (
	"bytes"
	"context"
	"time"

	"github.com/parley-app/parley/store/kv"
)

// doomedSpace lists what was destroyed and still has records hanging from it. The
// value is the key that a sweep goes on with, empty at first.
const doomedSpace kv.Space = "doomed"

func doomedKey(space kv.Space, id ID) []byte { return kv.Key(string(space), id) }

func parseDoomed(key []byte) (space kv.Space, id ID, err error) {
	end := bytes.Index(key, []byte{0, 1})
	if end < 0 || len(key) != end+2+len(ID{}) {
		return "", ID{}, corrupt(doomedSpace, key, "not a doomed key")
	}
	return kv.Space(key[:end]), ID(key[end+2:]), nil
}

// How many records one transaction takes down, at most. The dearest one costs
// some dozen writes, so even many stay far below kv.MaxWrites and 50 ms.
const (
	reapMany = 50
	reapFew  = 20 // hardly dearer than sending a message
)

// reapAlone is for how long nobody else must have written before Reap goes at
// full speed.
const reapAlone = 10 * time.Second

// Reap takes down what hung from deleted records, in bounded transactions, until
// nothing is left or ctx ends. While others write it takes little at once and
// rests as long as it has worked, so that they hardly notice; and it reads what it
// will need before its turn comes, because all writers wait for whoever has it.
func (s *Store) Reap(ctx context.Context) error {
	now := time.Now
	for others, heard := s.updates.Load(), now(); ; {
		n := reapMany
		if now().Sub(heard) < reapAlone {
			n = reapFew
		}
		if more, err := s.rehearseReap(ctx, n); err != nil || !more {
			return err
		}
		began := now()
		if err := s.Update(InReserve(ctx), func(tx *Tx) error { _, err := tx.reap(n); return err }); err != nil {
			return err
		}
		took := now().Sub(began)
		others++ // that one was its own
		if all := s.updates.Load(); all != others {
			others, heard = all, now()
		}
		if err := rest(ctx, n, took); err != nil {
			return err
		}
	}
}

func rest(ctx context.Context, n int, took time.Duration) error {
	if n == reapMany {
		return ctx.Err()
	}
	select {
	case <-time.After(took):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// rehearseReap says whether there is anything to reap, and has what reap will read
// come into memory.
func (s *Store) rehearseReap(ctx context.Context, n int) (more bool, err error) {
	err = s.View(ctx, func(tx *Tx) error {
		tx.kv = rehearsal{tx.kv}
		more, err = tx.reap(n)
		return err
	})
	return more, err
}

// A rehearsal reads where it should write.
type rehearsal struct{ kv.Tx }

// Put implements kv.Tx.
func (r rehearsal) Put(space kv.Space, key, _ []byte) error { return r.Delete(space, key) }

// Delete implements kv.Tx.
func (r rehearsal) Delete(space kv.Space, key []byte) error {
	_, err := r.Get(space, key)
	return err
}

// AfterCommit implements kv.Tx.
func (rehearsal) AfterCommit(func()) error { return nil }

// ReapSome takes down at most some dozen records of what was destroyed and says
// whether there may be more. It is resumable at any point; Reap calls it until it
// says no.
func (tx *Tx) ReapSome() (more bool, err error) { return tx.reap(reapMany) }

func (tx *Tx) reap(n int) (more bool, err error) {
	page, err := tx.kv.Scan(doomedSpace, kv.Range{Limit: n})
	if err != nil {
		return false, err
	}
	for _, e := range page {
		left, err := tx.reapOne(e, n)
		if err != nil {
			return false, err
		}
		if n = left; n <= 0 {
			break
		}
	}
	return len(page) > 0, nil
}

// reapOne takes down at most n records that hang from what was destroyed, and says
// how many of n are left.
func (tx *Tx) reapOne(doomed kv.Entry, n int) (left int, err error) {
	space, id, err := parseDoomed(doomed.Key)
	if err != nil {
		return 0, err
	}
	for _, ref := range referrers[space] {
		if ref.sweep != nil {
			next, err := ref.sweep(tx, id, doomed.Value, n)
			if err != nil {
				return 0, err
			}
			if next != nil {
				return 0, tx.kv.Put(doomedSpace, doomed.Key, next)
			}
			continue
		}
		released, err := ref.release(tx, id, n)
		if err != nil {
			return 0, err
		}
		if n -= released; n <= 0 {
			return 0, nil
		}
	}
	if space == users.space { // every message has the name now
		if err := formerUsers.remove(tx, &FormerUser{ID: id}); err != nil {
			return 0, err
		}
	}
	return n - 1, tx.kv.Delete(doomedSpace, doomed.Key)
}
