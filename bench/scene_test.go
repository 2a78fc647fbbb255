package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
)

// A scene is a loaded store, and a copy of its file for the bare side: both begin
// with the same pages.
type scene struct {
	*Corpus
	store *store.Store
	notes *noted
	bare  *bbolt.DB
}

// open copies the loaded data, once for all benchmarks of a run.
func open(b *testing.B) *scene {
	b.Helper()
	shared.once.Do(func() {
		c, from := loaded(b, 100_000)
		shared.scene, shared.err = openCopies(c, from, shared.dir)
	})
	if shared.err != nil {
		b.Fatal(shared.err)
	}
	return shared.scene
}

var shared struct {
	once  sync.Once
	dir   string
	scene *scene
	err   error
}

func TestMain(m *testing.M) {
	beHostile() // if it is to be that, instead of benchmarks
	var err error
	if shared.dir, err = os.MkdirTemp("", "parley-bench-"); err != nil {
		panic(err)
	}
	code := m.Run()
	if s := shared.scene; s != nil {
		if err := errors.Join(s.store.Close(), s.bare.Close()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	_ = os.RemoveAll(shared.dir)
	os.Exit(code)
}

func openCopies(c *Corpus, from, dir string) (*scene, error) {
	for _, name := range []string{"parley.db", "bare.db"} {
		if err := copyFile(filepath.Join(from, "parley.db"), filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	s := &scene{Corpus: c}
	var err error
	if s.store, err = openStore(context.Background(), dir, func(e kv.Engine) kv.Engine { s.notes = &noted{Engine: e}; return s.notes }); err != nil {
		return nil, err
	}
	s.bare, err = bbolt.Open(filepath.Join(dir, "bare.db"), 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType, InitialMmapSize: 64 << 30})
	return s, err
}

// loaded returns a corpus of PARLEY_BENCH_MESSAGES messages, or of usual many, and
// its folder, which is kept for the next run if PARLEY_BENCH_DATA names a place.
func loaded(b *testing.B, usual int) (c *Corpus, dir string) {
	b.Helper()
	n := usual
	if v := os.Getenv("PARLEY_BENCH_MESSAGES"); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil {
			b.Fatal(err)
		}
	}
	return loadedWith(b, n)
}

func loadedWith(b *testing.B, n int) (c *Corpus, dir string) {
	b.Helper()
	dir = b.TempDir()
	if keep := os.Getenv("PARLEY_BENCH_DATA"); keep != "" {
		dir = filepath.Join(keep, strconv.Itoa(n))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			b.Fatal(err)
		}
	}
	c, err := Loaded(context.Background(), dir, n)
	if err != nil {
		b.Fatal(err)
	}
	return c, dir
}

func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Sync(), dst.Close())
}

// A noted engine keeps what its transactions write, in the order of their commits.
type noted struct {
	kv.Engine
	wrote chan []write // nil: it does not; only the writer sends
}

type write struct {
	space    kv.Space
	key, val []byte // val nil: a delete
}

func (e *noted) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if e.wrote == nil {
		return e.Engine.Update(ctx, fn)
	}
	return e.Engine.Update(ctx, func(tx kv.Tx) error {
		t := &notedTx{Tx: tx}
		err := fn(t)
		if err == nil {
			e.wrote <- t.wrote // the functions run one after the other
		}
		return err
	})
}

type notedTx struct {
	kv.Tx
	wrote []write
}

func (t *notedTx) Put(space kv.Space, key, val []byte) error {
	t.wrote = append(t.wrote, write{space, append([]byte{}, key...), append([]byte{}, val...)})
	return t.Tx.Put(space, key, val)
}

func (t *notedTx) Delete(space kv.Space, key []byte) error {
	t.wrote = append(t.wrote, write{space, append([]byte{}, key...), nil})
	return t.Tx.Delete(space, key)
}
