package store

import (
	"context"
	"fmt"
	"strconv"

	"github.com/parley-app/parley/store/kv"
)

// A migration brings data up by one version. It runs in steps, each in a
// transaction of its own: step returns where the next one goes on, nil when the
// migration is done. The place is kept with the data, so a migration that was
// killed goes on where it was; a step must therefore stand being run again.
type migration struct {
	what string
	step func(tx *Tx, from []byte) (next []byte, err error)
}

// migrations bring old data up to date; position + 1 is the version they lead
// to. Append; never edit, reorder or remove one that has shipped.
var migrations = []migration{
	{"projects know when they were last chatted in", fillLastChat},
	{"summaries belong to their thread", adoptSummaries},
	{"the earlier versions of a message are bounded", boundVersions},
	{"messages need no index of their users", dropMessagesByUser},
	{"attachments are counted for people and projects", weighAttachments},
	{"the newest entry of the audit is noted", noteAuditEnd},
	{"summaries are found by what they stand for", spanSummaries},
	{"texts are found by their words", queueTexts},
	{"texts without a word are in the index of words too", queueMissing},
	{"the instance has an id", nameInstance},
	{"tags are no longer found by their name alone", dropTagsByName},
}

var metaPlace = []byte("migration") // where the running migration goes on

// migrate runs what is pending of list. Data of a newer program is refused.
func (s *Store) migrate(ctx context.Context, list []migration) error {
	for {
		var done bool
		err := s.Update(ctx, func(tx *Tx) (err error) {
			done, err = tx.migrateStep(list)
			return err
		})
		if err != nil || done {
			return err
		}
	}
}

func (tx *Tx) migrateStep(list []migration) (done bool, err error) {
	v, fresh, err := tx.version()
	switch {
	case err != nil:
		return false, err
	case fresh:
		if _, err := nameInstance(tx, nil); err != nil {
			return false, err
		}
		return true, tx.setVersion(len(list))
	case v > len(list):
		return false, Age{Data: v, Program: len(list)}.Newer()
	case v == len(list):
		return true, nil
	}
	place, err := tx.get1(metaSpace, metaPlace)
	if err != nil {
		return false, err
	}
	m := list[v]
	next, err := m.step(tx, place)
	if err != nil {
		return false, fmt.Errorf("store: migration %d (%s): %w", v+1, m.what, err)
	}
	if next != nil {
		return false, tx.kv.Put(metaSpace, metaPlace, next)
	}
	tx.store.log.Info("store migrated", "version", v+1, "what", m.what)
	if tx.store.migrated != nil {
		if err := tx.AfterCommit(func() { tx.store.migrated(v+1, m.what) }); err != nil {
			return false, err
		}
	}
	if err := tx.kv.Delete(metaSpace, metaPlace); err != nil {
		return false, err
	}
	return false, tx.setVersion(v + 1)
}

// version returns the version of the data; fresh says that there is none yet.
func (tx *Tx) version() (v int, fresh bool, err error) {
	b, err := tx.get1(metaSpace, metaVersion)
	if err != nil || b == nil {
		return 0, b == nil, err
	}
	if v, err = strconv.Atoi(string(b)); err != nil || v < 0 {
		err = corrupt(metaSpace, metaVersion, "%q is no version", b)
	}
	return v, false, err
}

func (tx *Tx) setVersion(v int) error {
	return tx.kv.Put(metaSpace, metaVersion, strconv.AppendInt(nil, int64(v), 10))
}

// migrateBatch bounds the records of one step of a migration.
const migrateBatch = 100

// eachBatch is the step of a migration that changes the records of one table:
// it calls fn for a batch of them and says where the next one begins. A record that
// is damaged, or whose thread or project is, stays as it is: it must not keep all
// others from being used.
func eachBatch[T any](tx *Tx, t *table[T], from []byte, fn func(*T) error) (next []byte, err error) {
	return eachOf(tx, t, from, migrateBatch, fn)
}

// eachOf is eachBatch for n records at a time.
func eachOf[T any](tx *Tx, t *table[T], from []byte, n int, fn func(*T) error) (next []byte, err error) {
	page, err := tx.kv.Scan(t.space, kv.Range{From: from, Limit: n})
	if err != nil {
		return nil, err
	}
	for _, e := range page {
		r, err := t.decode(e.Key, e.Value)
		if err == nil {
			err = fn(r)
		}
		if isDamage(err) { // of this record or of one that it belongs to; Check names it
			tx.store.log.Warn("a migration passed over a damaged record", "table", t.space, "key", fmt.Sprintf("%x", e.Key), "err", err)
			err = nil
		}
		if err != nil {
			return nil, err
		}
	}
	if len(page) < n {
		return nil, nil
	}
	return append(page[len(page)-1].Key, 0), nil
}
