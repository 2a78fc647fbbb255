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
// Records from the cache are shallow copies that share what they point to. The
// store's types are therefore changed by replacing slices and pointers, never
// through them.
type cache[T any] struct {
	mu      sync.Mutex
	entries map[string]cached[T]
}

type cached[T any] struct {
	value  []byte
	record T
}

// The bounds keep a cache at a few megabytes.
const (
	maxCached      = 1024
	maxCachedBytes = 4 << 10
)

// get returns a copy of what value decoded to when it was put under key, or nil.
func (c *cache[T]) get(key, value []byte) *T {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[string(key)]
	if !ok || !bytes.Equal(e.value, value) {
		return nil
	}
	record := e.record
	return &record
}

// put remembers that value, which must not be changed any more and is not lent,
// decodes to r.
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
	c.entries[string(key)] = cached[T]{value, *r}
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
