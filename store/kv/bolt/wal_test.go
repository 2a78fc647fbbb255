package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-app/parley/store/kv"
)

// A life is a store with a log, and what the disk may have of its file: each page
// as one of the commits has left it.
type life struct {
	t      *testing.T
	path   string
	e      *Engine
	rng    *rand.Rand
	told   map[string]string // what is acknowledged
	states [][]byte          // of the file, after each of the last steps
}

func newLife(t *testing.T, seed uint64) *life {
	t.Helper()
	l := &life{t: t, path: filepath.Join(t.TempDir(), "store"), rng: rand.New(rand.NewPCG(seed, 1)), told: map[string]string{}}
	var err error
	if l.e, err = Open(l.path, Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.e.Close() })
	if err := writeNote(l.e, "first"); err != nil {
		t.Fatal(err)
	}
	l.told["first"] = "first"
	return l
}

func (l *life) read(path string) []byte {
	l.t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

// step writes and deletes some notes in one transaction, and keeps what the file
// is then.
func (l *life) step() {
	l.t.Helper()
	err := l.e.Update(context.Background(), func(tx kv.Tx) error {
		for range 1 + l.rng.IntN(8) {
			key := fmt.Sprint(l.rng.IntN(400))
			if l.rng.IntN(4) == 0 {
				delete(l.told, key)
				if err := tx.Delete(notes, []byte(key)); err != nil {
					return err
				}
				continue
			}
			l.told[key] = strings.Repeat(key, l.rng.IntN(400))
			if err := tx.Put(notes, []byte(key), []byte(l.told[key])); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
	l.states = append(l.states, l.read(l.path))
	l.states = l.states[max(0, len(l.states)-50):]
}

// cut returns a folder with what a power cut may leave: of each page that was not
// flushed any of the states since the base, the log as given.
func (l *life) cut(log []byte) (path string) {
	l.t.Helper()
	path = filepath.Join(l.t.TempDir(), "store")
	if err := os.WriteFile(WAL(path), log, 0o600); err != nil {
		l.t.Fatal(err)
	}
	told, err := readWAL(WAL(path))
	if err != nil || told == nil {
		l.t.Fatalf("log: %v, %v", told, err)
	}
	states := l.states[len(l.states)-min(len(l.states), len(told.groups)+1):] // the first is the base
	file := bytes.Clone(states[l.rng.IntN(len(states))])
	for at := 0; at+walBlock <= len(file); at += walBlock {
		if other := states[l.rng.IntN(len(states))]; len(other) >= at+walBlock {
			copy(file[at:at+walBlock], other[at:])
		}
	}
	if err := os.WriteFile(path, file, 0o600); err != nil {
		l.t.Fatal(err)
	}
	return path
}

// want opens the store at path and compares it with what is told.
func (l *life) want(path string) {
	l.t.Helper()
	if faults, err := CheckFile(context.Background(), path); err != nil || len(faults) > 0 {
		l.t.Fatalf("check: %q, %v", faults, err)
	}
	if _, err := os.Stat(WAL(path)); !errors.Is(err, os.ErrNotExist) {
		l.t.Errorf("the log is still there: %v", err)
	}
	e, err := Open(path, Options{Strict: true})
	if err != nil {
		l.t.Fatal(err)
	}
	defer e.Close()
	if !e.Unclean() {
		l.t.Error("a store that was cut off is not unclean")
	}
	got := map[string]string{}
	err = e.View(context.Background(), func(tx kv.Tx) error {
		return kv.Walk(tx, notes, kv.Range{}, func(e kv.Entry) error {
			got[string(e.Key)] = string(e.Value)
			return nil
		})
	})
	if err != nil {
		l.t.Fatal(err)
	}
	if fmt.Sprint(got) != fmt.Sprint(l.told) {
		l.t.Errorf("there are %d notes, %d were acknowledged, or they differ", len(got), len(l.told))
	}
	if err := writeNote(e, "more"); err != nil {
		l.t.Error(err)
	}
}

// The disk has written what it liked of the pages since the base.
func TestTornPages(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			l := newLife(t, seed)
			for range 1 + l.rng.IntN(40) {
				l.step()
				if l.rng.IntN(8) == 0 {
					l.e.due.Reset(0) // a checkpoint, before the next step or the one after
				}
			}
			for range 4 {
				path := l.cut(l.read(WAL(l.path)))
				// Whoever takes it up may be cut off too.
				if l.rng.IntN(2) == 0 {
					log := l.read(WAL(path))
					if _, err := settle(t.Context(), path, Options{}); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(WAL(path), log, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				l.want(path)
			}
		})
	}
}

// The power may go at any byte of a record: that one is not there, all before are.
func TestTornLog(t *testing.T) {
	l := newLife(t, 1)
	for range 20 {
		l.step()
	}
	log := l.read(WAL(l.path))
	whole, err := readWAL(WAL(l.path))
	if err != nil {
		t.Fatal(err)
	}
	end := int(walStart)
	for _, g := range whole.groups[:len(whole.groups)-1] {
		end += (recordHead + len(g) + walBlock - 1) &^ (walBlock - 1)
	}
	last := recordHead + len(whole.groups[len(whole.groups)-1])
	for n := range last {
		torn := bytes.Clone(log)
		clear(torn[end+n : end+last])
		if torn[end+last-1] == log[end+last-1] {
			continue // what is missing was zero
		}
		if got, err := parseWAL("log", torn); err != nil || len(got.groups) != len(whole.groups)-1 {
			t.Fatalf("cut at byte %d of %d: %v", n, last, err)
		}
	}
}

// What was flushed once and is not what it was is no torn end: nobody may lose it
// in silence.
func TestDamagedLog(t *testing.T) {
	l := newLife(t, 2)
	for range 12 {
		l.step()
	}
	log := l.read(WAL(l.path))
	dir := t.TempDir()
	path := filepath.Join(dir, "store")
	file := l.states[len(l.states)-1]
	for _, at := range []int{walStart, walStart + 4, walStart + 50, walStart + walBlock + 3} {
		damaged := bytes.Clone(log)
		damaged[at] ^= 1
		if err := errors.Join(os.WriteFile(path, file, 0o600), os.WriteFile(WAL(path), damaged, 0o600)); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path, Options{})
		if _, ok := errors.AsType[*DamageError](err); !ok || !strings.Contains(err.Error(), WAL(path)) {
			t.Errorf("byte %d changed: got %v, want a DamageError that names the log", at, err)
		}
		if faults, err := CheckFile(t.Context(), path); err != nil || len(faults) != 1 || !strings.Contains(faults[0], WAL(path)) {
			t.Errorf("check: %q, %v", faults, err)
		}
		if !bytes.Equal(l.read(path), file) || !bytes.Equal(l.read(WAL(path)), damaged) {
			t.Errorf("byte %d changed: a file was changed", at)
		}
	}
}

func TestLogsThatDoNotFit(t *testing.T) {
	l := newLife(t, 3)
	for range 8 {
		l.step()
	}
	log, file := l.read(WAL(l.path)), l.states[len(l.states)-1]
	for range 5 {
		l.step()
	}
	another := newLife(t, 4)
	for range 30 {
		another.step()
	}
	if err := another.e.Close(); err != nil {
		t.Fatal(err)
	}
	version := bytes.Clone(log)
	version[8], version[walBlock+8] = 99, 99
	for name, tt := range map[string]struct {
		file, log []byte
		want      string
	}{
		"of another store":    {another.read(another.path), log, "belongs to another file"},
		"of a newer Parley":   {file, version, "version 99"},
		"without its store":   {nil, log, "bring it back"},
		"of a cut off file":   {file[:2*walBlock], log, "belongs to another file"},
		"with both heads off": {file, append(make([]byte, walStart), log[walStart:]...), "not what was written"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store")
			if tt.file != nil {
				if err := os.WriteFile(path, tt.file, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(WAL(path), tt.log, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if after, err := os.ReadFile(path); tt.file != nil && !bytes.Equal(after, tt.file) || tt.file == nil && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the store was changed (%v)", err)
			}
			if !bytes.Equal(l.read(WAL(path)), tt.log) {
				t.Error("the log was changed")
			}
		})
	}
}

// A log that was made and not begun, by a process that was cut off then, is none.
func TestALogThatWasNotBegun(t *testing.T) {
	for name, log := range map[string][]byte{"empty": nil, "zeros": make([]byte, walFirst)} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store")
			e, err := Open(path, Options{})
			if err == nil {
				err = errors.Join(writeNote(e, "a"), e.Close(), os.WriteFile(WAL(path), log, 0o600))
			}
			if err != nil {
				t.Fatal(err)
			}
			if e, err = Open(path, Options{}); err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if got := fmt.Sprint(keysOf(t, e)); got != "[a]" {
				t.Errorf("there is %s", got)
			}
			if e.Unclean() {
				t.Error("a store that was closed is unclean")
			}
		})
	}
}

