package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/parley-app/parley/store/disk"
)

const (
	namePrefix = "parley-"
	nameSuffix = ".tar"
	stamp      = "20060102T150405Z"
)

// Stamp writes a time for the name of a file.
func Stamp(t time.Time) string { return t.UTC().Format(stamp) }

// Name is what a backup made at t is called in a folder of backups.
func Name(t time.Time) string { return namePrefix + Stamp(t) + nameSuffix }

// A File is a backup in a folder of backups. That it has this name says that it
// was good when it was made.
type File struct {
	Path string    `json:"path"`
	At   time.Time `json:"made_at"`
	Size int64     `json:"size"`
}

// List returns the backups in a folder, the newest first; other files there are
// none of its business. No folder is an empty one.
func List(folder string) (files []File, err error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	for _, e := range entries {
		at, ok := parseName(e.Name())
		info, err := e.Info()
		if !ok || err != nil || !info.Mode().IsRegular() {
			continue
		}
		files = append(files, File{filepath.Join(folder, e.Name()), at, info.Size()})
	}
	slices.SortFunc(files, func(a, b File) int { return b.At.Compare(a.At) })
	return files, nil
}

// IsName reports whether Name returns name for some time.
func IsName(name string) bool {
	_, ok := parseName(name)
	return ok
}

func parseName(name string) (at time.Time, ok bool) {
	s, pre := strings.CutPrefix(name, namePrefix)
	s, suf := strings.CutSuffix(s, nameSuffix)
	at, err := time.Parse(stamp, s)
	return at, pre && suf && err == nil
}

// Prune removes from a folder the backups beyond the count newest (0: any number)
// and those older than age (0: any age), never the newest one, and what backups
// that were cut off, or copies of a damaged store, left there a day ago. It returns
// the paths of what it removed.
func Prune(folder string, count int, age time.Duration, now time.Time) (removed []string, err error) {
	files, err := List(folder)
	if err != nil {
		return nil, err
	}
	for i, f := range files {
		if i == 0 || (count == 0 || i < count) && (age == 0 || now.Sub(f.At) <= age) {
			continue
		}
		if err := os.Remove(f.Path); err != nil {
			return removed, err
		}
		removed = append(removed, f.Path)
	}
	left, err := leftovers(folder, now.Add(-24*time.Hour))
	for _, path := range left {
		if err := os.RemoveAll(path); err != nil {
			return removed, err
		}
		removed = append(removed, path)
	}
	if len(removed) > 0 {
		err = errors.Join(err, disk.SyncDir(folder))
	}
	return removed, err
}

// leftovers are files of ours, untouched since before, that are no backups. Of the
// copies of a damaged store the newest stays.
func leftovers(folder string, before time.Time) (paths []string, err error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var damaged []string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.ModTime().Before(before) {
			continue
		}
		base, _, partial := strings.Cut(e.Name(), ".partial-")
		name, bad := strings.CutSuffix(e.Name(), DamagedSuffix)
		_, ours := parseName(base)
		_, badOurs := parseName(name)
		switch {
		case partial && ours, strings.HasPrefix(e.Name(), "parley-verify-"):
			paths = append(paths, filepath.Join(folder, e.Name()))
		case bad && badOurs:
			damaged = append(damaged, filepath.Join(folder, e.Name()))
		}
	}
	if len(damaged) > 1 { // in the order of their times
		paths = append(paths, damaged[:len(damaged)-1]...)
	}
	return paths, err
}

// Bytes writes a number of bytes as people say it: 1.5 GiB.
func Bytes(n int64) string {
	const units = "KMGTPE"
	if n < 1<<10 {
		return fmt.Sprintf("%d bytes", n)
	}
	v, unit := float64(n), byte(0)
	for i := 0; v >= 1<<10 && i < len(units); i++ {
		v, unit = v/(1<<10), units[i]
	}
	return fmt.Sprintf("%.1f %ciB", v, unit)
}
