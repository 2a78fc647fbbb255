package bolt

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parley-app/parley/store/kv"
)

// Nobody reads what a crash can still take back: a group that does not fit into the
// log is in bbolt's file first, and until the log begins anew from there a crash goes
// back to before it.
func TestNobodyReadsWhatACrashTakesBack(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store")
	e, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := writeNote(e, "first"); err != nil {
		t.Fatal(err)
	}
	seen := func(ctx context.Context) (found bool, err error) {
		err = e.View(ctx, func(tx kv.Tx) error {
			values, err := tx.Get(notes, []byte("large"))
			found = err == nil && values[0] != nil
			return err
		})
		return found, err
	}
	ran := false
	e.atRebase = func() {
		ran = true
		crashed := filepath.Join(dir, "crashed")
		copyFile(t, path, crashed)
		copyFile(t, WAL(path), WAL(crashed))
		wantAgain(t, crashed, "[first]")
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if found, err := seen(ctx); found || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a View before the log begins anew: found %t, %v", found, err)
		}
	}
	if err := e.Update(t.Context(), func(tx kv.Tx) error { return tx.Put(notes, []byte("large"), make([]byte, walFirst)) }); err != nil {
		t.Fatal(err)
	}
	if found, err := seen(t.Context()); !ran || !found || err != nil {
		t.Errorf("a View after the commit: found %t, %v; there was a moment between: %t", found, err, ran)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
