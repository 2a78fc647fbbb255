//go:build !linux && !darwin && !freebsd

package disk

import (
	"errors"
	"math"
)

func free(string) (int64, error)    { return math.MaxInt64, nil }
func device(string) (uint64, error) { return 0, errors.ErrUnsupported }

// IsFull says whether err means that there is no room.
func IsFull(error) bool { return false }
