package rest

import (
	"context"
	"encoding/json"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// benchInput is a message of 600 bytes.
type benchInput struct {
	ThreadID      store.ID   `path:"id" json:"-"`
	Content       string     `json:"content" minLength:"1"`
	AttachmentIDs []store.ID `json:"attachment_ids,omitempty" maxItems:"20"`
	Model         string     `json:"model,omitempty" maxLength:"200"`
	ClientID      store.ID   `json:"client_id,omitempty"`
	Wait          bool       `query:"wait" json:"-"`
}

var benchBody = []byte(`{"content":"` + strings.Repeat("Some words of a question, with a line\\n", 12) + `","model":"parrot-1","client_id":"` + someID + `"}`)

func benchRequest() *fasthttp.RequestCtx {
	var c fasthttp.RequestCtx
	var r fasthttp.Request
	r.Header.SetMethod(post)
	r.SetRequestURI("http://localhost/api/v1/threads/" + someID + "/messages")
	r.Header.SetContentType("application/json")
	r.Header.Set("User-Agent", "bench")
	r.SetBody(benchBody)
	c.Init(&r, nil, nil)
	return &c
}

func benchmark(b *testing.B, h fasthttp.RequestHandler) {
	c := benchRequest()
	b.SetBytes(int64(len(benchBody)))
	b.ReportAllocs()
	for b.Loop() {
		c.Response.Reset()
		h(c)
		if c.Response.StatusCode() != 200 {
			b.Fatal(c.Response.StatusCode(), string(c.Response.Body()))
		}
	}
}

// The floor: what Fiber alone does with such a body, unchecked.
func BenchmarkBodyParser(b *testing.B) {
	app := fiber.New(fiber.Config{Immutable: true})
	app.Post("/api/v1/threads/:id/messages", func(c *fiber.Ctx) error {
		var in benchInput
		if err := c.BodyParser(&in); err != nil {
			return err
		}
		return c.JSON(api.Stopped{Stopped: len(in.Content) > 0})
	})
	benchmark(b, app.Handler())
}

func benchVerb(_ context.Context, _ api.Actor, in benchInput) (*api.Stopped, error) {
	return &api.Stopped{Stopped: len(in.Content) > 0}, nil
}

// The same through the adapter alone: fill, test, decode, call, encode.
func BenchmarkHandle(b *testing.B) {
	v := handle(benchVerb)
	v.prepare(newBook())
	app := fiber.New(fiber.Config{Immutable: true})
	app.Post("/api/v1/threads/:id/messages", func(c *fiber.Ctx) error { return v.serve(context.Background(), c, api.Actor{}, 200) })
	benchmark(b, app.Handler())
}

// And with all that goes round it: request id, limits, time-out, metrics, log.
func BenchmarkServer(b *testing.B) {
	s := newLab(b, Options{
		Log:    slog.New(slog.DiscardHandler),
		Limits: Limits{Enabled: true, RequestsPerMinute: 1 << 30},
	}, open(post, "/threads/{id}/messages", handle(benchVerb)))
	benchmark(b, s.app.Handler())
}

func BenchmarkTest(b *testing.B) {
	in := newInput(newBook(), reflect.TypeFor[benchInput]())
	b.SetBytes(int64(len(benchBody)))
	for b.Loop() {
		if len(test(benchBody, in.body, "body")) > 0 {
			b.Fatal("refused")
		}
	}
}

// What testing the decoded body with huma would cost instead.
func BenchmarkHumaValidate(b *testing.B) {
	book := newBook()
	in := newInput(book, reflect.TypeFor[benchInput]())
	b.SetBytes(int64(len(benchBody)))
	for b.Loop() {
		var v any
		if err := json.Unmarshal(benchBody, &v); err != nil {
			b.Fatal(err)
		}
		var res huma.ValidateResult
		if huma.Validate(book.registry, in.bodySchema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, v, &res); len(res.Errors) > 0 {
			b.Fatal(res.Errors)
		}
	}
}
