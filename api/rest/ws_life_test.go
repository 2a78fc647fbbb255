package rest

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

func TestSignOutClosesTheSocketsOfItsSession(t *testing.T) {
	w := newLive(t)
	session := w.signIn("ann")
	one, two, other := w.dialRaw(session.AccessToken, "/ws"), w.dialRaw(session.AccessToken, "/ws"), w.dial("ann", "/ws")
	one.next("connection_established")
	two.next("connection_established")
	w.logout(session)
	for _, c := range []*client{one, two} {
		if code := c.closed(); code != 4401 {
			t.Errorf("closed with %d", code)
		}
	}
	other.stillWorks()
}

func TestShutdownSaysGoodbye(t *testing.T) {
	w := newLive(t)
	const n = 20
	var all []*client
	for range n {
		all = append(all, w.dial("ann", "/ws"))
	}
	down := make(chan error)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	go func() { down <- w.hub.Shutdown(ctx, GoingAway) }()
	after := map[float64]bool{}
	for _, c := range all {
		ms, _ := c.next("server_shutdown")["reconnect_after_ms"].(float64)
		if after[ms] = true; ms < 500 || ms > 3000 {
			t.Errorf("come back after %v ms", ms)
		}
		if code := c.closed(); code != 1001 {
			t.Errorf("closed with %d", code)
		}
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
	if len(after) < n/2 {
		t.Errorf("%d clients come back at %d times", n, len(after))
	}
	late := w.dialRaw(w.signIn("ann").AccessToken, "/ws")
	if code := late.closed(); code != 1001 {
		t.Errorf("a late one was closed with %d", code)
	}
}

// A fake is an API for what the real one cannot be made to do in time.
type fake struct {
	socketAPI
	authenticate func() error
	typing       func()
}

func (f *fake) Authenticate(context.Context, api.Credential) (api.Actor, error) {
	if f.authenticate != nil {
		return api.Actor{}, f.authenticate()
	}
	return api.Actor{}, nil
}

func (f *fake) Me(context.Context, api.Actor, api.Nothing) (*api.UserView, error) {
	return &api.UserView{}, nil
}

func (f *fake) CheckThreadRead(context.Context, api.Actor, store.ID) error { return nil }

func (f *fake) Typing(context.Context, api.Actor, api.TypingInput) (*api.Nothing, error) {
	f.typing()
	return &api.Nothing{}, nil
}

// serveFake serves sockets of f alone and returns a live that can dial them.
func serveFake(t *testing.T, f *fake, log io.Writer) *live {
	w := &live{TB: t, hub: hub.New(hub.Options{Header: SocketHeader})}
	k := newSockets(t.Context(), f, w.hub, newLimiter(Limits{}, time.Now), newMetrics("", nil, nil, nil), slog.New(slog.NewTextHandler(log, nil)), Heartbeat{})
	app := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true})
	app.Get("/ws", func(c *fiber.Ctx) error { return k.open(c, &opening{}) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.address = l.Addr().String()
	var served sync.WaitGroup
	served.Go(func() { _ = app.Listener(l) })
	t.Cleanup(func() {
		_ = w.hub.Shutdown(context.Background(), nil)
		_ = app.Shutdown()
		served.Wait()
	})
	return w
}

func TestSessionThatEndsWhileTheSocketOpens(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		code int
	}{
		"signed out":     {store.Errorf(store.CodeUnauthorized, "this session has ended"), 4401},
		"store is going": {store.Errorf(store.CodeUnavailable, "going down"), 1013},
	} {
		t.Run(name, func(t *testing.T) {
			w := serveFake(t, &fake{authenticate: func() error { return tt.err }}, io.Discard)
			c, _ := w.try(nil, "/ws")
			if code := c.closed(); code != tt.code {
				t.Errorf("closed with %d, want %d", code, tt.code)
			}
		})
	}
}

func TestPanicInAVerb(t *testing.T) {
	var log strings.Builder
	w := serveFake(t, &fake{typing: func() { panic("the cause") }}, &log)
	c, _ := w.try(nil, "/ws")
	c.next("connection_established")
	c.send(`{"type":"typing_indicator","thread_id":"01890000-0000-7000-8000-000000000000","is_typing":true,"request_id":"p"}`)
	m, err := c.read()
	if err != nil || m.text("error_code") != "internal" || m.text("request_id") != "p" || strings.Contains(m.text("error"), "cause") {
		t.Errorf("got %v, %v", m, err)
	}
	c.stillWorks()
	if !strings.Contains(log.String(), "the cause") || !strings.Contains(log.String(), "stack=") {
		t.Errorf("the log says %q", log.String())
	}
}

func TestClientThatIgnoresTheLimit(t *testing.T) {
	w := newLive(t, func(o *Options) { o.Limits = Limits{Enabled: true, RequestsPerMinute: 2} })
	c := w.dial("ann", "/ws")
	go func() {
		for range 2 * maxRefused {
			if c.ws.WriteMessage(1, []byte(`{"type":"nonsense"}`)) != nil {
				return
			}
		}
	}()
	if code := c.closed(); code != hub.CodeTooMany {
		t.Errorf("closed with %d", code)
	}
}

func TestFrameTableIsComplete(t *testing.T) {
	for name := range strings.FieldsSeq("heartbeat subscribe unsubscribe send_message edit_message delete_message regenerate stop_generation typing_indicator") {
		found := false
		for _, f := range frameTable() {
			found = found || f.name == name
		}
		if !found {
			t.Errorf("wire.md has a frame %s, the table has none", name)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a frame without a rule was accepted")
		}
	}()
	on("loose", "", readClass, func(context.Context, *socket, bareFrame) (any, error) { return nil, nil }).complete(newBook())
}
