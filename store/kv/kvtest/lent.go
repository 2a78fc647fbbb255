package kvtest

import (
	"bytes"
	"context"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

// Lent makes an engine that takes back what its View hands out: when the function
// returns, the memory is overwritten. Whoever keeps it reads rubbish, in every test
// and not only on the day when the file is mapped anew.
func Lent(e kv.Engine) kv.Engine {
	if r, ok := e.(Reopener); ok {
		return lentReopener{lender{e}, r}
	}
	return lender{e}
}

type lender struct{ kv.Engine }

func (e lender) View(ctx context.Context, fn func(kv.Tx) error) error {
	return e.Engine.View(ctx, func(tx kv.Tx) error {
		l := &loan{Tx: tx}
		defer l.end()
		return fn(l)
	})
}

// A loan is a transaction, and what it has handed out.
type loan struct {
	kv.Tx
	lent   [][]byte
	values [][][]byte
	pages  [][]kv.Entry
}

func (l *loan) end() {
	for _, b := range l.lent {
		for i := range b {
			b[i] = 0xdb
		}
	}
	for _, values := range l.values {
		clear(values)
	}
	for _, page := range l.pages {
		clear(page)
	}
}

// lend returns a copy of b that is taken back; nil stays nil.
func (l *loan) lend(b []byte) []byte {
	if len(b) == 0 {
		return b
	}
	b = bytes.Clone(b)
	l.lent = append(l.lent, b)
	return b
}

func (l *loan) Get(space kv.Space, keys ...[]byte) ([][]byte, error) {
	values, err := l.Tx.Get(space, keys...)
	for i, v := range values {
		values[i] = l.lend(v)
	}
	l.values = append(l.values, values)
	return values, err
}

func (l *loan) Scan(space kv.Space, r kv.Range) ([]kv.Entry, error) {
	page, err := l.Tx.Scan(space, r)
	for i, e := range page {
		page[i] = kv.Entry{Key: l.lend(e.Key), Value: l.lend(e.Value)}
	}
	l.pages = append(l.pages, page)
	return page, err
}

type lentReopener struct {
	lender
	r Reopener
}

func (e lentReopener) Reopen(t *testing.T) kv.Engine { return Lent(e.r.Reopen(t)) }
