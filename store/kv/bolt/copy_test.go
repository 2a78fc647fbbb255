package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

func TestCopyOfEveryEntry(t *testing.T) {
	dir := t.TempDir()
	varied(t, filepath.Join(dir, "src"), 1200)
	src := mustOpen(t, filepath.Join(dir, "src"), bolt.Options{})
	dst := mustOpen(t, filepath.Join(dir, "dst"), bolt.Options{})
	for i := range 5 { // more than one transaction takes
		update(t, src, func(tx kv.Tx) error { return tx.Put("huge", []byte{byte(i)}, bytes.Repeat([]byte{byte(i)}, 3<<20)) })
	}
	spaces, err := src.Spaces(t.Context())
	if err != nil || len(spaces) != 5 {
		t.Fatalf("spaces %q, %v", spaces, err)
	}
	heard := 0
	for _, space := range append(spaces, "none") {
		read, err := kv.Copy(t.Context(), dst, src, space, func(n int) { heard += n })
		if err != nil {
			t.Fatal(err)
		}
		got, err := kv.SumOf(t.Context(), dst, space, func(n int) { heard -= n })
		if diff := cmp.Diff(read, got); diff != "" || err != nil {
			t.Errorf("%s: %s, %v", space, diff, err)
		}
		if (got.Entries == 0) != (space == "none") {
			t.Errorf("%s: %d entries", space, got.Entries)
		}
	}
	if heard != 0 {
		t.Errorf("progress tells of %d more entries copied than read", heard)
	}
}

// Any difference shows in the sum: of a key, of a value, of where one ends and
// the next begins.
func TestSumsTellStoresApart(t *testing.T) {
	sums := map[string]string{}
	for name, entries := range map[string][]string{
		"none": {}, "one": {"a", "b"}, "another value": {"a", "c"}, "another key": {"b", "b"},
		"moved bytes": {"ab", ""}, "two": {"a", "b", "c", "d"}, "two, moved": {"a", "bc", "d", ""},
	} {
		e := mustOpen(t, filepath.Join(t.TempDir(), "store"), bolt.Options{})
		for i := 0; i < len(entries); i += 2 {
			update(t, e, func(tx kv.Tx) error { return tx.Put("s", []byte(entries[i]), []byte(entries[i+1])) })
		}
		s, err := kv.SumOf(t.Context(), e, "s", nil)
		if err != nil || s.Entries != len(entries)/2 {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
		if other, ok := sums[s.SHA256]; ok {
			t.Errorf("%s and %s have one sum", name, other)
		}
		sums[s.SHA256] = name
	}
}

func TestCopyEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	varied(t, filepath.Join(dir, "src"), 500)
	src := mustOpen(t, filepath.Join(dir, "src"), bolt.Options{})
	dst := mustOpen(t, filepath.Join(dir, "dst"), bolt.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := kv.Copy(ctx, dst, src, "tree", func(int) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
