package blob

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Delete removes a blob, whoever refers to it. That it is not there is no
// error. While the store is held it stays until the last hold is released.
//
// Delete cannot know of a Put of the same bytes whose record is about to be
// committed; Sweep does, and is the way to delete what is no longer used.
func (s *Store) Delete(sum string) error {
	if !IsSum(sum) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holds > 0 {
		s.postponed[sum] = true
		return nil
	}
	return s.remove(sum)
}

// remove is for whoever holds the lock.
func (s *Store) remove(sum string) error {
	path := s.path(sum)
	if err := os.Remove(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return syncDirs(filepath.Dir(path))
}

// Hold keeps every blob that is there from being deleted until release is
// called, once: for a copy that takes its time. Puts go on.
func (s *Store) Hold() (release func() error) {
	s.mu.Lock()
	s.holds++
	s.mu.Unlock()
	return sync.OnceValue(s.release)
}

func (s *Store) release() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holds--; s.holds > 0 {
		return nil
	}
	for sum := range s.postponed {
		err = errors.Join(err, s.remove(sum))
	}
	clear(s.postponed)
	return err
}

// Sweep deletes the blobs that were put before a time and of which inUse says no,
// and returns how many, with how many bytes. The time gives a Put grace until
// its record is committed; an hour ago is right. inUse must not use the store.
// What a crash left of unfinished Puts before that time goes too. A store that
// is held is left alone.
func (s *Store) Sweep(ctx context.Context, before time.Time, inUse func(sum string) (bool, error)) (blobs int, size int64, err error) {
	if err := s.sweepTemps(before); err != nil {
		return 0, 0, err
	}
	err = s.Walk(ctx, func(sum string, n int64) error {
		gone, err := s.sweep(sum, before, inUse)
		if gone {
			blobs, size = blobs+1, size+n
		}
		return err
	})
	return blobs, size, err
}

func (s *Store) sweep(sum string, before time.Time, inUse func(string) (bool, error)) (gone bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holds > 0 {
		return false, nil
	}
	info, err := os.Stat(s.path(sum))
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.ModTime().Before(before) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if used, err := inUse(sum); used || err != nil {
		return false, err
	}
	return true, s.remove(sum)
}

// Tidy removes what a crash left of unfinished Puts. Nobody may put meanwhile:
// it is for the start.
func (s *Store) Tidy() error { return s.sweepTemps(now().Add(time.Hour)) }

func (s *Store) sweepTemps(before time.Time) error {
	entries, err := os.ReadDir(s.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), tempPrefix) {
			continue
		}
		if info, e := e.Info(); e != nil || !info.ModTime().Before(before) {
			continue
		}
		if e := os.Remove(filepath.Join(s.folder, e.Name())); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}
