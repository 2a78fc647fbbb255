//go:build linux || darwin || freebsd

package bolt

import (
	"errors"
	"os"
	"syscall"
	"time"

	berrors "go.etcd.io/bbolt/errors"
)

// walWorks says that a log can be kept: who takes up one that was left behind must
// have the store to himself.
const walWorks = true

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

// lockFile takes the lock of f that bbolt takes, before bbolt does. It belongs to f,
// so bbolt then finds it taken by itself. It returns bbolt's error after timeout.
func lockFile(f *os.File, timeout time.Duration) error {
	for left := timeout; ; left -= lockRetry {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		if left <= 0 {
			return berrors.ErrTimeout
		}
		time.Sleep(lockRetry)
	}
}

// lockToRead shares the lock of f with others that read; EWOULDBLOCK means that
// somebody writes.
func lockToRead(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) }

const lockRetry = 20 * time.Millisecond
