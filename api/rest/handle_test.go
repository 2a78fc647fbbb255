package rest

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// lab is a server whose table is the test's.
func lab(t *testing.T, table ...route) *world {
	t.Helper()
	w := &world{t: t, log: &logBuffer{}}
	w.server = newLab(t, Options{Log: newTestLog(w.log)}, table...)
	w.listen(nil)
	return w
}

// open is the route of an endpoint that anybody may call.
func open(method, path string, do endpoint) route {
	return route{method: method, path: path, do: do, id: "x", tag: "x", summary: "x", access: public, limit: readClass}
}

type echoInput struct {
	ID      store.ID  `path:"id"`
	Limit   int       `query:"limit" minimum:"1" maximum:"10" default:"5"`
	Offset  *int      `query:"offset" minimum:"0"`
	After   store.ID  `query:"after"`
	Sort    string    `query:"sort" enum:"a,b" default:"a"`
	Deep    bool      `query:"deep"`
	Warmth  *float64  `query:"warmth" maximum:"2"`
	Search  string    `query:"search" maxLength:"5"`
	Title   *string   `json:"title,omitempty" maxLength:"5"`
	Numbers []float64 `json:"numbers,omitempty"`
}

func echo(_ context.Context, _ api.Actor, in echoInput) (*echoInput, error) { return &in, nil }

const echoPath = "/api/v1/echo/" + someID

func TestHandleFillsTheInput(t *testing.T) {
	w := lab(t, open(get, "/echo/{id}", handle(echo)), open(post, "/echo/{id}", handle(echo)))
	for name, tt := range map[string]struct {
		method, query, body, want string
	}{
		"defaults":             {get, "", "", `{"ID":"` + someID + `","Limit":5,"Offset":null,"After":null,"Sort":"a","Deep":false,"Warmth":null,"Search":""}`},
		"everything":           {get, "?limit=10&offset=0&after=" + someID + "&sort=b&deep=true&warmth=1.5&search=%C3%A4+b", "", `{"ID":"` + someID + `","Limit":10,"Offset":0,"After":"` + someID + `","Sort":"b","Deep":true,"Warmth":1.5,"Search":"ä b"}`},
		"body and query":       {post, "?deep=true", `{"title":"x","numbers":[1,2.5]}`, `{"ID":"` + someID + `","Limit":5,"Offset":null,"After":null,"Sort":"a","Deep":true,"Warmth":null,"Search":"","title":"x","numbers":[1,2.5]}`},
		"a body is not needed": {post, "", "", `{"ID":"` + someID + `","Limit":5,"Offset":null,"After":null,"Sort":"a","Deep":false,"Warmth":null,"Search":""}`},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			got := w.do(ask{method: tt.method, path: echoPath + tt.query, body: tt.body}).is(200)
			if got.body != tt.want {
				t.Errorf("got %s, want %s", got.body, tt.want)
			}
		})
	}
}

