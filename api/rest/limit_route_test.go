package rest

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/parley-app/parley/store"
)

// exhaust takes all that who may still do of a class.
func exhaust(l *limiter, of class, who caller) {
	for l.take(of, who).ok {
	}
}

// holdStill stops the limiter's clock: on a slow machine what was used up would come back
// before a test has seen that it is.
func holdStill(l *limiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := time.Now()
	l.now = func() time.Time { return at }
}

// amnesia makes everybody new to the limiter, with these limits.
func amnesia(l *limiter, limits Limits) {
	holdStill(l)
	l.mu.Lock()
	for _, c := range l.counts {
		c.order.Init()
		clear(c.buckets)
	}
	l.mu.Unlock()
	l.set(limits)
}

var fewOfAll = Limits{Enabled: true, RequestsPerMinute: 3, MessagesPerMinute: 3, SignInsPerMinute: 3, UploadsPerMinute: 3}

// API-5: once somebody has used up what they may, every route says so.
func TestHole12EveryRouteHasALimit(t *testing.T) {
	probes := []string{"getHealth", "getLive", "getReady", "getMetrics"}
	w := newWorld(t, Options{})
	token := w.setUp()
	var me struct{ ID store.ID }
	w.do(ask{method: get, path: "/api/v1/users/me", token: token}).json(&me)
	home := w.caller()
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		w.t = t
		if r.limit == unlimited {
			if !slices.Contains(probes, r.id) {
				t.Error("has no limit, and is no probe")
			}
			return
		}
		for name, who := range map[string]struct {
			token string
			caller
		}{"somebody": {token, callerUser(me.ID)}, "nobody": {"", home}} {
			amnesia(w.server.limiter, fewOfAll)
			if r.access == public {
				who.caller = home
			}
			exhaust(w.server.limiter, r.limit, who.caller)
			got := w.do(ask{method: r.method, path: path, token: who.token})
			got.problem(429, "rate_limited")
			if wait, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || wait < 1 || wait > 60 {
				t.Errorf("%s: Retry-After %q", name, got.header.Get("Retry-After"))
			}
			if got.header.Get("RateLimit-Limit") != "3" || got.header.Get("RateLimit-Remaining") != "0" {
				t.Errorf("%s: %v", name, got.header)
			}
		}
	})
}

// caller is how the limiter sees the test itself when it has not signed in.
func (w *world) caller() caller {
	w.t.Helper()
	l := w.server.limiter
	amnesia(l, fewOfAll)
	w.do(ask{method: get, path: "/api/v1/setup"}).is(200)
	for who := range l.counts["requests"].buckets {
		return who
	}
	w.t.Fatal("the request was not counted")
	return caller{}
}

// Whatever one signs in with, and however often, it is one who comes.
func TestALimitIsAboutTheUser(t *testing.T) {
	w := newWorld(t, Options{Limits: Limits{Enabled: true, RequestsPerMinute: 6, SignInsPerMinute: 10}})
	first := w.setUp()
	second, _ := w.signIn("ann") // one request with it
	browser := w.browser()
	left := []string{}
	for _, a := range []ask{{token: first}, {token: second}, {client: browser}, {token: first}, {client: browser}} {
		a.method, a.path = get, "/api/v1/users/me"
		left = append(left, w.do(a).is(200).header.Get("RateLimit-Remaining"))
	}
	if want := []string{"4", "3", "2", "1", "0"}; !slices.Equal(left, want) {
		t.Errorf("left %v, want %v", left, want)
	}
	w.do(ask{method: get, path: "/api/v1/users/me", token: second}).problem(429, "rate_limited")
	w.do(ask{method: get, path: "/api/v1/users/me", header: map[string]string{"Authorization": "Bearer nonsense"}}).problem(401, "unauthorized")
}

// Each bad credential counts for the address that shows it.
func TestBadCredentialsAreLimited(t *testing.T) {
	w := newWorld(t, Options{Limits: Limits{Enabled: true, RequestsPerMinute: 5}})
	for i := range 6 {
		got := w.do(ask{method: get, path: "/api/v1/users/me", token: "nonsense" + strconv.Itoa(i)})
		if want := map[bool]int{false: 401, true: 429}[i == 5]; got.status != want {
			t.Errorf("try %d: %d", i, got.status)
		}
	}
}

