package store

import (
	"bytes"
	"sync"
)

// A cache remembers how stored values decode, so that the few records that every
// request asks for (a thread, its project, who asks) are not decoded each time.
// It holds no state of any store: an entry counts only if the stored bytes are
// the very same, so it cannot be stale, and stores may share it.
//
// Who may change a record gets a shallow copy, which shares what it points to. The
// store's types are therefore changed by replacing slices and pointers, never
// through them.
type cache[T any] struct {
	mu      sync.RWMutex
	entries map[string]cached[T]
}

type cached[T any] struct {
	value  []byte
	record *T // nobody changes it any more
}

// The bounds keep a cache at a few megabytes.
const (
	maxCached      = 1024
	maxCachedBytes = 4 << 10
)

// get returns what value decoded to when it was put under key, or nil. It is shared,
// and not to be changed.
func (c *cache[T]) get(key, value []byte) *T {
	c.mu.RLock()
	e, ok := c.entries[string(key)]
	c.mu.RUnlock()
	if !ok || !bytes.Equal(e.value, value) {
		return nil
	}
	return e.record
}

// put remembers that value decodes to r. Neither may be changed any more, and value
// is not lent.
func (c *cache[T]) put(key, value []byte, r *T) {
	if len(value) > maxCachedBytes {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = map[string]cached[T]{}
	}
	MakeRoom(c.entries, maxCached)
	c.entries[string(key)] = cached[T]{value, r}
}

// MakeRoom deletes entries of m until it has fewer than most, so that one more fits:
// about random ones, because maps begin anywhere.
func MakeRoom[K comparable, V any](m map[K]V, most int) {
	for victim := range m {
		if len(m) < most {
			return
		}
		delete(m, victim)
	}
}
