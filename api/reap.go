package api

import (
	"context"

	"github.com/parley-app/parley/store"
)

// Reap takes down what hung from deleted records, in bounded transactions, until
// nothing is left or ctx ends.
func (a *API) Reap(ctx context.Context) error {
	for more := true; more; {
		pending := false
		err := a.store.View(ctx, func(tx *store.Tx) (err error) {
			pending, err = tx.HasDoomed()
			return err
		})
		if err != nil || !pending {
			return err
		}
		err = a.store.Update(store.InReserve(ctx), func(tx *store.Tx) (err error) {
			more, err = tx.ReapSome()
			return err
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
