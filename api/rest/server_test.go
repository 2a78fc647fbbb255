package rest

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/store"
)

// A conversation as a client has it that knows HTTP and this API alone.
func TestAConversation(t *testing.T) {
	w := newWorld(t, Options{})
	var state struct{ Required bool }
	w.do(ask{method: get, path: "/api/v1/setup"}).is(200).json(&state)
	if !state.Required {
		t.Error("an empty instance wants no set-up")
	}
	token := w.setUp()
	do := func(method, path, body string) answer {
		return w.do(ask{method: method, path: path, body: body, token: token})
	}
	made := do(post, "/api/v1/projects", `{"name":" My  plans ","client_id":"`+someID+`"}`).is(201)
	project := made.header.Get("Location")
	if again := do(post, "/api/v1/projects", `{"name":"Other","client_id":"`+someID+`"}`).is(201); again.body != made.body || again.header.Get("Location") != project {
		t.Errorf("a repeated create made %s", again.body)
	}
	if got := do(get, project, "").is(200); got.body != made.body || !strings.Contains(got.body, `"name":"My plans"`) {
		t.Errorf("the project is %s", got.body)
	}
	thread := do(post, "/api/v1/threads", `{"project_id":"`+strings.TrimPrefix(project, "/api/v1/projects/")+`"}`).is(201).header.Get("Location")

	var sent struct {
		Message, Answer store.Message
	}
	question := do(post, thread+"/messages?wait=true", `{"content":"Who <b>are</b> you?"}`).is(201)
	question.json(&sent)
	if sent.Answer.Content != "Hello there." || sent.Answer.ParentID != sent.Message.ID || sent.Answer.Status != store.StatusComplete {
		t.Errorf("the answer is %+v", sent.Answer)
	}
	if at := question.header.Get("Location"); at != "/api/v1/messages/"+sent.Message.ID.String() {
		t.Errorf("Location %s", at)
	}
	var page struct {
		Messages []store.Message
		Total    int
		HasMore  bool `json:"has_more"`
	}
	do(get, thread+"/messages?limit=1", "").is(200).json(&page)
	if page.Total != 2 || !page.HasMore || len(page.Messages) != 1 || page.Messages[0].ID != sent.Answer.ID {
		t.Errorf("the newest page is %+v", page)
	}
	do(get, thread+"/messages?limit=1&before="+sent.Answer.ID.String(), "").is(200).json(&page)
	if len(page.Messages) != 1 || page.Messages[0].ID != sent.Message.ID {
		t.Errorf("the page before is %+v", page)
	}
	do(get, thread+"/messages?offset=1&after="+sent.Answer.ID.String(), "").problem(422, "conflicting_pagination")
	do(get, thread+"/messages?after="+someID, "").problem(422, "unknown_cursor")

	p := do(post, thread+"/messages", `{"content":"`+strings.Repeat("x", 50_001)+`"}`).problem(422, "message_too_long")
	if len(p.Errors) != 1 || p.Errors[0].Location != "body.content" {
		t.Errorf("errors %v", p.Errors)
	}
	do(post, thread+"/archive", "").is(200)
	do(post, thread+"/messages", `{"content":"x"}`).problem(409, "thread_archived")
	do(post, thread+"/unarchive", "{}").is(200)
	do(remove, "/api/v1/messages/"+sent.Message.ID.String(), "").is(204)
	do(remove, thread, "").is(204)
	do(get, thread, "").problem(404, "not_found")
	do(remove, project, "").is(204)
	do(get, project, "").problem(404, "not_found")
}

func TestHealth(t *testing.T) {
	w := newWorld(t, Options{})
	var h HealthView
	w.do(ask{method: get, path: "/health"}).is(200).json(&h)
	if h.Status != "ok" || h.Version != "test" || h.Checks["store"].Status != "ok" {
		t.Errorf("health is %+v", h)
	}
	for _, path := range []string{"/livez", "/readyz"} {
		if got := w.do(ask{method: get, path: path}).is(200); got.body != `{"status":"ok"}` {
			t.Errorf("%s: %s", path, got.body)
		}
	}
}

func TestHealthOfABrokenStore(t *testing.T) {
	w := newWorld(t, Options{})
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	w.do(ask{method: get, path: "/health"}).is(503)
	w.do(ask{method: get, path: "/readyz"}).is(503)
	w.do(ask{method: get, path: "/livez"}).is(200)
	w.do(ask{method: get, path: "/api/v1/setup"}).problem(503, "unavailable")
}

