package rest

import (
	"bytes"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api/livetest"
)

// TestHole11EveryRouteSurvivesAnything: no answer is a 500, none shows what is inside,
// the server still serves afterwards, and its memory is what it was.
func TestHole11EveryRouteSurvivesAnything(t *testing.T) {
	w := newWorld(t, Options{ReadTimeout: 5 * time.Second})
	token := w.setUp()
	before := heapNow()
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		w.t = t
		if r.id == "logout" {
			return // would end the session of all the others
		}
		for name, text := range livetest.Torments(r.method, path, token, w.host) {
			w.torment(path+": "+name, text)
		}
	})
	w.t = t
	w.do(ask{method: get, path: "/api/v1/users/me", token: token}).is(200)
	if log := w.log.String(); strings.Contains(log, "panic") {
		t.Errorf("a handler panicked: %.2000s", log[max(0, strings.Index(log, "panic")-500):])
	}
	w.log.mu.Lock()
	w.log.b.Reset()
	w.log.mu.Unlock()
	if after := heapNow(); after > before+64<<20 {
		t.Errorf("the memory grew from %d to %d MiB", before>>20, after>>20)
	}
}

func heapNow() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// torment sends text and says that it is over.
func (w *world) torment(name, text string) {
	w.t.Helper()
	l := w.line()
	defer func() { _ = l.Close() }()
	_, _ = l.Write([]byte(text)) // the server may have had enough of it
	_ = l.Conn.(*net.TCPConn).CloseWrite()
	for {
		res, err := http.ReadResponse(l.in, nil)
		if err != nil {
			return // there is none, or no more
		}
		var body bytes.Buffer
		_, _ = body.ReadFrom(res.Body)
		_ = res.Body.Close()
		if res.StatusCode >= 500 && res.StatusCode != 503 {
			w.t.Errorf("%s is answered %d: %s", name, res.StatusCode, body.String())
		}
		(answer{w.t, res.StatusCode, res.Header, body.String()}).hidesInternals(ask{path: name})
	}
}

// TestHalfOpenHandshakesAreCounted begins handshakes of sockets and does not end them.
func TestHalfOpenHandshakesAreCounted(t *testing.T) {
	w := newWorld(t, Options{ReadTimeout: 2 * time.Second})
	var all []*line
	for range 3 {
		all = append(all, w.line())
		all[len(all)-1].send("GET /ws HTTP/1.1\r\nHost: x\r\nUpg")
	}
	for _, slow := range all {
		if got := slow.answer(); got.status != 408 {
			t.Errorf("half a handshake is answered %d", got.status)
		}
	}
	if metrics := w.do(ask{method: get, path: "/metrics"}).body; !strings.Contains(metrics, "\nparley_http_unfinished_total 3\n") {
		t.Error("they are not counted")
	}
}

// TestHole11SlowClientsHoldUpNobody opens connections that say a byte now and then.
func TestHole11SlowClientsHoldUpNobody(t *testing.T) {
	w := newWorld(t, Options{ReadTimeout: 3 * time.Second})
	token := w.setUp()
	var slow []*line
	for range 100 {
		l := w.line()
		l.send("POST /api/v1/projects HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
		slow = append(slow, l)
	}
	for range 20 {
		w.do(ask{method: get, path: "/api/v1/users/me", token: token}).is(200)
	}
	for _, l := range slow {
		if got := l.answer(); got.status != 408 {
			t.Errorf("a slow one got %d", got.status)
		}
	}
}
