package kvtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/parley-app/parley/store/kv"
)

// model compares the engine with sorted maps, in random sequences of
// transactions: some well, some failing, some panicking, some at once.
func model(t *testing.T, open func(t *testing.T) kv.Engine) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{t: t, e: open(t), has: state{one: {}, two: {}}}
		defer func() {
			if err := m.e.Close(); err != nil {
				rt.Error("close:", err)
			}
		}()
		actions := map[string]func(*rapid.T){
			"update": m.update,
			"view":   m.view,
			"crowd":  m.crowd,
		}
		if _, ok := m.e.(Reopener); ok {
			actions["reopen"] = m.reopen
		}
		rt.Repeat(actions)
		m.view(rt)
	})
}

type machine struct {
	t   *testing.T
	e   kv.Engine
	has state
}

// A state is what each space has.
type state map[kv.Space]map[string]string

func (s state) clone() state {
	c := make(state, len(s))
	for space, pairs := range s {
		c[space] = maps.Clone(pairs)
	}
	return c
}

// scan is what Scan must return.
func (s state) scan(space kv.Space, r kv.Range) (pairs []string) {
	keys := slices.Sorted(maps.Keys(s[space]))
	if r.Reverse {
		slices.Reverse(keys)
	}
	for _, k := range keys {
		if k >= string(r.From) && (r.To == nil || k < string(r.To)) && (r.Limit == 0 || len(pairs) < 2*r.Limit) {
			pairs = append(pairs, k, s[space][k])
		}
	}
	return pairs
}

// A step is one call of a Tx; kind says which fields count.
type step struct {
	kind  string // put, delete, clear, get, scan
	space kv.Space
	key   string
	value string
	r     kv.Range
}

// A plan is a transaction: its steps and how it ends.
type plan struct {
	steps []step
	end   string // commit, fail, panic
}

var (
	// Few different keys meet often. Long ones make trees of several pages.
	keys = rapid.Custom(func(t *rapid.T) string {
		k := rapid.StringOfN(rapid.RuneFrom([]rune{0, 1, 'a', 'b', 0x7f}), 1, 3, -1).Draw(t, "key")
		if rapid.Bool().Draw(t, "long") {
			k += strings.Repeat("\xff", 500)
		}
		return k
	})
	values = rapid.Custom(func(t *rapid.T) string {
		n := rapid.SampledFrom([]int{0, 1, 10, 700, 5000}).Draw(t, "size")
		return strings.Repeat(rapid.StringMatching(`[a-z]`).Draw(t, "value"), n)
	})
	inSpace = rapid.SampledFrom([]kv.Space{one, one, two})
	bounds  = rapid.Custom(func(t *rapid.T) []byte {
		if rapid.Bool().Draw(t, "open") {
			return nil
		}
		return []byte(keys.Draw(t, "bound"))
	})
	ranges = rapid.Custom(func(t *rapid.T) kv.Range {
		return kv.Range{
			From:    bounds.Draw(t, "from"),
			To:      bounds.Draw(t, "to"),
			Reverse: rapid.Bool().Draw(t, "reverse"),
			Limit:   rapid.SampledFrom([]int{0, 0, 1, 2, 5}).Draw(t, "limit"),
		}
	})
	steps = rapid.Custom(func(t *rapid.T) step {
		s := step{
			kind:  rapid.SampledFrom([]string{"put", "put", "put", "delete", "clear", "get", "scan"}).Draw(t, "kind"),
			space: inSpace.Draw(t, "space"),
		}
		switch s.kind {
		case "put":
			s.key, s.value = keys.Draw(t, "key"), values.Draw(t, "value")
		case "delete", "get":
			s.key = keys.Draw(t, "key")
		default:
			s.r = ranges.Draw(t, "range")
		}
		return s
	})
	plans = rapid.Custom(func(t *rapid.T) plan {
		return plan{
			steps: rapid.SliceOfN(steps, 0, 30).Draw(t, "steps"),
			end:   rapid.SampledFrom([]string{"commit", "commit", "commit", "fail", "panic"}).Draw(t, "end"),
		}
	})
	reads = steps.Filter(func(s step) bool { return s.kind == "get" || s.kind == "scan" })
)

var errModel = errors.New("the engine differs from the model")

