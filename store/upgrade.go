package store

import (
	"context"
	"fmt"
	"strconv"
)

// prepareUpgrade has before put the data aside if migrations are to come. That
// it was done is noted with the data: an upgrade that is cut off goes on without
// a second copy, which would hold data that is half migrated; while data of
// an older program that was put back has no such note.
func (s *Store) prepareUpgrade(ctx context.Context, before func(context.Context, Age) error) error {
	if before == nil {
		return nil
	}
	var a Age
	var done string
	err := s.View(ctx, func(tx *Tx) (err error) {
		if a, err = AgeOf(tx.kv); err != nil {
			return err
		}
		v, err := tx.get1(metaSpace, metaUpgrade)
		done = string(v)
		return err
	})
	target := strconv.Itoa(a.Program)
	if err != nil || len(a.Pending) == 0 || done == target {
		return err
	}
	if err := before(ctx, a); err != nil {
		return fmt.Errorf("store: the data could not be put aside before its upgrade: %w", err)
	}
	return s.Update(InReserve(ctx), func(tx *Tx) error { return tx.kv.Put(metaSpace, metaUpgrade, []byte(target)) })
}
