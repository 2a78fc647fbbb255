//go:build !unix

package main

import "io/fs"

// fileID returns "": only systemd connects a journal.
func fileID(fs.FileInfo) string { return "" }
