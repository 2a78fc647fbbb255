// Package storetest gives tests a real store: bbolt in a temporary folder, every
// update run twice, what a snapshot has lent overwritten when it ends, and everything
// checked when the test ends.
package storetest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv/bolt"
	"github.com/parley-app/parley/store/kv/kvtest"
)

// New opens an empty store. When the test ends it is taken through Check, whose
// findings fail the test, and closed.
func New(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, filepath.Join(t.TempDir(), "parley.db"), store.Options{})
}

// Open opens the store in the file path, which may exist; otherwise as New. With
// PARLEY_STORE_WAL=false in the environment the engine does without its log.
func Open(t testing.TB, path string, o store.Options) *store.Store {
	t.Helper()
	engine, err := bolt.Open(path, bolt.Options{MapSize: 1 << 30, NoLog: os.Getenv("PARLEY_STORE_WAL") == "false"})
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	s, err := store.Open(context.Background(), kvtest.Lent(kvtest.Twice(engine)), o)
	if err != nil {
		_ = engine.Close()
		t.Fatalf("storetest: %v", err)
	}
	t.Cleanup(func() { checkAndClose(t, s) })
	return s
}

func checkAndClose(t testing.TB, s *store.Store) {
	t.Helper()
	findings, err := s.Check(context.Background())
	if err != nil && store.CodeOf(err) != store.CodeUnavailable { // closed by the test itself
		t.Errorf("storetest: check: %v", err)
	}
	for _, f := range findings {
		t.Errorf("storetest: check: %s", f)
	}
	if err := s.Close(); err != nil {
		t.Errorf("storetest: close: %v", err)
	}
}

// Update runs fn in a transaction that must succeed.
func Update(t testing.TB, s *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatalf("storetest: update: %v", err)
	}
}

// View runs fn in a snapshot; it must succeed.
func View(t testing.TB, s *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if err := s.View(context.Background(), fn); err != nil {
		t.Fatalf("storetest: view: %v", err)
	}
}
