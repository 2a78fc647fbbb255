package api

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/parley-app/parley/store"
)

// States of a check and of the whole.
const (
	HealthOK       = "ok"
	HealthDegraded = "degraded" // something does not work that can be done without
	HealthFailing  = "failing"  // nothing new can be stored
)

// A HealthCheck is how one part does.
type HealthCheck struct {
	Status    string `json:"status" enum:"ok,degraded,failing"`
	LatencyMS int64  `json:"latency_ms" doc:"How long it took to find out; the time-out of a part that did not answer"`
	Detail    string `json:"detail,omitempty" doc:"What does not work, in words for people"`
}

// Health is how the instance does.
type Health struct {
	Status string                 `json:"status" enum:"ok,degraded,failing"`
	Checks map[string]HealthCheck `json:"checks"`
}

// CheckHealth says how the parts of the instance do, except those named: the
// store, which is written to and read from, the disk, the model servers, and
// whatever Options.Checks names. All are asked at once and none makes the others
// wait. Without a part that does not work but can be done without, such as a
// model server, the whole is degraded; without the store, or room on its disk, it
// is failing. An unknown name is invalid.
func (a *API) CheckHealth(ctx context.Context, except ...string) (Health, error) {
	for _, name := range except {
		if a.probes[name] == nil {
			return Health{}, store.Invalid("query.exclude", "must be one of "+strings.Join(slices.Sorted(maps.Keys(a.probes)), ", "))
		}
	}
	h := Health{HealthOK, map[string]HealthCheck{}}
	var mu sync.Mutex
	var all sync.WaitGroup
	for name, p := range a.probes {
		if slices.Contains(except, name) {
			continue
		}
		all.Go(func() {
			c := p.look(ctx)
			mu.Lock()
			defer mu.Unlock()
			h.Checks[name] = c
			switch {
			case c.Status == HealthFailing:
				h.Status = HealthFailing
			case c.Status == HealthDegraded && h.Status == HealthOK:
				h.Status = HealthDegraded
			}
		})
	}
	all.Wait()
	return h, nil
}

// CheckStore says whether the store takes writes and answers, the one thing
// without which nothing goes. A full disk is not its fault: what makes room is
// written even then.
func (a *API) CheckStore(ctx context.Context) HealthCheck { return a.probes["store"].look(ctx) }

// notUsed is the check of a part that is not set up.
func notUsed(context.Context) HealthCheck {
	return HealthCheck{Status: HealthOK, Detail: "not set up, and nothing needs it"}
}

// newProbes are the checks by their names. Those of the contract are always
// there, so that whoever asks for one finds it.
func (a *API) newProbes() map[string]*probe {
	list := map[string]func(context.Context) HealthCheck{
		"store": a.checkStore, "disk": a.checkDisk, "model": a.checkModels, "redis": notUsed, "scanner": notUsed,
	}
	maps.Copy(list, a.o.Checks)
	probes := map[string]*probe{}
	for name, check := range list {
		probes[name] = &probe{name: name, check: check, now: a.o.Now}
	}
	probes["model"].lasts = modelProbeLasts
	return probes
}

func (a *API) checkStore(ctx context.Context) HealthCheck {
	err := a.store.Update(store.InReserve(ctx), (*store.Tx).Probe)
	if err == nil {
		err = a.store.View(ctx, func(tx *store.Tx) error { _, err := tx.HasUsers(); return err })
	}
	if err != nil {
		a.log.ErrorContext(ctx, "the store does not work", "err", err)
		return HealthCheck{Status: HealthFailing, Detail: "the store does not take writes; the log says why"}
	}
	return HealthCheck{Status: HealthOK}
}

// leastFree is how many free bytes a disk has at least that is not called full,
// whatever is kept in reserve.
const leastFree = 4 << 20

func (a *API) checkDisk(context.Context) HealthCheck {
	free, reserve, ok := a.store.Disk()
	if !ok || free >= max(reserve, leastFree) {
		return HealthCheck{Status: HealthOK}
	}
	return HealthCheck{Status: HealthFailing, Detail: fmt.Sprintf("the disk is full: %d MiB are free and %d MiB are kept in reserve; "+
		"nothing new is stored until there is room, while reading and deleting go on", max(free, 0)>>20, reserve>>20)}
}

// checkModels asks every model server what it offers, and looks at how its latest
// answers ended: a server may list models that do not answer.
func (a *API) checkModels(ctx context.Context) HealthCheck {
	if err := a.RefreshModels(ctx); err != nil {
		return HealthCheck{Status: HealthDegraded, Detail: "the model servers cannot be asked"}
	}
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
		case c.Status == HealthOK:
			c = s.answers.check()
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
	ModelTypes  []string `json:"model_media_types" doc:"Of these: the ones whose content a model reads"`
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
		Uploads: a.o.Blobs != nil, UploadBytes: a.o.Uploads.MaxBytes, UploadTypes: a.o.Uploads.MediaTypes, ModelTypes: a.readableTypes(), UploadCount: MaxAttachments, Scanner: scanner,
		MaxContent: MaxContent, WarningPercent: a.o.WarningPercent, CriticalPercent: a.o.CriticalPercent,
		Registration: a.Registration(), Colors: ProjectColors, HasModel: a.models.connected(),
	}, nil
}
