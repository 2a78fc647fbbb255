//go:build linux || darwin || freebsd

package bolt

import (
	"errors"
	"os"
	"syscall"
)

// Lock keeps every process, this one too, from opening the store at path until
// release is called. It does not look into the file, so it serves for a damaged
// one. ErrInUse says that another has it.
func Lock(path string) (release func() error, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) // what bbolt does
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = inUse(path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}