func TestHandleNamesEveryWrongParameter(t *testing.T) {
	w := lab(t, open(get, "/echo/{id}", handle(echo)), open(post, "/echo/{id}", handle(echo)))
	for name, tt := range map[string]struct {
		method, query, body string
		want                []string
	}{
		"under":                {get, "?limit=0", "", []string{"query.limit must be from 1 to 10"}},
		"over":                 {get, "?limit=11", "", []string{"query.limit must be from 1 to 10"}},
		"no number":            {get, "?limit=x", "", []string{"query.limit must be a whole number"}},
		"number with a plus":   {get, "?limit=%2B1", "", []string{"query.limit must be a whole number"}},
		"number with a zero":   {get, "?limit=01", "", []string{"query.limit must be a whole number"}},
		"number and a space":   {get, "?limit=1%20", "", []string{"query.limit must be a whole number"}},
		"no value":             {get, "?limit=", "", []string{"query.limit must be a whole number"}},
		"infinite":             {get, "?warmth=Inf", "", []string{"query.warmth must be a number"}},
		"over a maximum alone": {get, "?warmth=2.1", "", []string{"query.warmth must be at most 2"}},
		"one for true":         {get, "?deep=1", "", []string{"query.deep must be true or false"}},
		"none of the words":    {get, "?sort=A", "", []string{"query.sort must be one of a, b"}},
		"no id":                {get, "?after=x", "", []string{"query.after must be an id in canonical lower-case form"}},
		"long":                 {get, "?search=123456", "", []string{"query.search must have at most 5 characters"}},
		"no UTF-8":             {get, "?search=%FF", "", []string{"query.search must be UTF-8"}},
		"twice":                {get, "?limit=1&limit=2", "", []string{"query.limit is given twice"}},
		"another case":         {get, "?Limit=1", "", []string{"query.Limit is not a known parameter"}},
		"a field of the body":  {post, "?title=x", "", []string{"query.title is not a known parameter"}},
		"a field of the path":  {get, "?id=x", "", []string{"query.id is not a known parameter"}},
		"body and query":       {post, "?limit=0&x=1", `{"title":"123456"}`, []string{"body.title must have at most 5 characters", "query.limit must be from 1 to 10", "query.x is not a known parameter"}},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			p := w.do(ask{method: tt.method, path: echoPath + tt.query, body: tt.body}).problem(422, "invalid")
			var got []string
			for _, e := range p.Errors {
				got = append(got, e.Location+" "+e.Message)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestHandleAnswersNothingWithNothing(t *testing.T) {
	r := open(remove, "/things/{id}", handle(func(context.Context, api.Actor, api.IDInput) (*api.Nothing, error) { return &api.Nothing{}, nil }))
	r.status = http.StatusNoContent
	w := lab(t, r)
	if got := w.do(ask{method: remove, path: "/api/v1/things/" + someID}).is(204); got.body != "" {
		t.Errorf("a body: %q", got.body)
	}
}

func TestHandleSplices(t *testing.T) {
	var fails error
	w := lab(t, open(get, "/spliced", splice[*api.MessageList](func(_ context.Context, _ api.Actor, _ api.Nothing, dst []byte) ([]byte, api.Sum, error) {
		return append(dst, `{"spliced":"<b>"}`...), 0x1234, fails
	})))
	if got := w.do(ask{method: get, path: "/api/v1/spliced"}).is(200); got.body != `{"spliced":"<b>"}` || got.header.Get("ETag") != `W/"0000000000001234"` {
		t.Errorf("got %s, %v", got.body, got.header)
	}
	fails = errors.New("half of it")
	w.do(ask{method: get, path: "/api/v1/spliced"}).problem(500, "internal")
}

// What a verb keeps of its input must not change under it: Fiber reuses the
// memory of its strings.
func TestHandleLendsNothing(t *testing.T) {
	var mu sync.Mutex
	var kept []echoInput
	var ids, agents []string
	w := lab(t, open(post, "/echo/{id}", handle(func(ctx context.Context, who api.Actor, in echoInput) (*api.Nothing, error) {
		mu.Lock()
		defer mu.Unlock()
		kept, ids, agents = append(kept, in), append(ids, RequestID(ctx)), append(agents, who.Agent)
		return &api.Nothing{}, nil
	})))
	w.client.Transport.(*http.Transport).DisableKeepAlives = false // one connection, so that memory is reused
	for _, name := range []string{"alice", "bobby", "carol"} {
		w.do(ask{method: post, path: echoPath + "?search=" + name, body: `{"title":"` + name + `"}`, header: map[string]string{"X-Request-Id": name, "User-Agent": name}}).is(200)
	}
	for i, name := range []string{"alice", "bobby", "carol"} {
		if kept[i].Search != name || *kept[i].Title != name || ids[i] != name || agents[i] != name {
			t.Errorf("%s became %s, %s, %s, %s", name, kept[i].Search, *kept[i].Title, ids[i], agents[i])
		}
	}
}

func TestHandleBoundsTimeAndBody(t *testing.T) {
	slow := open(post, "/slow", handle(func(ctx context.Context, _ api.Actor, _ api.Nothing) (*api.Nothing, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}))
	slow.timeout = time.Millisecond
	small := open(post, "/small", handle(func(context.Context, api.Actor, struct {
		A string `json:"a"`
	},
	) (*api.Nothing, error) {
		return &api.Nothing{}, nil
	}))
	small.maxBody = 12
	w := lab(t, slow, small)
	w.do(ask{method: post, path: "/api/v1/slow"}).problem(503, "unavailable")
	w.do(ask{method: post, path: "/api/v1/small", body: `{"a":"1234"}`}).is(200)
	w.do(ask{method: post, path: "/api/v1/small", body: `{"a":"12345"}`}).problem(413, "body_too_large")
}

func TestShutdownEndsWhatTakesTooLong(t *testing.T) {
	inside := make(chan struct{})
	w := lab(t, open(post, "/slow", handle(func(ctx context.Context, _ api.Actor, _ api.Nothing) (*api.Nothing, error) {
		close(inside)
		<-ctx.Done()
		return nil, ctx.Err()
	})))
	answered := make(chan int)
	go func() {
		got := w.do(ask{method: post, path: "/api/v1/slow"})
		answered <- got.status
	}()
	<-inside
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // no patience
	if err := w.server.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("shutdown: %v", err)
	}
	if status := <-answered; status != 503 {
		t.Errorf("the request that ran was answered %d", status)
	}
}

func TestProblems(t *testing.T) {
	var next error
	var crashes bool
	w := lab(t, open(get, "/fail", handle(func(context.Context, api.Actor, api.Nothing) (*api.Nothing, error) {
		if crashes {
			var nothing *api.SentMessage
			_ = nothing.Message.ID // as bugs do
		}
		return nil, next
	})))
	secret := errors.New("store: /home/parley: disk on fire")
	for name, tt := range map[string]struct {
		err    error
		status int
		code   string
		detail string
		retry  string
	}{
		"for people":        {store.Errorf(store.CodeConflict, "it is taken: %w", errors.New("by ann")), 409, "conflict", "it is taken: by ann", ""},
		"wrapped":           {errors.Join(errors.New("x"), store.Errorf(store.CodeForbidden, "no")), 403, "forbidden", "no", ""},
		"with a cause":      {&store.Error{Code: store.CodeUnavailable, Message: "try later", Err: secret}, 503, "unavailable", "try later", ""},
		"with a time":       {&store.Error{Code: store.CodeRateLimited, Message: "slowly", RetryAfter: 1500 * time.Millisecond}, 429, "rate_limited", "slowly", "2"},
		"without a time":    {&store.Error{Code: store.CodeRateLimited, Message: "slowly"}, 429, "rate_limited", "slowly", "1"},
		"of the model":      {&store.Error{Code: store.CodeModelError, Message: "it failed", Err: secret}, 502, "model_error", "it failed", ""},
		"unknown":           {secret, 500, "internal", "", ""},
		"internal":          {&store.Error{Code: store.CodeInternal, Message: "store: secret"}, 500, "internal", "", ""},
		"an unknown code":   {&store.Error{Code: "new", Message: "store: secret"}, 500, "internal", "", ""},
		"of fiber":          {fiber.ErrRequestHeaderFieldsTooLarge, 431, "headers_too_large", "", ""},
		"of fiber, strange": {fiber.NewError(418, "fiber: teapot"), 500, "internal", "", ""},
		"too late":          {context.DeadlineExceeded, 503, "unavailable", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w.t, next = t, tt.err
			got := w.do(ask{method: get, path: "/api/v1/fail", header: map[string]string{"X-Request-Id": "the-one"}})
			p := got.problem(tt.status, tt.code)
			if tt.detail != "" && p.Detail != tt.detail || strings.Contains(got.body, "secret") || strings.Contains(got.body, "fire") {
				t.Errorf("detail %q", p.Detail)
			}
			if got.header.Get("Retry-After") != tt.retry {
				t.Errorf("Retry-After %q, want %q", got.header.Get("Retry-After"), tt.retry)
			}
			if tt.err == secret && strings.Count(w.log.String(), "disk on fire") != 1+strings.Count(w.log.String(), "try later")+strings.Count(w.log.String(), "it failed") {
				t.Errorf("the cause is not in the log once: %s", w.log)
			}
		})
	}
	t.Run("a crash", func(t *testing.T) {
		w.t, crashes = t, true
		w.do(ask{method: get, path: "/api/v1/fail", header: map[string]string{"X-Request-Id": "crashed-here"}}).problem(500, "internal")
		crashes, next = false, nil
		w.do(ask{method: get, path: "/api/v1/fail"}).is(200)
		if log := w.log.String(); !strings.Contains(log, "nil pointer") || !strings.Contains(log, "handle_test.go") || !strings.Contains(log, `"request_id":"crashed-here"`) {
			t.Error("the log has not the cause, the stack and the request:", log)
		}
	})
}

func TestWhatIsNoHTTPIsAProblem(t *testing.T) {
	w := lab(t, open(get, "/x", handle(func(context.Context, api.Actor, api.Nothing) (*api.Nothing, error) { return &api.Nothing{}, nil })))
	w.do(ask{method: get, path: "/api/v1/x"}).is(200)
	for name, tt := range map[string]struct {
		text   string
		status int
		code   string
	}{
		"nonsense":           {"nonsense\r\n\r\n", 400, "bad_request"},
		"no host":            {"GET / HTTP/1.1\r\n\r\n", 400, "bad_request"},
		"huge headers":       {"GET / HTTP/1.1\r\nHost: x\r\nX-Big: " + strings.Repeat("x", 2*headersSize) + "\r\n\r\n", 431, "headers_too_large"},
		"an unknown method":  {"BREW /api/v1/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405, "method_not_allowed"},
		"two lengths":        {"POST /api/v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, "bad_request"},
		"no such path":       {"GET /api/v1/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "not_found"},
		"two slashes":        {"GET /api//v1/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "not_found"},
		"a slash at the end": {"GET /api/v1/x/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "not_found"},
		"capitals":           {"GET /API/V1/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "not_found"},
		"upwards":            {"GET /api/v1/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.raw(tt.text).problem(tt.status, tt.code)
		})
	}
}

func TestRequestIds(t *testing.T) {
	w := lab(t, open(get, "/x", handle(func(context.Context, api.Actor, api.Nothing) (*api.Nothing, error) { return &api.Nothing{}, nil })))
	for sent, kept := range map[string]bool{
		"abc-1.2_X": true, strings.Repeat("a", 128): true, strings.Repeat("a", 129): false,
		"": false, "a b": false, "<script>": false, "a\tb": false, "ä": false,
	} {
		got := w.do(ask{method: get, path: "/api/v1/x", header: map[string]string{"X-Request-Id": sent}}).is(200).header.Get("X-Request-Id")
		if (got == sent) != kept || got == "" {
			t.Errorf("sent %q, got %q", sent, got)
		}
	}
	a := w.do(ask{method: get, path: "/api/v1/x"}).header.Get("X-Request-Id")
	if b := w.do(ask{method: get, path: "/api/v1/x"}).header.Get("X-Request-Id"); a == b {
		t.Errorf("two requests are both called %s", a)
	}
}

func TestEveryCodeHasAStatus(t *testing.T) {
	for _, code := range codesInSource(t) {
		if statusOf[store.Code(code)] == 0 {
			t.Errorf("the code %s has no status", code)
		}
	}
}

// codesInSource reads the codes that package store declares.
func codesInSource(t *testing.T) (codes []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../store/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "Code" {
			code, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, code)
		}
		return true
	})
	if len(codes) < 10 {
		t.Fatalf("found only %v", codes)
	}
	return codes
}
