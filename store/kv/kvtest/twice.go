package kvtest

import (
	"context"
	"errors"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

// Twice makes an engine whose Update runs its function twice, as every engine
// may: first in a transaction that is undone, with which its AfterCommit
// functions go too, then in one that counts. A function that does more outside
// its Tx than overwrite results shows itself.
func Twice(e kv.Engine) kv.Engine {
	if r, ok := e.(Reopener); ok {
		return twiceReopener{twice{e}, r}
	}
	return twice{e}
}

type twice struct{ kv.Engine }

var errRehearsal = errors.New("kvtest: only a rehearsal")

func (e twice) Update(ctx context.Context, fn func(kv.Tx) error) error {
	err := e.Engine.Update(ctx, func(tx kv.Tx) error {
		_ = fn(tx)
		return errRehearsal
	})
	if !errors.Is(err, errRehearsal) {
		return err // it did not come to the function
	}
	return e.Engine.Update(ctx, fn)
}

type twiceReopener struct {
	twice
	r Reopener
}

func (e twiceReopener) Reopen(t *testing.T) kv.Engine { return Twice(e.r.Reopen(t)) }
