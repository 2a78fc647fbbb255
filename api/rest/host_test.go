package rest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
)

// Where public_url says which host this is, no other is answered: neither by a route,
// nor by the page, nor by a socket, nor by what is nowhere. Probes are.
func TestOtherHostsAreRefused(t *testing.T) {
	w := newWorld(t, Options{PublicURL: "https://chat.example.org/parley", Origins: []string{"https://other.example.org:8443"}})
	token := w.setUp()
	paths := map[string]bool{"/": true, "/ws": true, "/nowhere": true, "/assets/index-Ab12Cd.js": true}
	eachRoute(t, w.server, func(_ *testing.T, r *route, path string) { paths[path] = true })
	w.t = t
	for path := range paths {
		got := w.do(ask{method: get, path: path, token: token, header: map[string]string{"Host": ""}, client: w.asking("evil.example")})
		if probe := path == "/health" || path == "/livez" || path == "/readyz" || path == "/metrics"; probe != (got.status != 421) {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	for host, want := range map[string]int{
		"chat.example.org": 200, "CHAT.example.org": 200, "chat.example.org:443": 200, "chat.example.org.": 200, "other.example.org:8443": 200,
		"localhost": 200, "localhost:8080": 200, "127.0.0.1": 200, "[::1]:9000": 200, // a proxy beside the server
		"evil.example": 421, "chat.example.org.evil.example": 421, "chat.example.org:8080": 421, "other.example.org": 421, "localhost.evil.example": 421,
		"chat.example.org@evil.example": 421, "127.0.0.1.evil.example": 421,
	} {
		if got := w.do(ask{method: get, path: "/api/v1/setup", client: w.asking(host)}); got.status != want && (want == 200 || got.status < 400) {
			t.Errorf("%s: %d %s", host, got.status, got.body)
		}
	}
	p := w.do(ask{method: get, path: "/api/v1/setup", client: w.asking("evil.example")}).problem(421, "wrong_host")
	if !strings.Contains(p.Detail, "https://chat.example.org") {
		t.Errorf("says %q", p.Detail)
	}
}

// Without public_url any host is answered, and what a proxy says of it counts from a
// trusted one alone.
func TestHostsBehindProxies(t *testing.T) {
	for name, tt := range map[string]struct {
		o    Options
		host string
		said string
		want int
	}{
		"nothing is pinned":                    {Options{}, "evil.example", "", 200},
		"a trusted proxy names our host":       {Options{PublicURL: "https://chat.example.org", TrustedProxies: loopback}, "backend", "chat.example.org", 200},
		"a trusted proxy names another":        {Options{PublicURL: "https://chat.example.org", TrustedProxies: loopback}, "chat.example.org", "evil.example", 421},
		"a trusted proxy names a name for us":  {Options{PublicURL: "https://chat.example.org", TrustedProxies: loopback}, "backend", "", 421},
		"somebody else says that it is ours":   {Options{PublicURL: "https://chat.example.org"}, "evil.example", "chat.example.org", 421},
		"a trusted proxy asks by our address":  {Options{PublicURL: "https://chat.example.org", TrustedProxies: loopback}, "127.0.0.1:8080", "", 200},
		"what others say of our host is noise": {Options{PublicURL: "https://chat.example.org"}, "chat.example.org", "evil.example", 200},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tt.o)
			w.do(ask{method: get, path: "/api/v1/setup", client: w.asking(tt.host), header: map[string]string{"X-Forwarded-Host": tt.said}}).is(tt.want)
		})
	}
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// asking is a client whose requests name a host.
func (w *world) asking(host string) *http.Client {
	c := newClient(nil)
	c.Transport = hostTransport{host, c.Transport}
	return c
}

type hostTransport struct {
	host string
	next http.RoundTripper
}

func (h hostTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host = h.host
	return h.next.RoundTrip(r)
}

// Behind TLS an origin without it is nobody's, whoever lists it.
func TestOriginsWithoutTLSAreRefusedBehindIt(t *testing.T) {
	for name, o := range map[string]Options{
		"public_url": {PublicURL: "https://chat.example.org"},
		"a proxy":    {TrustedProxies: loopback},
		"listed":     {PublicURL: "https://chat.example.org", Origins: []string{"http://intranet.example.org"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, o)
			w.setUp()
			token, _ := w.signIn("ann")
			for _, origin := range []string{"http://" + w.host, "http://chat.example.org", "HTTP://chat.example.org", "http://intranet.example.org"} {
				for _, site := range []string{"", "same-origin", "none"} {
					h := map[string]string{"Cookie": accessCookie + "=" + token, "Origin": origin, "Sec-Fetch-Site": site, "X-Forwarded-Proto": "https"}
					w.do(ask{method: post, path: base + "/tags", body: `{"name":"x"}`, header: h}).problem(403, "forbidden")
				}
				l := &live{TB: t, address: w.host}
				if c, status := l.try(http.Header{"Authorization": {"Bearer " + token}, "Origin": {origin}, "X-Forwarded-Proto": {"https"}}, "/ws"); c != nil || status != 403 {
					t.Errorf("a socket of %s: %d", origin, status)
				}
			}
		})
	}
}

