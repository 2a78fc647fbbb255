package rest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	fastws "github.com/fasthttp/websocket"
	"github.com/gofiber/contrib/websocket"
	"github.com/google/uuid"

	"github.com/parley-app/parley/api/hub"
)

// The close codes that a socket uses itself; see hub for the others.
const (
	closeBadFrame  = 4400
	closeSignedOut = 4401
	closeTimeout   = 4408
	closeTooBig    = websocket.CloseMessageTooBig
	closeTryLater  = hub.CodeTryLater
)

const (
	maxFrame  = 256 << 10 // bytes of a message from the client
	absurd    = 2 << 20   // bytes of a message that is refused when its head announces them
	closeWait = 2 * time.Second
	tooBig    = "a frame has at most 256 KiB"

	byClient = "" // the reason of an end that the client has chosen: it knows why
)

// A socket is one open connection. The goroutine of run reads. All that is written,
// control frames too, is written by flush, which is called when something waits, or,
// while the client or TLS holds it up, by push on a goroutine of its own.
type socket struct {
	*sockets
	opening
	id      string
	ws      *websocket.Conn // read's alone
	out     *hub.Conn
	born    time.Time
	pace    Heartbeat     // as the client was told
	seen    atomic.Int64  // the last sign of life, since born
	refused int           // frames in a row that came too soon; read's alone
	written chan struct{} // closed when nothing more will be written
	direct  *direct       // flush's; nil: push has to write all
	surplus bool          // its user has as many open as they may

	mu   sync.Mutex
	net  net.Conn // nil once run has ended: it belongs to another then
	beat *time.Timer
}

func newSocket(k *sockets, o *opening, conn *websocket.Conn) *socket {
	s := &socket{
		surplus: !k.perUser.enter(o.who.UserID),
		sockets: k, opening: *o, id: uuid.NewString(), ws: conn, net: conn.NetConn(), born: time.Now(),
		out:     k.hub.Connect(hub.Label{UserID: o.who.UserID.String(), SessionID: o.who.Credential().String(), ByKey: !o.who.KeyID.IsZero(), Username: o.who.Username, Name: o.who.Name}),
		written: make(chan struct{}), pace: *k.beat.Load(),
	}
	boundBuffer(s.net)
	s.direct = newDirect(s.net)
	return s
}

func (s *socket) run() {
	defer s.end()
	s.ws.SetReadLimit(absurd) // what it writes then is the last: see broken
	s.ws.SetPingHandler(func(data string) error { s.alive(); s.out.SendRaw(control(websocket.PongMessage, data)); return nil })
	s.ws.SetPongHandler(func(string) error { s.alive(); return nil })
	s.ws.SetCloseHandler(func(code int, _ string) error { s.out.Leave(code, byClient); return nil })
	s.out.OnKick(s.hurry)
	s.out.OnReady(s.flush)
	s.greet()
	s.watch()
	s.read()
}

// end waits until all is written and lets go of the connection.
func (s *socket) end() {
	s.out.Leave(websocket.CloseInternalServerErr, "a fault of the server") // a panic: nobody else has said why
	<-s.written
	s.perUser.leave(s.who.UserID)
	s.metrics.closedSocket(s.out.End())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.net = nil
	if s.beat != nil {
		s.beat.Stop()
	}
}

// read takes frames until reading fails, as it does soon after the end was agreed
// on.
func (s *socket) read() {
	var text bytes.Buffer
	for {
		kind, r, err := s.ws.NextReader()
		if err != nil {
			s.broken(err)
			return
		}
		if s.out.Kicked() {
			continue // the client has not read the end yet
		}
		text.Reset()
		n, err := text.ReadFrom(io.LimitReader(r, maxFrame+1))
		switch {
		case err != nil:
			s.broken(err)
			return
		case n > maxFrame:
			// Not by SetReadLimit: it would write past our writer.
			s.out.Kick(closeTooBig, tooBig)
		case kind != websocket.TextMessage:
			s.out.Kick(closeBadFrame, "only text frames are taken")
		default:
			s.alive()
			s.receive(text.Bytes())
		}
		if text.Cap() > 4<<10 {
			text = bytes.Buffer{} // an idle socket holds little
		}
	}
}

// broken ends a connection on which nothing more can be read. Unless its end was
// agreed on, nothing more must be written either: of a client that breaks the
// protocol the websocket package has taken leave already. That is the one thing
// that does not go through write.
func (s *socket) broken(err error) {
	if s.out.Kicked() {
		return
	}
	reason := "the protocol was broken"
	switch {
	case errors.Is(err, fastws.ErrReadLimit):
		reason = tooBig
	case isLost(err):
		reason = "the connection was lost"
	}
	s.out.Leave(websocket.CloseAbnormalClosure, reason)
	s.out.Close() // drops what waits
	// Closing with something unread would take back what the client has not read.
	_ = s.net.SetReadDeadline(time.Now().Add(closeWait))
	_, _ = io.Copy(io.Discard, s.net)
}

// isLost says whether reading failed because the connection did.
func isLost(err error) bool {
	_, broken := errors.AsType[net.Error](err)
	return broken || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || websocket.IsCloseError(err, websocket.CloseAbnormalClosure)
}

// alive notes a sign of life.
func (s *socket) alive() { s.seen.Store(int64(time.Since(s.born))) }

// watch begins to look for signs of life and to ask for them.
func (s *socket) watch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.beat = time.AfterFunc(s.pace.pings(), s.tick)
}

// tick asks for a sign of life, or ends a connection that gave none, or whose
// sign-in has run out.
func (s *socket) tick() {
	quiet := time.Since(s.born) - time.Duration(s.seen.Load())
	left := s.pace.Timeout - quiet
	if left <= 0 {
		s.out.Kick(closeTimeout, "no sign of life")
		return
	}
	signedIn, err := s.signedIn()
	if err != nil {
		s.goodbye(err)
		return
	}
	s.out.SendRaw(ping)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.net != nil {
		s.beat.Reset(min(left, signedIn, s.pace.pings()))
	}
}

// signedIn says how long the client is signed in, if nothing happens before.
func (s *socket) signedIn() (time.Duration, error) {
	ctx, cancel := s.context()
	defer cancel()
	until, err := s.api.CheckSignIn(ctx, s.who)
	if until.IsZero() {
		return s.pace.pings(), err
	}
	return max(time.Until(until)+time.Millisecond, time.Millisecond), err
}

var ping = control(websocket.PingMessage, "")
