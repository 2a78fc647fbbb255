package backup

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNames(t *testing.T) {
	name := Name(noon.In(time.FixedZone("x", 3600)))
	if name != "parley-20261122T120000Z.tar" {
		t.Errorf("a backup of noon is called %s", name)
	}
	for _, n := range []string{"", "parley-.tar", "parley-20261122T120000Z.tar.damaged", "parley-20261122T120000Z.tar.partial-1", "x-20261122T120000Z.tar", "parley-20261199T120000Z.tar"} {
		if _, ok := parseName(n); ok {
			t.Errorf("%q counts as a backup", n)
		}
	}
}

func TestPrune(t *testing.T) {
	day := 24 * time.Hour
	for name, tt := range map[string]struct {
		days  []int // old
		count int
		age   time.Duration
		left  []int
	}{
		"nothing there":          {nil, 2, day, nil},
		"few enough":             {[]int{0, 1}, 3, 0, []int{0, 1}},
		"too many":               {[]int{0, 1, 2, 3}, 2, 0, []int{0, 1}},
		"too old":                {[]int{0, 1, 2, 3}, 0, 36 * time.Hour, []int{0, 1}},
		"either":                 {[]int{0, 1, 2, 3}, 3, 36 * time.Hour, []int{0, 1}},
		"no bound":               {[]int{0, 1000}, 0, 0, []int{0, 1000}},
		"the last one is kept":   {[]int{500, 501}, 1, day, []int{500}},
		"the only one, very old": {[]int{900}, 7, day, []int{900}},
	} {
		t.Run(name, func(t *testing.T) {
			d := t.TempDir()
			var want []string
			for _, n := range tt.days {
				at := noon.AddDate(0, 0, -n)
				must(t, os.WriteFile(filepath.Join(d, Name(at)), nil, 0o600))
				if slices.Contains(tt.left, n) {
					want = append(want, filepath.Join(d, Name(at)))
				}
			}
			removed, err := Prune(d, tt.count, tt.age, noon)
			if err != nil || len(removed) != len(tt.days)-len(tt.left) {
				t.Errorf("removed %q, %v", removed, err)
			}
			files, err := List(d)
			var got []string
			for _, f := range files {
				got = append(got, f.Path)
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
	if removed, err := Prune(filepath.Join(t.TempDir(), "none"), 1, 0, noon); err != nil || len(removed) > 0 {
		t.Errorf("no folder: %q, %v", removed, err)
	}
}

// What is cut off or damaged does not pile up, and what is not ours is not touched.
func TestPruneRemovesLeftovers(t *testing.T) {
	d := t.TempDir()
	old := time.Now().Add(-48 * time.Hour)
	file := func(name string, at time.Time) {
		must(t, os.WriteFile(filepath.Join(d, name), nil, 0o600))
		must(t, os.Chtimes(filepath.Join(d, name), at, at))
	}
	a, b, c := Name(noon), Name(noon.Add(time.Hour)), Name(noon.Add(2*time.Hour))
	file(a+".partial-123", old)
	file(b+".partial-456", time.Now())
	file(a+DamagedSuffix, old)
	file(b+DamagedSuffix, old.Add(time.Hour))
	file(c+DamagedSuffix, time.Now())
	file("holiday.tar", old)
	file("holiday.tar.partial-1", old)
	must(t, os.Mkdir(filepath.Join(d, "parley-verify-1"), 0o700))
	must(t, os.Chtimes(filepath.Join(d, "parley-verify-1"), old, old))
	if _, err := Prune(d, 1, 0, time.Now()); err != nil {
		t.Fatal(err)
	}
	want := []string{"holiday.tar", "holiday.tar.partial-1", b + DamagedSuffix, b + ".partial-456", c + DamagedSuffix}
	slices.Sort(want)
	if diff := cmp.Diff(want, ls(t, d)); diff != "" {
		t.Error(diff)
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 1023: "1023 bytes", 1024: "1.0 KiB", 1536: "1.5 KiB", 1 << 30: "1.0 GiB", 1 << 62: "4.0 EiB"} {
		if got := Bytes(n); got != want {
			t.Error(fmt.Sprint(n), got, want)
		}
	}
}
