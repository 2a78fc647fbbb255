package bolt

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// allocate gives f room on the disk from one place to another, and leaves its size and
// what is in it as they are. It takes no more than a quarter of what is left, or else
// others would find the disk full for something that may never be needed.
func allocate(f *os.File, from, to int64) error {
	var disk unix.Statfs_t // Blocks stays 0 if nobody can tell
	_ = unix.Fstatfs(int(f.Fd()), &disk)
	left := int64(disk.Bavail) * int64(disk.Bsize) //nolint:gosec,unconvert // a disk has less; an int32 on some machines
	if disk.Blocks > 0 && to-from > left/4 {
		return os.NewSyscallError("fallocate", unix.ENOSPC)
	}
	return fallocate(f, from, to)
}

// fallocate is allocate to the last byte of the disk.
func fallocate(f *os.File, from, to int64) error {
	for from < to {
		err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, from, to-from)
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("fallocate", err)
		}
	}
	return nil
}

// firstHole returns where f lacks room first, as a file does that was copied without
// its zeros; end if nowhere before, or if the file system does not tell.
func firstHole(f *os.File, end int64) int64 {
	hole, err := f.Seek(0, unix.SEEK_HOLE)
	if _, back := f.Seek(0, io.SeekStart); err != nil || back != nil {
		return end
	}
	return min(hole, end)
}
