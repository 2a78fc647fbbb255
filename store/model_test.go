package store_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
	"github.com/parley-app/parley/store/kv/kvtest"
)

// TestModel plays random transactions on a store and on plain maps, and compares
// what both show: all records, all lists, all counters. Functions run twice, fail in
// the middle, meet an engine that fails, and the store is closed and opened again;
// the clock jumps both ways. What differs is shrunk to the few operations that
// matter.
//
//	go test ./store -run TestModel -rapid.checks=5000
func TestModel(t *testing.T) {
	few(t)
	dir := ramDir(t)
	rapid.Check(t, func(rt *rapid.T) {
		path := filepath.Join(dir, "parley.db")
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			rt.Fatal(err)
		}
		m := &machine{path: path, model: newModel(), now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
		m.open(rt)
		m.run(rt, fault{}, all(beginning).do)
		defer func() {
			if err := m.store.Close(); err != nil {
				rt.Error("close:", err)
			}
		}()
		day := rapid.SliceOfN(steps(operations(choices.Draw(rt, "of"))), 1, 20)
		for _, steps := range rapid.SliceOfN(day, 1, 20).Draw(rt, "days") {
			for _, s := range steps {
				m.take(rt, s)
			}
		}
		m.reapAll(rt)
		m.take(rt, step{do: "look", questions: rapid.SliceOfN(threadQuestions, 3, 3).Draw(rt, "lists")})
	})
}

// few keeps the test to some seconds, unless the command line says how many checks
// it wants.
func few(t *testing.T) {
	checks := flag.Lookup("rapid.checks")
	if usual := checks.DefValue; checks.Value.String() == usual {
		_ = checks.Value.Set("25")
		t.Cleanup(func() { _ = checks.Value.Set(usual) })
	}
}

// ramDir is a folder in memory, where there is one: this test asks for no
// durability, and commits often.
func ramDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "parley-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// A machine is a store and the model of it.
type machine struct {
	path  string
	store *store.Store
	raw   kv.Engine
	fault fault
	now   time.Time
	model *model
}

func (m *machine) open(t *rapid.T) {
	engine, err := bolt.Open(m.path, bolt.Options{NoLog: rapid.Bool().Draw(t, "without a log"), MapSize: 1 << 28, AppendOrdered: store.AppendOrdered()})
	if err != nil {
		t.Fatal(err)
	}
	m.raw = engine
	o := store.Options{Now: func() time.Time { return m.now }, Log: slog.New(slog.DiscardHandler)}
	if m.store, err = store.Open(context.Background(), faulty{kvtest.Twice(engine), &m.fault}, o); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) reopen(t *rapid.T) {
	if err := m.store.Close(); err != nil {
		t.Fatal(err)
	}
	m.open(t)
}

// errFault is what goes wrong on purpose.
var errFault = errors.New("wrong on purpose")

// A fault is what happens to the next transaction.
type fault struct {
	kind string // "" (none), function (it returns an error), write (the n-th fails), commit
	n    int
}

var faults = rapid.Custom(func(t *rapid.T) fault {
	return fault{
		kind: rapid.SampledFrom([]string{"", "", "", "", "", "function", "write", "commit"}).Draw(t, "fault"),
		n:    rapid.IntRange(0, 20).Draw(t, "n"),
	}
})

// A step is what happens to the store next.
type step struct {
	do        string // update, reap, look, reopen
	ops       all
	fault     fault
	clock     time.Duration // it jumps by this before
	questions []threadQuestion
	part      part
}

func steps(operations *rapid.Generator[all]) *rapid.Generator[step] {
	return rapid.Custom(func(t *rapid.T) (s step) {
		s.do = rapid.SampledFrom([]string{"update", "update", "update", "look", "reap", "reopen"}).Draw(t, "do")
		switch s.do {
		case "update":
			s.clock = rapid.SampledFrom([]time.Duration{0, time.Millisecond, time.Second, -time.Hour, time.Hour}).Draw(t, "clock")
			s.ops = operations.Draw(t, "operations")
			s.fault = faults.Draw(t, "fault")
		case "reap":
			s.fault = faults.Draw(t, "fault")
		case "look":
			s.questions = rapid.SliceOfN(threadQuestions, 1, 3).Draw(t, "lists")
			s.part = pages.Draw(t, "page")
		}
		return s
	})
}

func (m *machine) take(t *rapid.T, s step) {
	m.now = m.now.Add(s.clock)
	switch s.do {
	case "update":
		m.run(t, s.fault, func(tx *store.Tx, model *model) error {
			if s.fault.kind == "function" {
				return cmp.Or(s.ops[:s.fault.n%len(s.ops)].do(tx, model), errFault)
			}
			return s.ops.do(tx, model)
		})
	case "reap":
		m.run(t, s.fault, reapStep)
	case "look":
		m.look(t, s.questions, s.part)
	case "reopen":
		m.reopen(t)
	}
}

// reapStep is what the store does by itself. Nobody sees a difference.
func reapStep(tx *store.Tx, model *model) (err error) {
	model.doomed, err = tx.ReapSome()
	return err
}

func (m *machine) reapAll(t *rapid.T) {
	for m.model.doomed = true; m.model.doomed; {
		m.run(t, fault{}, reapStep)
	}
}

// run runs fn on the store and on a copy of the model, which counts if the
// transaction was committed. It may fail by the fault, or because fn says that the
// store has refused what it had to refuse.
func (m *machine) run(t *rapid.T, f fault, fn func(*store.Tx, *model) error) {
	m.fault = f
	var after *model
	err := m.store.Update(context.Background(), func(tx *store.Tx) error {
		after = m.model.clone()
		return fn(tx, after)
	})
	m.fault = fault{}
	switch {
	case err == nil:
		m.model = after
	case errors.Is(err, errRefused), errors.Is(err, errFault) && f.kind != "":
	default:
		t.Fatal(err)
	}
}

// A faulty engine fails as it is told.
type faulty struct {
	kv.Engine
	fault *fault
}

func (e faulty) Update(ctx context.Context, fn func(kv.Tx) error) error {
	return e.Engine.Update(ctx, func(tx kv.Tx) error {
		t := &faultyTx{Tx: tx, left: -1}
		if e.fault.kind == "write" {
			t.left = e.fault.n
		}
		if err := errors.Join(fn(t), t.err); err != nil {
			return err
		}
		if e.fault.kind == "commit" {
			return errFault
		}
		return nil
	})
}

// A faultyTx fails a write, and then everything, as kv.Tx says.
type faultyTx struct {
	kv.Tx
	left int // writes until then; negative is never
	err  error
}

func (t *faultyTx) write() error {
	if t.left == 0 {
		t.err = errFault
	}
	t.left--
	return t.err
}

func (t *faultyTx) Put(space kv.Space, key, value []byte) error {
	if err := t.write(); err != nil {
		return err
	}
	return t.Tx.Put(space, key, value)
}

func (t *faultyTx) Delete(space kv.Space, key []byte) error {
	if err := t.write(); err != nil {
		return err
	}
	return t.Tx.Delete(space, key)
}

func (t *faultyTx) Get(space kv.Space, keys ...[]byte) ([][]byte, error) {
	if t.err != nil {
		return nil, t.err
	}
	return t.Tx.Get(space, keys...)
}

func (t *faultyTx) Scan(space kv.Space, r kv.Range) ([]kv.Entry, error) {
	if t.err != nil {
		return nil, t.err
	}
	return t.Tx.Scan(space, r)
}
