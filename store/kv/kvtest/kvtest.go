// Package kvtest is the suite that every engine of kv passes. It tests the
// contract in kv and nothing else, so it never waits for one engine's way of
// doing things; what only one engine does is tested beside that engine.
package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/store/kv"
)

// A Reopener is an engine whose store outlives Close. If the engine that Run
// is given is one, the suite also tests what is there after opening it again.
type Reopener interface {
	kv.Engine
	// Reopen returns an engine on the store of this one, which was closed.
	Reopen(t *testing.T) kv.Engine
}

// Run tests the engine that open makes: first as it is, then with every function
// run twice (see Twice) and what is lent taken back (see Lent). open makes an engine with an empty store
// each time it is called; Run closes it.
func Run(t *testing.T, open func(t *testing.T) kv.Engine) {
	t.Run("each function once", func(t *testing.T) { run(t, open) })
	t.Run("each function twice", func(t *testing.T) {
		run(t, func(t *testing.T) kv.Engine { return Lent(Twice(open(t))) })
	})
	t.Run("a model of it says the same", func(t *testing.T) { model(t, open) })
}

func run(t *testing.T, open func(t *testing.T) kv.Engine) {
	for _, tt := range slices.Concat(reading, writing, limits, transactions, concurrency, lifetime) {
		t.Run(tt.name, func(t *testing.T) { tt.on(t, open) })
	}
}

type test struct {
	name string
	run  func(t *testing.T, e kv.Engine)
}

// on runs the test on an engine of its own.
func (tt test) on(t *testing.T, open func(t *testing.T) kv.Engine) {
	e := open(t)
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	tt.run(t, e)
}

// The spaces that tests write to.
const (
	one kv.Space = "one"
	two kv.Space = "two"
)

var errUndo = errors.New("undo this")

func update(t *testing.T, e kv.Engine, fn func(tx kv.Tx) error) {
	t.Helper()
	if err := e.Update(context.Background(), fn); err != nil {
		t.Fatal("update:", err)
	}
}

func view(t *testing.T, e kv.Engine, fn func(tx kv.Tx) error) {
	t.Helper()
	if err := e.View(context.Background(), fn); err != nil {
		t.Fatal("view:", err)
	}
}

// fill puts pairs ("k", "v", "k2", "v2", …) into space.
func fill(t *testing.T, e kv.Engine, space kv.Space, pairs ...string) {
	t.Helper()
	update(t, e, func(tx kv.Tx) error { return put(tx, space, pairs...) })
}

// put and del change what they gave as soon as they may.
func put(tx kv.Tx, space kv.Space, pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		key, value := []byte(pairs[i]), []byte(pairs[i+1])
		if err := tx.Put(space, key, value); err != nil {
			return err
		}
		scramble(key, value)
	}
	return nil
}

func del(tx kv.Tx, space kv.Space, keys ...string) error {
	for _, k := range keys {
		key := []byte(k)
		if err := tx.Delete(space, key); err != nil {
			return err
		}
		scramble(key)
	}
	return nil
}

// get returns the one value of key, nil if it is not there.
func get(tx kv.Tx, space kv.Space, key string) ([]byte, error) {
	values, err := tx.Get(space, []byte(key))
	if err != nil {
		return nil, err
	}
	if len(values) != 1 {
		return nil, fmt.Errorf("%d values for one key", len(values))
	}
	return values[0], nil
}

// all returns the pairs of space in order.
func all(tx kv.Tx, space kv.Space) (pairs []string, err error) {
	err = kv.Walk(tx, space, kv.Range{}, func(e kv.Entry) error {
		pairs = append(pairs, string(e.Key), string(e.Value))
		return nil
	})
	return pairs, err
}

// wantAll fails the test unless space has these pairs and no others.
func wantAll(t *testing.T, e kv.Engine, space kv.Space, want ...string) {
	t.Helper()
	var got []string
	view(t, e, func(tx kv.Tx) (err error) {
		got, err = all(tx, space)
		return err
	})
	diff(t, want, got, "%s", space)
}

// diff compares lists, of which the format says what they are; nil and empty
// are the same.
func diff(t *testing.T, want, got []string, format string, args ...any) {
	t.Helper()
	if !slices.Equal(want, got) {
		t.Errorf("%s (-want +got):\n%s", fmt.Sprintf(format, args...), cmp.Diff(want, got))
	}
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

// keysOf returns the keys of page for comparison.
func keysOf(page []kv.Entry) (keys []string) {
	for _, e := range page {
		keys = append(keys, string(e.Key))
	}
	return keys
}

func scramble(slices ...[]byte) {
	for _, s := range slices {
		copy(s, bytes.Repeat([]byte{0x5a}, len(s)))
	}
}
