package bolt

import (
	"errors"
	"os"
	"syscall"
)

// datasync makes what was written to f durable, and of what the file system says
// about it only what is needed to find it.
func datasync(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
