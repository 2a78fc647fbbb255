package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

// The tests here make real system calls fail under bbolt.

// swap puts another file under a descriptor, as only a fault of the machine could.
func swap(t *testing.T, f *os.File, path string, flag int) {
	t.Helper()
	other, err := os.OpenFile(path, flag, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := syscall.Dup3(int(other.Fd()), int(f.Fd()), syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
}

func writeNote(e *Engine, key string) error {
	return e.Update(context.Background(), func(tx kv.Tx) error { return tx.Put(notes, []byte(key), []byte(key)) })
}

func keysOf(t *testing.T, e *Engine) (keys []string) {
	t.Helper()
	err := e.View(context.Background(), func(tx kv.Tx) error {
		keys = nil
		return kv.Walk(tx, notes, kv.Range{}, func(e kv.Entry) error {
			keys = append(keys, string(e.Key))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestCommitFails(t *testing.T) {
	// /dev/null takes all that is written and can flush nothing.
	for name, tt := range map[string]struct {
		fault func(t *testing.T, e *Engine)
		cause error
	}{
		"flush":            {func(t *testing.T, e *Engine) { swap(t, e.file, os.DevNull, os.O_RDWR) }, syscall.EINVAL},
		"write":            {func(t *testing.T, e *Engine) { swap(t, e.file, e.path, os.O_RDONLY) }, syscall.EBADF},
		"write, logged":    {func(t *testing.T, e *Engine) { logFirst(t, e); swap(t, e.file, e.path, os.O_RDONLY) }, syscall.EBADF},
		"flush of the log": {func(t *testing.T, e *Engine) { logFirst(t, e); swap(t, e.wal.file, os.DevNull, os.O_RDWR) }, syscall.EINVAL},
		"write of the log": {func(t *testing.T, e *Engine) { logFirst(t, e); swap(t, e.wal.file, e.path, os.O_RDONLY) }, syscall.EBADF},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store")
			e := openWithRoom(t, path)
			tt.fault(t, e)
			failTogether(t, e, tt.cause)
			wantBroken(t, e, tt.cause)
			if err := e.Close(); !errors.Is(err, kv.ErrBroken) {
				t.Errorf("close: got %v, want ErrBroken", err)
			}
			wantAgain(t, path, "[acknowledged]")
		})
	}
}

// A flush that fails after the answer takes nothing back: what was acknowledged is in
// the log.
func TestCheckpointFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	e := openWithRoom(t, path)
	logFirst(t, e)
	if err := writeNote(e, "logged"); err != nil {
		t.Fatal(err)
	}
	swap(t, e.file, os.DevNull, os.O_RDWR)
	e.due.Reset(0)
	if err := <-e.Failed(); !errors.Is(err, kv.ErrBroken) || !errors.Is(err, syscall.EINVAL) {
		t.Errorf("the owner is told %v", err)
	}
	if err := e.Close(); !errors.Is(err, kv.ErrBroken) {
		t.Errorf("close: got %v, want ErrBroken", err)
	}
	wantAgain(t, path, "[acknowledged logged]")
}

// wantAgain starts anew with the store at path, and compares its keys.
func wantAgain(t *testing.T, path, want string) {
	t.Helper()
	e, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if got := fmt.Sprint(keysOf(t, e)); got != want {
		t.Errorf("after a new start the store has %s, want %s", got, want)
	}
}

// openWithRoom opens a store that has the note "acknowledged", and room in its file
// for some more.
func openWithRoom(t *testing.T, path string) *Engine {
	t.Helper()
	for range 2 {
		e, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(keysOf(t, e)) > 0 {
			return e
		}
		makeRoom(t, e)
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	panic("not reached")
}

// logFirst has the engine make its log, as the first write does.
func logFirst(t *testing.T, e *Engine) {
	t.Helper()
	if err := writeNote(e, "acknowledged"); err != nil {
		t.Fatal(err)
	}
	if e.wal == nil {
		t.Fatal("there is no log")
	}
}

// makeRoom leaves free pages in the file, so that what is written next does not
// make it larger.
func makeRoom(t *testing.T, e *Engine) {
	t.Helper()
	for _, fn := range []func(kv.Tx) error{
		func(tx kv.Tx) error { return tx.Put(notes, []byte("large"), make([]byte, 1<<20)) },
		func(tx kv.Tx) error { return tx.Delete(notes, []byte("large")) },
		func(tx kv.Tx) error { return tx.Put(notes, []byte("acknowledged"), nil) },
	} {
		if err := e.Update(context.Background(), fn); err != nil {
			t.Fatal(err)
		}
	}
}

// failTogether has many callers share the group that cannot be committed: those
// whose function goes well, and those whose function fails.
func failTogether(t *testing.T, e *Engine, cause error) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			err := e.Update(context.Background(), func(tx kv.Tx) error {
				err := tx.AfterCommit(func() { t.Error("after commit ran without one") })
				err = errors.Join(err, tx.Put(notes, fmt.Append(nil, i), make([]byte, 2000)))
				if i > 0 && i%8 == 0 {
					return errors.Join(err, errUndo)
				}
				return err
			})
			// One that fails alone, before any write, is no commit.
			if !errors.Is(err, kv.ErrBroken) && (i%8 != 0 || !errors.Is(err, errUndo)) {
				t.Errorf("caller %d: got %v, want ErrBroken", i, err)
			}
			if errors.Is(err, kv.ErrBroken) && !errors.Is(err, cause) {
				t.Errorf("caller %d: %v does not name the cause, %v", i, err, cause)
			}
		})
	}
	wg.Wait()
}

func wantBroken(t *testing.T, e *Engine, cause error) {
	t.Helper()
	select {
	case err := <-e.Failed():
		if !errors.Is(err, kv.ErrBroken) || !errors.Is(err, cause) {
			t.Errorf("the owner is told %v", err)
		}
	default:
		t.Error("the owner is not told")
	}
	ran := func(kv.Tx) error {
		t.Error("a function ran in a broken engine")
		return nil
	}
	if err := e.Update(context.Background(), ran); !errors.Is(err, kv.ErrBroken) {
		t.Errorf("later update: got %v, want ErrBroken", err)
	}
	if err := e.View(context.Background(), ran); !errors.Is(err, kv.ErrBroken) {
		t.Errorf("later view: got %v, want ErrBroken", err)
	}
	select {
	case err := <-e.Failed():
		t.Errorf("the owner is told twice: %v", err)
	default:
	}
}

// TestCallersDoNotWaitForTheUndoing has bbolt report what it reports before it
// begins to read the whole file: all who wait are released by that.
func TestCallersDoNotWaitForTheUndoing(t *testing.T) {
	inLine(t, kv.ErrBroken, func(c *crowd) {
		c.join(context.Background(), kv.ErrBroken, putNote("behind"))
		c.e.committing.Store(true)
		witness{c.e}.Errorf("fdatasync failed: %w", syscall.EIO)
		c.e.committing.Store(false)
		if err := <-c.e.Failed(); !errors.Is(err, syscall.EIO) {
			t.Errorf("the owner is told %v", err)
		}
		close(c.release)
	})
}

func TestWhatBboltReportsOutsideACommitBreaksNothing(t *testing.T) {
	e := openBench(t, Options{})
	witness{e}.Errorf("of no matter")
	if err := writeNote(e, "a"); err != nil {
		t.Error(err)
	}
}

// asRoot is a command with the right to mount.
func asRoot(name string, args ...string) *exec.Cmd {
	if os.Getuid() != 0 {
		return exec.Command("sudo", append([]string{"-n", name}, args...)...)
	}
	return exec.Command(name, args...)
}

// A damaged page is an error of who meets it, in reading, in writing and in the middle of
// a commit. Nobody panics, and everybody else goes on.
func TestDamagedPage(t *testing.T) {
	for name, o := range map[string]Options{"with a log": {}, "without a log": {NoLog: true}} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store")
			e, err := Open(path, o)
			if err != nil {
				t.Fatal(err)
			}
			err = e.Update(t.Context(), func(tx kv.Tx) error {
				err := tx.Put("other", []byte("first"), nil)
				for i := range 100 {
					err = errors.Join(err, tx.Put(notes, fmt.Appendf(nil, "note %02d", i), make([]byte, 1000)))
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			damage(t, path, "note ", "note 00")
			for what, fn := range map[string]func(kv.Tx) error{
				"get":          func(tx kv.Tx) error { _, err := tx.Get(notes, []byte("note 50")); return err },
				"scan":         func(tx kv.Tx) error { _, err := tx.Scan(notes, kv.Range{}); return err },
				"put":          func(tx kv.Tx) error { return tx.Put(notes, []byte("note 50"), nil) },
				"delete":       func(tx kv.Tx) error { return tx.Delete(notes, []byte("note 50")) },
				"put, ignored": func(tx kv.Tx) error { _ = tx.Put(notes, []byte("note 50"), nil); return nil },
				// What is left of the first page has to merge with the next, damaged one.
				"merge": func(tx kv.Tx) error { return tx.Delete(notes, []byte("note 01")) },
			} {
				var wg sync.WaitGroup
				for i := range 8 {
					wg.Go(func() {
						key := fmt.Appendf(nil, "%s %d", what, i)
						if err := e.Update(t.Context(), func(tx kv.Tx) error { return tx.Put("other", key, key) }); err != nil {
							t.Errorf("somebody else meanwhile: %v", err)
						}
					})
				}
				if err := e.Update(t.Context(), fn); !errors.Is(err, kv.ErrDamaged) || errors.Is(err, kv.ErrBroken) {
					t.Errorf("%s in Update: got %v, want ErrDamaged", what, err)
				}
				if strings.Contains("get scan", what) {
					if err := e.View(t.Context(), fn); !errors.Is(err, kv.ErrDamaged) {
						t.Errorf("%s in View: got %v, want ErrDamaged", what, err)
					}
				}
				wg.Wait()
			}
			if e.Damages() < 8 {
				t.Errorf("%d damages were counted", e.Damages())
			}
			err = e.View(t.Context(), func(tx kv.Tx) error {
				list, err := tx.Scan("other", kv.Range{})
				if len(list) != 1+6*8 {
					t.Errorf("the others have %d notes", len(list))
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			if err := e.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}

// damage changes the number in the header of each page that has some but not
// other in it.
func damage(t *testing.T, path, some, other string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	page, n := make([]byte, os.Getpagesize()), 0
	for at := int64(0); ; at += int64(len(page)) {
		if _, err := f.ReadAt(page, at); err != nil {
			break
		}
		if text := string(page); strings.Contains(text, some) && !strings.Contains(text, other) {
			if _, err := f.WriteAt([]byte{0xff, 0xff}, at); err != nil {
				t.Fatal(err)
			}
			n++
		}
	}
	if n == 0 {
		t.Fatal("found no page to damage")
	}
}
