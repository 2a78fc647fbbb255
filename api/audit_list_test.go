package api_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
	"github.com/parley-app/parley/store/kv/kvtest"
)

// Whether the audit is whole is told to administrators, with the first entry that is
// not as it was.
func TestAnAuditIsWholeOrTellsWhereItIsNot(t *testing.T) {
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "parley.db"), bolt.Options{MapSize: 1 << 28})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), kvtest.Lent(kvtest.Twice(engine)), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a, err := api.New(t.Context(), api.Options{Store: s, Hub: hub.New(hub.Options{}), BcryptCost: 4})
	if err != nil {
		t.Fatal(err)
	}
	check := func() *api.AuditCheck {
		t.Helper()
		return must(a.CheckAudit(t.Context(), api.Actor{UserID: newID(t, s), Admin: true}, api.Nothing{}))(t)
	}
	if got := check(); !got.Whole || got.Entries != 0 {
		t.Errorf("an empty one: %+v", got)
	}
	for range kv.MaxPage/200 + 1 {
		if err := s.Update(t.Context(), func(tx *store.Tx) error {
			for range 200 {
				if err := tx.AddAudit(&store.AuditEntry{Username: "ann", Action: "signed_in"}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if got := check(); !got.Whole || got.Entries != 1200 || got.BrokenAt != nil || got.Finding != "" || got.CheckedAt.IsZero() {
		t.Errorf("a whole one: %+v", got)
	}
	_, err = a.CheckAudit(t.Context(), api.Actor{UserID: newID(t, s)}, api.Nothing{})
	wantCode(t, err, store.CodeForbidden)
	if err := engine.Update(t.Context(), func(tx kv.Tx) error { return tx.Put("audit", kv.Key(uint64(7)), []byte("?")) }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DropDamaged(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := check(); got.Whole || got.BrokenAt == nil || *got.BrokenAt != 7 || !strings.Contains(got.Finding, "is lost") || got.Entries != 1200 {
		t.Errorf("one lost: %+v", got)
	}
	if err := engine.Update(t.Context(), func(tx kv.Tx) error { return tx.Delete("audit", kv.Key(uint64(1100))) }); err != nil {
		t.Fatal(err)
	}
	if got := check(); got.Whole || got.BrokenAt == nil || *got.BrokenAt != 1101 || !strings.Contains(got.Finding, "broken here") {
		t.Errorf("one taken out behind it: %+v", got)
	}
}

func newID(t *testing.T, s *store.Store) (id store.ID) {
	t.Helper()
	if err := s.Update(t.Context(), func(tx *store.Tx) (err error) { id, err = tx.NewID(); return err }); err != nil {
		t.Fatal(err)
	}
	return id
}
