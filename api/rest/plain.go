package rest

import (
	"context"
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/api"
)

// A plainEndpoint is a handler that is written by hand: what machines ask of
// the instance and that is no verb.
type plainEndpoint struct {
	fn  func(context.Context, *fiber.Ctx) error
	out any // a value of the type that it answers with as JSON; nil: text
}

func plain(fn func(context.Context, *fiber.Ctx) error, out any) *plainEndpoint {
	return &plainEndpoint{fn, out}
}

func (p *plainEndpoint) prepare(*book) {}

func (p *plainEndpoint) describe(b *book) (*input, *huma.Schema) {
	if p.out == nil {
		return nil, nil
	}
	return nil, b.registry.Schema(reflect.TypeOf(p.out), true, "")
}

func (p *plainEndpoint) serve(ctx context.Context, c *fiber.Ctx, _ api.Actor, _ int) error {
	return p.fn(ctx, c)
}

// A HealthView is what /health answers.
type HealthView struct {
	Status  string                     `json:"status" enum:"ok,degraded,failing"`
	Checks  map[string]api.HealthCheck `json:"checks" doc:"How each part does"`
	Version string                     `json:"version" doc:"Of the program"`
}

// A StatusView is what /livez and /readyz answer.
type StatusView struct {
	Status string `json:"status" enum:"ok,degraded,failing"`
}

// A KeySet is a JSON Web Key Set.
type KeySet struct {
	Keys []api.JWK `json:"keys"`
}

// A probe remembers the last check for a moment, as each one costs a durable
// write and anybody may ask.
type probe struct {
	leaving atomic.Bool

	mu   sync.Mutex
	at   time.Time
	last api.Health
}

const probeLasts = time.Second

func (p *probe) check(ctx context.Context, a *api.API) api.Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.at) > probeLasts {
		p.last, p.at = a.CheckHealth(ctx), time.Now()
	}
	return p.last
}

func (s *Server) health(ctx context.Context, c *fiber.Ctx) error {
	h := s.probe.check(ctx, s.api)
	setHealthStatus(c, h.Status)
	return answerJSON(c, HealthView{h.Status, h.Checks, s.o.Version})
}

func (s *Server) live(_ context.Context, c *fiber.Ctx) error {
	return answerJSON(c, StatusView{api.HealthOK})
}

func (s *Server) ready(ctx context.Context, c *fiber.Ctx) error {
	status := s.probe.check(ctx, s.api).Status
	if s.probe.leaving.Load() {
		status = api.HealthFailing
	}
	setHealthStatus(c, status)
	return answerJSON(c, StatusView{status})
}

func setHealthStatus(c *fiber.Ctx, status string) {
	if status == api.HealthFailing {
		c.Status(http.StatusServiceUnavailable)
	}
}

func (s *Server) showMetrics(_ context.Context, c *fiber.Ctx) error { return s.metrics.serve(c) }

func (s *Server) showKeys(_ context.Context, c *fiber.Ctx) error {
	return answerJSON(c, KeySet{s.api.PublicKeys()})
}

func (s *Server) showDocument(_ context.Context, c *fiber.Ctx) error {
	doc, err := s.document()
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	c.Response().SetBodyRaw(doc)
	return nil
}
