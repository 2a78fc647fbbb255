package rest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// fasthttp hands over a request once its headers have come, and at most
// prefetched bytes of its body: nobody fills the memory before it is known who
// they are and what their route takes. The price is that whoever does not read a
// body to its end has to close the connection, or the rest of it would be read as
// the next request. endBody does that, round every handler.
const prefetched = 8 << 10

// refuseLargeBodies answers a request that announces a larger body than its route
// takes as soon as its headers have come. fasthttp would wait for the beginning
// of the body; but it lets a server refuse one whose client asks first, so these
// are treated as if they did.
func (s *Server) refuseLargeBodies(table []route) {
	least := defaultBody // that any route takes
	for i := range table {
		least = min(least, table[i].maxBody)
	}
	tooLarge := func(h *fasthttp.RequestHeader) bool {
		n := h.ContentLength()
		return n > least && n > bodyLimit(table, string(h.Method()), string(h.RequestURI()))
	}
	server := s.app.Server()
	server.HeaderReceived = func(h *fasthttp.RequestHeader) (_ fasthttp.RequestConfig) {
		if tooLarge(h) {
			h.Set(fiber.HeaderExpect, "100-continue")
		}
		return
	}
	server.ExpectHandler = func(f *fasthttp.RequestCtx) int {
		if !tooLarge(&f.Request.Header) {
			return fiber.StatusContinue
		}
		server.ErrorHandler(f, fasthttp.ErrBodyTooLarge)
		return fiber.StatusRequestEntityTooLarge
	}
}

// bodyLimit is how many bytes the route of a request takes, the default for what
// is none.
func bodyLimit(table []route, method, target string) int {
	target, _, _ = strings.Cut(target, "?")
	if _, rest, absolute := strings.Cut(target, "://"); absolute {
		_, target, _ = strings.Cut(rest, "/")
		target = "/" + target
	}
	for i := range table {
		if r := &table[i]; r.maxBody != defaultBody && r.method == method && fits(r.full(), target) {
			return r.maxBody
		}
	}
	return defaultBody
}

// fits says whether a path is one of those that a pattern, as OpenAPI writes it,
// stands for.
func fits(pattern, path string) bool {
	for {
		want, restOfPattern, more := strings.Cut(pattern, "/")
		got, restOfPath, moreInPath := strings.Cut(path, "/")
		if more != moreInPath || want != got && (!strings.HasPrefix(want, "{") || got == "") {
			return false
		}
		if !more {
			return true
		}
		pattern, path = restOfPattern, restOfPath
	}
}

// A bodyReader reads the body of one request: at most max bytes, after which it
// fails with 413. Each Read may take the server's read time-out, so that a large
// body may come slowly but never stand still.
type bodyReader struct {
	c     *fiber.Ctx
	from  io.Reader
	conn  net.Conn
	pause time.Duration
	left  int // of what the route takes
	wants int // of what was announced; negative: nothing was
	large bool
}

// openBody returns the body of a request, or the refusal of one that says itself
// that it is too large. It is valid as long as c is.
func (s *Server) openBody(c *fiber.Ctx, most int) (io.Reader, error) {
	size := c.Request().Header.ContentLength()
	if size > most {
		return nil, fiber.ErrRequestEntityTooLarge
	}
	from := c.Context().RequestBodyStream()
	if from == nil {
		return nil, nil //nolint:nilnil // there is no body
	}
	return &bodyReader{c, from, c.Context().Conn(), s.o.ReadTimeout, most, size, size < 0 || size > prefetched}, nil
}

// Read implements io.Reader.
func (b *bodyReader) Read(p []byte) (int, error) {
	if b.conn != nil && b.large {
		_ = b.conn.SetReadDeadline(time.Now().Add(b.pause)) // if that fails, so does the read
	}
	if len(p) > b.left+1 {
		p = p[:b.left+1] // one more shows that there is more
	}
	n, err := b.from.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, fiber.ErrRequestEntityTooLarge
	}
	if b.wants > 0 {
		b.wants -= n
	}
	switch {
	case err == nil:
	case errors.Is(err, io.EOF) && b.wants <= 0:
		notes(b.c).bodyRead = true
	case isTimeout(err):
		err = fiber.ErrRequestTimeout
	default:
		err = fmt.Errorf("%w: %v", fiber.ErrBadRequest, err) //nolint:errorlint // an end that comes too early is no io.EOF
	}
	return n, err
}

func isTimeout(err error) bool {
	slow, ok := errors.AsType[net.Error](err)
	return ok && slow.Timeout()
}

