package rest

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// A plainEndpoint is a handler that is written by hand: what machines ask of
// the instance and that is no verb.
type plainEndpoint struct {
	fn  func(context.Context, *fiber.Ctx) error
	out any // a value of the type that it answers with as JSON; nil: text
	in  any // a value of the type whose tags describe what it takes; nil: nothing
}

func plain(fn func(context.Context, *fiber.Ctx) error, out any) *plainEndpoint {
	return &plainEndpoint{fn: fn, out: out}
}

// takes describes its parameters, for the document: fn reads and tests them.
func (p *plainEndpoint) takes(in any) *plainEndpoint { p.in = in; return p }

func (p *plainEndpoint) prepare(*book) {}

func (p *plainEndpoint) describe(b *book) (*input, *huma.Schema) {
	var in *input
	if p.in != nil {
		in = &input{}
		for _, f := range reflect.VisibleFields(reflect.TypeOf(p.in)) {
			in.query = append(in.query, param{name: f.Tag.Get("query"), schema: b.param(f)})
		}
	}
	if p.out == nil {
		return in, nil
	}
	return in, b.registry.Schema(reflect.TypeOf(p.out), true, "")
}

func (p *plainEndpoint) serve(ctx context.Context, c *fiber.Ctx, _ api.Actor, _ int) error {
	return p.fn(ctx, c)
}

// A healthQuery is what /health and /readyz take.
type healthQuery struct {
	Exclude []string `query:"exclude" doc:"Checks to leave out; may be given several times" example:"[\"scanner\"]"`
}

// A HealthView is what /health answers.
type HealthView struct {
	Status  string                     `json:"status" enum:"ok,degraded,failing"`
	Checks  map[string]api.HealthCheck `json:"checks,omitempty" doc:"How each part does; left out for those who may not see it (health.details)"`
	Version string                     `json:"version,omitempty" doc:"Of the program; left out in the same way"`
}

// A StatusView is what /livez and /readyz answer.
type StatusView struct {
	Status string `json:"status" enum:"ok,degraded,failing"`
}

// A KeySet is a JSON Web Key Set.
type KeySet struct {
	Keys []api.JWK `json:"keys"`
}

// health answers with all checks but those that ?exclude= names.
func (s *Server) health(ctx context.Context, c *fiber.Ctx) error {
	h, err := s.checkHealth(ctx, c)
	if err != nil {
		return err
	}
	setHealthStatus(c, h.Status)
	if !s.seesHealth(c) {
		return answerJSON(c, HealthView{Status: h.Status})
	}
	return answerJSON(c, HealthView{h.Status, h.Checks, s.o.Version})
}

func (s *Server) checkHealth(ctx context.Context, c *fiber.Ctx) (api.Health, error) {
	var except []string
	for name, value := range c.Context().QueryArgs().All() {
		if string(name) != "exclude" {
			echo := strings.ToValidUTF8(string(name[:min(len(name), maxEcho)]), "?")
			return api.Health{}, invalid([]store.FieldError{{Location: "query." + echo, Message: "is not a known parameter"}})
		}
		except = append(except, string(value))
	}
	return s.api.CheckHealth(ctx, except...)
}

func (s *Server) live(_ context.Context, c *fiber.Ctx) error {
	return answerJSON(c, StatusView{api.HealthOK})
}

// ready says whether requests are of use here. A full disk is no reason to send
// them elsewhere: who would make room?
func (s *Server) ready(ctx context.Context, c *fiber.Ctx) error {
	h, err := s.checkHealth(ctx, c)
	if err != nil {
		return err
	}
	status := h.Status
	if status == api.HealthFailing && s.api.CheckStore(ctx).Status != api.HealthFailing {
		status = api.HealthDegraded
	}
	if s.leaving.Load() {
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

func (s *Server) showMetrics(_ context.Context, c *fiber.Ctx) error {
	switch {
	case s.o.MetricsElsewhere:
		return fiber.ErrNotFound
	case s.o.MetricsToken != "" && !s.hasToken(c.Get(fiber.HeaderAuthorization)):
		return store.Errorf(store.CodeUnauthorized, "the metrics take the token that metrics.token sets, as Authorization: Bearer")
	}
	return s.metrics.serve(c)
}

// MetricsHandler serves the metrics at an address of their own, under every path, with
// the same token.
func (s *Server) MetricsHandler() http.Handler {
	figures := promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.o.MetricsToken != "" && !s.hasToken(r.Header.Get("Authorization")) {
			http.Error(w, "the metrics take the token that metrics.token sets, as Authorization: Bearer", http.StatusUnauthorized)
			return
		}
		figures.ServeHTTP(w, r)
	})
}

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
