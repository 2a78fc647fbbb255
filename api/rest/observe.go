package rest

import (
	"context"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/store"
)

// noted is what is known of a request for the line in the log, and for who answers it.
type noted struct {
	id       string
	user     store.ID // zero: nobody is signed in
	bodyRead bool     // to its end
}

// localNoted is the key of *noted.
type localNoted struct{}

// notes are what is known of a request. One that was never named has none.
func notes(c *fiber.Ctx) *noted {
	if n, ok := c.Locals(localNoted{}).(*noted); ok {
		return n
	}
	return &noted{}
}

// observe goes round every request: it names it, catches its panics, turns its
// error into a problem, and writes the one line about it in the log.
func (s *Server) observe(c *fiber.Ctx) error {
	s.beginHeaders(c)
	id := nameRequest(c)
	err := caught(c)
	endBody(c)
	status := c.Response().StatusCode()
	if err != nil {
		status = answerProblem(c, err, id)
	}
	route := "page" // what no line of the table took
	if r := c.Route(); r.Path != "/" {
		route = r.Path
		packAnswer(c)
	}
	took := time.Since(c.Context().Time())
	s.metrics.observe(route, c.Method(), status, took)
	s.record(c, status, took, err)
	sendTogether(c)
	return nil
}

// onTransportError answers what no handler ever sees: requests that fasthttp
// itself refuses.
func (s *Server) onTransportError(c *fiber.Ctx, err error) error {
	s.beginHeaders(c)
	id := nameRequest(c)
	linger(c)
	if f, ok := errors.AsType[*fiber.Error](err); ok && transportCodes[f.Code] == "" {
		err = errors.Join(fiber.ErrBadRequest, err) // such as a connection that broke
	}
	if errors.Is(err, fiber.ErrRequestTimeout) {
		s.metrics.halves.Inc()
	}
	if limited := s.count(c, pageClass, callerAt(addressOf(c, s.o.TrustedProxies))); limited != nil {
		err = limited
	}
	status := answerProblem(c, err, id)
	s.metrics.observe("none", "none", status, 0) // the client's own words would fill the memory
	s.record(c, status, 0, err)
	return nil
}

// nameRequest gives the request an id, the client's own if it sent a sane one.
func nameRequest(c *fiber.Ctx) string {
	id := c.Get(fiber.HeaderXRequestID)
	if !saneID(id) {
		id = freshID()
	}
	c.Locals(localNoted{}, &noted{id: id})
	c.Response().Header.SetCanonical(requestIDName, []byte(id))
	return id
}

// freshID makes an id that no other request has. It need not be hard to guess.
func freshID() string {
	var b [16]byte
	binary.NativeEndian.PutUint64(b[:], rand.Uint64())  //nolint:gosec // see above
	binary.NativeEndian.PutUint64(b[8:], rand.Uint64()) //nolint:gosec // see above
	var text [26]byte
	requestIDs.Encode(text[:], b[:])
	return string(text[:])
}

var requestIDs = base32.StdEncoding.WithPadding(base32.NoPadding)

// saneID keeps what would be noise or worse out of logs.
func saneID(id string) bool {
	for _, r := range []byte(id) {
		letter := 'a' <= r|0x20 && r|0x20 <= 'z'
		if !letter && !('0' <= r && r <= '9') && r != '-' && r != '_' && r != '.' {
			return false
		}
	}
	return id != "" && len(id) <= 128
}

func requestID(c *fiber.Ctx) string { return notes(c).id }

// A crash is a panic that a handler ended with.
type crash struct {
	value any
	stack []byte
}

func (p *crash) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// caught runs the handlers. A panic in one must not take the process along.
func caught(c *fiber.Ctx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &crash{v, debug.Stack()}
		}
	}()
	return c.Next()
}

// record writes the line in the log. What changes something is worth a line; what
// only reads is not, unless it fails.
func (s *Server) record(c *fiber.Ctx, status int, took time.Duration, err error) {
	level := slog.LevelDebug
	switch {
	case status >= http.StatusInternalServerError && status != http.StatusServiceUnavailable:
		level = slog.LevelError
	case status >= http.StatusInternalServerError:
		level = slog.LevelWarn
	case status >= http.StatusBadRequest, c.Method() != http.MethodGet && c.Method() != http.MethodHead:
		level = slog.LevelInfo
	}
	if !s.log.Enabled(context.Background(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", requestID(c)), slog.String("method", s.words.tameMethod(c.Method())), slog.String("path", s.words.tame(c.Path())),
		slog.Int("status", status), slog.Duration("took", took), slog.String("address", addressOf(c, s.o.TrustedProxies).String()),
	}
	if user := notes(c).user; !user.IsZero() {
		attrs = append(attrs, slog.String("user", user.String()))
	}
	if err != nil {
		attrs = append(attrs, slog.String("err", tameError(err, status)))
	}
	if p, ok := err.(*crash); ok { //nolint:errorlint // never wrapped: observe is the one that made it
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	s.log.LogAttrs(context.Background(), level, "request", attrs...)
}

type requestIDKey struct{}

func withRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the id of the request that ctx belongs to, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// LogHandler adds request_id to every record that is logged with the context of
// a request, so that all lines of one request can be found together.
func LogHandler(next slog.Handler) slog.Handler { return logHandler{next} }

type logHandler struct{ slog.Handler }

// Handle adds the request's id.
func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	if id := RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps the wrapping.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the wrapping.
func (h logHandler) WithGroup(name string) slog.Handler { return logHandler{h.Handler.WithGroup(name)} }