// takeBody reads a body of at most most bytes into memory. release gives that
// back: call it when nothing uses the request any more.
func (s *Server) takeBody(c *fiber.Ctx, most int) (release func(), err error) {
	r, err := s.openBody(c, most)
	if err != nil || r == nil {
		return func() {}, err
	}
	buf := buffers.Get().(*[]byte)
	b := (*buf)[:0]
	if n := c.Request().Header.ContentLength(); n > cap(b) {
		b = make([]byte, 0, min(n, prefetched)+1) // grows with what comes, not with what is announced
	}
	for err == nil {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		var n int
		n, err = r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
	}
	release = func() {
		c.Request().ResetBody()
		if cap(b) <= maxPooled {
			*buf = b
			buffers.Put(buf)
		}
	}
	if !errors.Is(err, io.EOF) {
		return release, err
	}
	c.Request().SetBodyRaw(b)
	return release, nil
}

// endBody closes the connection after the answer unless all of the body has been
// read: what is left of it must not count as the next request.
func endBody(c *fiber.Ctx) {
	n := c.Request().Header.ContentLength() // -1: in chunks, -2: there is none
	if n == -2 || 0 <= n && n <= prefetched || notes(c).bodyRead && !saysLengthToo(c, n) {
		return
	}
	c.Context().SetConnectionClose()
	linger(c)
}

// saysLengthToo is true of chunks with a length beside them, which a proxy in
// front may have read otherwise (RFC 9112, section 6.1).
func saysLengthToo(c *fiber.Ctx, n int) bool {
	return n == -1 && bytes.Contains(bytes.ToLower(c.Request().Header.RawHeaders()), []byte("content-length:"))
}

// linger has the connection closed only after the client has had time to read
// the answer; see lingering.
func linger(c *fiber.Ctx) {
	if l, ok := c.Context().Conn().(*lingering); ok {
		l.unread = true
	}
}

const (
	lingerTime  = 2 * time.Second
	lingerBytes = 16 << 20
)

// A lingering connection can be closed while the client still sends. Closed with
// something unread, the kernel would take back the answer that refuses it.
type lingering struct {
	net.Conn
	unread bool // of the goroutine that serves the connection alone
	heard  bool // that something has come; of that goroutine too
	silent *silent
	together
}

// Read reads, and notes the first time that something comes.
func (l *lingering) Read(b []byte) (n int, err error) {
	if err := l.flush(l.Conn); err != nil {
		return 0, err
	}
	if n, err = l.Conn.Read(b); n > 0 && !l.heard {
		l.heard = true
		l.silent.leave(l)
	}
	return n, err
}

// Write writes; see together.
func (l *lingering) Write(b []byte) (int, error) { return l.write(l.Conn, b) }

// Close closes the connection. If something is unread it says the end first and
// takes what the client sends for a while.
func (l *lingering) Close() error {
	l.silent.leave(l)
	_ = l.flush(l.Conn)
	if half, ok := l.Conn.(interface{ CloseWrite() error }); ok && l.unread {
		if half.CloseWrite() == nil && l.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
			_, _ = io.CopyN(io.Discard, l.Conn, lingerBytes)
		}
	}
	return l.Conn.Close()
}

// unwrapped is the connection that a lingering one, or fasthttp's own around it, is of.
func unwrapped(c net.Conn) net.Conn {
	if l, ok := c.(*lingering); ok {
		return l.Conn
	}
	if hijacked, ok := c.(interface{ UnsafeConn() net.Conn }); ok {
		return unwrapped(hijacked.UnsafeConn())
	}
	return c
}

// A lingeringListener accepts such connections.
type lingeringListener struct {
	net.Listener
	silent *silent
}

// Accept waits for the next.
func (l lingeringListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	held := &lingering{Conn: c, silent: l.silent}
	l.silent.enter(held)
	return held, nil
}

// silent are the connections on which nothing has come yet: browsers open some ahead
// of their requests. fasthttp takes them for busy, and would wait for them with a stop.
type silent struct {
	mu    sync.Mutex
	conns map[*lingering]struct{}
}

func (s *silent) enter(l *lingering) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		s.conns = map[*lingering]struct{}{}
	}
	s.conns[l] = struct{}{}
}

func (s *silent) leave(l *lingering) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, l)
}

// lastWord is for how long a stop waits for a request that may be on its way.
const lastWord = time.Second

// end closes them, unless something comes very soon, and those that come along until
// ended is closed.
func (s *silent) end(ended <-chan struct{}) {
	last := time.Now().Add(lastWord)
	for t := time.NewTicker(lastWord / 4); ; {
		s.hush(last)
		select {
		case <-t.C:
		case <-ended:
			t.Stop()
			return
		}
	}
}

func (s *silent) hush(last time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.conns {
		_ = l.SetReadDeadline(last)
	}
}
