package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/store/backup"
	"github.com/parley-app/parley/store/kv"
)

// goodBackup makes a backup of a data folder that no server has, and returns its file.
func goodBackup(t *testing.T, d dataFolder) string {
	t.Helper()
	c := &cli{stdout: t.Output(), stderr: t.Output()}
	b := newBar(t.Output())
	defer b.end()
	path := filepath.Join(t.TempDir(), "backup.tar")
	write, done, err := c.backupFrom(t.Context(), d, path, b)
	if err != nil {
		t.Fatal(err)
	}
	r, err := backup.Create(t.Context(), path, write, b.tell)
	if err := done(); err != nil {
		t.Error(err)
	}
	if r == nil || len(withoutBlobs(r.Faults))+len(r.Damage) > 0 {
		t.Fatalf("the backup is not good: %v", err)
	}
	return path
}

// withoutBlobs leaves out that bytes of attachments are missing: golden stores have none.
func withoutBlobs(faults []string) []string {
	return slices.DeleteFunc(slices.Clone(faults), func(f string) bool { return strings.HasPrefix(f, "blob ") })
}

// wantWhole checks that `parley check` finds nothing in a data folder.
func wantWhole(t *testing.T, d dataFolder) {
	t.Helper()
	c := &cli{stdout: t.Output(), stderr: t.Output()}
	r, err := c.check(t.Context(), d, func(string, int64, int64) {})
	if err != nil || len(withoutBlobs(r.Findings)) > 0 || len(r.Derived) > 0 {
		t.Errorf("check: %+v, %v", r, err)
	}
}

// Stores of every earlier version are whole after their upgrade, and so are their
// backups. The last has every kind of text without a word, which were faults once.
func TestStoresOfEarlierVersionsAreWhole(t *testing.T) {
	for _, version := range []int{0, 1, 2, 3, 4, 5, 6, 8} {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			d := dataFolder(t.TempDir())
			if err := golden(d, fmt.Sprint(version)); err != nil {
				t.Fatal(err)
			}
			goodBackup(t, d) // before its upgrade
			s, err := d.open(t.Context(), slog.New(slog.DiscardHandler), opening{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.rebuild(t.Context(), func(string, int64, int64) {}); err != nil { // as a server's jobs do
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			wantWhole(t, d)
			goodBackup(t, d)
		})
	}
}

// Faults in derived data keep no backup from being good, and a restore heals them.
func TestABackupWithFaultsInDerivedDataIsGood(t *testing.T) {
	for _, space := range []kv.Space{"search", "search.docs", "messages.id", "threads.title#", "threads.activity", "threads.activity#", "members.user"} {
		t.Run(string(space), func(t *testing.T) {
			d := dataFolder(t.TempDir())
			if err := golden(d, "8"); err != nil {
				t.Fatal(err)
			}
			if err := d.below(func(tx kv.Tx) error {
				return kv.Walk(tx, space, kv.Range{}, func(e kv.Entry) error { return tx.Delete(space, e.Key) })
			}); err != nil {
				t.Fatal(err)
			}
			if err := withStore(d, func(s *openStore) error {
				f, err := s.Examine(context.Background())
				if len(f.Damage) > 0 || len(f.Derived) == 0 {
					t.Errorf("found %+v", f)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			file := goodBackup(t, d)
			other := dataFolder(t.TempDir())
			if err := (&cli{stdout: t.Output(), stderr: t.Output()}).restore(t.Context(), other, other.backupsOr(""), file, false); err != nil {
				t.Fatal(err)
			}
			wantWhole(t, other)
			goodBackup(t, other)
		})
	}
}

// withStore opens the store of a data folder for fn.
func withStore(d dataFolder, fn func(*openStore) error) error {
	s, err := d.open(context.Background(), slog.New(slog.DiscardHandler), opening{})
	if err != nil {
		return err
	}
	defer s.Close()
	return fn(s)
}
