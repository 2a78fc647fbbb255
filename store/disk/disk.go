// Package disk asks the file system what the standard library does not: how
// much room is left, whether two folders share it, and that names are durable.
package disk

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// Free returns how many bytes this user may still write into folder, which
// must exist. Where the system cannot tell it is the largest number there is.
func Free(folder string) (int64, error) { return free(folder) }

// Same says whether two folders that exist take their room from one file
// system. What cannot be told counts as the same, which asks for more caution.
func Same(a, b string) bool {
	x, errX := device(a)
	y, errY := device(b)
	return errX != nil || errY != nil || x == y
}

// SyncDir makes the names in a folder durable: a file that was created, renamed
// or removed there is so after a power cut.
func SyncDir(folder string) error {
	if runtime.GOOS == "windows" {
		return nil // has no such thing
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Rename is os.Rename, durable when it returns.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	err := SyncDir(filepath.Dir(to))
	if a, b := filepath.Dir(from), filepath.Dir(to); a != b {
		err = errors.Join(err, SyncDir(a))
	}
	return err
}
