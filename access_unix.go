//go:build linux || darwin || freebsd

package main

import (
	"errors"
	"io/fs"
	"syscall"
)

func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

// ownerOf returns the user that a file belongs to.
func ownerOf(info fs.FileInfo) (id int, known bool) {
	if info == nil {
		return 0, false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Uid), true
}
