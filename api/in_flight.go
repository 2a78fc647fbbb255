package api

import (
	"context"
	"sync"

	"github.com/parley-app/parley/store"
)

// inFlight lets creates that carry the same client_id through one after another: a
// second one that comes before the first has been committed would not find it, and
// be refused for what the first has claimed. The zero value is ready for use.
type inFlight struct {
	mu   sync.Mutex
	busy map[repeat]chan struct{} // closed when the create that is through has ended
}

type repeat struct{ user, client store.ID }

// do runs fn once no other create of the user carries client, and lets the next one
// through when fn has ended, even by a panic. A zero client waits for nobody. Its
// error is fn's, or that ctx ended first.
func (r *inFlight) do(ctx context.Context, user, client store.ID, fn func() error) error {
	if client.IsZero() {
		return fn()
	}
	key := repeat{user, client}
	for {
		other := r.take(key)
		if other == nil {
			defer r.leave(key)
			return fn()
		}
		select {
		case <-other:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take makes key the caller's, or returns the channel of who has it.
func (r *inFlight) take(key repeat) (other chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if other = r.busy[key]; other != nil {
		return other
	}
	if r.busy == nil {
		r.busy = map[repeat]chan struct{}{}
	}
	r.busy[key] = make(chan struct{})
	return nil
}

func (r *inFlight) leave(key repeat) {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.busy[key])
	delete(r.busy, key)
}
