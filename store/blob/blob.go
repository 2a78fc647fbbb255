// Package blob keeps the bytes of attachments in a folder, by their SHA-256:
// the same bytes are there once, and whoever reads them can prove that they are
// the ones that came in. It knows nothing of who refers to them.
//
// A blob lies at ab/cd/abcd…, the whole sum in lower-case hex. Its bytes never
// change; it is there whole or not at all. What nothing refers to lies in trash/abcd… for
// a while before it is removed.
package blob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// Errors that wrap what is wrong with a blob; a blob that is not there is
// fs.ErrNotExist.
var (
	// ErrTooLarge says that the bytes are more than the limit of Put.
	ErrTooLarge = errors.New("larger than allowed")
	// ErrDamaged says that a blob's bytes are not those that came in.
	ErrDamaged = errors.New("damaged")
)

// A Store keeps blobs in one folder. It is safe for concurrent use. One process
// at a time may delete from a folder.
type Store struct {
	folder string

	mu        sync.Mutex // held while a name comes or goes
	holds     int
	postponed map[string]bool // deleted while held
	waiting   Discarded       // see Orphans
}

// New returns the store in folder, which is made when it is needed.
func New(folder string) *Store {
	return &Store{folder: folder, postponed: map[string]bool{}}
}

// Folder returns where the blobs lie.
func (s *Store) Folder() string { return s.folder }

// Path returns where the blob with a sum lies, relative to the folder and with
// slashes.
func Path(sum string) string { return sum[:2] + "/" + sum[2:4] + "/" + sum }

func (s *Store) path(sum string) string {
	return filepath.Join(s.folder, filepath.FromSlash(Path(sum)))
}

// IsSum says whether s is the name of a blob: 64 digits of lower-case hex. What
// is not never reaches the file system.
func IsSum(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func notThere(sum string) error {
	return fmt.Errorf("blob %q: %w", sum, fs.ErrNotExist)
}

// syncDirs makes the names in each folder durable.
func syncDirs(folders ...string) error {
	if runtime.GOOS == "windows" {
		return nil // has no such thing
	}
	for _, folder := range folders {
		d, err := os.Open(folder)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
	}
	return nil
}
