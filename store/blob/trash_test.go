package blob

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// aged puts a blob that is two hours old.
func aged(t *testing.T, s *Store, text string) string {
	t.Helper()
	sum := put(t, s, text)
	age(t, s.path(sum), 2*time.Hour)
	return sum
}

func age(t *testing.T, path string, by time.Duration) {
	t.Helper()
	at := time.Now().Add(-by)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func hourAgo() time.Time { return time.Now().Add(-time.Hour) }

// Few blobs that nothing refers to go to the trash, come back when they are wanted, and
// are gone after a week.
func TestDiscardMovesToTheTrash(t *testing.T) {
	s := New(t.TempDir())
	used := map[string]bool{}
	for i := range 10 {
		used[aged(t, s, fmt.Sprint("used ", i))] = true
	}
	orphan := aged(t, s, "orphan")
	inUse := func(sum string) (bool, error) { return used[sum], nil }
	d, err := s.Discard(t.Context(), Discarding{Before: hourAgo(), InUse: inUse})
	if diff := cmp.Diff(Discarded{Orphans: 1, Size: 6, All: 11, Moved: true}, d); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if len(list(t, s)) != 10 {
		t.Errorf("%d blobs are left", len(list(t, s)))
	}
	if got := read(t, s, orphan); got != "orphan" {
		t.Errorf("out of the trash came %q", got)
	}
	if len(list(t, s)) != 11 {
		t.Error("it did not come back")
	}
	age(t, s.path(orphan), 2*time.Hour)
	for range 2 {
		if d, err = s.Discard(t.Context(), Discarding{Before: hourAgo(), InUse: inUse}); err != nil || d.Purged > 0 {
			t.Errorf("%+v, %v", d, err)
		}
	}
	wanted := put(t, s, "wanted")
	if err := os.Rename(s.path(wanted), filepath.Join(s.folder, trash, wanted)); err != nil {
		t.Fatal(err)
	}
	used[wanted] = true
	for _, sum := range []string{orphan, wanted} {
		age(t, filepath.Join(s.folder, trash, sum), TrashKept+time.Hour)
	}
	if d, err = s.Discard(t.Context(), Discarding{Before: hourAgo(), InUse: inUse}); err != nil || d.Purged != 1 {
		t.Errorf("after a week: %+v, %v", d, err)
	}
	if _, _, err := s.Open(orphan); err == nil {
		t.Error("it is still there")
	}
	if got := read(t, s, wanted); got != "wanted" {
		t.Errorf("what is in use is %q", got)
	}
}

// More than a tenth of all stays until somebody confirms it; so does what is new, and
// all while the store is held.
func TestDiscardAsksBeforeItMovesMany(t *testing.T) {
	s := New(t.TempDir())
	for i := range 3 {
		aged(t, s, fmt.Sprint("orphan ", i))
	}
	put(t, s, "fresh")
	o := Discarding{Before: hourAgo(), InUse: nobody}
	dry := o
	dry.Dry = true
	if d, err := s.Discard(t.Context(), dry); err != nil || d.Moved || d.Orphans != 3 || s.Orphans().Orphans != 0 {
		t.Errorf("dry: %+v, %v", d, err)
	}
	if d, err := s.Discard(t.Context(), o); err != nil || d.Moved || d.Orphans != 3 || len(list(t, s)) != 4 {
		t.Errorf("%+v, %v", d, err)
	}
	if got := s.Orphans(); got.Orphans != 3 || got.All != 4 {
		t.Errorf("remembered: %+v", got)
	}
	release := s.Hold()
	o.Confirmed = true
	if d, err := s.Discard(t.Context(), o); err != nil || d.Moved || len(list(t, s)) != 4 {
		t.Errorf("held: %+v, %v", d, err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if d, err := s.Discard(t.Context(), o); err != nil || !d.Moved || len(list(t, s)) != 1 || s.Orphans().Orphans != 0 {
		t.Errorf("confirmed: %+v, %v", d, err)
	}
	if some, err := s.Any(t.Context()); err != nil || !some {
		t.Errorf("any: %v, %v", some, err)
	}
	if some, err := New(t.TempDir()).Any(t.Context()); err != nil || some {
		t.Errorf("none: %v, %v", some, err)
	}
}
