package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
)

// Open returns the bytes of a blob and how many there are; the caller closes
// it. It stays readable when the blob is deleted meanwhile. One that is in the trash is
// brought back; see Discard.
func (s *Store) Open(sum string) (io.ReadSeekCloser, int64, error) {
	if !IsSum(sum) {
		return nil, 0, notThere(sum)
	}
	f, err := s.openWanted(sum)
	if err != nil {
		return nil, 0, fmt.Errorf("blob %s: %w", sum, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// Walk calls fn for every blob in the order of sums, until one returns an error.
// What comes or goes meanwhile may be left out.
func (s *Store) Walk(ctx context.Context, fn func(sum string, size int64) error) error {
	return filepath.WalkDir(s.folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return ctx.Err() // no folder yet, or removed meanwhile
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir() || !IsSum(d.Name()) || path != s.path(d.Name()):
			return nil
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
		return fn(d.Name(), info.Size())
	})
}

// Verify reads a blob whole and proves that its bytes are those that came in.
// The error names it: missing (fs.ErrNotExist), damaged (ErrDamaged), or not
// readable.
func (s *Store) Verify(ctx context.Context, sum string) error {
	f, _, err := s.Open(sum)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, &reader{ctx, f})
	if err != nil {
		return fmt.Errorf("blob %s: %w", sum, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		return fmt.Errorf("blob %s: %w: its %d bytes have the sum %s", sum, ErrDamaged, n, got)
	}
	return nil
}
