package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// isRefused reports whether the system refused access: a right is missing, or the disk
// is read-only.
func isRefused(err error) bool { return errors.Is(err, fs.ErrPermission) || isReadOnly(err) }

// withAccess adds to an error of the file system that refused access who Parley runs
// as, whose the file is, and what to do. Other errors stay as they are.
func withAccess(err error) error {
	p, ok := errors.AsType[*fs.PathError](err)
	link, isLink := errors.AsType[*os.LinkError](err)
	switch {
	case !ok && isLink:
		p = &fs.PathError{Path: link.New, Err: link.Err}
	case !ok:
		return err
	}
	if !isRefused(p) {
		return err
	}
	path, info := existing(p.Path)
	if isReadOnly(p) {
		return fmt.Errorf("%w\nThe file system of %s is read-only, here or for this service. Mount it writable, or under systemd name the folder in ReadWritePaths=", err, path)
	}
	me := userName(os.Geteuid())
	owner, known := ownerOf(info)
	if !known {
		return fmt.Errorf("%w\nParley runs as %s, which may not use %s: give it the right to", err, me, path)
	}
	if owner == os.Geteuid() {
		return fmt.Errorf("%w\nParley runs as %s, whose %s is, with mode %04o: give its owner the right with chmod, or under systemd name the folder in ReadWritePaths=", err, me, path, info.Mode().Perm())
	}
	return fmt.Errorf("%w\nParley runs as %s, and %s belongs to %s. Run it as %s, or give it the folder: chown -R %s %s", err, me, path, userName(owner), userName(owner), me, folderOf(path, info))
}

// existing returns path, or the nearest folder above it that is there.
func existing(path string) (string, fs.FileInfo) {
	for {
		info, err := os.Stat(path)
		up := filepath.Dir(path)
		if err == nil || up == path {
			return path, info
		}
		path = up
	}
}

func folderOf(path string, info fs.FileInfo) string {
	if info != nil && info.IsDir() {
		return path
	}
	return filepath.Dir(path)
}

// userName returns the name of a user, or its number if it has none.
func userName(id int) string {
	if u, err := user.LookupId(strconv.Itoa(id)); err == nil {
		return u.Username
	}
	return "user " + strconv.Itoa(id)
}
