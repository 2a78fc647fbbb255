package api

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A probe is one check of health. Anybody may ask for it at any time, so its last
// result counts for a moment, it never runs twice at once, and one that does not
// return costs its goroutine and no more.
type probe struct {
	name  string
	check func(context.Context) HealthCheck
	now   func() time.Time
	lasts time.Duration // probeLasts

	mu      sync.Mutex
	last    HealthCheck
	at      time.Time
	running chan struct{} // closed when the check that runs has ended; nil: none does
	stale   bool          // something changed while it ran
}

const (
	probeTimeout    = 2 * time.Second // of a check; a store that hangs is found within five
	probeLasts      = time.Second
	modelProbeLasts = 5 * time.Second // model servers of others may not like to be asked more often
)

// look returns how the part does, as found out just now or a moment ago.
func (p *probe) look(ctx context.Context) HealthCheck {
	p.mu.Lock()
	if p.running == nil {
		if !p.at.IsZero() && p.now().Sub(p.at).Abs() <= max(p.lasts, probeLasts) {
			defer p.mu.Unlock()
			return p.last
		}
		p.running = make(chan struct{})
		go p.run(context.WithoutCancel(ctx), p.running) // for all who wait, not for this caller alone
	}
	running := p.running
	p.mu.Unlock()
	patience := time.NewTimer(probeTimeout)
	defer patience.Stop()
	select {
	case <-running:
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.last
	case <-ctx.Done():
	case <-patience.C:
	}
	return p.lost()
}

// run checks, for all who wait for it.
func (p *probe) run(ctx context.Context, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	begun := p.now()
	c := p.check(ctx)
	if c.LatencyMS == 0 {
		c.LatencyMS = p.now().Sub(begun).Milliseconds()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.at, p.running = c, p.now(), nil
	if p.stale {
		p.at, p.stale = time.Time{}, false
	}
	close(done)
}

// forget makes the next look check again: something is known to have changed.
func (p *probe) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.stale = time.Time{}, p.running != nil
}

// lost is the check of a part that did not answer in time.
func (p *probe) lost() HealthCheck {
	c := HealthCheck{
		Status: HealthDegraded, LatencyMS: probeTimeout.Milliseconds(),
		Detail: fmt.Sprintf("no answer within %v", probeTimeout),
	}
	if p.name == "store" || p.name == "disk" {
		c.Status = HealthFailing
	}
	return c
}
