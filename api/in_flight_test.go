package api

import (
	"context"
	"testing"

	"github.com/parley-app/parley/store"
)

func TestACreateThatPanicsHoldsUpNoOther(t *testing.T) {
	var creates inFlight
	user, client := store.ID{1}, store.ID{2}
	func() {
		defer func() { _ = recover() }()
		_ = creates.do(t.Context(), user, client, func() error { panic("as a fault of the program would") })
	}()
	ran := false
	if err := creates.do(t.Context(), user, client, func() error { ran = true; return nil }); err != nil || !ran {
		t.Errorf("ran: %v, %v", ran, err)
	}
}

func TestACreateWaitsForItsTwinNoLongerThanItMay(t *testing.T) {
	var creates inFlight
	user, client := store.ID{1}, store.ID{2}
	_ = creates.do(t.Context(), user, client, func() error {
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := creates.do(gone, user, client, func() error { t.Error("both ran at once"); return nil }); err == nil {
			t.Error("it did not say that it gave up")
		}
		return creates.do(t.Context(), user, store.ID{3}, func() error { return nil }) // another client_id
	})
}
