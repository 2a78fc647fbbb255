package api

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/parley-app/parley/store"
)

func person(n byte) store.ID { return store.ID{n} }

// Whoever asks many questions waits behind whoever asks few.
func TestThePoolIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1)
		if err := p.acquire(t.Context(), person(9), nil); err != nil {
			t.Fatal(err)
		}
		var served []byte
		for _, who := range []byte{1, 1, 1, 2, 2, 3} {
			go func() {
				if err := p.acquire(t.Context(), person(who), func(int) {}); err != nil {
					t.Error(err)
				}
				served = append(served, who) // one place: nobody else is served
				p.release()
			}()
			synctest.Wait()
		}
		p.release()
		synctest.Wait()
		if want := []byte{1, 2, 3, 1, 2, 1}; !slices.Equal(served, want) {
			t.Errorf("served %v, want %v", served, want)
		}
		if p.free != 1 {
			t.Errorf("%d places are free at the end", p.free)
		}
	})
}

func TestThePoolTellsThePlaceInLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1)
		_ = p.acquire(t.Context(), person(9), nil)
		told := map[byte][]int{}
		for _, who := range []byte{1, 2} {
			go func() {
				_ = p.acquire(t.Context(), person(who), func(at int) { told[who] = append(told[who], at) })
			}()
			synctest.Wait()
		}
		p.release()
		synctest.Wait()
		p.release()
		synctest.Wait()
		if !slices.Equal(told[1], []int{1, 0}) || !slices.Equal(told[2], []int{2, 1, 0}) {
			t.Errorf("told %v", told)
		}
	})
}

func TestLeavingTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1)
		_ = p.acquire(t.Context(), person(9), nil)
		ctx, cancel := context.WithCancelCause(t.Context())
		var left error
		go func() { left = p.acquire(ctx, person(1), func(int) {}) }()
		synctest.Wait()
		cancel(errStopped)
		synctest.Wait()
		if !errors.Is(left, errStopped) || len(p.queue) != 0 {
			t.Errorf("left with %v, %d in line", left, len(p.queue))
		}
		p.release()
		if p.free != 1 {
			t.Errorf("%d places are free", p.free)
		}
	})
}
