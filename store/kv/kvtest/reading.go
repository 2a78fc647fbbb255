package kvtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

var reading = []test{
	{"an empty store has nothing", emptyStore},
	{"an empty value is not a missing one", emptyValue},
	{"get answers key by key", getMany},
	{"scan knows every bound, both ways", scanBounds},
	{"a page has at most its limit", pageLimit},
	{"a prefix finds its keys only", prefix},
	{"spaces do not see each other", spaces},
	{"a view that is cancelled stops", viewCancelled},
}

func emptyStore(t *testing.T, e kv.Engine) {
	look := func(tx kv.Tx) error {
		for _, r := range []kv.Range{{}, {Reverse: true}, kv.Prefix([]byte("a"))} {
			if page, err := tx.Scan(one, r); err != nil || len(page) != 0 {
				return fmt.Errorf("scan %+v: %v, %w", r, page, err)
			}
		}
		values, err := tx.Get(one, []byte("a"), nil, []byte(""))
		if err != nil || len(values) != 3 || values[0] != nil || values[1] != nil || values[2] != nil {
			return fmt.Errorf("get: %v, %w", values, err)
		}
		return nil
	}
	view(t, e, look)
	update(t, e, look)
}

func emptyValue(t *testing.T, e kv.Engine) {
	look := func(tx kv.Tx) error {
		for _, key := range []string{"empty", "nil"} {
			v, err := get(tx, one, key)
			if err != nil || v == nil || len(v) != 0 {
				return fmt.Errorf("value of %q is %#v, %w", key, v, err)
			}
		}
		if v, err := get(tx, one, "missing"); err != nil || v != nil {
			return fmt.Errorf("value of a missing key is %#v, %w", v, err)
		}
		page, err := tx.Scan(one, kv.Range{})
		if err != nil || len(page) != 2 || page[0].Value == nil || page[1].Value == nil {
			return fmt.Errorf("scan: %#v, %w", page, err)
		}
		return nil
	}
	update(t, e, func(tx kv.Tx) error {
		if err := tx.Put(one, []byte("empty"), []byte{}); err != nil {
			return err
		}
		if err := tx.Put(one, []byte("nil"), nil); err != nil {
			return err
		}
		return look(tx)
	})
	view(t, e, look)
}

func getMany(t *testing.T, e kv.Engine) {
	fill(t, e, one, "a", "1", "b", "2")
	view(t, e, func(tx kv.Tx) error {
		values, err := tx.Get(one, []byte("b"), []byte("x"), []byte("a"), []byte("b"))
		if err != nil {
			return err
		}
		if got := fmt.Sprintf("%q", values); got != `["2" "" "1" "2"]` || values[1] != nil {
			t.Errorf("got %s", got)
		}
		none, err := tx.Get(one)
		if len(none) != 0 {
			t.Errorf("no keys: got %q", none)
		}
		return err
	})
}

// awkward are keys in order, at the edges of what bytes can be.
var awkward = []string{
	"\x00", "\x00\x00", "\x00\x01", "\x00\xff", "\x01", "a", "a\x00", "a\x00\x00", "a\x01",
	"a\xff", "a\xff\xff", "b", "\xfe", "\xff", "\xff\x00", "\xff\xff", "\xff\xff\xff",
}

