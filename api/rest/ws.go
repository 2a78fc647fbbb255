package rest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// A Heartbeat says how it is found out that a socket's client is gone.
type Heartbeat struct {
	Interval time.Duration // what clients are told, and between our own pings; 20 s
	Timeout  time.Duration // without a sign of life, or without reading; 60 s
}

func (b Heartbeat) orDefault() Heartbeat {
	if b.Interval <= 0 {
		b.Interval = 20 * time.Second
	}
	if b.Timeout <= 0 {
		b.Timeout = 60 * time.Second
	}
	return b
}

// pings is the time between our pings: none comes after the end that it prevents.
func (b Heartbeat) pings() time.Duration { return min(b.Interval, b.Timeout/2) }

// socketAPI is the part of *api.API that a socket speaks.
type socketAPI interface {
	Authenticate(context.Context, api.Credential) (api.Actor, error)
	Me(context.Context, api.Actor, api.Nothing) (*api.UserView, error)
	CheckThreadRead(context.Context, api.Actor, store.ID) error
	SendMessage(context.Context, api.Actor, api.SendMessageInput) (*api.SentMessage, error)
	UpdateMessage(context.Context, api.Actor, api.UpdateMessageInput) (*store.Message, error)
	DeleteMessage(context.Context, api.Actor, api.IDInput) (*api.Nothing, error)
	Regenerate(context.Context, api.Actor, api.RegenerateInput) (*store.Message, error)
	StopGeneration(context.Context, api.Actor, api.IDInput) (*api.Stopped, error)
	Typing(context.Context, api.Actor, api.TypingInput) (*api.Nothing, error)
	CheckSignIn(context.Context, api.Actor) (until time.Time, err error)
	ShowPresence(*hub.Conn, store.ID)
}

// sockets serves the sockets of one server. The hub closes them; see GoingAway.
type sockets struct {
	api     socketAPI
	hub     *hub.Hub
	limiter *limiter
	metrics *metrics
	log     *slog.Logger
	life    context.Context           // of every frame's verb
	beat    atomic.Pointer[Heartbeat] // of the next socket
	frames  map[string]*frameKind
	upgrade fiber.Handler
	perUser socketCount
}

func newSockets(life context.Context, a socketAPI, h *hub.Hub, l *limiter, m *metrics, log *slog.Logger, beat Heartbeat) *sockets {
	k := &sockets{api: a, hub: h, limiter: l, metrics: m, log: log, life: life, frames: map[string]*frameKind{}}
	k.beat.Store(new(beat.orDefault()))
	b := newBook()
	for _, f := range frameTable() {
		f.complete(b)
		k.frames[f.name] = f
	}
	k.upgrade = websocket.New(k.serve, websocket.Config{
		Origins:         []string{"*"}, // open's caller has looked at it
		ReadBufferSize:  256,           // fasthttp's own is in front of it
		WriteBufferSize: 256,
		WriteBufferPool: &sync.Pool{}, // unused: frames are written as the hub joins them
		RecoverHandler:  k.recovered,
	})
	return k
}

// An opening is what the request for a socket said, which is all that outlives it.
type opening struct {
	who        api.Actor
	credential api.Credential
	thread     store.ID // subscribed from the start; zero: none
	request    *fasthttp.RequestCtx
}

// localOpening is a string because the websocket package passes on no other key.
const localOpening = "opening"

// open makes a socket of a request whose caller is known and may read the thread.
func (k *sockets) open(c *fiber.Ctx, o *opening) error {
	if err := handshake(c); err != nil {
		return err
	}
	// A page cannot read this answer, but the close code of a socket.
	if c.Get(fiber.HeaderOrigin) == "" && k.perUser.isFull(o.who.UserID) {
		return &store.Error{Code: store.CodeRateLimited, RetryAfter: time.Minute, Message: "you have as many sockets open as one user may: close some first"}
	}
	c.Locals(localOpening, o)
	o.request = c.Context()
	forget(c)
	return k.upgrade(c)
}

// handshake looks at what RFC 6455, section 4.2.1, asks of a request.
func handshake(c *fiber.Ctx) error {
	const version = "13"
	if !websocket.IsWebSocketUpgrade(c) || c.Get(fiber.HeaderSecWebSocketVersion) != version {
		c.Set(fiber.HeaderUpgrade, "websocket")
		c.Set(fiber.HeaderSecWebSocketVersion, version)
		return fiber.ErrUpgradeRequired
	}
	if key, err := base64.StdEncoding.DecodeString(c.Get(fiber.HeaderSecWebSocketKey)); err != nil || len(key) != 16 {
		return fiber.NewError(fiber.StatusBadRequest, "Sec-WebSocket-Key must be 16 bytes in base64")
	}
	return nil
}

// forget drops what a socket would keep a copy of for its whole life, the
// credential too. What is left is for the handshake and for the line in the log.
func forget(c *fiber.Ctx) {
	h := &c.Request().Header
	var names []string
	for name := range h.All() {
		names = append(names, string(name))
	}
	for _, name := range names {
		switch name {
		case fiber.HeaderHost, fiber.HeaderConnection, fiber.HeaderUpgrade, fiber.HeaderXForwardedFor:
		default:
			if !strings.HasPrefix(strings.ToLower(name), "sec-websocket-") {
				h.Del(name)
			}
		}
	}
	h.DelAllCookies()
}

// shed lets go of the memory of the request and its answer, some 6 KB: fasthttp keeps
// both for as long as the socket lives, and looks at neither any more.
func (o *opening) shed() {
	o.request.Request.Header = fasthttp.RequestHeader{}
	o.request.Response.Header = fasthttp.ResponseHeader{}
	o.request = nil
}

// serve runs a socket. It returns when nothing of it runs any more, for then the
// connection's memory is given to another.
func (k *sockets) serve(conn *websocket.Conn) {
	o, _ := conn.Locals(localOpening).(*opening)
	conn.Locals(localOpening, nil)
	o.shed()
	s := newSocket(k, o, conn)
	defer s.out.Close() // the last: Shutdown waits for it
	s.run()
}

// recovered keeps a fault of ours in one socket from ending the process.
func (k *sockets) recovered(*websocket.Conn) {
	if v := recover(); v != nil {
		k.log.Error("a socket panicked", "panic", v, "stack", string(debug.Stack()))
	}
}

// SocketHeader is the hub.Options.Header of a hub whose connections are sockets:
// the head of a WebSocket text frame of n bytes (RFC 6455, section 5.2).
func SocketHeader(dst []byte, n int) []byte {
	const finalText = 0x81
	switch {
	case n < 126:
		return append(dst, finalText, byte(n))
	case n < 1<<16:
		return append(dst, finalText, 126, byte(n>>8), byte(n))
	default:
		n := uint64(n)
		return append(dst, finalText, 127, byte(n>>56), byte(n>>48), byte(n>>40), byte(n>>32), byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
}

// GoingAway makes the frame server_shutdown, for hub.Hub.Shutdown. Each has a
// time of its own, so that not all clients come back at once.
func GoingAway() []byte {
	b, _ := json.Marshal(struct { // strings and numbers: always encodes
		Type  string `json:"type"`
		After int    `json:"reconnect_after_ms"`
	}{"server_shutdown", 500 + rand.IntN(2500)}) //nolint:gosec // when to come back may be guessed
	return b
}
