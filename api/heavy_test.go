package api

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestHeavyWorkLeavesRoom fills the room for heavy work: no more of it is done at a
// time, and what is short is not kept waiting.
func TestHeavyWorkLeavesRoom(t *testing.T) {
	var now, most atomic.Int64
	var all sync.WaitGroup
	begun, end := make(chan struct{}, cap(heavy)), make(chan struct{})
	for range 10 * cap(heavy) {
		all.Go(func() {
			heavily(heavyBytes, func() {
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				select {
				case begun <- struct{}{}:
				default:
				}
				<-end
				now.Add(-1)
			})
		})
	}
	for range cap(heavy) {
		<-begun
	}
	short := make(chan struct{})
	go heavily(heavyBytes-1, func() { close(short) })
	select {
	case <-short:
	case <-time.After(time.Minute):
		t.Error("what is short waits")
	}
	close(end)
	all.Wait()
	if n := most.Load(); n > int64(cap(heavy)) {
		t.Errorf("%d at a time, want %d at most", n, cap(heavy))
	}
}
