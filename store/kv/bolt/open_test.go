package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// soon is how long the tests wait for a lock that they must not get.
const soon = 100 * time.Millisecond

func mustOpen(t *testing.T, path string, o bolt.Options) *bolt.Engine {
	t.Helper()
	e, err := bolt.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return e
}

func put(t *testing.T, e kv.Engine, key string, value []byte) {
	t.Helper()
	err := e.Update(context.Background(), func(tx kv.Tx) error { return tx.Put("space", []byte(key), value) })
	if err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestOpenMakesAPrivateFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	e := mustOpen(t, "store", bolt.Options{})
	if got := fmt.Sprint(names(t, dir)); got != "[store store.pid]" {
		t.Errorf("while open there is %s", got)
	}
	if info, err := os.Stat("store"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprint(names(t, dir)); got != "[store]" {
		t.Errorf("after close there is %s", got)
	}
}

func TestOpenRefusesWhatIsNoStore(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good")
	e := mustOpen(t, good, bolt.Options{})
	for i := range 200 {
		put(t, e, fmt.Sprint(i), make([]byte, 1000))
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	store, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	changed := func(from, to int) []byte {
		b := bytes.Clone(store)
		copy(b[from:to], bytes.Repeat([]byte("rubbish "), len(b)))
		return b
	}
	for name, tt := range map[string]struct {
		content []byte
		want    string
	}{
		"empty":                            {nil, "empty"},
		"short text":                       {[]byte("hello"), "invalid"},
		"long text":                        {bytes.Repeat([]byte("hello "), 10_000), "invalid"},
		"cut off":                          {store[:20*page], "cut off"},
		"cut off after the meta":           {store[:2*page], "cut off"},
		"both metas damaged":               {changed(0, 2*page), "invalid"},
		"everything but the metas damaged": {changed(2*page, len(store)), "freelist"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "store")
			if err := os.WriteFile(path, tt.content, 0o600); err != nil {
				t.Fatal(err)
			}
			e, err := bolt.Open(path, bolt.Options{})
			if err == nil {
				_ = e.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want an error with %q and the path", err, tt.want)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, tt.content) {
				t.Errorf("the file was changed (%v)", err)
			}
			if got := fmt.Sprint(names(t, dir)); got != "[store]" {
				t.Errorf("there is %s", got)
			}
		})
	}
}

func TestOpenSaysWhatIsWrongWithThePath(t *testing.T) {
	dir := t.TempDir()
	for name, tt := range map[string]struct {
		path string
		want error
	}{
		"no such directory": {filepath.Join(dir, "missing", "store"), fs.ErrNotExist},
		"a directory":       {dir, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := bolt.Open(tt.path, bolt.Options{})
			if err == nil || !strings.Contains(err.Error(), tt.path) || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v and the path", err, tt.want)
			}
		})
	}
}

// TestManyOpenANewStore starts several at once where no file is: one gets it,
// and it is the one that the others see.
func TestManyOpenANewStore(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store")
	var wg sync.WaitGroup
	var mu sync.Mutex
	var engines []*bolt.Engine
	for range 4 {
		wg.Go(func() {
			e, err := bolt.Open(path, bolt.Options{LockTimeout: soon})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				engines = append(engines, e)
			} else if !errors.Is(err, bolt.ErrInUse) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(engines) != 1 {
		t.Fatalf("%d engines have the file", len(engines))
	}
	put(t, engines[0], "a", nil)
	if err := engines[0].Close(); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprint(names(t, dir)); got != "[store]" {
		t.Errorf("there is %s", got)
	}
	wantKeys(t, mustOpen(t, path, bolt.Options{}), "a")
}

func wantKeys(t *testing.T, e kv.Engine, want ...string) {
	t.Helper()
	var got []string
	err := e.View(context.Background(), func(tx kv.Tx) error {
		got = nil
		return kv.Walk(tx, "space", kv.Range{}, func(e kv.Entry) error {
			got = append(got, string(e.Key))
			return nil
		})
	})
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the store has %q (%v), want %q", got, err, want)
	}
}

func TestCloseStoresTheFreePages(t *testing.T) {
	dir := t.TempDir()
	path, copied := filepath.Join(dir, "store"), filepath.Join(dir, "copy")
	e := mustOpen(t, path, bolt.Options{})
	if e.Unclean() {
		t.Error("a new store is unclean")
	}
	put(t, e, "a", nil)
	live, err := os.ReadFile(path) // as a kill would leave it
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, live, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if e := mustOpen(t, path, bolt.Options{}); e.Unclean() {
		t.Error("a store that was closed is unclean")
	}
	killed := mustOpen(t, copied, bolt.Options{})
	if !killed.Unclean() {
		t.Error("a store that was not closed is not unclean")
	}
	wantKeys(t, killed, "a")
}

func TestAFileOutgrowsItsMap(t *testing.T) {
	e := mustOpen(t, filepath.Join(t.TempDir(), "store"), bolt.Options{MapSize: 1 << 15})
	for i := range 5 {
		put(t, e, fmt.Sprint(i), make([]byte, 1<<20))
	}
	wantKeys(t, e, "0", "1", "2", "3", "4")
}
