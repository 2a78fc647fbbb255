package rest

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/fasthttp/websocket"
	"golang.org/x/crypto/bcrypt"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/blob"
	"github.com/parley-app/parley/store/storetest"
)

// patience is how long a test waits for what must come, on a slow and busy machine.
const patience = 2 * time.Minute

const liveSecret = "correct horse"

// A live is a whole server on a port of its own, with a model that says what the
// test tells it to.
type live struct {
	testing.TB
	hub     *hub.Hub
	api     *api.API
	store   *store.Store
	model   *puppet
	server  *Server
	address string
	project *store.Project
	owner   *store.User
	thread  *store.Thread
}

func newLive(t testing.TB, change ...func(*Options)) *live {
	t.Helper()
	w := &live{TB: t, hub: hub.New(hub.Options{Header: SocketHeader}), store: storetest.New(t), model: newPuppet()}
	quiet := slog.New(slog.DiscardHandler)
	var err error
	w.api, err = api.New(t.Context(), api.Options{
		Store: w.store, Hub: w.hub, Providers: []llm.Provider{w.model}, BcryptCost: bcrypt.MinCost, Log: quiet, Blobs: blob.New(t.TempDir()),
	})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Log: quiet, Hub: w.hub}
	for _, c := range change {
		c(&o)
	}
	if w.server, err = New(w.api, o); err != nil {
		t.Fatal(err)
	}
	if o.Limits.Enabled {
		holdStill(w.server.limiter)
	}
	w.listen()
	w.owner = w.user("ann")
	w.project = storetest.Project(t, w.store, w.owner, "Plans")
	w.thread = storetest.Thread(t, w.store, w.project, w.owner, "First")
	return w
}

func (w *live) listen() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	w.address = l.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- w.server.Listen(l) }()
	w.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		w.model.hangUp()
		w.api.Shutdown(ctx)
		if err := w.hub.Shutdown(ctx, GoingAway); err != nil {
			w.Errorf("the sockets did not end: %v", err)
		}
		if err := errors.Join(w.server.Shutdown(ctx), <-ended); err != nil {
			w.Errorf("the server did not end: %v", err)
		}
	})
}

// user makes somebody who can sign in.
func (w *live) user(name string) *store.User {
	hash, err := bcrypt.GenerateFromPassword([]byte(liveSecret), bcrypt.MinCost)
	if err != nil {
		w.Fatal(err)
	}
	u := storetest.User(w, w.store, name)
	storetest.Update(w, w.store, func(tx *store.Tx) error {
		v, err := tx.User(u.ID)
		if err == nil {
			v.PasswordHash = string(hash)
			err = tx.PutUser(v)
		}
		return err
	})
	return u
}

func (w *live) signIn(name string) *api.SignIn {
	w.Helper()
	in, err := w.api.Login(w.Context(), api.Actor{}, api.LoginInput{Login: name, Password: liveSecret})
	if err != nil {
		w.Fatalf("sign in %s: %v", name, err)
	}
	return in
}

// dial opens a socket for who; its first frame has been read.
func (w *live) dial(who, path string) *client {
	w.Helper()
	c := w.dialRaw(w.signIn(who).AccessToken, path)
	c.next("connection_established")
	return c
}

func (w *live) dialRaw(token, path string) *client {
	w.Helper()
	c, status := w.try(http.Header{"Authorization": {"Bearer " + token}}, path)
	if c == nil {
		w.Fatalf("%s: status %d", path, status)
	}
	return c
}

// try opens a socket, or returns the status of the refusal.
func (w *live) try(header http.Header, path string) (*client, int) {
	w.Helper()
	d := websocket.Dialer{HandshakeTimeout: patience}
	ws, r, err := d.Dial("ws://"+w.address+path, header)
	if err != nil {
		if r == nil {
			w.Fatalf("dial %s: %v", path, err)
		}
		return nil, r.StatusCode
	}
	w.Cleanup(func() { _ = ws.Close() })
	return &client{TB: w.TB, ws: ws}, r.StatusCode
}

// A client is the other end of a socket.
type client struct {
	testing.TB
	ws *websocket.Conn
}

// A message is any frame of the server.
type message map[string]any

func (m message) text(name string) string { s, _ := m[name].(string); return s }

