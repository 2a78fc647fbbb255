//go:build torture

package crashtest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// An upgrade that is killed, at whichever sync, is taken up by the next start and
// ends with the very same store, byte for byte but for the id that is drawn, as one that was left alone.
func TestKilledWhileUpgrading(t *testing.T) {
	t.Parallel()
	// The first migration looks at threads, the second at summaries, the third at
	// versions, a hundred in a transaction; the fourth at entries of an index, close
	// to a thousand; the fifth at attachments, forty. So many, that each needs several.
	for version, n := range []int{101, 41, 6, 130, 14} {
		t.Run(fmt.Sprintf("from version %d", version), func(t *testing.T) {
			list := multiplied(golden(t, version), n)
			path := filepath.Join(t.TempDir(), "parley.db")
			write(t, path, list)
			old, err := os.ReadFile(path)
			must(t, err)
			e := job{Store: path, Begin: true}.start(t, at(0, Kill)).wait(t)
			if !e.ok {
				t.Fatalf("the upgrade fails: %s", e.said)
			}
			want := upgraded(t, path)
			for n := 1; n <= e.syncs; n++ {
				must(t, os.WriteFile(path, old, 0o600))
				if e := (job{Store: path, Begin: true}).start(t, at(n, Kill)).wait(t); e.ok {
					t.Fatalf("it was not killed at sync %d", n)
				}
				if got := upgraded(t, path); !slices.Equal(got, want) {
					t.Fatalf("killed at sync %d, the upgrade ends otherwise (-want +got):\n%s", n, cmp.Diff(want, got))
				}
			}
			t.Logf("killed at each of %d syncs", e.syncs)
		})
	}
}

// upgraded opens the store, which ends the upgrade, checks it, and returns all
// that is in it.
func upgraded(t *testing.T, path string) []string {
	t.Helper()
	engine, err := bolt.Open(path, bolt.Options{Strict: true})
	must(t, err)
	m := &meter{Engine: engine, spaces: map[kv.Space]bool{}}
	s, err := store.Open(context.Background(), m, store.Options{Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	must(t, checked(s))
	lines, err := m.dump()
	must(t, err)
	must(t, s.Close())
	return slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, instanceLine) })
}

// instanceLine begins the line of the instance's id, which is drawn anew each time.
var instanceLine = fmt.Sprintf("meta %x ", "instance")

func TestNewerStoreIsLeftAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	list := golden(t, 0)
	for i, e := range list {
		if e.space == "meta" && string(e.key) == "version" {
			list[i].value = []byte("99")
		}
	}
	write(t, path, list)
	before, err := os.ReadFile(path)
	must(t, err)
	e := job{Store: path, Begin: true}.start(t, nil).wait(t)
	if e.ok || !strings.Contains(e.said, "version 99") {
		t.Errorf("it ended well: %t, and said %q", e.ok, e.said)
	}
	after, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Equal(before, after) {
		t.Error("the file has changed")
	}
}
