// Package ui carries the web page inside the binary.
//
// The page's sources live beside this file and are built into dist by Vite. The
// package imports nothing of ours, so that the page can change without the server.
package ui

import (
	"embed"
	"io/fs"
)

// dist holds nothing but a placeholder until the page has been built: the binary
// then still compiles, and Dist has no index.html.
//
//go:embed all:dist
var dist embed.FS

// Dist returns the built page: index.html at its root and what it loads under
// assets, whose names carry a hash of their content and so never change.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil { // "dist" is a valid path: cannot be
		panic(err)
	}
	return sub
}
