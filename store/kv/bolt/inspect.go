package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"go.etcd.io/bbolt"
)

// inspect looks at the file before it is opened for writing, and says whether
// its last owner left without closing it. bbolt maps what the file says it
// has: pages that are not there would end the process.
func inspect(path string, o *bbolt.Options) (unclean bool, err error) {
	if info, err := os.Stat(path); err != nil {
		return false, err
	} else if info.Mode().IsRegular() && info.Size() == 0 {
		return false, errors.New("the file is empty: restore a backup, or remove the file to begin anew")
	}
	o.ReadOnly, o.InitialMmapSize = true, 0
	db, err := bbolt.Open(path, 0o600, o) // shares the lock, so that nobody writes now
	if err != nil {
		return false, err
	}
	defer db.Close()
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		if err := checkSize(tx, f); err != nil {
			return err
		}
		unclean, err = lacksFreelist(tx, f, db.Info().PageSize)
		return err
	})
	if unclean && err == nil {
		err = readAhead(f)
	}
	return unclean, err
}

func checkSize(tx *bbolt.Tx, f *os.File) error {
	info, err := f.Stat()
	if err == nil && info.Size() < tx.Size() {
		err = fmt.Errorf("the file has %d bytes but its pages need %d: it was cut off; restore a backup",
			info.Size(), tx.Size())
	}
	return err
}

// lacksFreelist says whether the meta page that is in force, which alternates,
// has no list of free pages. bbolt offers no way to ask.
func lacksFreelist(tx *bbolt.Tx, f *os.File, pageSize int) (bool, error) {
	const (
		offset = 16 + 4*4 + 2*8 // page header; magic, version, page size, flags; root bucket
		none   = 1<<64 - 1
	)
	var id [8]byte
	_, err := f.ReadAt(id[:], int64(tx.ID()%2)*int64(pageSize)+offset)
	return binary.NativeEndian.Uint64(id[:]) == none, err
}

// readAhead brings the file into memory from front to back. bbolt is about to
// look at every page for the free ones, in an order that disks do not like.
func readAhead(f *os.File) error {
	_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, f, make([]byte, 1<<20))
	return err
}
