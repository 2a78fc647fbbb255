package main

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// atLeastPriority runs fn on a thread of its own that has the processor and the disk
// when nobody else wants them. Where the system does not allow that it runs fn all the
// same.
func atLeastPriority(fn func() error) error {
	const (
		lowest    = 19
		ofProcess = 1       // IOPRIO_WHO_PROCESS
		idle      = 3 << 13 // IOPRIO_CLASS_IDLE
	)
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with this goroutine
		id := unix.Gettid()
		_ = unix.Setpriority(unix.PRIO_PROCESS, id, lowest)
		_, _, _ = unix.Syscall(unix.SYS_IOPRIO_SET, ofProcess, uintptr(id), idle)
		done <- guarded(fn)
	}()
	return <-done
}
