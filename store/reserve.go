package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/parley-app/parley/store/kv"
)

// A Reserve is the part of the disk that stays free, so that there is always
// room to delete, to end what has begun and to say what is wrong.
type Reserve struct {
	// Bytes are kept free. With 0 nothing is refused before the engine finds no room.
	Bytes int64
	// Free tells how many bytes are free. It is asked at most once a second, or
	// after each 16 MiB written.
	Free func() (int64, error)
}

const (
	roomAge     = time.Second
	roomWritten = 16 << 20
)

// InReserve returns a context whose updates may use the reserve: those that make
// room, and the little without which nobody can make any, such as signing in or
// ending an answer that is being written.
func InReserve(ctx context.Context) context.Context {
	return kv.InReserve(ctx)
}

// A room is a Reserve at work.
type room struct {
	Reserve
	now func() time.Time // the real one, whatever the store is told

	mu    sync.Mutex
	asked time.Time
	free  int64
	err   error
	since int64 // bytes written since it was asked
}

func (r Reserve) guard() *room {
	if r.Free == nil {
		return nil
	}
	w := &room{Reserve: r}
	w.now = time.Now
	return w
}

// Room returns nil if ctx may write, and otherwise a CodeDiskFull error that
// says what to do. Update asks by itself; whoever writes elsewhere on the same
// disk asks first.
func (s *Store) Room(ctx context.Context) error {
	if s.room == nil || s.room.Bytes <= 0 || kv.UsesReserve(ctx) {
		return nil
	}
	free, err := s.room.look()
	if err != nil || free >= s.room.Bytes {
		return nil //nolint:nilerr // a disk that does not tell is not a full one
	}
	return diskFull(nil)
}

// diskFull is the error for people when the disk has no room.
func diskFull(cause error) *Error {
	return &Error{Code: CodeDiskFull, Err: cause, Message: "the server's disk is full: nothing new can be stored until there is room. " +
		"Delete what is no longer needed, or ask your administrator; reading and deleting go on"}
}

// Disk tells how many bytes are free and how many are kept so; ok is false when
// nobody looks or the disk does not tell.
func (s *Store) Disk() (free, reserve int64, ok bool) {
	if s.room == nil {
		return 0, 0, false
	}
	free, err := s.room.look()
	return free, s.room.Bytes, err == nil
}

// look returns how much is free, asked anew if the answer is old.
func (r *room) look() (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); r.asked.IsZero() || r.since >= roomWritten || now.Sub(r.asked) >= roomAge {
		r.free, r.err = r.Free()
		r.asked, r.since = now, 0
		if r.err != nil {
			r.err = fmt.Errorf("store: the free room of the disk is not known: %w", r.err)
		}
	}
	return r.free - r.since, r.err
}

func (r *room) written(n int64) {
	r.mu.Lock()
	r.since += n
	r.mu.Unlock()
}

// A measured Tx counts the bytes it writes.
type measured struct {
	kv.Tx
	bytes int64
}

// Put implements kv.Tx.
func (m *measured) Put(space kv.Space, key, value []byte) error {
	m.bytes += int64(len(key) + len(value))
	return m.Tx.Put(space, key, value)
}