func TestMetricsBehindAToken(t *testing.T) {
	w := newWorld(t, Options{MetricsToken: "opensesame", HealthDetails: HealthForToken})
	w.do(ask{method: get, path: "/metrics"}).problem(401, "unauthorized")
	w.do(ask{method: get, path: "/metrics", token: "opensesam"}).problem(401, "unauthorized")
	w.do(ask{method: get, path: "/metrics", token: w.setUp()}).problem(401, "unauthorized")
	if got := w.do(ask{method: get, path: "/metrics", token: "opensesame"}).is(200); !strings.Contains(got.body, "parley_build_info") {
		t.Errorf("shows %.300s", got.body)
	}
	if got := w.do(ask{method: get, path: "/health"}).is(200); got.body != `{"status":"ok"}` && got.body != `{"status":"degraded"}` {
		t.Errorf("shows %s", got.body)
	}
	if got := w.do(ask{method: get, path: "/health", token: "opensesame"}).is(200); !strings.Contains(got.body, `"store"`) {
		t.Errorf("shows %s", got.body)
	}
}

func TestMetricsElsewhere(t *testing.T) {
	w := newWorld(t, Options{MetricsToken: "opensesame", MetricsElsewhere: true})
	w.do(ask{method: get, path: "/metrics", token: "opensesame"}).problem(404, "not_found")
	s := httptest.NewServer(w.server.MetricsHandler())
	defer s.Close()
	for token, want := range map[string]int{"": 401, "wrong": 401, "opensesame": 200} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := w.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != want || (want == 200) != bytes.Contains(body, []byte("parley_build_info")) {
			t.Errorf("%q: %d %.200s", token, res.StatusCode, body)
		}
	}
}

func TestHealthForThisMachine(t *testing.T) {
	w := newWorld(t, Options{HealthDetails: HealthForLocal})
	details := func(header map[string]string) bool {
		var v HealthView
		if err := json.Unmarshal([]byte(w.do(ask{method: get, path: "/health", header: header}).is(200).body), &v); err != nil {
			t.Fatal(err)
		}
		return len(v.Checks) > 0 || v.Version != ""
	}
	if !details(nil) {
		t.Error("a program on this machine sees nothing")
	}
	if details(map[string]string{"X-Forwarded-For": "198.51.100.7"}) || details(map[string]string{"Forwarded": "for=198.51.100.7"}) {
		t.Error("who comes through a proxy on this machine sees all")
	}
}

// One user has so many sockets and no more, by whatever credentials.
func TestSocketsPerUserAreBounded(t *testing.T) {
	const many = 100_000
	w := newLive(t, func(o *Options) {
		o.Limits = Limits{Enabled: true, RequestsPerMinute: many, MessagesPerMinute: many, SignInsPerMinute: many, UploadsPerMinute: many, SocketsPerUser: 3}
	})
	w.member("ben", "editor")
	ben := w.signIn("ben")
	key, err := w.api.CreateAPIKey(t.Context(), w.actor(ben), api.CreateAPIKeyInput{Name: "key"})
	if err != nil {
		t.Fatal(err)
	}
	var open []*client
	for _, token := range []string{ben.AccessToken, key.Key, w.signIn("ben").AccessToken} {
		c := w.dialRaw(token, "/ws")
		c.next("connection_established")
		open = append(open, c)
	}
	for _, token := range []string{ben.AccessToken, key.Key} {
		if c, status := w.try(http.Header{"Authorization": {"Bearer " + token}}, "/ws"); c != nil || status != 429 {
			t.Errorf("one more: %d", status)
		}
	}
	c, status := w.try(http.Header{"Authorization": {"Bearer " + ben.AccessToken}, "Origin": {"http://" + w.address}}, "/ws")
	if c == nil {
		t.Fatalf("a page's: %d", status)
	}
	if code := c.closed(); code != 4429 {
		t.Errorf("a page's is closed with %d", code)
	}
	w.dialRaw(w.signIn(w.owner.Username).AccessToken, "/ws").next("connection_established") // somebody else's
	_ = open[0].ws.Close()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if c, _ := w.try(http.Header{"Authorization": {"Bearer " + ben.AccessToken}}, "/ws"); c != nil {
			c.next("connection_established")
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("one that has ended still counts")
		}
	}
}
