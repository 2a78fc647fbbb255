package rest

import (
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/gofiber/contrib/websocket"

	"github.com/parley-app/parley/api/hub"
)

// systemBuffer is how many bytes the system may hold for a client that does not
// read; left alone, it would take some MiB.
const systemBuffer = 128 << 10

// turnPieces is how many pieces a socket may write before it is another's turn.
const turnPieces = 8

// flush writes what waits, as far as that does not block; see hub.Conn.OnReady.
func (s *socket) flush() (more bool) {
	for range turnPieces {
		piece, err := s.out.Next()
		if err == nil && len(piece) == 0 {
			return false
		}
		if err == nil {
			piece = piece[s.direct.write(piece):]
		}
		if err != nil || len(piece) > 0 {
			go s.push(piece, err)
			return false
		}
	}
	return true
}

// push writes piece and what waits after it, and blocks meanwhile. Once it ends, it is
// flush's turn again, unless all has come to its end: then it closes s.written.
func (s *socket) push(piece []byte, err error) {
	var until time.Time // the deadline; moved seldom, as it costs a tenth of a write
	for ; err == nil; piece, err = s.out.Next() {
		if len(piece) == 0 {
			return
		}
		if now := time.Now(); until.Sub(now) < s.pace.Timeout {
			until = now.Add(s.pace.Timeout * 5 / 4)
			_ = s.net.SetWriteDeadline(until)
			if s.out.Kicked() {
				s.hurry()
			}
		}
		if _, err := s.net.Write(piece); err != nil {
			s.out.Kick(closeTimeout, "nothing was read") // too late to be told
			_ = s.net.SetReadDeadline(time.Now())        // wakes read
			close(s.written)
			return
		}
	}
	s.sayGoodbye(err)
	close(s.written)
}

// sayGoodbye writes the close frame and gives the client time to answer it.
func (s *socket) sayGoodbye(why error) {
	closed := &hub.ClosedError{Code: websocket.CloseInternalServerErr}
	errors.As(why, &closed)
	if closed.Code == websocket.CloseAbnormalClosure {
		return // there is nobody to say it to
	}
	reason := closed.Reason[:min(len(closed.Reason), 120)]
	_ = s.net.SetWriteDeadline(time.Now().Add(closeWait))
	if _, err := s.net.Write(control(websocket.CloseMessage, string(websocket.FormatCloseMessage(closed.Code, reason)))); err != nil {
		_ = s.net.SetReadDeadline(time.Now())
		return
	}
	_ = s.net.SetReadDeadline(time.Now().Add(closeWait))
	s.log.Debug("a socket was closed", "request_id", s.id, "user", s.who.UserID, "code", closed.Code, "reason", closed.Reason)
}

// hurry frees a push that is stuck, when the connection has to end.
func (s *socket) hurry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.net != nil {
		_ = s.net.SetWriteDeadline(time.Now().Add(closeWait))
	}
}

// control makes a control frame; data has at most 125 bytes.
func control(kind byte, data string) []byte {
	return append([]byte{0x80 | kind, byte(len(data))}, data...)
}

func boundBuffer(c net.Conn) {
	c = unwrapped(c)
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(systemBuffer) // without it all still works
	}
}

// A direct writes to a TCP connection without blocking and without what net.Conn does
// beside that: one system call. It is used by one goroutine at a time.
type direct struct {
	conn  syscall.RawConn
	piece []byte
	n     int
	once  func(fd uintptr) // made once
}

// newDirect returns nil for a connection to which nobody else may write, such as TLS.
func newDirect(c net.Conn) *direct {
	tcp, ok := unwrapped(c).(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	d := &direct{conn: raw}
	d.once = func(fd uintptr) { d.n, _ = syscall.Write(int(fd), d.piece) }
	return d
}

// write returns how much of piece was written: all of it, unless it would have to
// wait, or the connection is broken, as whoever writes the rest will find.
func (d *direct) write(piece []byte) int {
	if d == nil {
		return 0
	}
	d.piece, d.n = piece, 0
	err := d.conn.Control(d.once)
	d.piece = nil
	if err != nil {
		return 0
	}
	return max(d.n, 0)
}
