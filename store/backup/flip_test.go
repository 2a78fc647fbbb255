package backup

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// A byte that flips in the file of a store is found by the check, or was one that
// nothing is made of: then everything reads as before. Samples are taken of every
// page, most of where its structure is. The store was closed, so the file lists its
// free pages: without the list a pointer that flips to what a page was before cannot
// be told from the right one.
func TestAFlippedByteInTheStoreItself(t *testing.T) {
	i := begin(t, t.TempDir())
	i.fill(t, "ann", "one")
	i.close(t)
	dir := t.TempDir()
	file, err := os.ReadFile(filepath.Join(i.folder, Database))
	must(t, err)
	page := os.Getpagesize()
	file = file[:(len(bytes.TrimRight(file, "\x00"))+page-1)/page*page] // the rest is room to grow
	want, faults := looked(t, dir, file)
	if len(faults) > 0 || len(want) < 20 {
		t.Fatalf("%d entries, %q", len(want), faults)
	}
	found, harmless := 0, 0
	for at := range file {
		if at%page >= 40 && at%211 != 0 || at%page < 40 && at%3 != 0 {
			continue
		}
		file[at] ^= 1 << (at % 8)
		got, faults := looked(t, dir, file)
		file[at] ^= 1 << (at % 8)
		switch {
		case len(faults) > 0:
			found++
		case !slices.Equal(got, want):
			t.Fatalf("byte %d, in page %d: nothing is found, and the store reads otherwise: %s", at, at/page, difference(want, got))
		default:
			harmless++
		}
	}
	if found < 50 || harmless < 50 {
		t.Errorf("%d bytes found, %d harmless: the test does not test", found, harmless)
	}
}

func difference(want, got []string) string {
	for i := range want {
		if i >= len(got) || want[i] != got[i] {
			return fmt.Sprintf("%q, and there are %d of %d", want[i], len(got), len(want))
		}
	}
	return fmt.Sprintf("%d more", len(got)-len(want))
}

// looked checks a file as parley check does, and if it is found whole returns all
// it holds but the few values that are no records.
func looked(t *testing.T, dir string, file []byte) (entries, faults []string) {
	t.Helper()
	path := filepath.Join(dir, Database)
	must(t, os.WriteFile(path, file, 0o600))
	faults, err := bolt.CheckFile(t.Context(), path)
	must(t, err)
	if len(faults) > 0 {
		return nil, faults
	}
	e, err := bolt.Open(path, bolt.Options{MapSize: 1 << 28})
	if err != nil {
		return nil, []string{err.Error()}
	}
	defer func() { must(t, e.Close()) }()
	s, err := store.Open(t.Context(), e, store.Options{})
	if err != nil {
		return nil, []string{err.Error()}
	}
	faults, err = s.Check(t.Context())
	must(t, err)
	if len(faults) > 0 {
		return nil, faults
	}
	spaces, err := e.Spaces(t.Context())
	must(t, err)
	for _, space := range spaces {
		if space == "meta" {
			continue
		}
		must(t, e.View(t.Context(), func(tx kv.Tx) error {
			return kv.Walk(tx, space, kv.Range{}, func(e kv.Entry) error {
				entries = append(entries, strings.Join([]string{string(space), string(e.Key), string(e.Value)}, "\x00"))
				return nil
			})
		}))
	}
	return entries, nil
}
