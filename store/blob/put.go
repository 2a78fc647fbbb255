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
)

// Put keeps the bytes of r and returns their SHA-256 in hex and how many there
// are. When it returns they are durable. More than limit bytes are ErrTooLarge;
// then, and on any other error, nothing is kept. Bytes that are there already are
// written anew, which makes a damaged blob whole again and starts its time of
// grace; see Sweep.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (sum string, size int64, err error) {
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return "", 0, err
	}
	f, err := os.CreateTemp(s.folder, tempPrefix+"*") // mode 0600
	if err != nil {
		return "", 0, err
	}
	defer os.Remove(f.Name()) // when it has its own name this finds nothing
	sum, size, err = receive(ctx, f, r, limit)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", 0, err
	}
	return sum, size, s.place(f.Name(), sum)
}

// tempPrefix begins the names of what is not a blob yet. A crash may leave some;
// Sweep removes them.
const tempPrefix = "incoming-"

func receive(ctx context.Context, f *os.File, r io.Reader, limit int64) (sum string, size int64, err error) {
	h := sha256.New()
	size, err = io.Copy(io.MultiWriter(f, h), io.LimitReader(&reader{ctx, r}, limit+1))
	switch {
	case err != nil:
		return "", 0, err
	case size > limit:
		return "", 0, fmt.Errorf("more than %d bytes: %w", limit, ErrTooLarge)
	}
	return hex.EncodeToString(h.Sum(nil)), size, f.Sync()
}

// place gives a file that is on the disk the name of its sum. All folders on
// the way are synced, also those that were there: whoever made them may have
// been killed before it came to that.
func (s *Store) place(temp, sum string) error {
	path := s.path(sum)
	low := filepath.Dir(path)
	high := filepath.Dir(low)
	s.mu.Lock()
	err := os.MkdirAll(low, 0o700)
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
