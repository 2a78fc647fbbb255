package api

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/parley-app/parley/store"
)

func person(n byte) store.ID { return store.ID{n} }

// taken is a pool of one place, which somebody has.
func taken(t *testing.T) *pool {
	t.Helper()
	p := newPool(1)
	p.enter(t.Context(), person(9), nil, func(err error) {
		if err != nil {
			t.Error(err)
		}
	})
	synctest.Wait()
	return p
}

// isEmpty fails unless p has all its places and remembers nobody.
func (p *pool) isEmpty(t *testing.T) {
	t.Helper()
	if p.free != p.all || len(p.queue) != 0 || len(p.of) != 0 {
		t.Errorf("%d places of %d are free, %d in line, of %d people", p.free, p.all, len(p.queue), len(p.of))
	}
}

// Whoever asks many questions waits behind whoever asks few.
func TestThePoolIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := taken(t)
		var served []byte
		for _, who := range []byte{1, 1, 1, 2, 2, 3} {
			p.enter(t.Context(), person(who), func(int) {}, func(err error) {
				if err != nil {
					t.Error(err)
				}
				served = append(served, who) // one place: nobody else is served
				p.release()
			})
		}
		p.release()
		synctest.Wait()
		if want := []byte{1, 2, 3, 1, 2, 1}; !slices.Equal(served, want) {
			t.Errorf("served %v, want %v", served, want)
		}
		p.isEmpty(t)
	})
}

// Who comes while others are served is put among their questions, not behind all.
func TestThePoolIsFairToWhoComesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := taken(t)
		var served []byte
		enter := func(who byte) {
			p.enter(t.Context(), person(who), func(int) {}, func(error) { served = append(served, who) })
		}
		for range 4 {
			enter(1)
		}
		p.release()
		synctest.Wait()
		enter(2)
		enter(1)
		enter(2)
		for range 6 {
			p.release()
			synctest.Wait()
		}
		if want := []byte{1, 1, 2, 1, 2, 1, 1}; !slices.Equal(served, want) {
			t.Errorf("served %v, want %v", served, want)
		}
		p.release()
		p.isEmpty(t)
	})
}

func TestThePoolTellsThePlaceInLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := taken(t)
		told := map[byte][]int{}
		enter := func(ctx context.Context, who byte) {
			p.enter(ctx, person(who), func(at int) { told[who] = append(told[who], at) }, func(error) {})
		}
		ctx, cancel := context.WithCancel(t.Context())
		enter(t.Context(), 1)
		enter(t.Context(), 1)
		enter(ctx, 2)
		enter(t.Context(), 3)
		cancel()
		synctest.Wait()
		for range 3 {
			p.release()
			synctest.Wait()
		}
		// The second question of the first comes after those of the others.
		if !slices.Equal(told[1], []int{1, 2, 3, 4, 3, 0, 2, 1, 0}) || !slices.Equal(told[2], []int{2}) || !slices.Equal(told[3], []int{3, 2, 1, 0}) {
			t.Errorf("told %v", told)
		}
	})
}

func TestLeavingTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := taken(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		left := make(chan error, 4) // they leave at the same time
		for range 3 {
			p.enter(ctx, person(1), func(int) {}, func(err error) { left <- err; p.size() })
			synctest.Wait()
		}
		cancel(errStopped)
		synctest.Wait()
		if len(left) != 3 {
			t.Errorf("%d have left", len(left))
		}
		for range len(left) {
			if err := <-left; !errors.Is(err, errStopped) {
				t.Errorf("left with %v", err)
			}
		}
		p.release()
		p.isEmpty(t)
	})
}

// Whatever happens at the same moment, each who enters hears once how it ended, and
// no place is lost.
func TestLeavingAsThePlaceIsGiven(t *testing.T) {
	for range 300 {
		p := newPool(2)
		ends := make(chan error, 40)
		ctx, cancel := context.WithCancel(t.Context())
		for i := range byte(20) {
			mine := t.Context()
			if i%3 > 0 {
				mine = ctx
			}
			p.enter(mine, person(i%4), func(int) {}, func(err error) {
				if err == nil {
					p.release()
				}
				ends <- err
			})
			if i == 10 {
				go cancel()
			}
		}
		for range 20 {
			if err := <-ends; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		cancel()
		if running, waiting := p.size(); running != 0 || waiting != 0 || len(ends) != 0 || len(p.of) != 0 {
			t.Fatalf("%d run, %d wait, %d heard twice", running, waiting, len(ends))
		}
	}
}

// A line is as long as people make it: who waits has no goroutine, whose stack the
// collector would look through again and again.
func TestWaitingNeedsNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := taken(t)
		before := runtime.NumGoroutine()
		ctx, cancel := context.WithCancel(t.Context())
		for i := range 200 {
			p.enter(ctx, person(byte(i)), func(int) {}, func(error) {})
		}
		if more := runtime.NumGoroutine() - before; more > 50 {
			t.Errorf("200 who wait have %d goroutines", more)
		}
		cancel()
		synctest.Wait()
		p.release()
		p.isEmpty(t)
	})
}
