package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/parley-app/parley/store/disk"
)

// Put keeps the bytes of r and returns their SHA-256 in hex and how many there
// are. When it returns they are durable. More than limit bytes are ErrTooLarge;
// then, and on any other error, nothing is kept. Bytes that are there already are
// written anew, which makes a damaged blob whole again and starts its time of
// grace; see Sweep.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (sum string, size int64, err error) {
	in, err := s.Receive(ctx, r, limit)
	if err != nil {
		return "", 0, err
	}
	defer in.Discard()
	return in.Sum, in.Size, in.Keep()
}

// tempPrefix begins the names of what is not a blob yet. A crash may leave some;
// Sweep and Tidy remove them.
const tempPrefix = "incoming-"

// An Incoming is bytes that have come in and are no blob yet: they can be looked
// at before they are kept. It belongs to one goroutine, which discards it in the
// end.
type Incoming struct {
	Sum  string // SHA-256 of the bytes, in hex
	Size int64

	s *Store
	f *os.File // nil when it was kept or discarded
}

// Receive reads r to the disk, not into memory, and no further than one byte past
// limit; more is ErrTooLarge. On an error nothing is left behind.
func (s *Store) Receive(ctx context.Context, r io.Reader, limit int64) (*Incoming, error) {
	f, err := s.Temp()
	if err != nil {
		return nil, err
	}
	in := &Incoming{s: s, f: f}
	h := sha256.New()
	in.Size, err = io.Copy(io.MultiWriter(f, h), io.LimitReader(&reader{ctx, r}, limit+1))
	if err == nil && in.Size > limit {
		err = fmt.Errorf("more than %d bytes: %w", limit, ErrTooLarge)
	}
	if err != nil {
		in.Discard()
		return nil, err
	}
	in.Sum = hex.EncodeToString(h.Sum(nil))
	return in, nil
}

// Temp makes an empty file beside the blobs, of mode 0600, that a crash does not
// leave for good. Its owner closes and removes it.
func (s *Store) Temp() (*os.File, error) {
	if err := disk.MkdirAll(s.folder, 0o700); err != nil {
		return nil, err
	}
	return disk.CreateTemp(s.folder, tempPrefix+"*")
}

// ReadAt reads the bytes that came in.
func (in *Incoming) ReadAt(p []byte, off int64) (int, error) { return in.f.ReadAt(p, off) }

// Keep makes the bytes a blob; when it returns they are durable.
func (in *Incoming) Keep() error {
	name := in.f.Name()
	// What was received slowly gets its time of grace all the same.
	err := errors.Join(os.Chtimes(name, time.Time{}, now()), in.f.Sync(), in.f.Close())
	in.f = nil
	if err == nil {
		err = in.s.place(name, in.Sum)
	}
	if err != nil {
		_ = os.Remove(name) // the error that counts is err
	}
	return err
}

var now = time.Now

// Discard removes what was not kept. It may be called more than once.
func (in *Incoming) Discard() {
	if in.f == nil {
		return
	}
	_ = in.f.Close() // its bytes are of no use any more
	_ = os.Remove(in.f.Name())
	in.f = nil
}

// place gives a file that is on the disk the name of its sum. All folders on
// the way are synced, also those that were there: whoever made them may have
// been killed before it came to that.
func (s *Store) place(temp, sum string) error {
	path := s.path(sum)
	low := filepath.Dir(path)
	high := filepath.Dir(low)
	s.mu.Lock()
	err := disk.MkdirAll(low, 0o700)
	if err == nil {
		err = os.Rename(temp, path)
	}
	delete(s.postponed, sum)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return syncDirs(low, high, s.folder, filepath.Dir(s.folder))
}

// A reader reads until its context ends.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
