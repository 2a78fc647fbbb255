//go:build !linux && !darwin && !freebsd

package bolt

import (
	"errors"
	"os"
	"time"
)

// walWorks is false: who takes up a log that was left behind must have the store to
// himself.
const walWorks = false

// Lock does nothing here: the system has no lock that bbolt would heed.
func Lock(string) (release func() error, err error) { return func() error { return nil }, nil }

func lockToRead(*os.File) error { return nil }

func lockFile(*os.File, time.Duration) error {
	return errors.New("the store was left with a log, which this system cannot take up: open it once where it was written")
}
