package kvtest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

var concurrency = []test{
	{"no update is lost", noLostUpdate},
	{"functions that fail or panic do not touch their neighbours", neighbours},
	{"after commit keeps the order of the commits", commitOrder},
	{"a view sees one moment", oneMoment},
	{"a view never sees half a transaction", invariant},
	{"what is cancelled in line is taken out of it", cancelledInLine},
}

const crowd = 64

// together runs fn crowd times at once and waits for all.
func together(fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range crowd {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
}

// count adds one to the number at key and returns it.
func count(tx kv.Tx, key string) (int, error) {
	v, err := get(tx, one, key)
	if err != nil {
		return 0, err
	}
	n, _ := strconv.Atoi(string(v))
	return n + 1, put(tx, one, key, strconv.Itoa(n+1))
}

func noLostUpdate(t *testing.T, e kv.Engine) {
	const rounds = 4
	together(func(int) {
		for range rounds {
			err := e.Update(context.Background(), func(tx kv.Tx) error {
				_, err := count(tx, "n")
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	wantAll(t, e, one, "n", strconv.Itoa(crowd*rounds))
}

// neighbours has some of a crowd fail and some panic after they have changed
// what all share. Each other one must find the share as if they had not been.
func neighbours(t *testing.T, e kv.Engine) {
	fill(t, e, one, "gone", "still here", "shared", "0")
	fate := func(i int) string {
		switch i % 8 {
		case 3:
			return "fails"
		case 6:
			return "panics"
		default:
			return "goes well"
		}
	}
	together(func(i int) {
		defer func() {
			if p := recover(); (p != nil) != (fate(i) == "panics") {
				t.Errorf("%d %s: recovered %v", i, fate(i), p)
			}
		}()
		err := e.Update(context.Background(), func(tx kv.Tx) error {
			if _, err := count(tx, "shared"); err != nil {
				return err
			}
			if v, err := get(tx, one, "gone"); string(v) != "still here" || err != nil {
				t.Errorf("%d sees another's delete: %q, %v", i, v, err)
			}
			if fate(i) == "goes well" {
				return put(tx, two, fmt.Sprintf("by %02d", i), "")
			}
			err := errors.Join(tx.Delete(one, []byte("gone")), tx.Delete(one, []byte("shared")), ravage(tx))
			if fate(i) == "panics" {
				panic(err)
			}
			return errors.Join(err, errUndo)
		})
		switch {
		case fate(i) == "goes well" && err != nil:
			t.Errorf("%d: %v", i, err)
		case fate(i) == "fails":
			wantError(t, fmt.Sprint(i), err, errUndo)
		}
	})
	well := 0
	var names []string
	for i := range crowd {
		if fate(i) == "goes well" {
			well++
			names = append(names, fmt.Sprintf("by %02d", i), "")
		}
	}
	wantAll(t, e, one, "gone", "still here", "shared", strconv.Itoa(well))
	wantAll(t, e, two, names...)
}

// commitOrder appends without a lock: the race detector sees functions that
// overlap.
func commitOrder(t *testing.T, e kv.Engine) {
	var order, want []string
	together(func(i int) {
		told := false
		err := e.Update(context.Background(), func(tx kv.Tx) error {
			n, err := count(tx, "n")
			err = errors.Join(err, tx.AfterCommit(func() {
				told = true
				for range n % 4 { // let in whoever could come
					runtime.Gosched()
				}
				order = append(order, strconv.Itoa(n))
			}))
			if i%8 == 3 {
				return errors.Join(err, errUndo)
			}
			return err
		})
		if told != (err == nil) {
			t.Errorf("%d: update returned %v, after commit ran: %t", i, err, told)
		}
	})
	for n := range crowd - crowd/8 {
		want = append(want, strconv.Itoa(n+1))
	}
	diff(t, want, order, "order")
}

func oneMoment(t *testing.T, e kv.Engine) {
	fill(t, e, one, "a", "1", "b", "1")
	view(t, e, func(tx kv.Tx) error {
		for i := range 3 {
			got, err := all(tx, one)
			if err != nil {
				return err
			}
			diff(t, []string{"a", "1", "b", "1"}, got, "after %d changes", i)
			if v, err := get(tx, one, "a"); string(v) != "1" || err != nil {
				return fmt.Errorf("after %d changes a is %q, %w", i, v, err)
			}
			changed := make(chan error)
			go func() {
				changed <- e.Update(context.Background(), func(tx kv.Tx) error {
					return errors.Join(put(tx, one, "a", "2", "c", "new"), tx.Delete(one, []byte("b")))
				})
			}()
			if err := <-changed; err != nil {
				return err
			}
		}
		return nil
	})
	wantAll(t, e, one, "a", "2", "c", "new")
}

// invariant moves a token between keys while views look for it: there is
// always exactly one.
func invariant(t *testing.T, e kv.Engine) {
	fill(t, e, one, "place 0", "token")
	var done atomic.Bool
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for !done.Load() {
				var got []string
				err := e.View(context.Background(), func(tx kv.Tx) (err error) {
					got, err = all(tx, one)
					return err
				})
				if err != nil || len(got) != 2 || got[1] != "token" {
					t.Errorf("a view saw %q, %v", got, err)
					return
				}
			}
		})
	}
	for i := range 100 {
		update(t, e, func(tx kv.Tx) error {
			return errors.Join(
				tx.Delete(one, fmt.Appendf(nil, "place %d", i%5)),
				put(tx, one, fmt.Sprintf("place %d", (i+1)%5), "token"))
		})
	}
	done.Store(true)
	readers.Wait()
}

// cancelledInLine cancels a call while another transaction runs. An engine
// that has a line takes it out; one that lets both run at once may finish it.
// In either case it comes back without waiting for the other, and its error
// says what became of it.
func cancelledInLine(t *testing.T, e kv.Engine) {
	var once sync.Once
	inside, release := make(chan struct{}), make(chan struct{})
	first := make(chan error)
	go func() {
		first <- e.Update(context.Background(), func(tx kv.Tx) error {
			once.Do(func() { close(inside) })
			<-release
			return put(tx, one, "first", "")
		})
	}()
	<-inside
	ctx, cancel := context.WithCancel(context.Background())
	second := make(chan error)
	go func() {
		second <- e.Update(ctx, func(tx kv.Tx) error { return put(tx, two, "second", "") })
	}()
	cancel()
	err := <-second
	close(release)
	if err := <-first; err != nil {
		t.Error("first:", err)
	}
	wantAll(t, e, one, "first", "")
	if err == nil {
		wantAll(t, e, two, "second", "")
		return
	}
	wantError(t, "second", err, context.Canceled)
	wantAll(t, e, two)
}
