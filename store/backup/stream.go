package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// A Stream passes a backup on to a writer that cannot be read again, such as a
// pipe, and verifies what passes. It is for one goroutine.
type Stream struct {
	w    io.Writer
	sum  hash.Hash // of everything but tail
	n    int64
	tail []byte // the last block or less
}

// NewStream returns a Stream to w.
func NewStream(w io.Writer) *Stream { return &Stream{w: w, sum: sha256.New()} }

// Write passes p on.
func (s *Stream) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.n += int64(n)
	s.tail = append(s.tail, p[:n]...)
	if over := len(s.tail) - block; over > 0 {
		s.sum.Write(s.tail[:over])
		s.tail = append(s.tail[:0], s.tail[over:]...)
	}
	return n, err
}

// Size returns how many bytes have passed.
func (s *Stream) Size() int64 { return s.n }

// Verify returns nil if what passed is one whole backup, whose bytes have the
// checksum that its trailer names. It does not open the store in it.
func (s *Stream) Verify() error {
	t, ok := parseTrailer(s.tail)
	if !ok {
		return errors.New("backup: the stream ends before the last part of the backup")
	}
	if want := t.offset + block + t.size + padding(t.size) + end + block; s.n != want {
		return fmt.Errorf("backup: %d bytes were written, and the backup has %d", s.n, want)
	}
	if got := hex.EncodeToString(s.sum.Sum(nil)); got != t.before {
		return fmt.Errorf("backup: checksum mismatch: got %s, want %s", got, t.before)
	}
	return nil
}
