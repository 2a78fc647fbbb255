package store_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

func TestIDsNeverGoBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var made []store.ID
	run := func(name string, shift time.Duration) {
		t.Run(name, func(t *testing.T) {
			now = now.Add(shift)
			s := storetest.Open(t, path, store.Options{Now: func() time.Time { return now }})
			storetest.Update(t, s, func(tx *store.Tx) error {
				batch := make([]store.ID, 5000) // more than rand_a counts in one millisecond
				for i := range batch {
					var err error
					if batch[i], err = tx.NewID(); err != nil {
						return err
					}
				}
				if len(made) > 0 && batch[0].Compare(made[len(made)-1]) <= 0 {
					t.Errorf("%v does not follow %v", batch[0], made[len(made)-1])
				}
				made = batch
				return nil
			})
			if !slices.IsSortedFunc(made, store.ID.Compare) {
				t.Error("ids of one transaction are not in order")
			}
			if u := uuid.UUID(made[0]); u.Version() != 7 || u.Variant() != uuid.RFC4122 {
				t.Errorf("%v is no UUIDv7", u)
			}
		})
	}
	run("at first", 0)
	run("after a restart", time.Second)
	run("after the clock was set back an hour", -time.Hour)
	run("after it was set back once more", -time.Hour)
}

// The clock may leap within a transaction, whose ids count all the same.
func TestIDsOfATransactionDuringWhichTheClockWasSetAhead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	o := store.Options{Now: func() time.Time { return now }}
	made := map[string][]store.ID{}
	run := func(name string, leap time.Duration) {
		t.Run(name, func(t *testing.T) {
			storetest.Update(t, storetest.Open(t, path, o), func(tx *store.Tx) error {
				ids := make([]store.ID, 3)
				for i := range ids {
					var err error
					if ids[i], err = tx.NewID(); err != nil {
						return err
					}
					now = now.Add(leap)
				}
				made[name] = ids
				return nil
			})
		})
	}
	run("ahead", time.Hour)
	now = now.Add(-24 * time.Hour)
	run("back", 0)
	if ids := slices.Concat(made["ahead"], made["back"]); !slices.IsSortedFunc(ids, store.ID.Compare) {
		t.Errorf("ids are out of order: %v", ids)
	}
}
