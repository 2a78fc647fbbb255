package rest

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/store"
)

// The tests of this file hold for every line of the route table, whoever adds
// one.

const someID = "0198c0de-0000-7000-8000-0000000000aa"

// eachRoute runs fn for every route; path has an id in it that is nobody's.
func eachRoute(t *testing.T, s *Server, fn func(t *testing.T, r *route, path string)) {
	t.Helper()
	table := s.routes(s.api)
	for i := range table {
		r := &table[i]
		r.complete()
		t.Run(r.method+" "+r.full(), func(t *testing.T) { fn(t, r, idsIn(r.full(), someID)) })
	}
}

// idsIn fills in the ids of a path.
func idsIn(path, id string) string {
	return strings.NewReplacer("{id}", id, "{user_id}", id, "{key_id}", id).Replace(path)
}

// isVerb says whether the route takes JSON, if it takes anything.
func isVerb(r *route) bool { _, isPlain := r.do.(*plainEndpoint); return !isPlain && !r.streams }

func needsSignIn(r *route) bool { return r.access != public && r.access != anyone }

func TestEveryRouteIsGuardedAndDocumented(t *testing.T) {
	w := newWorld(t, Options{})
	ids := map[string]bool{}
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) { // complete panics on what is missing
		if ids[r.id] {
			t.Errorf("two operations are called %s", r.id)
		}
		ids[r.id] = true
		if r.changes() && r.limit == unlimited {
			t.Error("changes something without a limit")
		}
		for _, code := range r.errors {
			if statusOf[code] == 0 {
				t.Errorf("unknown code %s", code)
			}
		}
	})
}

func TestIncompleteRoutesPanic(t *testing.T) {
	whole := route{method: get, path: "/x", id: "x", tag: "x", summary: "x", access: public, limit: readClass}
	for name, spoil := range map[string]func(*route){
		"no access rule":   func(r *route) { r.access = "" },
		"no limit":         func(r *route) { r.limit = unclassed },
		"no operation id":  func(r *route) { r.id = "" },
		"no summary":       func(r *route) { r.summary = "" },
		"nothing is wrong": func(*route) {},
	} {
		t.Run(name, func(t *testing.T) {
			r := whole
			spoil(&r)
			defer func() {
				if failed := recover() != nil; failed != (name != "nothing is wrong") {
					t.Errorf("panicked: %v", failed)
				}
			}()
			r.complete()
		})
	}
}

func TestEveryRouteWantsACredential(t *testing.T) {
	w := newWorld(t, Options{})
	w.setUp()
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		if !needsSignIn(r) {
			return
		}
		for name, header := range map[string]map[string]string{
			"none":               nil,
			"a bad token":        {"Authorization": "Bearer nonsense"},
			"an empty token":     {"Authorization": "Bearer "},
			"another scheme":     {"Authorization": "Basic YTpi"},
			"a bad cookie":       {"Cookie": "parley_access=nonsense"},
			"an unsigned token":  {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."},
			"a cookie of others": {"Cookie": "parley_refresh=x"},
		} {
			w.t = t
			got := w.do(ask{method: r.method, path: path, header: header})
			got.problem(401, "unauthorized")
			if got.header.Get("WWW-Authenticate") != `Bearer realm="parley"` {
				t.Errorf("%s: WWW-Authenticate %q", name, got.header.Get("WWW-Authenticate"))
			}
		}
	})
}

func TestEveryRouteRefusesWhatItDoesNotKnow(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		if w.t = t; !isVerb(r) {
			return
		}
		p := w.do(ask{method: r.method, path: path + "?nonsense=1", token: token}).problem(422, "invalid")
		if !slices.Contains(p.Errors, store.FieldError{Location: "query.nonsense", Message: "is not a known parameter"}) {
			t.Errorf("errors %v do not name query.nonsense", p.Errors)
		}
		if !r.changes() {
			return
		}
		p = w.do(ask{method: r.method, path: path, token: token, body: `{"nonsense":1}`}).problem(422, "invalid")
		if !slices.Contains(p.Errors, store.FieldError{Location: "body.nonsense", Message: "is not a known field"}) {
			t.Errorf("errors %v do not name body.nonsense", p.Errors)
		}
		for _, body := range []string{`{"a":`, `{}{}`, `x`, `[]`, "{\"\xff\":1}"} {
			w.do(ask{method: r.method, path: path, token: token, body: body}).problem(422, "invalid")
		}
	})
}

func TestEveryRouteTakesJSONAlone(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		if w.t = t; !isVerb(r) || !r.changes() {
			return
		}
		for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "", "application/json-patch+json"} {
			w.do(ask{method: r.method, path: path, token: token, body: `{}`, header: map[string]string{"Content-Type": kind}}).problem(415, "unsupported_media_type")
		}
		w.do(ask{method: r.method, path: path, token: token, body: `{}`, header: map[string]string{"Content-Encoding": "gzip"}}).problem(415, "unsupported_media_type")
	})
}

func TestEveryRouteWithAnIdTakesItsCanonicalFormAlone(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		if w.t = t; !strings.Contains(r.path, "{id}") {
			return
		}
		for _, id := range []string{
			strings.ToUpper(someID), strings.ReplaceAll(someID, "-", ""), "{" + someID + "}", "urn:uuid:" + someID,
			someID[:35], someID + "0", someID[:8], "1", "me%00", "%2e%2e", "00000000-0000-0000-0000-000000000000",
			strings.Replace(someID, "a", "%61", 1),
		} {
			got := w.do(ask{method: r.method, path: idsIn(r.full(), id), token: token})
			if got.status != 404 {
				t.Errorf("id %q: status %d: %s", id, got.status, got.body)
			}
		}
	})
}

