package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/store/kv"
)

// The data is put aside before the first migration, once for each upgrade.
func TestBeforeUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	e := openEngine(t, path)
	defer func() { e.Close() }()
	var ages []Age
	var ran []int
	o := quiet()
	o.BeforeUpgrade = func(_ context.Context, a Age) error { ages = append(ages, a); return nil }
	o.Migrated = func(v int, _ string) { ran = append(ran, v) }
	open := func() error { _, err := Open(t.Context(), e, o); return err }

	if err := open(); err != nil || len(ages)+len(ran) > 0 {
		t.Fatalf("a new store: %v, %v, %v", ages, ran, err)
	}
	if err := open(); err != nil || len(ages)+len(ran) > 0 {
		t.Fatalf("nothing to do: %v, %v, %v", ages, ran, err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = openEngine(t, filepath.Join(t.TempDir(), "old.db"))
	loadGolden(t, e, "testdata/version0.golden.gz")
	before := dump(t, e)

	refuse := errors.New("no room")
	o.BeforeUpgrade = func(context.Context, Age) error { return refuse }
	if err := open(); !errors.Is(err, refuse) || dump(t, e) != before {
		t.Fatalf("put aside failed: %v, and the data is changed: %v", err, dump(t, e) != before)
	}
	o.BeforeUpgrade = func(_ context.Context, a Age) error { ages = append(ages, a); return nil }

	// It is cut off in the middle: what was put aside stays.
	ctx, cancel := context.WithCancel(t.Context())
	o.Migrated = func(v int, _ string) { ran = append(ran, v); cancel() }
	if _, err := Open(ctx, e, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("cut off: %v", err)
	}
	for range 2 {
		if err := open(); err != nil {
			t.Fatal(err)
		}
	}
	want := []Age{{Data: 0, Program: len(migrations)}}
	var all []int
	for i, m := range migrations {
		want[0].Pending = append(want[0].Pending, m.what)
		all = append(all, i+1)
	}
	if diff := cmp.Diff(want, ages); diff != "" {
		t.Errorf("put aside (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(all, ran); diff != "" {
		t.Error(diff)
	}
	if err := e.View(t.Context(), func(tx kv.Tx) error {
		a, err := AgeOf(tx)
		if a.Data != a.Program || len(a.Pending) > 0 || a.Newer() != nil {
			t.Errorf("age %+v", a)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}
