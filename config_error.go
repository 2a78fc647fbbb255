package main

import (
	"errors"
	"strings"
	"syscall"
)

// A configError says that the configuration cannot be used as it is: a setting is
// wrong, or what it names cannot be opened. The process exits with exitConfig.
type configError struct{ err error }

// unusable makes err a configError; nil stays nil.
func unusable(err error) error {
	if err == nil {
		return nil
	}
	return &configError{err}
}

// Error lists the mistakes, one a line.
func (e *configError) Error() string {
	return "invalid configuration:\n  " + strings.ReplaceAll(e.err.Error(), "\n", "\n  ")
}

func (e *configError) Unwrap() error { return e.err }

// mistakesOf returns each mistake in the configuration that err holds.
func mistakesOf(err error) []string {
	if e, ok := errors.AsType[*configError](err); ok {
		return strings.Split(e.err.Error(), "\n")
	}
	return []string{}
}

// isDenied reports whether the file system refused err's operation in a way that
// lasts until somebody changes permissions, ownership, the path or the mount.
func isDenied(err error) bool { return isRefused(err) || errors.Is(err, syscall.ENOTDIR) }
