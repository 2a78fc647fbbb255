package bolt

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/parley-app/parley/store/kv"
)

// What the log tells fits into the reserve, wherever it comes to lie, and the reserve
// keeps within its bounds. Adding in places that are drawn is what takes more room at
// once than bit by bit.
func TestTheReserveHoldsTheLog(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			path, rng := filepath.Join(t.TempDir(), "store"), rand.New(rand.NewPCG(seed, 2))
			e, err := Open(path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			beyond := int64(0)
			for i := range 120 {
				place := rng.IntN(1e6)
				err := e.Update(t.Context(), func(tx kv.Tx) (err error) {
					for j := range 1 + rng.IntN(40) {
						err = errors.Join(err, tx.Put(notes, fmt.Appendf(nil, "%06d %d", place, j), make([]byte, rng.IntN(50<<(2*seed)))))
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				if i%12 == 0 {
					beyond = max(beyond, wantReserve(t, e))
				}
			}
			if beyond == 0 {
				t.Error("nothing came to lie in the reserve")
			}
		})
	}
}

// extents is for what the file system needs to find a file's blocks, which it counts too.
const extents = 64 << 10

// wantReserve takes up a copy of the log, and returns how much of the reserve that took.
func wantReserve(t *testing.T, e *Engine) (beyond int64) {
	t.Helper()
	r, inUse := e.reserve, int64(0)
	if err := e.db.View(func(tx *bbolt.Tx) error { inUse = tx.Size(); return nil }); err != nil {
		t.Fatal(err)
	}
	if r.none {
		t.Fatal("the file system of this test cannot set room aside")
	}
	if room := room(t, e.path); room < r.end || room > max(r.top+reserveMost, inUse)+extents {
		t.Errorf("%d bytes are in use, the file has room for %d, of %d that were asked for", inUse, room, r.end)
	}
	path := filepath.Join(t.TempDir(), "store")
	for from, to := range map[string]string{e.path: path, WAL(e.path): WAL(path)} {
		b, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if settled, err := settle(t.Context(), path, Options{}); err != nil || !settled {
		t.Fatal(settled, err)
	}
	err := Look(t.Context(), path, func(s *Snapshot) error { inUse = s.Size(); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if inUse > max(r.top, r.end) {
		t.Errorf("what the log tells ends at %d, the reserve at %d", inUse, r.end)
	}
	return inUse - r.top
}

// room is how many bytes the file at path has on the disk.
func room(t *testing.T, path string) int64 {
	t.Helper()
	var s syscall.Stat_t
	if err := syscall.Stat(path, &s); err != nil {
		t.Fatal(err)
	}
	return s.Blocks * 512
}

// Nobody can say before a commit how large the values are that lie beside a small one.
// When they take more than the reserve may have, what was written does not stay in the
// log alone.
func TestASmallValueBesideLargeOnes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	e, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for i, size := range []int{3 << 20, 3 << 20, 1} {
		if err := e.Update(t.Context(), func(tx kv.Tx) error { return tx.Put(notes, fmt.Append(nil, 9-i), make([]byte, size)) }); err != nil {
			t.Fatal(err)
		}
	}
	told, err := readWAL(WAL(path))
	if err != nil {
		t.Fatal(err)
	}
	if e.wal == nil || told == nil || len(told.groups) != 0 || told.seq != 3 {
		t.Errorf("the log: %+v", told)
	}
}

// A file may have been copied without the zeros in its free pages.
func TestTheReserveFillsHoles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	e, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range [][]byte{make([]byte, 1<<20), nil} {
		err = errors.Join(err, e.Update(context.Background(), func(tx kv.Tx) error { return tx.Put(notes, []byte("a"), value) }))
	}
	if err := errors.Join(err, e.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := os.ReadFile(path)
	if err == nil {
		err = errors.Join(os.Remove(path), os.WriteFile(path, f[:8192], 0o600), os.Truncate(path, int64(len(f))))
	}
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	zeros := string(make([]byte, walBlock))
	for at := 0; at+walBlock <= len(f); at += walBlock {
		if page := f[at : at+walBlock]; string(page) != zeros {
			if _, err := file.WriteAt(page, int64(at)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	before := room(t, path)
	if e, err = Open(path, Options{}); err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for range 2 {
		if err := writeNote(e, "b"); err != nil {
			t.Fatal(err)
		}
	}
	if after := room(t, path); before > 1<<20 || after < e.reserve.end {
		t.Errorf("the file had room for %d bytes, and has for %d of %d", before, after, e.reserve.end)
	}
}
