//go:build !linux

package main

// atLeastPriority runs fn.
func atLeastPriority(fn func() error) error { return guarded(fn) }
