package api_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

func statuses(h api.Health) map[string]string {
	out := map[string]string{"": h.Status}
	for name, c := range h.Checks {
		out[name] = c.Status
	}
	return out
}

func TestHealthNamesWhatDoesNotWork(t *testing.T) {
	scanner := atomic.Pointer[api.HealthCheck]{}
	scanner.Store(&api.HealthCheck{Status: api.HealthOK})
	w := newWorldWith(t, func(o *api.Options) {
		o.Checks = map[string]func(context.Context) api.HealthCheck{"scanner": func(context.Context) api.HealthCheck { return *scanner.Load() }}
	})
	if diff := cmp.Diff(map[string]string{"": "ok", "store": "ok", "disk": "ok", "model": "ok", "redis": "ok", "scanner": "ok"},
		statuses(must(w.api.CheckHealth(t.Context()))(t))); diff != "" {
		t.Error(diff)
	}
	if _, err := w.api.CheckHealth(t.Context(), "store", "printer"); store.CodeOf(err) != store.CodeInvalid {
		t.Errorf("an unknown name: %v", err)
	}
	if diff := cmp.Diff(map[string]string{"": "ok", "disk": "ok", "model": "ok", "redis": "ok"},
		statuses(must(w.api.CheckHealth(t.Context(), "store", "scanner", "scanner"))(t))); diff != "" {
		t.Error(diff)
	}
	w.model.Close()
	scanner.Store(&api.HealthCheck{Status: api.HealthDegraded, Detail: "gone"})
	eventually(t, func() bool {
		return cmp.Equal(map[string]string{"": "degraded", "store": "ok", "disk": "ok", "model": "degraded", "redis": "ok", "scanner": "degraded"},
			statuses(must(w.api.CheckHealth(t.Context()))(t)))
	})
	if h := must(w.api.CheckHealth(t.Context(), "model", "scanner"))(t); h.Status != api.HealthOK {
		t.Errorf("what is left out still counts: %+v", h)
	}
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return must(w.api.CheckHealth(t.Context()))(t).Status == api.HealthFailing })
}

// eventually asks until it is true; a probe's last result counts for a while.
func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come true")
		}
	}
}

// A check that hangs is found out in time, runs once, and holds up nobody else.
func TestACheckThatHangs(t *testing.T) {
	var begun atomic.Int32
	hang := make(chan struct{})
	w := newWorldWith(t, func(o *api.Options) {
		o.Checks = map[string]func(context.Context) api.HealthCheck{"scanner": func(context.Context) api.HealthCheck {
			begun.Add(1)
			<-hang
			return api.HealthCheck{Status: api.HealthOK}
		}}
	})
	for range 2 {
		h := must(w.api.CheckHealth(t.Context()))(t)
		if c := h.Checks["scanner"]; c.Status != api.HealthDegraded || c.LatencyMS != 2000 || c.Detail == "" || h.Checks["store"].Status != api.HealthOK {
			t.Errorf("got %+v", h)
		}
	}
	if n := begun.Load(); n != 1 {
		t.Errorf("it was begun %d times", n)
	}
	close(hang)
	eventually(t, func() bool { return must(w.api.CheckHealth(t.Context()))(t).Status == api.HealthOK })
}
