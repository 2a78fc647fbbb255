package kvtest

import (
	"fmt"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

var limits = []test{
	{"each limit holds at its exact boundary", boundaries},
	{"over a limit nothing is written, even if the error is ignored", limitIgnored},
}

func boundaries(t *testing.T, e kv.Engine) {
	key := func(n int) []byte { return make([]byte, n) }
	value := make([]byte, kv.MaxValue+1)
	numbers := numbered(kv.MaxWrites + 1)
	puts := func(n int) func(kv.Tx) error {
		return func(tx kv.Tx) error { return each(numbers[:n], func(k []byte) error { return tx.Put(one, k, nil) }) }
	}
	deletes := func(n int) func(kv.Tx) error {
		return func(tx kv.Tx) error { return each(numbers[:n], func(k []byte) error { return tx.Delete(one, k) }) }
	}
	bytes := func(n int) func(kv.Tx) error { // n bytes with two puts of one key
		return func(tx kv.Tx) error {
			if err := tx.Put(one, key(16), value[:kv.MaxValue-16]); err != nil {
				return err
			}
			return tx.Put(one, key(16), value[:n-kv.MaxValue-16])
		}
	}
	for _, tt := range []struct {
		name string
		ok   bool
		fn   func(tx kv.Tx) error
	}{
		{"put of the longest key", true, func(tx kv.Tx) error { return tx.Put(one, key(kv.MaxKey), nil) }},
		{"put of a longer key", false, func(tx kv.Tx) error { return tx.Put(one, key(kv.MaxKey+1), nil) }},
		{"put of a key of one byte", true, func(tx kv.Tx) error { return tx.Put(one, key(1), nil) }},
		{"put of an empty key", false, func(tx kv.Tx) error { return tx.Put(one, key(0), nil) }},
		{"put of a nil key", false, func(tx kv.Tx) error { return tx.Put(one, nil, nil) }},
		{"delete of the longest key", true, func(tx kv.Tx) error { return tx.Delete(one, key(kv.MaxKey)) }},
		{"delete of a longer key", false, func(tx kv.Tx) error { return tx.Delete(one, key(kv.MaxKey+1)) }},
		{"delete of an empty key", false, func(tx kv.Tx) error { return tx.Delete(one, nil) }},
		{"the largest value", true, func(tx kv.Tx) error { return tx.Put(one, key(1), value[:kv.MaxValue]) }},
		{"a larger value", false, func(tx kv.Tx) error { return tx.Put(one, key(1), value) }},
		{"as many puts as may be", true, puts(kv.MaxWrites)},
		{"one put more", false, puts(kv.MaxWrites + 1)},
		{"as many deletes as may be", true, deletes(kv.MaxWrites)},
		{"one delete more", false, deletes(kv.MaxWrites + 1)},
		{"puts and deletes together", false, func(tx kv.Tx) error {
			if err := puts(kv.MaxWrites / 2)(tx); err != nil {
				return err
			}
			return deletes(kv.MaxWrites/2 + 1)(tx)
		}},
		{"as many bytes as may be", true, bytes(kv.MaxBytes)},
		{"one byte more", false, bytes(kv.MaxBytes + 1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := e.Update(t.Context(), tt.fn)
			if tt.ok && err != nil {
				t.Error(err)
			}
			if !tt.ok {
				wantError(t, "update", err, kv.ErrLimit)
			}
		})
	}
}

func each(keys []string, fn func(key []byte) error) error {
	for _, k := range keys {
		if err := fn([]byte(k)); err != nil {
			return err
		}
	}
	return nil
}

func limitIgnored(t *testing.T, e kv.Engine) {
	fill(t, e, one, "a", "1")
	var later []error
	err := e.Update(t.Context(), func(tx kv.Tx) error {
		if err := put(tx, one, "a", "2", "b", "2"); err != nil {
			return err
		}
		_ = tx.Put(one, nil, nil)
		_, getErr := get(tx, one, "a")
		_, scanErr := tx.Scan(one, kv.Range{})
		later = []error{
			tx.Put(one, []byte("c"), nil), tx.Delete(one, []byte("a")), getErr, scanErr, tx.AfterCommit(func() {
				t.Error("ran after a transaction that failed")
			}),
		}
		return nil
	})
	wantError(t, "update", err, kv.ErrLimit)
	for i, err := range later {
		wantError(t, fmt.Sprintf("later call %d", i), err, kv.ErrLimit)
	}
	wantAll(t, e, one, "a", "1")
}
