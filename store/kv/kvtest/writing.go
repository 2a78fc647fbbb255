package kvtest

import (
	"fmt"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

var writing = []test{
	{"a transaction reads what it wrote", ownWrites},
	{"a reverse scan passes over what the transaction deleted", deletedRuns},
	{"slices that were given may be changed", givenSlices},
	{"slices that an update hands out may be changed and kept", handedSlices},
	{"slices that are lent stand apart", lentSlices},
	{"deleting what is not there is no error", deleteMissing},
	{"walk goes over pages, both ways", walkPages},
	{"walk ends early when told", walkEnds},
	{"walk allows writes", walkWrites},
	{"walk does not depend on what becomes of its entries", walkScrambled},
}

func ownWrites(t *testing.T, e kv.Engine) {
	fill(t, e, one, "a", "old", "b", "old", "c", "old")
	want := []string{"a", "new", "c", "old", "d", "new"}
	var got, back []string
	update(t, e, func(tx kv.Tx) error {
		if err := put(tx, one, "d", "newer", "a", "new", "d", "new", "e", "gone"); err != nil {
			return err
		}
		for _, k := range []string{"b", "e"} {
			if err := del(tx, one, k); err != nil {
				return err
			}
			if v, err := get(tx, one, k); v != nil || err != nil {
				return fmt.Errorf("deleted %q is %q, %w", k, v, err)
			}
		}
		if v, err := get(tx, one, "a"); string(v) != "new" || err != nil {
			return fmt.Errorf("a is %q, %w", v, err)
		}
		var err error
		if got, err = all(tx, one); err != nil {
			return err
		}
		page, err := tx.Scan(one, kv.Range{Reverse: true})
		back = keysOf(page)
		return err
	})
	diff(t, want, got, "inside")
	diff(t, []string{"d", "c", "a"}, back, "inside, in reverse")
	wantAll(t, e, one, want...)
}

// deletedRuns deletes runs of keys, large enough that whole pages of a tree
// have nothing left, at the beginning, in the middle, at the end and all over.
func deletedRuns(t *testing.T, e kv.Engine) {
	keys := numbered(60)
	large := string(make([]byte, 900))
	for _, run := range [][2]int{{0, 20}, {20, 40}, {40, 60}, {1, 59}, {0, 60}} {
		var pairs []string
		for _, k := range keys {
			pairs = append(pairs, k, large)
		}
		fill(t, e, one, pairs...)
		kept := append(append([]string{}, keys[:run[0]]...), keys[run[1]:]...)
		update(t, e, func(tx kv.Tx) error {
			if err := del(tx, one, keys[run[0]:run[1]]...); err != nil {
				return err
			}
			for _, r := range []kv.Range{
				{},
				{To: []byte(keys[59])},
				{To: []byte(keys[30])},
				{From: []byte(keys[30])},
				{From: []byte(keys[10]), To: []byte(keys[50])},
				{To: []byte("z")},
				{To: []byte("a")},
			} {
				for _, r.Reverse = range []bool{false, true} {
					page, err := tx.Scan(one, r)
					if err != nil {
						return err
					}
					diff(t, within(kept, r), keysOf(page), "deleted %v, range %q to %q, reverse %t",
						run, r.From, r.To, r.Reverse)
				}
			}
			return nil
		})
	}
}

func givenSlices(t *testing.T, e kv.Engine) {
	look := func(tx kv.Tx) error {
		if got, err := all(tx, one); err != nil || fmt.Sprint(got) != "[b value]" {
			return fmt.Errorf("the store has %q, %w", got, err)
		}
		return nil
	}
	update(t, e, func(tx kv.Tx) error {
		key, value, gone := []byte("b"), []byte("value"), []byte("gone")
		if err := tx.Put(one, gone, value); err != nil {
			return err
		}
		if err := tx.Delete(one, gone); err != nil {
			return err
		}
		if err := tx.Put(one, key, value); err != nil {
			return err
		}
		scramble(key, value, gone)
		return look(tx)
	})
	view(t, e, look)
}

// handedSlices writes to all that it gets, and keeps it past the transaction
// while the store goes on.
func handedSlices(t *testing.T, e kv.Engine) {
	fill(t, e, one, "a", "1", "b", "2", "c", "3")
	var kept [][]byte
	rob := func(tx kv.Tx) error {
		values, page, err := apart(t, tx)
		if err != nil {
			return err
		}
		scramble(values...)
		for _, e := range page {
			scramble(e.Key, e.Value)
			kept = append(kept, e.Key, e.Value)
		}
		got, err := all(tx, one)
		diff(t, []string{"a", "1", "b", "2", "c", "3"}, got, "after changing what was handed out")
		return err
	}
	update(t, e, rob)
	wantAll(t, e, one, "a", "1", "b", "2", "c", "3")
	for i := range 20 {
		fill(t, e, one, "a", fmt.Sprint(i), "b", fmt.Sprint(i), "c", fmt.Sprint(i))
	}
	for _, s := range kept {
		if string(s) != "Z" {
			t.Errorf("a result that was kept changed to %q", s)
		}
	}
}

func lentSlices(t *testing.T, e kv.Engine) {
	fill(t, e, one, "a", "1", "b", "2", "c", "3")
	view(t, e, func(tx kv.Tx) error {
		_, _, err := apart(t, tx)
		return err
	})
}

// apart reads a and b and all, and appends to results, which must not land in what
// lies behind them.
func apart(t *testing.T, tx kv.Tx) (values [][]byte, page []kv.Entry, err error) {
	t.Helper()
	if values, err = tx.Get(one, []byte("a"), []byte("b")); err != nil {
		return nil, nil, err
	}
	if page, err = tx.Scan(one, kv.Range{}); err != nil {
		return nil, nil, err
	}
	_ = append(page[0].Key, '!')
	_ = append(values[0], '!')
	if string(page[0].Value) != "1" || string(page[1].Key) != "b" || string(values[1]) != "2" {
		t.Errorf("append to one result changed another: %q, %q", page, values)
	}
	return values, page, nil
}

func deleteMissing(t *testing.T, e kv.Engine) {
	update(t, e, func(tx kv.Tx) error { return del(tx, one, "in no space") })
	fill(t, e, one, "a", "1")
	update(t, e, func(tx kv.Tx) error { return del(tx, one, "b") })
	wantAll(t, e, one, "a", "1")
}
