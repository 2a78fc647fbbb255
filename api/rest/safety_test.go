package rest

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/parley-app/parley/store"
)

// safety is what every answer says, by header; the page has a policy of its own.
var safety = map[string]string{
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "no-referrer",
	"Content-Security-Policy":      answerPolicy,
	"Permissions-Policy":           permissions,
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Strict-Transport-Security":    "",
}

func isSafe(t *testing.T, what string, h http.Header) {
	t.Helper()
	for name, want := range safety {
		if got := h.Values(name); strings.Join(got, "|") != want {
			t.Errorf("%s: %s is %q, want %q", what, name, got, want)
		}
	}
	for _, name := range []string{"Server", "X-Powered-By"} {
		if got := h.Get(name); got != "" {
			t.Errorf("%s: it says %s: %s", what, name, got)
		}
	}
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s: another origin may read it: %s", what, name)
		}
	}
}

// Every answer there is says what a browser may do with it: of each route and
// method, and those that no route gives.
func TestEveryAnswerIsSafe(t *testing.T) {
	w := newWorld(t, Options{})
	for _, r := range w.server.routes(w.api) {
		path := strings.NewReplacer("{id}", store.ID{6: 0x70, 8: 0x80}.String()).Replace(r.full())
		for _, method := range []string{r.method, http.MethodHead, http.MethodOptions, "PUT", "TRACE"} {
			h := w.do(ask{method: method, path: path, header: map[string]string{"Origin": "http://evil.example"}}).header
			if strings.HasPrefix(path, "/docs") && h.Get("Content-Security-Policy") == docsPolicy {
				h.Set("Content-Security-Policy", answerPolicy) // it may draw itself, and nothing else
			}
			isSafe(t, method+" "+path, h)
		}
	}
	for name, a := range map[string]ask{
		"no route":             {method: get, path: base + "/nothing"},
		"another method":       {method: "DELETE", path: base + "/models"},
		"a strange method":     {method: "BREW", path: "/"},
		"a body too large":     {method: post, path: base + "/auth/login", body: strings.Repeat("a", 2<<20)},
		"no JSON":              {method: post, path: base + "/auth/login", body: "{"},
		"a token that is none": {method: get, path: base + "/users/me", token: "x"},
		"a socket, not asked":  {method: get, path: "/ws"},
		"a socket from abroad": {method: get, path: "/ws", header: map[string]string{
			"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": "http://evil.example",
		}},
		"preflight": {method: http.MethodOptions, path: base + "/threads", header: map[string]string{"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}},
	} {
		isSafe(t, name, w.do(a).header)
	}
	for _, raw := range []string{"GET / HTTP/1.1\r\nno colon here\r\n\r\n", "GET /" + strings.Repeat("a", 20<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n"} {
		isSafe(t, raw[:20], w.raw(raw).header)
	}
}

// The page may run its own scripts, and nobody's words.
func TestThePolicyOfThePage(t *testing.T) {
	w := newWorld(t, Options{})
	got := w.do(ask{method: get, path: "/", header: map[string]string{"Accept": "text/html"}}).is(200)
	policy := map[string]string{}
	for part := range strings.SplitSeq(got.header.Get("Content-Security-Policy"), ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(part), " ")
		policy[name] = sources
	}
	for name, want := range map[string]string{
		"default-src": "'self'", "script-src": "'self'", "style-src": "'self'", "style-src-attr": "'unsafe-inline'", "connect-src": "'self'",
		"font-src": "'self'", "object-src": "'none'", "base-uri": "'none'", "form-action": "'self'", "frame-ancestors": "'none'",
	} {
		if policy[name] != want {
			t.Errorf("%s is %q, want %q", name, policy[name], want)
		}
	}
	for name, sources := range policy {
		if strings.Contains(sources, "unsafe") && name != "style-src-attr" || strings.Contains(sources, "*") || strings.Contains(sources, "http") {
			t.Errorf("%s is %q", name, sources)
		}
	}
}

// Browsers are told to come back by TLS alone, once they came by TLS: by our
// own, by an address that says so, or through a proxy that is believed.
func TestStrictTransportSecurity(t *testing.T) {
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for name, tt := range map[string]struct {
		o         Options
		forwarded string
		want      string
	}{
		"plain":                     {Options{}, "", ""},
		"a header that anyone sets": {Options{}, "https", ""},
		"a proxy that is believed":  {Options{TrustedProxies: loopback}, "https", transportSecurity},
		"and says plain":            {Options{TrustedProxies: loopback}, "http", ""},
		"the public address":        {Options{PublicURL: "https://parley.example"}, "", transportSecurity},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tt.o)
			for _, path := range []string{"/", base + "/setup", "/nothing"} {
				got := w.do(ask{method: get, path: path, header: map[string]string{"X-Forwarded-Proto": tt.forwarded}})
				if h := got.header.Get("Strict-Transport-Security"); h != tt.want {
					t.Errorf("%s: %q", path, h)
				}
			}
		})
	}
}
