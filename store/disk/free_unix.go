//go:build linux || darwin || freebsd

package disk

import (
	"errors"
	"os"
	"syscall"
)

func free(folder string) (int64, error) {
	var s syscall.Statfs_t
	for {
		err := syscall.Statfs(folder, &s)
		switch {
		case err == nil:
			return int64(s.Bavail) * int64(s.Bsize), nil //nolint:unconvert // the fields' types differ between systems
		case !errors.Is(err, syscall.EINTR): // network file systems say this
			return 0, &os.PathError{Op: "statfs", Path: folder, Err: err}
		}
	}
}

func device(folder string) (uint64, error) {
	info, err := os.Stat(folder)
	if err != nil {
		return 0, err
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	return uint64(s.Dev), nil //nolint:unconvert // as above
}

// IsFull says whether err means that there is no room, on the disk or for this
// user.
func IsFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
