package main

import (
	"context"
	"fmt"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store/backup"
)

// firstCheck is how long after the start a store that was closed is checked for the
// first time.
const firstCheck = 5 * time.Minute

// checkEvery is how long a check is good for.
const checkEvery = 7 * 24 * time.Hour

// retryCheck is how long the keeper waits after a check that could not be done.
const retryCheck = time.Hour

// check checks a store that was not closed, while it is in use: what is whole is better
// served than withheld.
func (k *keeper) check(ctx context.Context) error {
	k.log.Warn("the store was not closed by its last owner: checking it")
	return k.checkNow(ctx, nil)
}

// checkIfDue checks the store some time after the start and then once a week, with the
// least priority and in small steps, so that nobody notices.
func (k *keeper) checkIfDue(ctx context.Context) error {
	if !k.checkDue(k.now()) {
		return nil
	}
	err := atLeastPriority(func() error { return k.checkNow(ctx, pauses(ctx)) })
	if err != nil {
		k.mu.Lock()
		k.checked = k.now().Add(retryCheck - checkEvery)
		k.mu.Unlock()
	}
	return err
}

func (k *keeper) checkDue(now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.checking:
		return false
	case k.checked.IsZero():
		return now.Sub(k.began) >= firstCheck
	default: // a clock that was set back must not put it off
		return now.Sub(k.checked) >= checkEvery || k.checked.Sub(now) > checkEvery
	}
}

// checkNow checks the store, says what it finds, and makes derived data again.
func (k *keeper) checkNow(ctx context.Context, p backup.Progress) error {
	began := k.now()
	r, err := k.store.checkRunning(ctx, p)
	if err != nil {
		return err
	}
	for _, f := range r.Findings {
		k.log.Error("the store has a fault", "finding", f)
	}
	k.log.Info("the store was checked", "findings", len(r.Findings), "derived", len(r.Derived), "took_ms", k.now().Sub(began).Milliseconds())
	if err := k.rebuild(ctx, r.Derived); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.checking, k.faults, k.checked = false, len(r.Findings), k.now()
	return nil
}

// pauses returns a Progress that rests as long as each step took.
func pauses(ctx context.Context) backup.Progress {
	last := time.Now() //nolint:forbidigo // how long a step takes, whatever the clock says
	return func(string, int64, int64) {
		rest := time.NewTimer(min(time.Since(last), time.Second))
		defer rest.Stop()
		select {
		case <-rest.C:
		case <-ctx.Done():
		}
		last = time.Now() //nolint:forbidigo // as above
	}
}

// integrity is degraded while something is known to be damaged.
func (k *keeper) integrity() api.HealthCheck {
	k.mu.Lock()
	defer k.mu.Unlock()
	unclean := k.store.engine.Unclean()
	h := api.HealthCheck{Status: api.HealthOK}
	switch n := k.store.engine.Damages(); {
	case k.faults > 0:
		h.Status, h.Detail = api.HealthDegraded, fmt.Sprintf("the store has %d faults; the log names them", k.faults)
	case n > 0:
		h.Status, h.Detail = api.HealthDegraded, fmt.Sprintf("%d requests have met damaged pages of the store: run parley check", n)
	case k.checking:
		h.Detail = "the last stop was not clean; the store is being checked"
	case k.checked.IsZero():
		h.Detail = "the last stop was clean; the store is checked soon"
	case unclean:
		h.Detail = "the last stop was not clean; the store was checked, and is whole"
	default:
		h.Detail = "the store was checked at " + k.checked.UTC().Format(time.RFC3339) + ", and is whole"
	}
	return h
}
