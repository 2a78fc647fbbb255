//go:build !linux && !darwin && !freebsd

package disk

import (
	"errors"
	"math"
)

func free(string) (int64, error)    { return math.MaxInt64, nil }
func device(string) (uint64, error) { return 0, errors.ErrUnsupported }