func TestGuessingOverHTTPWaitsLongerAndLonger(t *testing.T) {
	w := newWorld(t, Options{Limits: Limits{Enabled: true, RequestsPerMinute: 1000, SignInsPerMinute: 5}})
	w.setUp() // one of five
	for range 4 {
		w.do(ask{method: post, path: "/api/v1/auth/login", body: `{"login":"bob","password":"a wrong password"}`}).problem(401, "unauthorized")
	}
	amnesia(w.server.limiter, Limits{}) // what remains is the back-off
	w.do(ask{method: post, path: "/api/v1/auth/login", body: `{"login":"bob","password":"a wrong password"}`}).problem(401, "unauthorized")
	got := w.do(ask{method: post, path: "/api/v1/auth/login", body: `{"login":"bob","password":"a wrong password"}`})
	got.problem(429, "rate_limited")
	if got.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
	}
}

// Frames go through the same limiter as requests.
func TestHole12EveryFrameHasALimit(t *testing.T) {
	w := newLive(t)
	who := callerUser(w.owner.ID)
	for _, f := range frameTable() {
		t.Run(f.name, func(t *testing.T) {
			amnesia(w.server.limiter, Limits{})
			c := w.dial("ann", "/ws")
			c.TB = t
			w.server.SetLimits(fewOfAll)
			exhaust(w.server.limiter, f.limit, who)
			c.send(w.fill(`{"type":"` + f.name + `","request_id":"r"` + frameSamples[f.name] + `}`))
			m, err := c.read()
			if err != nil || m.text("error_code") != "rate_limited" || m.text("request_id") != "r" {
				t.Errorf("got %v, %v", m, err)
			}
			if wait, _ := m["retry_after"].(float64); wait < 1 || wait > 60 {
				t.Errorf("retry_after %v", m["retry_after"])
			}
		})
	}
	w.server.SetLimits(Limits{})
}

// What is counted over HTTP is counted over the socket.
func TestASocketAndARequestShareALimit(t *testing.T) {
	w := newLive(t, func(o *Options) { o.Limits = Limits{Enabled: true, RequestsPerMinute: 1000, MessagesPerMinute: 2} })
	c := w.dial("ann", "/ws")
	for range 2 {
		w.server.limiter.take(messageClass, callerUser(w.owner.ID)) // as a request does
	}
	c.send(w.fill(`{"type":"send_message","thread_id":"THREAD","content":"x","request_id":"r"}`))
	for {
		m, err := c.read()
		if err != nil {
			t.Fatal(err)
		}
		if m["request_id"] == "r" {
			if m.text("error_code") != "rate_limited" {
				t.Errorf("got %v", m)
			}
			return
		}
	}
}

// SetHeartbeat is for the sockets that open after it.
func TestHeartbeatChangesForNewSockets(t *testing.T) {
	w := newLive(t)
	w.dial("ann", "/ws").stillWorks()
	w.server.SetHeartbeat(Heartbeat{Interval: 7 * time.Second, Timeout: 30 * time.Second})
	c := w.dialRaw(w.signIn("ann").AccessToken, "/ws")
	if m := c.next("connection_established"); m["heartbeat_interval"] != 7.0 {
		t.Errorf("got %v", m)
	}
}

// Nothing answers but the routes of the table, the sockets and the page.
func TestHole16NothingIsServedBesideTheTable(t *testing.T) {
	w := newWorld(t, Options{})
	known := map[string]bool{"GET /ws": true, "GET /ws/chat/:thread_id": true}
	eachRoute(t, w.server, func(_ *testing.T, r *route, _ string) {
		known[r.method+" "+r.pattern()] = true
		if r.method == get {
			known["HEAD "+r.pattern()] = true
		}
	})
	for _, list := range w.server.app.Stack() {
		for _, r := range list {
			if r.Path != "/" && !known[r.Method+" "+r.Path] { // "/": observe and the page
				t.Errorf("%s %s is served without a line in the table", r.Method, r.Path)
			}
		}
	}
}
