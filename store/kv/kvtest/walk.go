package kvtest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

// fillPages puts more than two pages of numbered keys into space one.
func fillPages(t *testing.T, e kv.Engine) []string {
	t.Helper()
	keys := numbered(2*kv.MaxPage + 50)
	for part := range slices.Chunk(keys, kv.MaxWrites) {
		update(t, e, func(tx kv.Tx) error {
			for _, k := range part {
				if err := tx.Put(one, []byte(k), []byte(k)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return keys
}

// walked returns the keys that Walk visits, and its error.
func walked(tx kv.Tx, r kv.Range, fn func(kv.Entry) error) (keys []string, err error) {
	err = kv.Walk(tx, one, r, func(e kv.Entry) error {
		keys = append(keys, string(e.Key))
		return fn(e)
	})
	return keys, err
}

func goOn(kv.Entry) error { return nil }

func walkPages(t *testing.T, e kv.Engine) {
	keys := fillPages(t, e)
	for _, r := range []kv.Range{
		{},
		{Limit: 1},
		{Limit: kv.MaxPage},
		{Limit: kv.MaxPage + 1},
		{Limit: len(keys) + 1},
		{Limit: -1},
		{From: []byte(keys[3]), To: []byte(keys[2*kv.MaxPage+3])},
		{From: []byte("x")},
	} {
		for _, r.Reverse = range []bool{false, true} {
			var got []string
			view(t, e, func(tx kv.Tx) (err error) {
				got, err = walked(tx, r, goOn)
				return err
			})
			diff(t, within(keys, r), got, "%+v", r)
		}
	}
}

func walkEnds(t *testing.T, e kv.Engine) {
	fill(t, e, one, "a", "", "b", "", "c", "")
	broken := errors.New("broken")
	for _, tt := range []struct{ give, want error }{
		{kv.Stop, nil}, {fmt.Errorf("wrapped: %w", kv.Stop), nil}, {broken, broken},
	} {
		var got []string
		var err error
		view(t, e, func(tx kv.Tx) error {
			got, err = walked(tx, kv.Range{}, func(e kv.Entry) error {
				if string(e.Key) == "b" {
					return tt.give
				}
				return nil
			})
			return nil
		})
		diff(t, []string{"a", "b"}, got, "visited")
		if !errors.Is(err, tt.want) {
			t.Errorf("fn returned %v, walk %v, want %v", tt.give, err, tt.want)
		}
	}
}

// walkWrites deletes every other entry that it visits and marks the rest.
func walkWrites(t *testing.T, e kv.Engine) {
	keys := fillPages(t, e)[:900] // as many as one transaction can write
	var got, want []string
	for i, k := range keys {
		if i%2 == 0 {
			want = append(want, k, "seen")
		}
	}
	update(t, e, func(tx kv.Tx) (err error) {
		i := 0
		got, err = walked(tx, kv.Range{Limit: len(keys)}, func(e kv.Entry) error {
			i++
			if i%2 == 0 {
				return tx.Delete(one, e.Key)
			}
			return tx.Put(one, e.Key, []byte("seen"))
		})
		return err
	})
	diff(t, keys, got, "visited")
	view(t, e, func(tx kv.Tx) (err error) {
		got, err = all(tx, one)
		return err
	})
	diff(t, want, got[:len(want)], "what is left")
}

func walkScrambled(t *testing.T, e kv.Engine) {
	keys := fillPages(t, e)
	for _, reverse := range []bool{false, true} {
		var got []string
		update(t, e, func(tx kv.Tx) (err error) {
			got, err = walked(tx, kv.Range{Reverse: reverse}, func(e kv.Entry) error {
				scramble(e.Key, e.Value)
				return nil
			})
			return err
		})
		if reverse {
			slices.Reverse(got)
		}
		diff(t, keys, got, "reverse %t", reverse)
	}
}
