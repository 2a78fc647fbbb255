package api

import "context"

// Reap takes down what hung from deleted records, until nothing is left or ctx
// ends; see store.Store.Reap.
func (a *API) Reap(ctx context.Context) error { return a.store.Reap(ctx) }
