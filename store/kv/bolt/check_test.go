package bolt_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// varied writes a store at path that has every kind of page: trees of several
// levels, values over many pages, buckets within their entry, free pages.
func varied(t *testing.T, path string, keys int) {
	t.Helper()
	e, err := bolt.Open(path, bolt.Options{AppendOrdered: []kv.Space{"tree"}})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for from := 0; from < keys; from += 450 {
		update(t, e, func(tx kv.Tx) error {
			for i := from; i < min(from+450, keys); i++ {
				value := fmt.Appendf(nil, "value %d %s", i, strings.Repeat("x", random.IntN(60)))
				if err := tx.Put("tree", kv.Key(uint32(i)), value); err != nil {
					return err
				}
				if err := tx.Put("scattered", fmt.Appendf(nil, "%x", random.Uint64()), value[:5]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	update(t, e, func(tx kv.Tx) error {
		for i := range 3 {
			if err := tx.Put("small", fmt.Append(nil, i), []byte("v")); err != nil {
				return err
			}
		}
		return tx.Put("large", []byte("k"), bytes.Repeat([]byte("0123456789"), 2000))
	})
	update(t, e, func(tx kv.Tx) error { // leaves free pages behind
		for i := keys / 3; i < keys/3+min(keys/3, 900); i++ {
			if err := tx.Delete("tree", kv.Key(uint32(i))); err != nil {
				return err
			}
		}
		return nil
	})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

func update(t *testing.T, e kv.Engine, fn func(kv.Tx) error) {
	t.Helper()
	if err := e.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// contents returns every entry of the file at path, or why it cannot be read.
func contents(path string) (entries []string, err error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				entries = append(entries, fmt.Sprintf("%s\x00%s\x00%s", name, k, v))
				return nil
			})
		})
	})
	return entries, err
}

func TestCheckFileOfASoundStore(t *testing.T) {
	for name, keys := range map[string]int{"empty": 0, "of a few pages": 100, "of three levels": 20_000} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store")
			varied(t, path, keys)
			if faults, err := bolt.CheckFile(t.Context(), path); err != nil || len(faults) > 0 {
				t.Errorf("%q, %v", faults, err)
			}
		})
	}
	t.Run("that was not closed", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "store")
		e := mustOpen(t, path, bolt.Options{})
		put(t, e, "k", []byte("v"))
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		killed := filepath.Join(t.TempDir(), "killed")
		if err := os.WriteFile(killed, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if faults, err := bolt.CheckFile(t.Context(), killed); err != nil || len(faults) > 0 {
			t.Errorf("%q, %v", faults, err)
		}
	})
}

// Whatever byte is flipped, the check survives it and either says so or the
// store reads as before but for the one key, value or space's name that the byte
// is part of, which whoever knows the records finds.
func TestCheckFileSurvivesEveryFlippedByte(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "copy")
	varied(t, filepath.Join(dir, "store"), 150)
	// A copy ends with its last page, where the store itself has room to grow.
	if err := mustOpen(t, filepath.Join(dir, "store"), bolt.Options{}).CopyTo(t.Context(), path, nil); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := contents(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	page := os.Getpagesize()
	found, harmless := 0, 0
	for at := range whole {
		if at%page >= 100 && at%97 != 0 { // heads all, the rest by samples
			continue
		}
		if _, err := f.WriteAt([]byte{whole[at] ^ 1<<(at%8)}, int64(at)); err != nil {
			t.Fatal(err)
		}
		faults, err := bolt.CheckFile(t.Context(), path)
		if err != nil {
			t.Fatalf("byte %d: %v", at, err)
		}
		if len(faults) > 0 {
			found++
		} else {
			harmless++
			got, err := contents(path)
			if err != nil || len(got) != len(want) {
				t.Fatalf("byte %d: no fault, and %d of %d entries, %v", at, len(got), len(want), err)
			}
			if n := different(got, want); n > 1 {
				t.Fatalf("byte %d: no fault, and %d entries differ", at, n)
			}
		}
		if _, err := f.WriteAt(whole[at:at+1], int64(at)); err != nil {
			t.Fatal(err)
		}
	}
	if found < 500 || harmless < 300 {
		t.Errorf("%d bytes found, %d harmless: the test does not test", found, harmless)
	}
}

// different counts entries that differ, and spaces whose name does.
func different(got, want []string) (n int) {
	spaces := map[string]bool{}
	for i := range got {
		a, restA, _ := strings.Cut(got[i], "\x00")
		b, restB, _ := strings.Cut(want[i], "\x00")
		if restA != restB {
			n++
		} else if a != b && !spaces[a] {
			spaces[a] = true
			n++
		}
	}
	return n
}

func TestCheckFileNamesWhatIsWrong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	varied(t, path, 3000)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		harm func(b []byte) []byte
		want string
	}{
		"empty":                {func(b []byte) []byte { return nil }, "page 0: not a page of a store"},
		"something else":       {func(b []byte) []byte { return bytes.Repeat([]byte("text\n"), 5000) }, "page 0: not a page of a store"},
		"cut off":              {func(b []byte) []byte { return b[:12*4096] }, "it was cut off"},
		"first page zeroed":    {func(b []byte) []byte { clear(b[:4096]); return b }, "page 0"},
		"second page zeroed":   {func(b []byte) []byte { clear(b[4096:8192]); return b }, "page 1"},
		"a page of the middle": {func(b []byte) []byte { copy(b[20*4096:], b[19*4096:60*4096]); return b }, "says that it is page"},
		"noise":                {func(b []byte) []byte { return noise(b, 8192) }, "page "},
		"noise everywhere":     {func(b []byte) []byte { return noise(b, 0) }, "page 0"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, tt.harm(bytes.Clone(whole)), 0o600); err != nil {
				t.Fatal(err)
			}
			faults, err := bolt.CheckFile(t.Context(), path)
			if err != nil || !strings.Contains(strings.Join(faults, "\n"), tt.want) {
				t.Errorf("got %q, %v; want %q", faults, err, tt.want)
			}
		})
	}
	if _, err := bolt.CheckFile(t.Context(), filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func noise(b []byte, from int) []byte {
	random := rand.New(rand.NewPCG(3, 4))
	for i := from; i < len(b); i++ {
		b[i] = byte(random.Uint32())
	}
	return b
}
