package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// A snapshot is one moment, however much is written while it is copied.
func TestSnapshotIsOneMoment(t *testing.T) {
	dir := t.TempDir()
	e := mustOpen(t, filepath.Join(dir, "store"), bolt.Options{})
	set := func(v string) {
		update(t, e, func(tx kv.Tx) error {
			for _, k := range []string{"a", "b", "c"} {
				if err := tx.Put(kv.Space("space "+k), []byte(k), []byte(v)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	set("before")
	copied := filepath.Join(dir, "copy")
	err := e.Snapshot(t.Context(), func(s *bolt.Snapshot) error {
		set("after")
		var b bytes.Buffer
		if n, err := s.WriteTo(&b); err != nil || n != s.Size() || n != int64(b.Len()) {
			t.Errorf("wrote %d of %d, %v", n, s.Size(), err)
		}
		spaces, err := s.Spaces()
		if diff := cmp.Diff([]kv.Space{"space a", "space b", "space c"}, spaces); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if s.Count("space a") != 1 || s.Count("none") != 0 {
			t.Errorf("counts %d and %d", s.Count("space a"), s.Count("none"))
		}
		v, err := s.Get("space b", []byte("b"))
		if err != nil || string(v[0]) != "before" {
			t.Errorf("reads %q, %v", v, err)
		}
		if err := s.Put("space b", []byte("b"), nil); !errors.Is(err, kv.ErrReadOnly) {
			t.Errorf("writes: %v", err)
		}
		return os.WriteFile(copied, b.Bytes(), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := contents(copied)
	if diff := cmp.Diff([]string{"space a\x00a\x00before", "space b\x00b\x00before", "space c\x00c\x00before"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestCopyToWhileOthersWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store")
	varied(t, path, 2000)
	e := mustOpen(t, path, bolt.Options{})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				put(t, e, "k", bytes.Repeat([]byte{byte(i)}, 10_000))
			}
		}
	})
	var last, total int64
	err := e.CopyTo(t.Context(), filepath.Join(dir, "copy"), func(d, n int64) { last, total = d, n })
	close(stop)
	wg.Wait()
	if err != nil || last != total || total == 0 {
		t.Fatalf("%v, %d of %d", err, last, total)
	}
	got, err := contents(filepath.Join(dir, "copy"))
	if err != nil || len(got) < 2000 {
		t.Errorf("%d entries, %v", len(got), err)
	}
	info, err := os.Stat(filepath.Join(dir, "copy"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := e.CopyTo(t.Context(), filepath.Join(dir, "copy"), nil); !errors.Is(err, os.ErrExist) {
		t.Errorf("over another file: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := e.CopyTo(ctx, filepath.Join(dir, "cut"), func(int64, int64) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("cut off: %v", err)
	}
	if left := names(t, dir); slices.ContainsFunc(left, func(n string) bool { return strings.Contains(n, "partial") || n == "cut" }) {
		t.Errorf("it left %q", left)
	}
}

func TestCompact(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "store"), filepath.Join(dir, "compact")
	varied(t, from, 6000)
	want, err := contents(from)
	if err != nil {
		t.Fatal(err)
	}
	src := mustOpen(t, from, bolt.Options{})
	if err := src.CompactTo(t.Context(), to, func(int64) {}); err != nil {
		t.Fatal(err)
	}
	got, err := contents(to)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	before, err1 := os.Stat(from)
	after, err2 := os.Stat(to)
	if err1 != nil || err2 != nil || after.Size() >= before.Size() {
		t.Errorf("%d bytes became %d (%v, %v)", before.Size(), after.Size(), err1, err2)
	}
	if e := mustOpen(t, to, bolt.Options{}); e.Unclean() {
		t.Error("what was compacted counts as not closed")
	}
	if err := src.CompactTo(t.Context(), to, nil); !errors.Is(err, os.ErrExist) {
		t.Errorf("over another file: %v", err)
	}
	if err := src.Close(); err != nil {
		t.Fatal(err)
	}
	if err := src.CompactTo(t.Context(), filepath.Join(dir, "more"), nil); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("of a closed store: %v", err)
	}
}

func TestCopyFileLeavesTheStoreAsItIs(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "store"), filepath.Join(dir, "copy")
	varied(t, from, 500)
	whole, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := bolt.CopyFile(t.Context(), from, to, nil); err != nil {
		t.Fatal(err)
	}
	want, err1 := contents(from)
	got, err2 := contents(to)
	if diff := cmp.Diff(want, got); diff != "" || err1 != nil || err2 != nil {
		t.Error(diff, err1, err2)
	}
	if now, err := os.ReadFile(from); err != nil || !bytes.Equal(now, whole) {
		t.Errorf("the store has changed, %v", err)
	}
	mustOpen(t, from, bolt.Options{})
	if err := bolt.CopyFile(t.Context(), from, filepath.Join(dir, "more"), nil); !errors.Is(err, bolt.ErrInUse) {
		t.Errorf("of an open store: %v", err)
	}
	if err := bolt.CopyFile(t.Context(), filepath.Join(dir, "none"), filepath.Join(dir, "more"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("of no file: %v", err)
	}
}

// A file that was not closed is looked at before it is opened, as a damaged page
// would end the process.
func TestInspect(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	varied(t, path, 3000)
	if unclean, err := bolt.Inspect(t.Context(), path); unclean || err != nil {
		t.Errorf("closed: %v, %v", unclean, err)
	}
	e := mustOpen(t, path, bolt.Options{})
	put(t, e, "k", []byte("v"))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	killed := filepath.Join(t.TempDir(), "store")
	if err := os.WriteFile(killed, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if unclean, err := bolt.Inspect(t.Context(), killed); !unclean || err != nil {
		t.Errorf("killed: %v, %v", unclean, err)
	}
	if err := os.WriteFile(killed, noise(b, 3*os.Getpagesize()), 0o600); err != nil {
		t.Fatal(err)
	}
	var damage *bolt.DamageError
	if unclean, err := bolt.Inspect(t.Context(), killed); !unclean || !errors.As(err, &damage) {
		t.Errorf("killed and damaged: %v, %v", unclean, err)
	}
	if _, err := bolt.Inspect(t.Context(), path); !errors.Is(err, bolt.ErrInUse) {
		t.Errorf("in use: %v", err)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	if _, err := bolt.Lock(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.Lock(path); !errors.Is(err, bolt.ErrInUse) || !strings.Contains(err.Error(), "pid") {
		t.Errorf("while it is open: %v", err)
	}
	if _, err := bolt.CheckFile(t.Context(), path); !errors.Is(err, bolt.ErrInUse) {
		t.Errorf("checked while it is open: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	release, err := bolt.Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.Open(path, bolt.Options{LockTimeout: soon}); !errors.Is(err, bolt.ErrInUse) {
		t.Errorf("opened while it is locked: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	mustOpen(t, path, bolt.Options{})
}

var _ io.WriterTo = (*bolt.Snapshot)(nil)
