package blob

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/parley-app/parley/store/disk"
)

// trash is the folder, in that of the blobs, for those that belong to nothing. It has
// them by their sums.
const trash = "trash"

// TrashKept is how long a blob stays in the trash.
const TrashKept = 7 * 24 * time.Hour

// largeShare is the part of all blobs, one in so many, that Discard does not move to
// the trash unless that is confirmed: then it is more likely that the store is the
// wrong one.
const largeShare = 10

// A Discarding says which blobs Discard moves to the trash.
type Discarding struct {
	// Before is when a blob must have been put to be moved, which gives a Put grace
	// until its record is committed.
	Before time.Time
	// InUse reports whether something refers to a blob. It must not use the store.
	InUse func(sum string) (bool, error)
	// Confirmed moves them however many they are.
	Confirmed bool
	// Dry moves none.
	Dry bool
}

// A Discarded is what Discard found and did.
type Discarded struct {
	Orphans int   // blobs that nothing refers to
	Size    int64 // of the orphans, in bytes
	All     int   // blobs that there were
	Moved   bool  // the orphans are in the trash now
	Purged  int   // blobs that were in the trash for TrashKept and are gone
}

// Discard moves the blobs that nothing refers to into the trash, from where Open brings
// one back that is wanted after all, and removes what was there for TrashKept. If more
// than a tenth of all blobs would be moved it moves none unless that is confirmed, and
// Orphans remembers how many there are. A store that is held is left alone.
func (s *Store) Discard(ctx context.Context, o Discarding) (d Discarded, err error) {
	if s.isHeld() {
		return d, nil
	}
	orphans, err := s.orphans(ctx, o, &d)
	if err != nil {
		return d, err
	}
	if o.Dry {
		return d, nil
	}
	if d.Moved = o.Confirmed || d.Orphans*largeShare <= d.All; d.Moved {
		for _, sum := range orphans {
			if err := s.discard(sum, o); err != nil {
				return d, err
			}
		}
	}
	s.mu.Lock()
	s.waiting = d
	s.mu.Unlock()
	if d.Moved {
		d.Purged, err = s.purge(ctx, o.InUse)
	}
	return d, err
}

func (s *Store) orphans(ctx context.Context, o Discarding, d *Discarded) (sums []string, err error) {
	err = s.Walk(ctx, func(sum string, size int64) error {
		d.All++
		info, err := os.Stat(s.path(sum))
		if err != nil || !info.ModTime().Before(o.Before) {
			return nil //nolint:nilerr // it went meanwhile
		}
		used, err := o.InUse(sum)
		if err == nil && !used {
			sums = append(sums, sum)
			d.Orphans, d.Size = d.Orphans+1, d.Size+size
		}
		return err
	})
	return sums, err
}

// discard moves one blob to the trash, unless it was put again or is in use by now.
func (s *Store) discard(sum string, o Discarding) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := os.Stat(s.path(sum))
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.ModTime().Before(o.Before) || s.holds > 0 {
		return nil
	} else if err != nil {
		return err
	}
	if used, err := o.InUse(sum); used || err != nil {
		return err
	}
	folder := filepath.Join(s.folder, trash)
	if err := disk.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	to := filepath.Join(folder, sum)
	if err := os.Rename(s.path(sum), to); err != nil {
		return err
	}
	// Its time in the trash begins now.
	return errors.Join(os.Chtimes(to, time.Time{}, now()), syncDirs(folder, filepath.Dir(s.path(sum))))
}

// purge removes what was in the trash for long. What is in use comes back instead.
func (s *Store) purge(ctx context.Context, inUse func(string) (bool, error)) (purged int, err error) {
	entries, err := os.ReadDir(filepath.Join(s.folder, trash))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	for _, e := range entries {
		if err != nil || ctx.Err() != nil {
			return purged, errors.Join(err, ctx.Err())
		}
		info, gone := e.Info()
		if gone != nil || !IsSum(e.Name()) || now().Sub(info.ModTime()) < TrashKept {
			continue
		}
		var used bool
		if used, err = inUse(e.Name()); err != nil {
			continue
		}
		if used {
			err = s.recall(e.Name())
			continue
		}
		if err = os.Remove(filepath.Join(s.folder, trash, e.Name())); err == nil {
			purged++
		}
	}
	return purged, err
}

// recall brings a blob back from the trash. One that is not there is fs.ErrNotExist.
func (s *Store) recall(sum string) error {
	path := s.path(sum)
	low := filepath.Dir(path)
	s.mu.Lock()
	defer s.mu.Unlock()
	from := filepath.Join(s.folder, trash, sum)
	if _, err := os.Lstat(from); err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil { // it was put again: that one is as good
		return os.Remove(from)
	}
	if err := disk.MkdirAll(low, 0o700); err != nil {
		return err
	}
	if err := os.Rename(from, path); err != nil {
		return err
	}
	return syncDirs(low, filepath.Dir(low), s.folder, filepath.Dir(from))
}

// openWanted opens a blob, which it brings back from the trash if it is there.
func (s *Store) openWanted(sum string) (*os.File, error) {
	f, err := os.Open(s.path(sum))
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	switch back := s.recall(sum); {
	case back == nil:
		return os.Open(s.path(sum))
	case errors.Is(back, fs.ErrNotExist):
		return nil, err
	default: // it cannot be moved here, such as on a disk that is read-only
		return os.Open(filepath.Join(s.folder, trash, sum))
	}
}

// Orphans returns what the last Discard found, if it moved nothing because that was to
// be confirmed; else it is zero.
func (s *Store) Orphans() Discarded {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting.Moved {
		return Discarded{}
	}
	return s.waiting
}

func (s *Store) isHeld() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.holds > 0
}

// PutAt returns when a blob was put last; zero if it is not there.
func (s *Store) PutAt(sum string) (time.Time, error) {
	if !IsSum(sum) {
		return time.Time{}, nil
	}
	info, err := os.Stat(s.path(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	} else if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// Any reports whether there is any blob, in the trash or not.
func (s *Store) Any(ctx context.Context) (bool, error) {
	stop := errors.New("there is one")
	err := s.Walk(ctx, func(string, int64) error { return stop })
	if err != nil {
		return errors.Is(err, stop), ignore(err, stop)
	}
	entries, err := os.ReadDir(filepath.Join(s.folder, trash))
	for _, e := range entries {
		if IsSum(e.Name()) {
			return true, nil
		}
	}
	return false, ignore(err, fs.ErrNotExist)
}

func ignore(err, what error) error {
	if errors.Is(err, what) {
		return nil
	}
	return err
}