// What does not fit into the log is durable without it, and the log grows.
func TestMoreThanTheLogHolds(t *testing.T) {
	l := newLife(t, 5)
	l.step()
	for i := range 40 {
		key := fmt.Sprintf("large %d", i)
		l.told[key] = strings.Repeat("x", 100<<10)
		if i%10 == 9 {
			l.told[key] = strings.Repeat("x", 3<<20)
		}
		err := l.e.Update(t.Context(), func(tx kv.Tx) error { return tx.Put(notes, []byte(key), []byte(l.told[key])) })
		if err != nil {
			t.Fatal(err)
		}
	}
	l.states = [][]byte{l.read(l.path)}
	log := l.read(WAL(l.path))
	if len(log) <= walFirst || len(log) > walMost {
		t.Errorf("the log has %d bytes", len(log))
	}
	l.want(l.cut(log))
}

// A file that outgrows its map does without a log: bbolt maps it anew when nobody
// reads, and the log's base is read all the time.
func TestAFileThatOutgrowsItsMap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	e, err := Open(path, Options{MapSize: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		err := e.Update(t.Context(), func(tx kv.Tx) error { return tx.Put(notes, fmt.Append(nil, i), make([]byte, 100<<10)) })
		if err != nil {
			t.Fatal(err)
		}
		_, err = os.Stat(WAL(path))
		if there := err == nil; there && i == 39 || !there && i < 2 {
			t.Errorf("after note %d the log is there: %t", i, there)
		}
	}
	if n := len(keysOf(t, e)); n != 40 {
		t.Errorf("there are %d notes", n)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// Writes that nothing follows do not stay in the log alone.
func TestACheckpointWhenItIsQuiet(t *testing.T) {
	inLine(t, nil, func(c *crowd) {
		close(c.release)
		c.wg.Wait()
		if err := writeNote(c.e, "a"); err != nil {
			t.Fatal(err)
		}
		groups := func() int {
			t.Helper()
			told, err := readWAL(WAL(c.e.path))
			if err != nil || told == nil {
				t.Fatalf("log: %v, %v", told, err)
			}
			return len(told.groups)
		}
		if n := groups(); n != 1 {
			t.Errorf("after a write the log has %d groups", n)
		}
		time.Sleep(settleAfter + time.Second)
		synctest.Wait()
		if n := groups(); n != 0 {
			t.Errorf("when it was quiet the log has %d groups", n)
		}
	})
}

// Whatever lies where the log should, reading it says what it is and does not panic.
func FuzzWAL(f *testing.F) {
	path := filepath.Join(f.TempDir(), "store")
	e, err := Open(path, Options{})
	if err != nil {
		f.Fatal(err)
	}
	for _, key := range []string{"a", "b", "c"} {
		if err := writeNote(e, key); err != nil {
			f.Fatal(err)
		}
	}
	log, err := os.ReadFile(WAL(path))
	if err := errors.Join(err, e.Close()); err != nil {
		f.Fatal(err)
	}
	f.Add(log[:walStart+3*walBlock], []byte{})
	f.Add([]byte{}, []byte{putOp, 1, 'a', 0, 0})
	f.Fuzz(func(t *testing.T, log, writes []byte) {
		told, err := parseWAL("log", log)
		if err == nil && told != nil && (told.seq == 0 || told.meta.pageSize == 0) {
			t.Errorf("a log without a base: %+v", told)
		}
		_ = eachWrite(writes, func(_, key, value []byte) error {
			if len(key)+len(value) > len(writes) {
				t.Errorf("a write of %d bytes from %d", len(key)+len(value), len(writes))
			}
			return nil
		})
	})
}
