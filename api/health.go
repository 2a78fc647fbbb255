package api

import (
	"context"
	"fmt"

	"github.com/parley-app/parley/store"
)

// States of a check and of the whole.
const (
	HealthOK       = "ok"
	HealthDegraded = "degraded" // something that is not the store does not work
	HealthFailing  = "failing"  // the store does not work
)

// A HealthCheck is how one part does.
type HealthCheck struct {
	Status    string `json:"status" enum:"ok,degraded,failing"`
	LatencyMS int64  `json:"latency_ms"`
	Detail    string `json:"detail,omitempty" doc:"What does not work, in words for people"`
}

// Health is how the instance does.
type Health struct {
	Status string                 `json:"status" enum:"ok,degraded,failing"`
	Checks map[string]HealthCheck `json:"checks"`
}

// CheckHealth writes to the store and reads from it, and says what is known of
// the disk, the model servers and whatever Options.Checks names. A dead model
// server is degraded, not failing.
func (a *API) CheckHealth(ctx context.Context) Health {
	h := Health{HealthOK, map[string]HealthCheck{}}
	h.Checks["store"] = a.checkStore(ctx)
	h.Checks["model"] = a.checkModels()
	if free, reserve, ok := a.store.Disk(); ok {
		h.Checks["disk"] = checkDisk(free, reserve)
	}
	for name, check := range a.o.Checks {
		h.Checks[name] = check(ctx)
	}
	for _, c := range h.Checks {
		switch {
		case c.Status == HealthFailing:
			h.Status = HealthFailing
		case c.Status == HealthDegraded && h.Status == HealthOK:
			h.Status = HealthDegraded
		}
	}
	return h
}

func (a *API) checkStore(ctx context.Context) HealthCheck {
	start := a.o.Now()
	err := a.store.Update(store.InReserve(ctx), (*store.Tx).Probe)
	if err == nil {
		err = a.store.View(ctx, func(tx *store.Tx) error { _, err := tx.HasUsers(); return err })
	}
	c := HealthCheck{Status: HealthOK, LatencyMS: a.o.Now().Sub(start).Milliseconds()}
	if err != nil {
		a.log.ErrorContext(ctx, "the store does not work", "err", err)
		c.Status, c.Detail = HealthFailing, "the store does not take writes; the log says why"
	}
	return c
}

func checkDisk(free, reserve int64) HealthCheck {
	if free >= reserve {
		return HealthCheck{Status: HealthOK}
	}
	return HealthCheck{Status: HealthDegraded, Detail: fmt.Sprintf("the disk is full: %d MiB are free and %d MiB are kept in reserve; "+
		"nothing new is stored until there is room, while reading and deleting go on", max(free, 0)>>20, reserve>>20)}
}

func (a *API) checkModels() HealthCheck {
	a.models.mu.RLock()
	defer a.models.mu.RUnlock()
	c := HealthCheck{Status: HealthOK}
	for _, s := range a.models.servers {
		after, open := s.breaker.isOpen()
		switch {
		case open:
			c.Status, c.Detail = HealthDegraded, fmt.Sprintf("the model server %s does not answer; it is asked again in %d s", s.Name(), int(after.Seconds()))
		case a.models.offers[s.Name()].err != nil:
			c.Status, c.Detail = HealthDegraded, "the model server "+s.Name()+" does not answer"
		}
	}
	return c
}

// ClientConfig is what a client needs to know of the settings.
type ClientConfig struct {
	MaxContent      int      `json:"max_content" doc:"Characters of a person's message"`
	WarningPercent  int      `json:"context_warning_percent"`
	CriticalPercent int      `json:"context_critical_percent"`
	Registration    string   `json:"registration" enum:"closed,invite,open"`
	Colors          []string `json:"project_colors"`
	HasModel        bool     `json:"has_model" doc:"Whether a language model is connected"`

	Uploads     bool     `json:"uploads" doc:"Whether attachments are taken"`
	UploadBytes int64    `json:"upload_max_bytes" doc:"Of one attachment"`
	UploadTypes []string `json:"upload_media_types" doc:"That are taken, as found from the bytes"`
	UploadCount int      `json:"upload_max_count" doc:"Attachments of one message"`
	Scanner     string   `json:"scanner" enum:"none,clamd" doc:"What looks for viruses in attachments"`
}

// Config returns limits, thresholds and features.
func (a *API) Config(_ context.Context, who Actor, _ Nothing) (*ClientConfig, error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	scanner := "none"
	if a.o.Scanner != nil {
		scanner = "clamd"
	}
	return &ClientConfig{
		Uploads: a.o.Blobs != nil, UploadBytes: a.o.Uploads.MaxBytes, UploadTypes: a.o.Uploads.MediaTypes, UploadCount: MaxAttachments, Scanner: scanner,
		MaxContent: MaxContent, WarningPercent: a.o.WarningPercent, CriticalPercent: a.o.CriticalPercent,
		Registration: "closed", Colors: ProjectColors, HasModel: a.models.connected(),
	}, nil
}
