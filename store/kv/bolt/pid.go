package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/parley-app/parley/store/disk"
)

// The process id beside the store is for the message of the next one that
// wants it. What keeps two apart is bbolt's lock on the file itself.
func pidFile(path string) string { return path + ".pid" }

// writePID leaves the id out if there is no room for it: reading needs none.
func writePID(path string) error {
	err := disk.WriteFile(pidFile(path), fmt.Appendln(nil, os.Getpid()), 0o600)
	if noRoom(err) {
		return nil
	}
	return err
}

// dropPID must come before the lock is given back, or it might remove the next
// owner's.
func dropPID(path string) error {
	if err := os.Remove(pidFile(path)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func inUse(path string) error {
	text, err := os.ReadFile(pidFile(path))
	if pid, perr := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && perr == nil {
		return fmt.Errorf("%w (pid %d)", ErrInUse, pid)
	}
	return ErrInUse
}
