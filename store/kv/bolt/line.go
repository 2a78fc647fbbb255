package bolt

import (
	"slices"
	"sync"
)

// A line is the calls that wait for the writer, first come, first served.
type line struct {
	mu    sync.Mutex
	calls []*call
	some  chan struct{} // has a value if calls may have come since the writer looked
}

func newLine() *line { return &line{some: make(chan struct{}, 1)} }

// join puts c at the end.
func (l *line) join(c *call) {
	l.mu.Lock()
	l.calls = append(l.calls, c)
	l.mu.Unlock()
	select {
	case l.some <- struct{}{}:
	default:
	}
}

// next takes out the first, or nil if there is none.
func (l *line) next() (c *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.calls) > 0 {
		c, l.calls[0] = l.calls[0], nil
		l.calls = l.calls[1:]
	}
	return c
}

// leave takes out c, and says whether it was still there.
func (l *line) leave(c *call) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.calls, c)
	if i >= 0 {
		l.calls = slices.Delete(l.calls, i, i+1)
	}
	return i >= 0
}