// raw sends text as it is and returns the answer.
func (w *world) raw(text string) answer {
	w.t.Helper()
	c, err := net.DialTimeout("tcp", w.host, patience)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write([]byte(text)); err != nil {
		w.t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		w.t.Fatalf("no answer: %v", err)
	}
	defer func() { _ = res.Body.Close() }()
	var body strings.Builder
	if _, err := bufio.NewReader(res.Body).WriteTo(&body); err != nil {
		w.t.Fatal(err)
	}
	return answer{w.t, res.StatusCode, res.Header, body.String()}
}

func TestHole11EveryRouteBoundsItsBody(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		if w.t = t; !r.changes() || r.streams {
			return
		}
		// The body is announced and only begun: the server must not wait for it.
		w.raw(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n{",
			r.method, path, w.host, token, r.maxBody+1)).problem(413, "body_too_large")
	})
}

func TestEveryRouteNamesTheMethodsThatItTakes(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		w.t = t
		for _, method := range []string{"PUT", "TRACE", "OPTIONS"} {
			if slices.ContainsFunc(w.server.routes(nil), func(o route) bool { return o.path == r.path && o.method == method }) {
				continue
			}
			got := w.do(ask{method: method, path: path, token: token})
			got.problem(405, "method_not_allowed")
			allow := strings.Split(got.header.Get("Allow"), ", ")
			if !slices.Contains(allow, r.method) || slices.Contains(allow, method) {
				t.Errorf("%s: Allow %q", method, allow)
			}
			if r.method == get && !slices.Contains(allow, "HEAD") {
				t.Errorf("%s: Allow %q without HEAD", method, allow)
			}
		}
	})
}

func TestEveryGetAnswersHead(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		if w.t = t; r.changes() {
			return
		}
		full := w.do(ask{method: "GET", path: path, token: token})
		head := w.do(ask{method: "HEAD", path: path, token: token})
		if head.status != full.status || head.body != "" || head.header.Get("Content-Type") != full.header.Get("Content-Type") {
			t.Errorf("HEAD: %d %q with %d bytes; GET: %d %q", head.status, head.header.Get("Content-Type"), len(head.body), full.status, full.header.Get("Content-Type"))
		}
	})
}

func TestHole15EveryChangeWithACookieComesFromThePage(t *testing.T) {
	w := newWorld(t, Options{Origins: []string{"https://listed.example"}})
	w.setUp()
	reused := w.browser() // for what is refused, and so changes nothing
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		if w.t = t; !r.changes() || r.access == public {
			return
		}
		for name, tt := range map[string]struct {
			header  map[string]string
			refused bool
		}{
			"nothing is said":                   {nil, true},
			"another site":                      {map[string]string{"Origin": "https://evil.example"}, true},
			"no site":                           {map[string]string{"Origin": "null"}, true},
			"our host as a prefix":              {map[string]string{"Origin": w.url + ".evil.example"}, true},
			"another port":                      {map[string]string{"Origin": "http://127.0.0.1:1"}, true},
			"cross-site":                        {map[string]string{"Sec-Fetch-Site": "cross-site"}, true},
			"a neighbour":                       {map[string]string{"Sec-Fetch-Site": "same-site", "Origin": w.url}, true},
			"cross-site with an origin of ours": {map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": w.url}, true},
			"the page":                          {map[string]string{"Sec-Fetch-Site": "same-origin"}, false},
			"the page, an older browser":        {map[string]string{"Origin": w.url}, false},
			"a listed site":                     {map[string]string{"Origin": "https://listed.example", "Sec-Fetch-Site": "cross-site"}, false},
		} {
			request := ask{method: r.method, path: path, header: tt.header, client: reused, body: `{"nonsense":1}`}
			if tt.refused {
				if got := w.do(request); got.status != 403 {
					t.Errorf("%s: %s", name, got.body)
				}
				continue
			}
			request.client = w.browser()
			if got := w.do(request); r.streams { // it takes no JSON
				got.problem(415, "unsupported_media_type")
			} else {
				got.problem(422, "invalid")
			}
		}
	})
}

func TestEveryLimitedRouteSaysWhatIsLeft(t *testing.T) {
	w := newWorld(t, Options{Limits: Limits{Enabled: true, RequestsPerMinute: 500, MessagesPerMinute: 400, SignInsPerMinute: 300, UploadsPerMinute: 200}})
	token := w.setUp()
	want := map[class]string{readClass: "500", writeClass: "500", expensive: "500", messageClass: "400", signInClass: "300", uploadClass: "200", unlimited: ""}
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		w.t = t
		got := w.do(ask{method: r.method, path: path + "?nonsense=1", token: token})
		if limit := got.header.Get("RateLimit-Limit"); limit != want[r.limit] {
			t.Errorf("RateLimit-Limit %q, want %q", limit, want[r.limit])
		}
		for _, name := range []string{"RateLimit-Remaining", "RateLimit-Reset"} {
			if (got.header.Get(name) != "") != (r.limit != unlimited) {
				t.Errorf("%s %q", name, got.header.Get(name))
			}
		}
	})
}
