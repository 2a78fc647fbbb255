package main

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/parley-app/parley/store/backup"
)

// An exposure is a file or folder that more people can read or change than should.
type exposure struct{ path, problem, advice string }

// String is the exposure in one line.
func (e exposure) String() string { return e.path + " " + e.problem + ": " + e.advice }

// exposed returns what of the configuration and the data others on the machine can
// read or change: the data folder, the configuration file with secrets in it, the
// key of the certificate and the files that hold secrets. What is missing, or
// cannot be looked at, is left out.
func (l *Loaded) exposed() (list []exposure) {
	add := func(path string, forbidden fs.FileMode, advice string) {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() && !info.IsDir() {
			return // a pipe or device is nobody's file
		}
		bits := info.Mode().Perm() & forbidden
		if bits == 0 {
			return
		}
		can := "can be read by others"
		if bits&0o022 != 0 {
			can = "can be changed by others"
		}
		list = append(list, exposure{path, fmt.Sprintf("has mode %04o and %s", info.Mode().Perm(), can), advice + " " + path})
	}
	d := dataFolder(l.Data)
	add(string(d), 0o077, "chmod 0700")
	for _, path := range []string{d.database(), d.database() + ".wal", d.socket()} {
		add(path, 0o077, "chmod 0600")
	}
	add(d.path(backup.Blobs), 0o077, "chmod 0700")
	if l.Backup.Every > 0 {
		add(l.backupFolder(), 0o007, "chmod o=")
	}
	if l.ConfigFile != "" {
		forbidden := fs.FileMode(0o002) // who can write it can have the server do anything
		if l.holdsSecret(l.ConfigFile) {
			forbidden = 0o007
		}
		add(l.ConfigFile, forbidden, "chmod o=")
	}
	if l.TLS.KeyFile != "" {
		add(l.TLS.KeyFile, 0o007, "chmod o=")
	}
	for _, path := range l.SecretFiles {
		add(path, 0o007, "chmod o=")
	}
	return list
}

// holdsSecret reports whether a secret setting was taken from the file at path.
func (l *Loaded) holdsSecret(path string) bool {
	return slices.ContainsFunc(l.settings(), func(s setting) bool {
		return s.secret && s.value.show() != "" && strings.HasPrefix(l.Origin[s.key], path+":")
	})
}
