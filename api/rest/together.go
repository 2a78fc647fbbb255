package rest

import (
	"bytes"
	"net"
	"sync"

	"github.com/gofiber/fiber/v2"
)

// fasthttp writes the head of an answer and the beginning of its body from a small
// buffer, and the rest of the body after it. Each write is a system call, and wakes
// the client, which is a good part of what a page costs. A larger buffer would have
// each idle connection keep its memory, and each body copied once more.

// together holds the first of the two writes back until the second comes, and has
// both leave at once. It is for the goroutine that serves the connection.
type together struct {
	body int   // bytes of the next answer's body; 0: not told, or not worth it
	held *held // what is held back; nil: nothing
}

// A held is the beginning of an answer, and room for what writes it with the rest.
type held struct {
	begin []byte
	parts [2][]byte
	all   net.Buffers
}

var helds = sync.Pool{New: func() any { return new(held) }}

// leastTogether is a body that is certainly written in two parts.
const leastTogether = 4 << 10

// sendTogether says that the answer of c is complete.
func sendTogether(c *fiber.Ctx) {
	l, ok := c.Context().Conn().(*lingering)
	if !ok || c.Response().IsBodyStream() || c.Method() == fiber.MethodHead {
		return
	}
	if _, ok := l.Conn.(*net.TCPConn); !ok {
		return // such as TLS, whose records are made one by one
	}
	if l.body = len(c.Response().Body()); l.body < leastTogether {
		l.body = 0
	}
}

// write writes b, or holds it if it is the beginning of an answer.
func (t *together) write(to net.Conn, b []byte) (int, error) {
	if h := t.held; h != nil {
		h.parts = [2][]byte{h.begin, b}
		h.all = h.parts[:]
		n, err := h.all.WriteTo(to)
		n -= int64(len(h.begin))
		t.drop()
		t.body = 0
		return int(max(n, 0)), err
	}
	head := bytes.Index(b, headEnd)
	goesOn := t.body > 0 && head >= 0 && len(b) < head+len(headEnd)+t.body
	if t.body = 0; !goesOn {
		return to.Write(b)
	}
	t.held = helds.Get().(*held)
	t.held.begin = append(t.held.begin[:0], b...)
	return len(b), nil
}

var headEnd = []byte("\r\n\r\n")

// flush writes what is held: nothing, unless the rest of an answer did not come. It
// is called before anything else happens on the connection.
func (t *together) flush(to net.Conn) error {
	if t.held == nil {
		return nil
	}
	_, err := to.Write(t.held.begin)
	t.drop()
	return err
}

func (t *together) drop() {
	t.held.parts, t.held.all = [2][]byte{}, nil // lent to it
	helds.Put(t.held)
	t.held = nil
}
