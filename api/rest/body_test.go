package rest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
)

// A line is a connection that the test writes on itself.
type line struct {
	t testing.TB
	net.Conn
	in *bufio.Reader
}

func (w *world) line() *line {
	w.t.Helper()
	c, err := net.DialTimeout("tcp", w.host, patience)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return &line{w.t, c, bufio.NewReader(c)}
}

func (l *line) send(text string) {
	l.t.Helper()
	if _, err := io.WriteString(l, text); err != nil {
		l.t.Fatal(err)
	}
}

// answer reads the next answer.
func (l *line) answer() answer {
	l.t.Helper()
	res, err := http.ReadResponse(l.in, nil)
	if err != nil {
		l.t.Fatalf("no answer: %v", err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return answer{l.t, res.StatusCode, res.Header, string(body)}
}

// closed fails unless the server ends the connection without a further answer.
func (l *line) closed() {
	l.t.Helper()
	if b, err := io.ReadAll(l.in); err != nil || len(b) > 0 {
		l.t.Errorf("after the answer: %q, %v", b, err)
	}
}

// swallowing has one route that reads its body as a whole, and says its length.
func swallowing(t *testing.T, o Options) *world {
	t.Helper()
	r := open(post, "/swallow", handle(func(_ context.Context, _ api.Actor, in struct {
		Text string `json:"text"`
	},
	) (*struct{ Length int }, error) {
		return &struct{ Length int }{len(in.Text)}, nil
	}))
	small := open(post, "/small/{id}", handle(echo))
	small.id, small.maxBody = "y", 100
	o.Log = newTestLog(&logBuffer{})
	w := &world{t: t, log: &logBuffer{}, server: newLab(t, o, r, small)}
	w.listen(nil)
	return w
}

func heading(method, path, rest string) string {
	return method + " /api/v1" + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + rest + "\r\n\r\n"
}

func TestHole11ABodyOfAGigabyteIsRefusedAtItsBeginning(t *testing.T) {
	w := swallowing(t, Options{})
	chunk := "10000\r\n" + strings.Repeat("x", 1<<16) + "\r\n"
	for name, tt := range map[string]struct{ header, piece string }{
		"announced": {"Content-Length: 1073741824", strings.Repeat("x", 1<<16)},
		"in chunks": {"Transfer-Encoding: chunked", chunk},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			l := w.line()
			l.send(heading(post, "/swallow", tt.header))
			answered := make(chan answer, 1)
			go func() { answered <- l.answer() }()
			sent := 0
			for sent < 1<<30 {
				n, err := io.WriteString(l, tt.piece)
				if sent += n; err != nil {
					break
				}
			}
			(<-answered).problem(413, "body_too_large")
			if sent > 256<<20 {
				t.Errorf("%d MiB were taken", sent>>20)
			}
			if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 64<<20 {
				t.Errorf("%d MiB were allocated", (after.TotalAlloc-before.TotalAlloc)>>20)
			}
		})
	}
}

func TestABodyIsBoundedByItsRoute(t *testing.T) {
	w := swallowing(t, Options{})
	long := strings.Repeat(" ", 101)
	for name, request := range map[string]string{
		"announced":            heading(post, "/small/"+someID, "Content-Length: 101"), // and never sent
		"with a query":         heading(post, "/small/"+someID+"?deep=true", "Content-Length: 101"),
		"absolute":             strings.Replace(heading(post, "/small/"+someID, "Content-Length: 101"), "/api", "http://x/api", 1),
		"in chunks":            heading(post, "/small/"+someID, "Transfer-Encoding: chunked") + "65\r\n" + long + "\r\n0\r\n\r\n",
		"client asks first":    heading(post, "/small/"+someID, "Content-Length: 101\r\nExpect: 100-continue"),
		"to nobody, announced": heading(post, "/nobody", "Content-Length: 1048577"),
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			l := w.line()
			l.send(request)
			l.answer().problem(413, "body_too_large")
			_ = l.Conn.(*net.TCPConn).CloseWrite()
			l.closed()
		})
	}
	l := w.line()
	l.t = t
	l.send(heading(post, "/small/"+someID, "Content-Length: 100") + long[1:])
	l.answer().problem(422, "invalid") // blank is no JSON: it was read
}

func TestAClientThatAsksFirstIsToldToGoOn(t *testing.T) {
	w := swallowing(t, Options{})
	l := w.line()
	l.send(heading(post, "/swallow", "Content-Length: 14\r\nExpect: 100-continue"))
	if text, err := l.in.ReadString('\n'); err != nil || text != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("got %q, %v", text, err)
	}
	_, _ = l.in.ReadString('\n')
	l.send(`{"text":"four"`)
	l.answer().problem(422, "invalid")
	l.send(heading(post, "/swallow", "Content-Length: 15") + `{"text":"four"}`)
	if got := l.answer().is(200); got.body != `{"Length":4}` {
		t.Error(got.body)
	}
}