// scanBounds compares every range between awkward bounds with the same part of
// a sorted list, inside the transaction that wrote them and in a view.
func scanBounds(t *testing.T, e kv.Engine) {
	shuffled := append(slices.Clone(awkward[7:]), awkward[:7]...)
	bounds := [][]byte{nil, {}, []byte("A"), []byte("a\x00\x00\x00"), {0xff, 0xff, 0xff, 0xff}}
	for _, k := range awkward {
		bounds = append(bounds, []byte(k))
	}
	look := func(tx kv.Tx) error {
		for _, from := range bounds {
			for _, to := range bounds {
				for _, limit := range []int{0, 1, 3} {
					for _, reverse := range []bool{false, true} {
						r := kv.Range{From: from, To: to, Limit: limit, Reverse: reverse}
						page, err := tx.Scan(one, r)
						if err != nil {
							return err
						}
						diff(t, within(awkward, r), keysOf(page), "from %q to %q (nil: %t) reverse %t limit %d",
							from, to, to == nil, reverse, limit)
					}
				}
			}
		}
		return nil
	}
	update(t, e, func(tx kv.Tx) error {
		for _, k := range shuffled {
			if err := tx.Put(one, []byte(k), []byte("value of "+k)); err != nil {
				return err
			}
		}
		return look(tx)
	})
	view(t, e, look)
}

// within is what Scan must find of sorted keys.
func within(keys []string, r kv.Range) (found []string) {
	for _, k := range keys {
		if k >= string(r.From) && (r.To == nil || k < string(r.To)) {
			found = append(found, k)
		}
	}
	if r.Reverse {
		slices.Reverse(found)
	}
	if r.Limit > 0 && len(found) > r.Limit {
		found = found[:r.Limit]
	}
	return found
}

func pageLimit(t *testing.T, e kv.Engine) {
	keys := numbered(kv.MaxPage + 1)
	for part := range slices.Chunk(keys, kv.MaxWrites) {
		update(t, e, func(tx kv.Tx) error {
			for _, k := range part {
				if err := tx.Put(one, []byte(k), nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for limit, want := range map[int]int{
		1: 1, kv.MaxPage - 1: kv.MaxPage - 1, kv.MaxPage: kv.MaxPage,
		0: kv.MaxPage, -1: kv.MaxPage, kv.MaxPage + 1: kv.MaxPage,
	} {
		view(t, e, func(tx kv.Tx) error {
			page, err := tx.Scan(one, kv.Range{Limit: limit})
			if err == nil && (len(page) != want || string(page[want-1].Key) != keys[want-1]) {
				t.Errorf("limit %d: %d entries, want the first %d", limit, len(page), want)
			}
			return err
		})
	}
}

// numbered returns n keys in order.
func numbered(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("k%06d", i)
	}
	return keys
}

func prefix(t *testing.T, e kv.Engine) {
	for _, k := range awkward {
		fill(t, e, one, k, "")
	}
	for _, p := range append([]string{"", "c", "a\x00\x00\x00"}, awkward...) {
		var want []string
		for _, k := range awkward {
			if strings.HasPrefix(k, p) {
				want = append(want, k)
			}
		}
		view(t, e, func(tx kv.Tx) error {
			page, err := tx.Scan(one, kv.Prefix([]byte(p)))
			diff(t, want, keysOf(page), "prefix %q", p)
			return err
		})
	}
}

func spaces(t *testing.T, e kv.Engine) {
	fill(t, e, one, "a", "in one", "b", "in one")
	fill(t, e, two, "a", "in two")
	update(t, e, func(tx kv.Tx) error { return tx.Delete(two, []byte("b")) })
	wantAll(t, e, one, "a", "in one", "b", "in one")
	wantAll(t, e, two, "a", "in two")
}

func viewCancelled(t *testing.T, e kv.Engine) {
	fill(t, e, one, "a", "1")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var getErr, scanErr error
	err := e.View(ctx, func(tx kv.Tx) error {
		if _, err := get(tx, one, "a"); err != nil {
			return err
		}
		cancel()
		_, getErr = get(tx, one, "a")
		_, scanErr = tx.Scan(one, kv.Range{})
		return nil
	})
	if err != nil {
		t.Error("view:", err)
	}
	wantError(t, "get after cancel", getErr, context.Canceled)
	wantError(t, "scan after cancel", scanErr, context.Canceled)
	err = e.View(ctx, func(kv.Tx) error {
		t.Error("a view ran that was cancelled before")
		return nil
	})
	wantError(t, "view cancelled before", err, context.Canceled)
}