// do runs s on tx and on has, and compares what both say.
func (s step) do(tx kv.Tx, has state) error {
	switch s.kind {
	case "put":
		has[s.space][s.key] = s.value
		return tx.Put(s.space, []byte(s.key), []byte(s.value))
	case "delete":
		delete(has[s.space], s.key)
		return tx.Delete(s.space, []byte(s.key))
	case "clear":
		return s.clear(tx, has)
	case "get":
		got, err := get(tx, s.space, s.key)
		want, ok := has[s.space][s.key]
		if err == nil && (string(got) != want || (got != nil) != ok) {
			err = fmt.Errorf("%w: get %s %q: got %q, want %q", errModel, s.space, s.key, got, want)
		}
		return err
	default:
		page, err := tx.Scan(s.space, s.r)
		if err != nil {
			return err
		}
		var got []string
		for _, e := range page {
			got = append(got, string(e.Key), string(e.Value))
		}
		if d := cmp.Diff(has.scan(s.space, s.r), got); d != "" {
			return fmt.Errorf("%w: scan %s %+v (-want +got):\n%s", errModel, s.space, s.r, d)
		}
		return nil
	}
}

// clear deletes the whole range.
func (s step) clear(tx kv.Tx, has state) error {
	r := kv.Range{From: s.r.From, To: s.r.To}
	pairs := has.scan(s.space, r)
	for i := 0; i < len(pairs); i += 2 {
		delete(has[s.space], pairs[i])
	}
	return kv.Walk(tx, s.space, r, func(e kv.Entry) error { return tx.Delete(s.space, e.Key) })
}

// run is the function of p's transaction. It leaves the state that it comes to
// in after.
func (p plan) run(before state, after *state) func(kv.Tx) error {
	return func(tx kv.Tx) error {
		has := before.clone()
		for _, s := range p.steps {
			if err := s.do(tx, has); err != nil {
				return err
			}
		}
		*after = has
		switch p.end {
		case "fail":
			return errUndo
		case "panic":
			panic(errUndo)
		}
		return nil
	}
}

// update runs fn, as p ends, and says whether it was committed.
func (p plan) update(e kv.Engine, fn func(kv.Tx) error) (committed bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			committed, err = false, nil
			if v != errUndo {
				err = fmt.Errorf("panic: %v", v)
			}
		}
	}()
	err = e.Update(context.Background(), fn)
	if errors.Is(err, errUndo) {
		return false, nil
	}
	return err == nil, err
}

func (m *machine) update(t *rapid.T) {
	p := plans.Draw(t, "plan")
	var after state
	committed, err := p.update(m.e, p.run(m.has, &after))
	if err != nil {
		t.Fatal(err)
	}
	if committed != (p.end == "commit") {
		t.Fatalf("committed: %t, but the plan was to %s", committed, p.end)
	}
	if committed {
		m.has = after
	}
}

func (m *machine) view(t *rapid.T) {
	some := append(rapid.SliceOfN(reads, 0, 5).Draw(t, "reads"),
		step{kind: "scan", space: one}, step{kind: "scan", space: two, r: kv.Range{Reverse: true}})
	err := m.e.View(context.Background(), func(tx kv.Tx) error {
		for _, s := range some {
			if err := s.do(tx, m.has); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// crowd runs several plans at once, each in a space of its own, so that their
// order does not matter. Then the spaces are emptied.
func (m *machine) crowd(t *rapid.T) {
	ps := rapid.SliceOfN(plans, 2, 6).Draw(t, "plans")
	errs := make([]error, len(ps))
	var wg sync.WaitGroup
	for i, p := range ps {
		space := kv.Space(fmt.Sprint("of ", i))
		for j := range p.steps {
			p.steps[j].space = space
		}
		wg.Go(func() { errs[i] = p.alone(m.e, space) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// alone runs p in space, which is empty and is emptied again.
func (p plan) alone(e kv.Engine, space kv.Space) error {
	has, after := state{space: {}}, state(nil)
	committed, err := p.update(e, p.run(has, &after))
	if err != nil {
		return err
	}
	if committed {
		has = after
	}
	return e.Update(context.Background(), func(tx kv.Tx) error {
		if err := (step{kind: "scan", space: space}).do(tx, has); err != nil {
			return err
		}
		return step{kind: "clear", space: space}.clear(tx, has.clone())
	})
}

func (m *machine) reopen(*rapid.T) {
	m.e = reopen(m.t, m.e.(Reopener))
}
