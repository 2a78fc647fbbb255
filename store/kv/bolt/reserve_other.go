//go:build !linux

package bolt

import (
	"errors"
	"os"
)

// allocate says that this system cannot set room aside.
func allocate(*os.File, int64, int64) error { return errors.ErrUnsupported }

func fallocate(*os.File, int64, int64) error { return errors.ErrUnsupported }

func firstHole(_ *os.File, end int64) int64 { return end }