// What is left of a body must never be taken for the next request.
func TestNoBodyIsTakenForARequest(t *testing.T) {
	w := swallowing(t, Options{})
	smuggled := heading(get, "/swallow", "X: y")
	large := smuggled + strings.Repeat("x", prefetched)
	for name, tt := range map[string]struct {
		request string
		open    bool
	}{
		"a GET with a small body":        {heading(get, "/nothing", "Content-Length: "+strconv.Itoa(len(smuggled))) + smuggled, true},
		"a POST to nobody, small":        {heading(post, "/nothing", "Content-Length: "+strconv.Itoa(len(smuggled))) + smuggled, true},
		"a small body of another method": {heading("PUT", "/swallow", "Content-Length: "+strconv.Itoa(len(smuggled))) + smuggled, true},
		"a body that is no JSON":         {heading(post, "/swallow", "Content-Length: "+strconv.Itoa(len(smuggled))) + smuggled, true},
		"the same in chunks":             {heading(post, "/swallow", "Transfer-Encoding: chunked") + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(smuggled), smuggled), true},
		"a GET with a large body":        {heading(get, "/nothing", "Content-Length: "+strconv.Itoa(len(large))) + large, false},
		"a POST to nobody, large":        {heading(post, "/nothing", "Content-Length: "+strconv.Itoa(len(large))) + large, false},
		"a POST to nobody, in chunks":    {heading(post, "/nothing", "Transfer-Encoding: chunked") + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(smuggled), smuggled), false},
		"a GET in chunks":                {heading(get, "/nothing", "Transfer-Encoding: chunked") + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(smuggled), smuggled), false},
		"a length and chunks":            {heading(post, "/swallow", "Content-Length: 5\r\nTransfer-Encoding: chunked") + "0\r\n\r\n" + smuggled, false},
		"two lengths":                    {heading(post, "/swallow", "Content-Length: 5\r\nContent-Length: 6") + "0\r\n\r\n" + smuggled, false},
		"a length with a sign":           {heading(post, "/swallow", "Content-Length: +5") + "0\r\n\r\n" + smuggled, false},
		"chunks of another coding":       {heading(post, "/swallow", "Transfer-Encoding: xchunked") + "0\r\n\r\n" + smuggled, false},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			l := w.line()
			l.send(tt.request)
			if got := l.answer(); got.status < 400 || got.status > 499 {
				t.Errorf("status %d: %s", got.status, got.body)
			}
			if !tt.open {
				_ = l.Conn.(*net.TCPConn).CloseWrite()
				l.closed()
				return
			}
			l.send(heading(post, "/swallow", "Content-Length: 15") + `{"text":"four"}`)
			if got := l.answer(); got.body != `{"Length":4}` {
				t.Errorf("the next request got %d: %s", got.status, got.body)
			}
		})
	}
}

func TestBodiesThatBreakOff(t *testing.T) {
	hasty, w := swallowing(t, Options{ReadTimeout: 300 * time.Millisecond}), swallowing(t, Options{})
	for name, tt := range map[string]struct {
		request string
		hangUp  bool
		status  int
	}{
		"a small one that stops":           {heading(post, "/swallow", "Content-Length: 100") + `{"text":`, false, 408},
		"a large one that stops":           {heading(post, "/swallow", "Content-Length: 100000") + strings.Repeat(" ", 50_000), false, 408},
		"chunks that stop":                 {heading(post, "/swallow", "Transfer-Encoding: chunked") + "5\r\n     \r\n", false, 408},
		"headers that stop":                {"POST /api/v1/swallow HTTP/1.1\r\nHost", false, 408},
		"a small one that ends too early":  {heading(post, "/swallow", "Content-Length: 100") + `{"text":`, true, 400},
		"a large one that ends too early":  {heading(post, "/swallow", "Content-Length: 100000") + strings.Repeat(" ", 50_000), true, 400},
		"chunks that end too early":        {heading(post, "/swallow", "Transfer-Encoding: chunked") + "5\r\n   ", true, 400},
		"chunks of a length that is none":  {heading(post, "/swallow", "Transfer-Encoding: chunked") + "zz\r\n", false, 400},
		"chunks longer than they said":     {heading(post, "/swallow", "Transfer-Encoding: chunked") + "1\r\n12345\r\n0\r\n\r\n", false, 400},
		"a chunk of more than memory has":  {heading(post, "/swallow", "Transfer-Encoding: chunked") + "7fffffffffffffff\r\n", true, 400},
		"a length of more than memory has": {heading(post, "/swallow", "Content-Length: 9223372036854775807"), false, 413},
	} {
		t.Run(name, func(t *testing.T) {
			is := w
			if tt.status == 408 {
				is = hasty
			}
			is.t = t
			l := is.line()
			l.send(tt.request)
			if tt.hangUp {
				_ = l.Conn.(*net.TCPConn).CloseWrite()
			}
			if got := l.answer(); got.status != tt.status {
				t.Errorf("status %d, want %d: %s", got.status, tt.status, got.body)
			}
		})
	}
}

func TestFits(t *testing.T) {
	for _, tt := range []struct {
		pattern, path string
		want          bool
	}{
		{"/a/{id}/b", "/a/x/b", true},
		{"/a/{id}/b", "/a//b", false},
		{"/a/{id}/b", "/a/x/c", false},
		{"/a/{id}/b", "/a/x", false},
		{"/a/{id}/b", "/a/x/b/", false},
		{"/a", "/a", true},
		{"/a", "/ab", false},
		{"/{id}", "/", false},
	} {
		if got := fits(tt.pattern, tt.path); got != tt.want {
			t.Errorf("%s for %s: %v", tt.pattern, tt.path, got)
		}
	}
}
