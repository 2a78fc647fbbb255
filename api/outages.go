package api

import (
	"context"
	"sync"
	"time"
)

// outages remembers which health checks failed last, so that the log has one line when
// a part stops working and one when it works again.
type outages struct {
	mu    sync.Mutex
	since map[string]outage
}

type outage struct {
	status string
	began  time.Time
}

// selfReporting are the checks whose failures are logged where they happen. Checking
// the store writes to it, which must not keep an idle disk awake.
var selfReporting = []string{"store", "scanner"}

// ReportOutages logs each health check that has begun to fail, got worse or works
// again since the last call.
func (a *API) ReportOutages(ctx context.Context) error {
	h, err := a.CheckHealth(ctx, selfReporting...)
	if err != nil || ctx.Err() != nil {
		return err
	}
	a.outages.mu.Lock()
	defer a.outages.mu.Unlock()
	for name, c := range h.Checks {
		a.outages.report(a, name, c)
	}
	return nil
}

// report logs what has changed about one check. The caller holds o.mu.
func (o *outages) report(a *API, name string, c HealthCheck) {
	last, failing := o.since[name]
	switch {
	case c.Status == HealthOK && failing:
		a.log.Info("health check recovered", "check", name, "after", a.o.Now().Sub(last.began).Round(time.Second))
		delete(o.since, name)
	case c.Status != HealthOK && last.status != c.Status:
		a.log.Warn("health check failed", "check", name, "status", c.Status, "detail", c.Detail)
		if !failing {
			last.began = a.o.Now()
		}
		if o.since == nil {
			o.since = map[string]outage{}
		}
		o.since[name] = outage{c.Status, last.began}
	}
}
