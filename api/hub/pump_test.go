package hub_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// TestReadyIsToldOnce tells a connection once, however much comes, until it has
// found that nothing waits.
func TestReadyIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(0)
		r := join(t, h, "ann")
		told := 0
		r.conn.OnReady(func() bool { told++; return false })
		for want := 1; want < 4; want++ {
			h.Publish(topic, numbered(1))
			h.Publish(topic, numbered(2))
			r.conn.Send(numbered(3))
			synctest.Wait()
			if told != want {
				t.Fatalf("told %d times, want %d", told, want)
			}
			if err := r.drain(); err != nil {
				t.Fatal(err)
			}
		}
		r.conn.Kick(4401, "signed out")
		synctest.Wait()
		if told != 4 || r.drain() == nil {
			t.Errorf("at the end told %d times", told)
		}
		r.conn.Close()
		synctest.Wait()
		if told != 4 {
			t.Error("told again after the end")
		}
	})
}

// TestTheBusyTakeTurns has one connection that is never done, and as many others as
// goroutines share: all get their turn.
func TestTheBusyTakeTurns(t *testing.T) {
	h := newHub(0)
	busy := join(t, h, "busy")
	var over atomic.Bool
	var turns atomic.Int64
	busy.conn.OnReady(func() bool { turns.Add(1); runtime.Gosched(); return !over.Load() })
	var others sync.WaitGroup
	for range 200 {
		r := join(t, h, "other")
		others.Add(1)
		r.conn.OnReady(sync.OnceValue(func() bool { others.Done(); return false }))
	}
	others.Wait()
	for before := turns.Load(); turns.Load() < before+3; {
		runtime.Gosched()
	}
	over.Store(true)
}

// TestFewGoroutinesServeMany bounds how many functions run at the same time.
func TestFewGoroutinesServeMany(t *testing.T) {
	const conns = 2000
	h := newHub(0)
	var now, most, calls atomic.Int64
	var told sync.WaitGroup
	told.Add(conns)
	for range conns {
		r := join(t, h, "ann")
		if err := r.drain(); err != nil {
			t.Fatal(err)
		}
		r.conn.OnReady(func() bool {
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			if calls.Add(1)%10 == 0 {
				runtime.Gosched()
			}
			now.Add(-1)
			told.Done()
			return false
		})
	}
	h.Publish(topic, numbered(1))
	told.Wait()
	if n := most.Load(); n > int64(runtime.GOMAXPROCS(0)) {
		t.Errorf("%d at the same time", n)
	}
}
