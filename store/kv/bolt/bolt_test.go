package bolt_test

import (
	"path/filepath"
	"testing"

	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
	"github.com/parley-app/parley/store/kv/kvtest"
)

func TestConformance(t *testing.T) {
	kvtest.Run(t, func(t *testing.T) kv.Engine {
		return open(t, filepath.Join(t.TempDir(), "store"))
	})
}

// A reopener is an engine that kvtest may close and open again.
type reopener struct {
	*bolt.Engine
	path string
}

func (r reopener) Reopen(t *testing.T) kv.Engine { return open(t, r.path) }

// open checks every commit, and packs one of the spaces that kvtest uses.
func open(t *testing.T, path string) kv.Engine {
	t.Helper()
	e, err := bolt.Open(path, bolt.Options{Strict: true, AppendOrdered: []kv.Space{"one"}})
	if err != nil {
		t.Fatal(err)
	}
	return reopener{e, path}
}
