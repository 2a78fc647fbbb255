package rest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// torments are bodies and headers that no honest client sends. Each is sent to
// every route of the table.
func torments(path, token, host string) map[string]string {
	request := func(method, target, headers, body string) string {
		return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n%s\r\n%s", method, target, host, token, headers, body)
	}
	sized := func(method, target, body string) string {
		return request(method, target, fmt.Sprintf("Content-Length: %d\r\n", len(body)), body)
	}
	out := map[string]string{
		"METHOD deep lists":        sized("METHOD", path, strings.Repeat("[", 100_000)),
		"METHOD deep objects":      sized("METHOD", path, strings.Repeat(`{"a":`, 50_000)),
		"METHOD many names":        sized("METHOD", path, "{"+strings.Repeat(`"a":1,`, 50_000)+`"b":1}`),
		"METHOD a huge number":     sized("METHOD", path, `{"a":`+strings.Repeat("9", 100_000)+`}`),
		"METHOD a huge exponent":   sized("METHOD", path, `{"limit":1e999999999}`),
		"METHOD broken UTF-8":      sized("METHOD", path, "{\"title\":\"\xff\xfe\xed\xa0\x80\"}"),
		"METHOD broken escapes":    sized("METHOD", path, `{"title":"\ud800\u12"}`),
		"METHOD zeros":             sized("METHOD", path, strings.Repeat("\x00", 1000)),
		"METHOD no JSON":           sized("METHOD", path, "<?xml version='1.0'?>"),
		"METHOD half a body":       request("METHOD", path, "Content-Length: 500\r\n", `{"title":`),
		"METHOD half a chunk":      request("METHOD", path, "Transfer-Encoding: chunked\r\n", "ffff\r\n{"),
		"METHOD a long query":      sized("METHOD", path+"?"+strings.Repeat("a=1&", 1500), ""),
		"METHOD broken escape":     sized("METHOD", path+"?limit=%zz&%=%00", ""),
		"METHOD zero in the path":  sized("METHOD", path+"%00", ""),
		"METHOD dots in the path":  sized("METHOD", path+"/..%2f..%2f..%2fetc%2fpasswd", ""),
		"METHOD a long path":       sized("METHOD", path+strings.Repeat("/x", 3000), ""),
		"METHOD long headers":      request("METHOD", path, "X: "+strings.Repeat("x", 20_000)+"\r\n", ""),
		"METHOD many headers":      request("METHOD", path, strings.Repeat("X: y\r\n", 1500), ""),
		"METHOD broken header":     request("METHOD", path, "no colon\r\n", ""),
		"METHOD strange origin":    request("METHOD", path, "Origin: \x01\r\nCookie: parley_access=\x02;;;=\r\n", ""),
		"METHOD strange proxies":   request("METHOD", path, "X-Forwarded-For: ,,,999.1.1.1,::::,\r\nForwarded: for=\"\r\n", ""),
		"METHOD strange condition": request("METHOD", path, "If-None-Match: W/\",,\"\r\nAccept-Encoding: ;;q=,gzip;q=NaN\r\nRange: bytes=-1-\r\n", ""),
		"an unknown method":        sized("FROBNICATE", path, `{}`),
		"no method":                " " + path + " HTTP/1.1\r\n\r\n",
		"another protocol":         "METHOD " + path + " HTTP/9.9\r\n\r\n",
		"TLS":                      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"HTTP/2":                   "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"half a line":              "METHOD " + path,
		"no host":                  "METHOD " + path + " HTTP/1.1\r\n\r\n",
	}
	for i := range 10 {
		noise := make([]byte, mrand.IntN(2000))
		_, _ = rand.Read(noise)
		out[fmt.Sprintf("METHOD noise %d", i)] = sized("METHOD", path, string(noise))
	}
	return out
}

// TestHole11EveryRouteSurvivesAnything: no answer is a 500, none shows what is inside,
// the server still serves afterwards, and its memory is what it was.
func TestHole11EveryRouteSurvivesAnything(t *testing.T) {
	w := newWorld(t, Options{ReadTimeout: 500 * time.Millisecond})
	token := w.setUp()
	before := heapNow()
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		w.t = t
		if r.id == "logout" {
			return // would end the session of all the others
		}
		for name, text := range torments(path, token, w.host) {
			w.torment(path+": "+name, strings.ReplaceAll(text, "METHOD", r.method))
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
	w := newWorld(t, Options{ReadTimeout: 300 * time.Millisecond})
	for range 3 {
		slow := w.line()
		slow.send("GET /ws HTTP/1.1\r\nHost: x\r\nUpg")
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
	w := newWorld(t, Options{ReadTimeout: time.Second})
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
