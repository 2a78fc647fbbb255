package api_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/api/llm/llmtest"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A world is an instance with a real store and a model server of its own.
type world struct {
	t     *testing.T
	path  string
	store *store.Store
	hub   *hub.Hub
	model *llmtest.Server
	api   *api.API

	change   func(*api.Options)
	patience time.Duration // with the model; 0: more than any test needs
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, func(*api.Options) {})
}

// newWorldWith is newWorld with other options.
func newWorldWith(t *testing.T, change func(*api.Options)) *world {
	t.Helper()
	w := &world{t: t, path: filepath.Join(t.TempDir(), "parley.db"), model: llmtest.New(t), change: change}
	w.start()
	return w
}

// A hearing provider tells when it has handed on a delta: a connection that is reset
// takes along what nobody had read.
type hearing struct {
	llm.Provider
	heard chan<- struct{}
}

func (h hearing) Stream(ctx context.Context, r llm.Request, emit func(llm.Delta)) (llm.Result, error) {
	return h.Provider.Stream(ctx, r, func(d llm.Delta) {
		emit(d)
		select {
		case h.heard <- struct{}{}:
		default: // enough is told
		}
	})
}

// newHearingWorld is newWorld with a hearing provider, which waits for a model that says
// nothing for as long as patience.
func newHearingWorld(t *testing.T, heard chan<- struct{}, patience time.Duration) *world {
	t.Helper()
	hears := func(o *api.Options) { o.Providers[0] = hearing{o.Providers[0], heard} }
	w := &world{t: t, path: filepath.Join(t.TempDir(), "parley.db"), model: llmtest.New(t), change: hears, patience: patience}
	w.start()
	return w
}

// start opens the instance on the world's store, as a start of the program does.
func (w *world) start() {
	w.t.Helper()
	patience := cmp.Or(w.patience, 5*time.Minute)
	provider, err := llm.NewOpenAI(llm.OpenAIOptions{
		BaseURL: w.model.URL, Model: w.model.Model, Dial: (&net.Dialer{}).DialContext, FirstTokenTimeout: patience, SilenceTimeout: patience,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.hub = hub.New(hub.Options{})
	quiet := slog.New(slog.DiscardHandler)
	o := api.Options{Hub: w.hub, Providers: []llm.Provider{provider}, BcryptCost: 4, Log: quiet, Now: time.Now}
	w.change(&o)
	w.store = storetest.Open(w.t, w.path, store.Options{Log: quiet, Now: o.Now})
	o.Store = w.store
	if w.api, err = api.New(w.t.Context(), o); err != nil {
		w.t.Fatal(err)
	}
	if err := w.api.RefreshModels(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	started := w.api // w.api is another one after the next start
	w.t.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		started.Shutdown(ended)
	})
}

// as makes a user and returns them as an actor.
func (w *world) as(name string) api.Actor {
	w.t.Helper()
	u := storetest.User(w.t, w.store, name)
	return api.Actor{UserID: u.ID, Username: name}
}

// thread makes a project of who with a thread in it.
func (w *world) thread(who api.Actor) *api.ThreadView {
	w.t.Helper()
	p := must(w.api.CreateProject(w.t.Context(), who, api.CreateProjectInput{Name: "Garden"}))(w.t)
	return must(w.api.CreateThread(w.t.Context(), who, api.CreateThreadInput{ProjectID: p.ID}))(w.t)
}

// ask asks and waits for the end of the answer.
func (w *world) ask(who api.Actor, thread store.ID, question string) *api.SentMessage {
	w.t.Helper()
	return must(w.api.SendMessage(w.t.Context(), who, api.SendMessageInput{ThreadID: thread, Content: question, Wait: true}))(w.t)
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantCode(t *testing.T, err error, want store.Code) {
	t.Helper()
	if got := store.CodeOf(err); got != want {
		t.Errorf("got %v (%v), want %q", got, err, want)
	}
}

// A watcher is a client subscribed to one thread.
type watcher struct {
	t     *testing.T
	conn  *hub.Conn
	ready chan struct{}    // has room for one: something may wait
	read  []map[string]any // frames that Next has joined and nobody took yet
}

func (w *world) watch(who api.Actor, thread store.ID) *watcher {
	w.t.Helper()
	c := w.hub.Connect(hub.Label{UserID: who.UserID.String(), SessionID: who.SessionID.String(), Username: who.Username, Name: who.Username})
	w.t.Cleanup(c.Close)
	c.Subscribe(hub.UserTopic(who.UserID.String()))
	c.Subscribe(hub.ThreadTopic(thread.String()))
	watching := &watcher{t: w.t, conn: c, ready: make(chan struct{}, 1)}
	c.OnReady(func() bool {
		select {
		case watching.ready <- struct{}{}:
		default:
		}
		return false
	})
	return watching
}

// next returns the next frame.
func (c *watcher) next() map[string]any {
	c.t.Helper()
	for len(c.read) == 0 {
		batch, err := c.conn.Next()
		if err != nil {
			c.t.Fatalf("no frame came: %v", err)
		}
		if len(batch) > 0 {
			c.split(batch)
			continue
		}
		select {
		case <-c.ready:
		case <-time.After(2 * time.Minute):
			c.t.Fatal("no frame came")
		}
	}
	f := c.read[0]
	c.read = c.read[1:]
	return f
}

// split reads the frames of a batch, which stand one behind the other.
func (c *watcher) split(batch []byte) {
	c.t.Helper()
	for len(batch) > 0 {
		var f map[string]any
		d := json.NewDecoder(bytes.NewReader(batch))
		if err := d.Decode(&f); err != nil {
			c.t.Fatalf("frames %q: %v", batch, err)
		}
		c.read = append(c.read, f)
		batch = batch[d.InputOffset():]
	}
}

// until returns the next frame of a type and skips those before it.
func (c *watcher) until(kind string) map[string]any {
	c.t.Helper()
	for {
		if f := c.next(); f["type"] == kind {
			return f
		}
	}
}

// listMessages decodes what ListMessages writes.
func listMessages(ctx context.Context, a *api.API, who api.Actor, in api.ListMessagesInput) (*api.MessageList, error) {
	b, _, err := a.ListMessages(ctx, who, in, nil)
	if err != nil {
		return nil, err
	}
	list := new(api.MessageList)
	return list, json.Unmarshal(b, list)
}
