package store

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

func openEngine(t *testing.T, path string) kv.Engine {
	t.Helper()
	e, err := bolt.Open(path, bolt.Options{MapSize: 1 << 28})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// openStore opens an empty store, which is closed when the test ends, and its engine.
func openStore(t *testing.T) (kv.Engine, *Store) {
	t.Helper()
	e := openEngine(t, filepath.Join(t.TempDir(), "parley.db"))
	t.Cleanup(func() { _ = e.Close() })
	s, err := Open(t.Context(), e, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return e, s
}

// loadGolden fills an empty engine with a golden store: gzip, one line for each
// entry: space, key and value, the latter two in base64.
func loadGolden(t *testing.T, e kv.Engine, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = e.Update(t.Context(), func(tx kv.Tx) error {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			return err
		}
		lines := bufio.NewScanner(z)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			part := strings.Fields(lines.Text())
			key, err1 := base64.StdEncoding.DecodeString(part[1])
			val, err2 := base64.StdEncoding.DecodeString(strings.TrimPrefix(part[2], "="))
			if err := errors.Join(err1, err2, tx.Put(kv.Space(part[0]), key, val)); err != nil {
				return err
			}
		}
		return lines.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func quiet() Options { return Options{Log: slog.New(slog.DiscardHandler)} }

func mustCheck(t *testing.T, s *Store) {
	t.Helper()
	if findings, err := s.Check(t.Context()); err != nil || len(findings) > 0 {
		t.Errorf("check: %v %v", findings, err)
	}
}

// A migration that is cut off between any two steps goes on where it was.
func TestAMigrationIsResumed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	const steps = 5
	var ran []byte
	list := func(dieAt int) []migration {
		return []migration{{"count", func(_ *Tx, from []byte) ([]byte, error) {
			at := byte(0)
			if from != nil {
				at = from[0]
			}
			if int(at) == dieAt {
				return nil, context.DeadlineExceeded
			}
			if ran = append(ran, at); at == steps-1 {
				return nil, nil
			}
			return []byte{at + 1}, nil
		}}}
	}
	e := openEngine(t, path)
	s := &Store{engine: e, now: quietNow, log: slog.New(slog.DiscardHandler)}
	s.ids = &idSource{now: s.now}
	if err := s.Update(t.Context(), func(tx *Tx) error { return tx.setVersion(0) }); err != nil {
		t.Fatal(err)
	}
	for die := 1; die <= steps; die++ { // each time one step further
		err := s.migrate(t.Context(), list(die))
		if (err == nil) != (die == steps) {
			t.Fatalf("run %d: %v", die, err)
		}
	}
	if string(ran) != "\x00\x01\x02\x03\x04" {
		t.Errorf("steps %v", ran)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

var quietNow = time.Now

func TestANewerStoreIsRefusedAndLeftAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	e := openEngine(t, path)
	s, err := Open(t.Context(), e, quiet())
	if err != nil {
		t.Fatal(err)
	}
	newer := fmt.Sprint(len(migrations) + 7)
	if err := s.Update(t.Context(), func(tx *Tx) error { return tx.setVersion(len(migrations) + 7) }); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), e, quiet())
	if err == nil || !strings.Contains(err.Error(), newer) || !strings.Contains(err.Error(), fmt.Sprint("version ", len(migrations))) {
		t.Errorf("got %v, want both versions named", err)
	}
	if err := e.View(t.Context(), func(tx kv.Tx) error {
		v, err := tx.Get(metaSpace, metaVersion)
		if string(v[0]) != newer {
			t.Errorf("version is now %s", v[0])
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
