package bolt_test

import (
	"path/filepath"
	"testing"

	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
	"github.com/parley-app/parley/store/kv/kvtest"
)

func TestConformance(t *testing.T) {
	for name, noLog := range map[string]bool{"with a log": false, "without a log": true} {
		t.Run(name, func(t *testing.T) {
			kvtest.Run(t, func(t *testing.T) kv.Engine {
				return open(t, filepath.Join(t.TempDir(), "store"), noLog)
			})
		})
	}
}

// A reopener is an engine that kvtest may close and open again.
type reopener struct {
	*bolt.Engine
	path  string
	noLog bool
}

func (r reopener) Reopen(t *testing.T) kv.Engine { return open(t, r.path, r.noLog) }

// open checks every commit, and packs one of the spaces that kvtest uses.
func open(t *testing.T, path string, noLog bool) kv.Engine {
	t.Helper()
	e, err := bolt.Open(path, bolt.Options{Strict: true, NoLog: noLog, AppendOrdered: []kv.Space{"one"}})
	if err != nil {
		t.Fatal(err)
	}
	return reopener{e, path, noLog}
}
