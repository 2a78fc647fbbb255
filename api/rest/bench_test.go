package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

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

// A oneClient is a connection that sends one request again and again and takes the answers.
type oneClient struct {
	net.Conn
	request []byte
	left    int
	good    int // answers
	last    []byte
}

func (c *oneClient) Read(b []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	c.left--
	return copy(b, c.request), nil
}

func (c *oneClient) Write(b []byte) (int, error) {
	if bytes.HasPrefix(b, []byte("HTTP/1.1 ")) {
		c.last = append(c.last[:0], b...)
		if bytes.HasPrefix(b, []byte("HTTP/1.1 200 ")) {
			c.good++
		}
	}
	return len(b), nil
}

func (*oneClient) Close() error                     { return nil }
func (*oneClient) LocalAddr() net.Addr              { return benchAddress }
func (*oneClient) RemoteAddr() net.Addr             { return benchAddress }
func (*oneClient) SetDeadline(time.Time) error      { return nil }
func (*oneClient) SetReadDeadline(time.Time) error  { return nil }
func (*oneClient) SetWriteDeadline(time.Time) error { return nil }

var benchAddress = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 50000}

func benchConnection(b *testing.B, app *fiber.App, request string) {
	app.Handler() // makes the app ready
	c := &oneClient{request: []byte(request), left: b.N}
	b.ReportAllocs()
	b.ResetTimer()
	if err := app.Server().ServeConn(c); err != nil {
		b.Fatal(err)
	}
	if c.good != b.N {
		b.Fatalf("%d of %d answers were good: the last is %s", c.good, b.N, c.last)
	}
}

// benchPage is a page of 4 KB, larger than what is written in one part.
var benchPage = []byte(`{"threads":["` + strings.Repeat("a thread of some words, ", 170) + `"],"total":1,"has_more":false}`)

// The floor of a GET: what fasthttp and Fiber take.
func BenchmarkBareGet(b *testing.B) {
	app := fiber.New()
	app.Get("/", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		return c.Send(benchPage)
	})
	benchConnection(b, app, "GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n\r\n")
}

// benchQuery is asked for by 20 of a project's threads.
type benchQuery struct {
	ProjectID store.ID `query:"project_id"`
	Limit     int      `query:"limit" minimum:"1" maximum:"100" default:"50"`
	Archived  bool     `query:"archived"`
}

type benchList struct {
	Threads []string `json:"threads"`
	HasMore bool     `json:"has_more"`
}

// benchSignedIn measures one route for somebody who is signed in, from the first byte
// of the request to the last of the answer. Head is the request line.
func benchSignedIn(b *testing.B, o Options, head, body string, do endpoint) {
	w := newWorld(b, Options{})
	token := w.setUp()
	o.Log = slog.New(slog.DiscardHandler)
	s, err := newServer(w.api, o)
	if err != nil {
		b.Fatal(err)
	}
	method, path, _ := strings.Cut(head, " ")
	path, _, _ = strings.Cut(path, "?")
	r := open(method, strings.Replace(path, someID, "{id}", 1), do)
	r.access = signedIn
	s.build([]route{r})
	more := ""
	if body != "" {
		more = "Content-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n"
	}
	benchConnection(b, s.app, method+" "+base+strings.TrimPrefix(head, method+" ")+" HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n"+
		"Authorization: Bearer "+token+"\r\n"+more+"\r\n"+body)
}

// What a list costs beside its making.
func BenchmarkList(b *testing.B) {
	benchSignedIn(b, Options{}, "GET /threads?limit=20&project_id="+someID, "",
		splice[*benchList](func(_ context.Context, _ api.Actor, _ benchQuery, body []byte) ([]byte, api.Sum, error) {
			return append(body, benchPage...), 1, nil
		}))
}

// What a question costs beside its keeping: to read, test and decode it, and all that
// goes round it: request id, limits, time-out, metrics, log.
func BenchmarkSend(b *testing.B) {
	benchSignedIn(b, Options{}, "POST /threads/"+someID+"/messages", string(benchBody), handle(benchVerb))
}

// The same with limits.
func BenchmarkLimitedSend(b *testing.B) {
	limits := Limits{Enabled: true, RequestsPerMinute: 1 << 30}
	benchSignedIn(b, Options{Limits: limits}, "POST /threads/"+someID+"/messages", string(benchBody), handle(benchVerb))
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
