package main

import (
	"os/user"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// asUser runs f with the rights that a user has in the file system. Only root can
// do that; on an error f has not run. f must not start goroutines.
func asUser(uid int, f func()) error {
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil { // a user without a name has no groups of its own
		u = &user.User{Gid: strconv.Itoa(uid)}
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return err
	}
	groups := []uint32{uint32(gid)} //nolint:gosec // of the system's own list
	if ids, err := u.GroupIds(); err == nil {
		for _, id := range ids {
			if n, err := strconv.ParseUint(id, 10, 32); err == nil {
				groups = append(groups, uint32(n))
			}
		}
	}
	done := make(chan error, 1)
	go func() {
		// The thread keeps the other user's rights, so it ends with this goroutine.
		runtime.LockOSThread()
		// Of this thread alone: the package syscall would change every one.
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETGROUPS, uintptr(len(groups)), uintptr(unsafe.Pointer(&groups[0])), 0); errno != 0 { //nolint:gosec // a list that the kernel reads
			done <- errno
			return
		}
		if _, err := unix.SetfsgidRetGid(gid); err != nil {
			done <- err
			return
		}
		if _, err := unix.SetfsuidRetUid(uid); err != nil {
			done <- err
			return
		}
		f()
		done <- nil
	}()
	return <-done
}

// mayAccess returns nil if the calling thread's user may do with path what mode
// (unix.R_OK, unix.W_OK, unix.X_OK) says.
func mayAccess(path string, mode uint32) error {
	return unix.Faccessat(unix.AT_FDCWD, path, mode, unix.AT_EACCESS)
}
