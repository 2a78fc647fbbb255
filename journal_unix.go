//go:build unix

package main

import (
	"fmt"
	"io/fs"
	"syscall"
)

// fileID returns the device and inode of a file as JOURNAL_STREAM has them, or "".
func fileID(info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)
}
