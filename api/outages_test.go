package api_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
)

// A lockedText collects a log.
type lockedText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedText) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

// take returns what was written since the last call.
func (l *lockedText) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.b.Reset()
	return l.b.String()
}

func TestAnOutageIsLoggedWhenItBeginsAndWhenItEnds(t *testing.T) {
	for _, check := range []string{"model", "disk", "backup", "anything"} {
		t.Run(check, func(t *testing.T) {
			var state atomic.Pointer[api.HealthCheck]
			state.Store(&api.HealthCheck{Status: api.HealthOK})
			log, now := &lockedText{}, &atomic.Int64{}
			now.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano())
			w := newWorldWith(t, func(o *api.Options) {
				o.Log = slog.New(slog.NewTextHandler(log, nil))
				o.Now = func() time.Time { return time.Unix(0, now.Load()) }
				o.Checks = map[string]func(context.Context) api.HealthCheck{check: func(context.Context) api.HealthCheck { return *state.Load() }}
			})
			report := func(c api.HealthCheck) string {
				t.Helper()
				state.Store(&c)
				now.Add(int64(time.Minute)) // until when no result of before counts
				log.take()
				if err := w.api.ReportOutages(t.Context()); err != nil {
					t.Fatal(err)
				}
				return log.take()
			}
			down := api.HealthCheck{Status: api.HealthDegraded, Detail: "it is gone"}
			if got := report(api.HealthCheck{Status: api.HealthOK}); got != "" {
				t.Errorf("all is well, and the log has %s", got)
			}
			if got := report(down); !strings.Contains(got, "level=WARN") || !strings.Contains(got, "check="+check) || !strings.Contains(got, "it is gone") {
				t.Errorf("the outage is logged as %q", got)
			}
			if got := report(down); got != "" {
				t.Errorf("the outage is logged again: %s", got)
			}
			if got := report(api.HealthCheck{Status: api.HealthFailing}); !strings.Contains(got, "status=failing") {
				t.Errorf("that it got worse is logged as %q", got)
			}
			if got := report(api.HealthCheck{Status: api.HealthOK}); !strings.Contains(got, "level=INFO") || !strings.Contains(got, "recovered") || !strings.Contains(got, "after=3m0s") {
				t.Errorf("its end is logged as %q", got)
			}
		})
	}
}
