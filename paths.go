package main

import (
	"os"
	"path/filepath"
)

// absolute returns path for people, who may be elsewhere; "" stays.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil && path != "" {
		return abs
	}
	return path
}

// absolute returns the folder for people, who may be elsewhere.
func (d dataFolder) absolute() string { return absolute(string(d)) }

// ownerOfPath returns the user that a file belongs to.
func ownerOfPath(path string) (uid int, known bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	return ownerOf(info)
}
