package bolt

import (
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// readers are the transactions of View: those that run, and those that wait for the
// next View, which is then spared to begin one and to look up the buckets. What waits
// sees the newest commit, and none waits while bbolt makes the next: it may map the
// file anew, and waits until nobody reads.
type readers struct {
	now func() time.Time

	mu      sync.Mutex
	running []*reading // in no order
	spare   []*reading
	newest  int // the commit, or the one that is being made; 0 if none is to wait
}

// A reading is a read transaction, of one View at a time.
type reading struct {
	snapshot
	began time.Time
	place int // in running
}

// mostSpare is how many transactions wait at most: some more than a busy server has
// at once.
const mostSpare = 64

// begin returns a transaction that sees what was committed last. end must be called
// when it is over.
func (r *readers) begin(db *bbolt.DB) (*reading, error) {
	began := r.now()
	if d := r.again(began); d != nil {
		return d, nil
	}
	tx, err := db.Begin(false)
	if err != nil {
		return nil, err
	}
	d := &reading{snapshot: newSnapshot(tx, nil)}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.run(d, began)
	return d, nil
}

// again returns a transaction that has waited, or nil if there is none.
func (r *readers) again(began time.Time) *reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.spare)
	if n == 0 {
		return nil
	}
	d := r.spare[n-1]
	r.spare = r.spare[:n-1]
	r.run(d, began)
	return d
}

func (r *readers) run(d *reading, began time.Time) {
	d.began, d.place = began, len(r.running)
	r.running = append(r.running, d)
}

// end has d wait for the next View, unless the one that has had it did not return.
func (r *readers) end(d *reading, returned bool) {
	d.reclaim()
	r.mu.Lock()
	last := r.running[len(r.running)-1]
	r.running[d.place], last.place = last, d.place
	r.running[len(r.running)-1] = nil
	r.running = r.running[:len(r.running)-1]
	wait := returned && d.bolt.ID() == r.newest && len(r.spare) < mostSpare
	if wait {
		r.spare = append(r.spare, d)
	}
	r.mu.Unlock()
	if !wait {
		_ = d.bolt.Rollback() // of what was only read
	}
}

// dismiss ends all that wait, and has only those wait from now on that see the commit
// newest. It is called before bbolt makes that one, lest a View sees less than another
// did before it; and when a write transaction begins, which frees what they alone see.
func (r *readers) dismiss(newest int) {
	r.mu.Lock()
	spare := r.spare
	r.spare, r.newest = nil, newest
	r.mu.Unlock()
	for _, d := range spare {
		_ = d.bolt.Rollback()
	}
}

// OldestReader says for how long the oldest of the running Views has run; 0 if
// there is none. What was freed since it began is not reused before it ends, so
// the file grows with all that is written meanwhile.
func (e *Engine) OldestReader() time.Duration {
	r := &e.readers
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.running) == 0 {
		return 0
	}
	oldest := slices.MinFunc(r.running, func(a, b *reading) int { return a.began.Compare(b.began) })
	return r.now().Sub(oldest.began)
}