func TestMetricsDoNotGrowByWhatClientsWrite(t *testing.T) {
	w := newWorld(t, Options{})
	lines := func() int {
		return strings.Count(w.do(ask{method: get, path: "/metrics"}).is(200).body, "\n")
	}
	visit := func(n int) {
		w.do(ask{method: get, path: fmt.Sprintf("/nothing/%d", n)}).is(404)
		w.do(ask{method: get, path: fmt.Sprintf("/api/v1/threads/%d", n)}).is(401)
		w.do(ask{method: fmt.Sprintf("BREW%d", n), path: "/"}).is(405)
		w.do(ask{method: "PUT", path: "/api/v1/threads"}).is(405)
	}
	visit(0)
	lines() // from now on it counts itself
	before := lines()
	for n := range 20 {
		visit(n + 1)
	}
	if after := lines(); after != before {
		t.Errorf("%d lines became %d", before, after)
	}
	got := w.do(ask{method: get, path: "/metrics"})
	for _, want := range []string{
		`parley_http_request_duration_seconds_count{method="GET",route="/api/v1/threads/:id",status="401"} 21`,
		`parley_build_info{version="test"} 1`, "parley_live_sockets 0", "go_goroutines", "process_open_fds",
	} {
		if !strings.Contains(got.body, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestRefusalsAreCounted(t *testing.T) {
	w := newWorld(t, Options{Limits: Limits{Enabled: true, RequestsPerMinute: 1}})
	w.do(ask{method: get, path: "/api/v1/setup"}).is(200)
	w.do(ask{method: get, path: "/api/v1/setup"}).problem(429, "rate_limited")
	if got := w.do(ask{method: get, path: "/metrics"}).is(200); !strings.Contains(got.body, `parley_rate_limited_total{class="read"} 1`) {
		t.Error("the refusal is not counted")
	}
}

func TestTheLogSaysWhatChanged(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	w.do(ask{method: post, path: "/api/v1/projects?", body: `{"name":"secret plans"}`, token: token, header: map[string]string{"X-Request-Id": "made-here"}}).is(201)
	log := w.log.String()
	for _, want := range []string{`"level":"INFO","msg":"request","request_id":"made-here","method":"POST","path":"/api/v1/projects","status":201`, `"address":"127.0.0.1"`, `"user":"0`} {
		if !strings.Contains(log, want) {
			t.Errorf("no %s in %s", want, log)
		}
	}
	for _, secret := range []string{token, password, "secret plans"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}

func TestLogHandlerNamesTheRequest(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(LogHandler(slog.NewTextHandler(&b, nil))).With("a", 1).WithGroup("g")
	log.InfoContext(withRequestID(context.Background(), "the-one"), "x")
	log.InfoContext(context.Background(), "y")
	if got := b.String(); strings.Count(got, "request_id=the-one") != 1 || !strings.Contains(got, "a=1") {
		t.Error(got)
	}
}

func TestSlowRequestsEnd(t *testing.T) {
	s := newLab(t, Options{Log: newTestLog(io.Discard), ReadTimeout: 50 * time.Millisecond})
	w := &world{t: t, server: s}
	w.listen(nil)
	c, err := net.Dial("tcp", w.host)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_, _ = io.WriteString(c, "POST /api/v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
	_ = c.SetReadDeadline(time.Now().Add(patience))
	if text, err := io.ReadAll(c); err != nil || !strings.Contains(string(text), "408") {
		t.Errorf("after its time: %q, %v", text, err)
	}
}

func TestShutdownDoesNotWaitForIdleConnections(t *testing.T) {
	w := newWorld(t, Options{IdleTimeout: 2 * patience})
	idle := &http.Client{Transport: &http.Transport{}}
	defer idle.CloseIdleConnections()
	res, err := idle.Get(w.url + "/livez")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.server.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

// Browsers open connections ahead of their requests; a stop does not wait for them,
// whether nothing has come on them at all or only the handshake of TLS.
func TestShutdownDoesNotWaitForSilentConnections(t *testing.T) {
	certificate := httptest.NewUnstartedServer(nil)
	certificate.StartTLS()
	defer certificate.Close()
	for name, config := range map[string]*tls.Config{"plain": nil, "TLS": certificate.TLS} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			address := l.Addr().String()
			if config != nil {
				l = tls.NewListener(l, config)
			}
			s := newLab(t, Options{Log: newTestLog(io.Discard), ReadTimeout: 2 * patience, IdleTimeout: 2 * patience})
			ended := make(chan error)
			go func() { ended <- s.Listen(l) }()
			var opened []net.Conn
			for range 2 {
				c, err := net.Dial("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				opened = append(opened, c)
			}
			if config != nil {
				if err := tls.Client(opened[0], &tls.Config{InsecureSkipVerify: true}).Handshake(); err != nil { //nolint:gosec // a test's own
					t.Fatal(err)
				}
			}
			for s.app.Server().GetOpenConnectionsCount() < 2 {
				runtime.Gosched()
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience) // less than the read time-out
			defer cancel()
			if err := s.Shutdown(ctx); err != nil {
				t.Errorf("shutdown: %v", err)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOptionsThatAreWrong(t *testing.T) {
	for _, url := range []string{"chat.example.org", "ftp://chat.example.org", "https://", "%"} {
		if _, err := New(nil, Options{PublicURL: url}); err == nil {
			t.Errorf("the public URL %q was taken", url)
		}
	}
}

func TestShutdownBeforeListen(t *testing.T) {
	s := newLab(t, Options{Log: newTestLog(io.Discard)})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(l); err != nil {
		t.Errorf("listen: %v", err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("it listens after it was shut down")
	}
}

// The outcomes of scans are figures from the start, so that an alarm on the first is not
// missed.
func TestScansAreCounted(t *testing.T) {
	w := newWorld(t, Options{})
	text := w.do(ask{method: get, path: "/metrics"}).is(200).body
	for _, outcome := range []string{"clean", "infected", "failed", "unanswered"} {
		if line := `parley_attachment_scans_total{outcome="` + outcome + `"} 0`; !strings.Contains(text, line) {
			t.Errorf("no line %s", line)
		}
	}
}