func (c *client) send(frame string) {
	c.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		c.Fatalf("send %.100s: %v", frame, err)
	}
}

// read returns the next frame, or why there is none.
func (c *client) read() (message, error) {
	_ = c.ws.SetReadDeadline(time.Now().Add(patience))
	kind, b, err := c.ws.ReadMessage()
	if err != nil {
		return nil, err
	}
	if kind != websocket.TextMessage {
		c.Errorf("a frame of kind %d", kind)
	}
	var m message
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	m.isDescribed(c)
	for _, s := range secrets {
		if found := s.what.FindString(string(b)); found != "" {
			c.Errorf("the frame %s shows %q", m.text("type"), found)
		}
	}
	return m, nil
}

// frameForms are the frames of the server as the document describes them.
var frameForms = sync.OnceValue(func() map[string]*huma.Schema {
	b, forms := newBook(), map[string]*huma.Schema{}
	for _, f := range serverFrames() {
		forms[f.name] = b.registry.SchemaFromRef(b.frameSchema("ServerFrame", f.name, reflect.TypeOf(f.fields)).Ref)
	}
	return forms
})

// isDescribed holds a frame against the document.
func (m message) isDescribed(t testing.TB) {
	t.Helper()
	s := frameForms()[m.text("type")]
	if s == nil {
		t.Errorf("a frame that no document describes: %v", m)
		return
	}
	for name := range m {
		if s.Properties[name] == nil {
			t.Errorf("%s is described without %s", m.text("type"), name)
		}
	}
	for _, name := range s.Required {
		if _, ok := m[name]; !ok && (m.text("type") != "stream_chunk" || m["is_final"] != nil) {
			t.Errorf("%s came without %s: %v", m.text("type"), name, m)
		}
	}
}

// next returns the next frame of one of the types and skips all others.
func (c *client) next(types ...string) message {
	c.Helper()
	var skipped []string
	for {
		m, err := c.read()
		if err != nil {
			c.Fatalf("waiting for %v after %v: %v", types, skipped, err)
		}
		if slices.Contains(types, m.text("type")) {
			return m
		}
		if m.text("type") == "error" {
			c.Fatalf("waiting for %v: %v", types, m)
		}
		skipped = append(skipped, m.text("type"))
	}
}

// closed reads until the end and returns its code.
func (c *client) closed() int {
	c.Helper()
	for {
		_, err := c.read()
		if end, ok := errors.AsType[*websocket.CloseError](err); ok {
			return end.Code
		}
		if err != nil {
			c.Fatalf("ended without a close frame: %v", err)
		}
	}
}

// stillWorks says that the socket is open and in step.
func (c *client) stillWorks() {
	c.Helper()
	c.send(`{"type":"heartbeat"}`)
	c.next("heartbeat_ack")
}

// A puppet is a model that says what the test says.
type puppet struct {
	say  chan string   // one token; closed: no model any more
	stop chan struct{} // ends the answer
	gone chan struct{} // gets one for each answer whose connection was closed
}

func newPuppet() *puppet {
	return &puppet{make(chan string), make(chan struct{}), make(chan struct{}, 100)}
}

func (p *puppet) hangUp() { close(p.say) }

func (p *puppet) Name() string { return "puppet" }

func (p *puppet) Models(context.Context) ([]llm.Model, error) {
	return []llm.Model{{ID: "puppet-1", Provider: "puppet", ContextTokens: 100_000, Default: true}}, nil
}

func (p *puppet) Stream(ctx context.Context, r llm.Request, emit func(llm.Delta)) (llm.Result, error) {
	for {
		select {
		case token, ok := <-p.say:
			if !ok {
				return llm.Result{}, &llm.Error{Kind: llm.KindUnavailable, Message: "gone"}
			}
			emit(llm.Delta{Text: token})
		case <-p.stop:
			return llm.Result{Model: r.Model, FinishReason: "stop"}, nil
		case <-ctx.Done():
			p.gone <- struct{}{}
			return llm.Result{}, &llm.Error{Kind: llm.KindInterrupted, Message: "cancelled", Err: ctx.Err()}
		}
	}
}

// fill puts ids into a frame.
func (w *live) fill(frame string) string {
	return strings.NewReplacer("THREAD", w.thread.ID.String()).Replace(frame)
}
