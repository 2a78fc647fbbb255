package kv

import (
	"bytes"
	"errors"
)

// Walk calls fn for every entry of r in order, page by page, until fn returns
// an error, which Walk returns, or Stop, which ends it without one. fn may
// write, also to the entries it is given. Of what it writes ahead of the
// walk's position, the rest of the current page shows nothing: an entry that
// it adds may be left out, one that it changes or deletes may come as it was.
// r.Limit bounds the whole walk.
func Walk(tx Tx, space Space, r Range, fn func(Entry) error) error {
	left := r.Limit
	for {
		r.Limit = pageSize(left)
		page, err := tx.Scan(space, r)
		if err != nil || len(page) == 0 {
			return err
		}
		last := len(page) < r.Limit
		r = after(r, page) // now, because in Update fn owns the entries and may change them
		for _, e := range page {
			if err := fn(e); errors.Is(err, Stop) {
				return nil
			} else if err != nil {
				return err
			}
		}
		if left > 0 {
			left -= len(page)
			last = last || left == 0
		}
		if last {
			return nil
		}
	}
}

func pageSize(left int) int {
	if left <= 0 || left > MaxPage {
		return MaxPage
	}
	return left
}

// after is what remains of r behind page, which is not empty.
func after(r Range, page []Entry) Range {
	k := bytes.Clone(page[len(page)-1].Key)
	if r.Reverse {
		r.To = k
	} else {
		r.From = append(k, 0)
	}
	return r
}
