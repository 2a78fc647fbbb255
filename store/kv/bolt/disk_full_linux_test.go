package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

// A smallDisk is a file system of a few megabytes.
type smallDisk struct {
	dir   string
	mount func(options string) error
}

// newSmallDisk mounts a tmpfs of 8 MB.
func newSmallDisk(t *testing.T) smallDisk {
	t.Helper()
	d := smallDisk{dir: t.TempDir()}
	d.mount = func(options string) error {
		options += fmt.Sprintf(",uid=%d,gid=%d", os.Getuid(), os.Getgid())
		return asRoot("mount", "-t", "tmpfs", "-o", options, "parley-test", d.dir).Run()
	}
	if err := d.mount("size=8m"); err != nil {
		if os.Getenv("CI") == "true" { // where no test is left out
			t.Fatal("cannot mount a small file system here:", err)
		}
		t.Skip("cannot mount a small file system here:", err)
	}
	t.Cleanup(func() {
		if err := asRoot("umount", "--lazy", d.dir).Run(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// fill takes all room that is left.
func (d smallDisk) fill(t *testing.T) {
	t.Helper()
	f, err := os.Create(filepath.Join(d.dir, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 64 << 10; size >= 512; {
		if _, err = f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

func putLarge(ctx context.Context, e *Engine, key string, size int) error {
	return e.Update(ctx, func(tx kv.Tx) error { return tx.Put(notes, []byte(key), make([]byte, size)) })
}

// A full disk is an error of the write that finds no room. Reading, small writes that
// may use the room kept back, and deleting go on, also after restarts; with room again
// everything does.
func TestAFullDiskIsAnErrorOfOneWrite(t *testing.T) {
	for name, o := range map[string]Options{"with a log": {Strict: true}, "without a log": {Strict: true, NoLog: true}} {
		t.Run(name, func(t *testing.T) {
			d := newSmallDisk(t)
			path := filepath.Join(d.dir, "store")
			e, err := Open(path, o)
			if err != nil {
				t.Fatal(err)
			}
			var acknowledged []string
			put := func(key string, size int) (err error) {
				if err = putLarge(t.Context(), e, key, size); err == nil {
					acknowledged = append(acknowledged, key)
				}
				return err
			}
			if err := put("0000", 20_000); err != nil {
				t.Fatal(err)
			}
			d.fill(t)
			for i := 1; err == nil; i++ {
				err = put(fmt.Sprintf("%04d", i), 20_000)
			}
			for round := range 3 {
				if !errors.Is(err, kv.ErrFull) || !errors.Is(err, syscall.ENOSPC) || errors.Is(err, kv.ErrBroken) {
					t.Fatalf("round %d: the disk is full: got %v, want ErrFull because of ENOSPC", round, err)
				}
				for range 50 { // as a sign-in
					if err := writeNoteIn(kv.InReserve(t.Context()), e, "0000"); err != nil {
						t.Fatalf("round %d: a small write that may use the reserve: %v", round, err)
					}
				}
				if got := keysOf(t, e); fmt.Sprint(got) != fmt.Sprint(acknowledged) {
					t.Errorf("round %d: the store has %q, acknowledged were %q", round, got, acknowledged)
				}
				if err := e.Close(); err != nil {
					t.Fatal(err)
				}
				if e, err = Open(path, o); err != nil {
					t.Fatal(err)
				}
				err = put("too large", 1<<20)
			}
			select {
			case err := <-e.Failed():
				t.Errorf("the engine has failed: %v", err)
			default:
			}
			if err := d.mount("remount,size=32m"); err != nil {
				t.Fatal(err)
			}
			if err := put("9999", 1<<20); err != nil {
				t.Errorf("with room again: %v", err)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
			if faults, err := CheckFile(t.Context(), path); err != nil || len(faults) > 0 {
				t.Errorf("the file: %q, %v", faults, err)
			}
		})
	}
}

func writeNoteIn(ctx context.Context, e *Engine, key string) error {
	return e.Update(ctx, func(tx kv.Tx) error { return tx.Put(notes, []byte(key), []byte(key)) })
}

// Writers that are committed together do not fail together: one that is too large for
// the disk does not take the others along.
func TestAWriteThatIsTooLargeFailsAlone(t *testing.T) {
	d := newSmallDisk(t)
	e, err := Open(filepath.Join(d.dir, "store"), Options{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var wg sync.WaitGroup
	for range 20 {
		for i := range 8 {
			wg.Go(func() {
				ran := false
				size := 100
				if i == 0 {
					size = kv.MaxValue
				}
				err := e.Update(t.Context(), func(tx kv.Tx) error {
					err := tx.AfterCommit(func() { ran = true })
					for j := range 2 {
						err = errors.Join(err, tx.Put(notes, fmt.Append(nil, i, j), make([]byte, size-50)))
					}
					return err
				})
				if i == 0 && !errors.Is(err, kv.ErrFull) || i > 0 && err != nil || ran != (err == nil) {
					t.Errorf("a write of %d bytes: %v, published: %t", 2*size, err, ran)
				}
			})
		}
		wg.Wait()
	}
}

// What no estimate foresees is found by bbolt in the middle of a commit, which then is
// taken back as a whole.
func TestAFullDiskInTheMiddleOfACommit(t *testing.T) {
	for name, o := range map[string]Options{"with a log": {Strict: true}, "without a log": {Strict: true, NoLog: true}} {
		t.Run(name, func(t *testing.T) {
			d := newSmallDisk(t)
			path := filepath.Join(d.dir, "store")
			e, err := Open(path, o)
			if err != nil {
				t.Fatal(err)
			}
			if err := putLarge(t.Context(), e, "kept", 100); err != nil {
				t.Fatal(err)
			}
			d.fill(t)
			if err := putLarge(t.Context(), e, "small", 100); err != nil && !errors.Is(err, kv.ErrFull) {
				t.Fatal(err)
			}
			e.reserve.none = true // nobody looks for room before
			err = nil
			for i := 0; err == nil; i++ {
				err = putLarge(t.Context(), e, fmt.Sprint("more ", i), 150_000) // which fits into a log
			}
			before := keysOf(t, e)
			if !errors.Is(err, kv.ErrFull) || errors.Is(err, kv.ErrBroken) {
				t.Fatalf("got %v, want ErrFull", err)
			}
			for range 3 {
				if err := putLarge(t.Context(), e, "large", kv.MaxValue); !errors.Is(err, kv.ErrFull) || errors.Is(err, kv.ErrBroken) {
					t.Fatalf("got %v, want ErrFull", err)
				}
			}
			if got := keysOf(t, e); fmt.Sprint(got) != fmt.Sprint(before) {
				t.Errorf("the store has %q, before it had %q", got, before)
			}
			if err := os.Remove(filepath.Join(d.dir, "ballast")); err != nil {
				t.Fatal(err)
			}
			if err := d.mount("remount,size=32m"); err != nil {
				t.Fatal(err)
			}
			if err := putLarge(t.Context(), e, "large", kv.MaxValue); err != nil {
				t.Error(err)
			}
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			if faults, err := CheckFile(t.Context(), path); err != nil || len(faults) > 0 {
				t.Errorf("the file: %q, %v", faults, err)
			}
		})
	}
}
