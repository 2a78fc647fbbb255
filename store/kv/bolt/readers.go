package bolt

import (
	"container/list"
	"sync"
	"time"
)

// readers are the transactions of View that run, in the order in which they
// began.
type readers struct {
	now func() time.Time

	mu   sync.Mutex
	list list.List // of when each began
}

// begin notes one; end must be called when it is over.
func (r *readers) begin() (end func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.list.PushBack(r.now())
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.list.Remove(e)
	}
}

// OldestReader says for how long the oldest of the running Views has run; 0 if
// there is none. What was freed since it began is not reused before it ends, so
// the file grows with all that is written meanwhile.
func (e *Engine) OldestReader() time.Duration {
	e.readers.mu.Lock()
	defer e.readers.mu.Unlock()
	if oldest := e.readers.list.Front(); oldest != nil {
		return e.readers.now().Sub(oldest.Value.(time.Time))
	}
	return 0
}
