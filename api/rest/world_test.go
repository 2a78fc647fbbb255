package rest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/blob"
	"github.com/parley-app/parley/store/storetest"
)

// The first two end by themselves, one with the process and one some seconds after the
// server has stopped.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		// Those that pack answers stay for the next.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp/stackless.funcWorker"))
}

const password = "correct horse battery"

// A world is a server on a real listener, over a real store.
type world struct {
	t      testing.TB
	store  *store.Store
	blobs  *blob.Store
	api    *api.API
	server *Server
	url    string
	host   string
	log    *logBuffer
	client *http.Client
	tagged sync.Map // what an ETag stood for, by the request and itself
}

// A logBuffer is what the server logged; safe for concurrent use.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A shelf is a keeper of backups that are empty.
type shelf struct {
	mu   sync.Mutex
	made []api.Backup
}

func (s *shelf) Backups() ([]api.Backup, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.made, nil
}

func (s *shelf) MakeBackup(context.Context) (*api.Backup, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := api.Backup{Name: rand.Text(), MadeAt: store.TimeOf(time.Now())}
	s.made = append([]api.Backup{b}, s.made...)
	return &b, nil
}

func (s *shelf) StoreSize() (int64, error) { return 0, nil }

// parrot is a model that says one thing.
type parrot struct{}

func (parrot) Name() string { return "parrot" }

func (parrot) Models(context.Context) ([]llm.Model, error) {
	return []llm.Model{{ID: "parrot-1", Provider: "parrot", ContextTokens: 8192, Default: true}}, nil
}

func (parrot) Stream(_ context.Context, _ llm.Request, emit func(llm.Delta)) (llm.Result, error) {
	emit(llm.Delta{Text: "Hello "})
	emit(llm.Delta{Text: "there."})
	return llm.Result{Model: "parrot-1", FinishReason: "stop"}, nil
}

var testPage = fstest.MapFS{
	"index.html":              {Data: []byte("<!doctype html><title>Parley</title>" + strings.Repeat("<p>text</p>", 200))},
	"favicon.svg":             {Data: []byte("<svg/>")},
	"assets/index-Ab12Cd.js":  {Data: []byte(strings.Repeat("console.log(1);", 200))},
	"assets/font-Ab12Cd.woff": {Data: []byte(strings.Repeat("f", 3000))},
	".gitkeep":                {},
}

// newWorld starts a server. Limits are off unless o has some; change is for what
// the API is told.
func newWorld(t testing.TB, o Options, change ...func(*api.Options)) *world {
	t.Helper()
	w := &world{t: t, store: storetest.New(t), log: &logBuffer{}}
	log := newTestLog(w.log)
	h := hub.New(hub.Options{Header: SocketHeader})
	var err error
	w.blobs = blob.New(t.TempDir())
	ao := api.Options{Store: w.store, Hub: h, Providers: []llm.Provider{parrot{}}, Log: log, BcryptCost: 4, Blobs: w.blobs, Keeper: &shelf{}, Registration: api.RegistrationInvite}
	for _, f := range change {
		f(&ao)
	}
	w.api, err = api.New(t.Context(), ao)
	if err != nil {
		t.Fatal(err)
	}
	o.Hub, o.Log, o.Version = h, log, "test"
	if o.Page == nil {
		o.Page = fs.FS(testPage)
	}
	if w.server, err = New(w.api, o); err != nil {
		t.Fatal(err)
	}
	if o.Limits.Enabled {
		holdStill(w.server.limiter)
	}
	w.listen(h)
	return w
}

func newTestLog(to io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(to, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// newLab makes a server without an API, whose table is the test's.
func newLab(t testing.TB, o Options, table ...route) *Server {
	t.Helper()
	s, err := newServer(nil, o)
	if err != nil {
		t.Fatal(err)
	}
	s.build(table)
	return s
}

func (w *world) listen(h *hub.Hub) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.host = l.Addr().String()
	w.url = "http://" + w.host
	w.client = newClient(nil)
	ended := make(chan error)
	go func() { ended <- w.server.Listen(l) }()
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		w.client.CloseIdleConnections()
		if w.api != nil {
			w.api.Shutdown(ctx)
			_ = h.Shutdown(ctx, GoingAway)
		}
		if err := w.server.Shutdown(ctx); err != nil {
			w.t.Errorf("shutdown: %v", err)
		}
		if err := <-ended; err != nil {
			w.t.Errorf("listen: %v", err)
		}
	})
}

func newClient(jar http.CookieJar) *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       patience,
	}
}

// An ask is a request. Header values of "" are not sent.
type ask struct {
	method, path, body string
	token              string
	header             map[string]string
	client             *http.Client
}

// An answer is what came back, read whole.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

func (w *world) do(a ask) answer {
	w.t.Helper()
	var body io.Reader
	if a.body != "" {
		body = strings.NewReader(a.body)
	}
	req, err := http.NewRequestWithContext(context.Background(), a.method, w.url+a.path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	if a.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	for k, v := range a.header {
		if req.Header.Del(k); v != "" {
			req.Header.Set(k, v)
		}
	}
	client := w.client
	if a.client != nil {
		client = a.client
	}
	res, err := client.Do(req)
	if err != nil {
		w.t.Fatalf("%s %s: %v", a.method, a.path, err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	got := answer{w.t, res.StatusCode, res.Header, string(text)}
	got.hidesInternals(a)
	w.checkTag(a, got)
	return got
}

// checkTag fails if the ETag of an answer stood for another one before.
func (w *world) checkTag(a ask, got answer) {
	w.t.Helper()
	tag := got.header.Get("ETag")
	if tag == "" || got.status != http.StatusOK || got.header.Get("Content-Encoding") != "" || a.method == http.MethodHead {
		return
	}
	if was, seen := w.tagged.LoadOrStore([3]string{a.path, a.token, tag}, got.body); seen && was != got.body {
		w.t.Errorf("%s: the tag %s stands for\n%s\nand for\n%s", a.path, tag, was, got.body)
	}
}

// secrets are what only the log and the store should have, and who may be told
// all the same.
var secrets = []struct {
	what    *regexp.Regexp
	allowed string // a part of the request that is answered so
}{
	{regexp.MustCompile(`store:|kv:|/home/|/root/|/tmp/|goroutine |\.go:\d|json: |interface \{\}|fasthttp|fiber\.|bbolt|password_hash|refresh_hash|runtime error`), "/metrics"},
	{regexp.MustCompile(`\$2[aby]\$\d\d\$`), "never"},
	{regexp.MustCompile(`eyJ[\w-]{10,}\.[\w-]+\.[\w-]+`), "POST /api/v1/(setup|auth)"},
	{regexp.MustCompile(`"pk_[\w-]{20,}`), "POST /api/v1/users/me/api-keys"},
	{regexp.MustCompile(`BEGIN [A-Z ]*PRIVATE KEY|"seed"|"d":"`), "never"},
}

// lookedThrough are the sums of large bodies in which nothing was found, or it was told.
var lookedThrough sync.Map

// hidesInternals fails on what only the log should have.
func (a answer) hidesInternals(of ask) {
	a.t.Helper()
	request := of.method + " " + of.path
	if len(a.body) > 100_000 { // such as openapi.json: seconds of looking under the race detector
		if _, seen := lookedThrough.LoadOrStore(sha256.Sum256([]byte(a.body)), true); seen {
			return
		}
	}
	for _, s := range secrets {
		if found := s.what.FindString(a.body); found != "" && !regexp.MustCompile(s.allowed).MatchString(request) {
			a.t.Errorf("%s shows %q: %.500s", request, found, a.body)
		}
	}
}

func (a answer) is(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// problem checks that the answer is a whole problem with this status and code.
func (a answer) problem(status int, code string) Problem {
	a.t.Helper()
	a.is(status)
	var p Problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		a.t.Fatalf("no problem: %v: %s", err, a.body)
	}
	if kind := a.header.Get("Content-Type"); kind != "application/problem+json" {
		a.t.Errorf("a problem of type %q", kind)
	}
	if p.Code != code || p.Status != status || p.Title == "" || p.Detail == "" || p.Type == "" || !strings.HasPrefix(p.Instance, "/") {
		a.t.Errorf("problem %+v, want code %s and all members", p, code)
	}
	if p.RequestID == "" || p.RequestID != a.header.Get("X-Request-Id") {
		a.t.Errorf("request_id %q, header %q", p.RequestID, a.header.Get("X-Request-Id"))
	}
	return p
}

func (a answer) json(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
}

// setUp makes the first administrator and returns its access token.
func (w *world) setUp() string {
	w.t.Helper()
	token, err := w.api.SetupToken(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	var in struct {
		Token string `json:"access_token"`
	}
	w.do(ask{method: post, path: "/api/v1/setup", body: `{"token":"` + token + `","username":"ann","email":"ann@example.org","password":"` + password + `"}`}).is(201).json(&in)
	return in.Token
}

// browser is a client that keeps cookies, signed in as the administrator.
func (w *world) browser() *http.Client {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	c := newClient(jar)
	w.do(ask{method: post, path: "/api/v1/auth/login", body: `{"login":"ann","password":"` + password + `"}`, client: c}).is(200)
	return c
}

// apiKey makes a key of who has the token, and returns its id and itself.
func (w *world) apiKey(token, scopes string) (id, key string) {
	w.t.Helper()
	var made struct{ ID, Key string }
	w.do(ask{method: post, path: "/api/v1/users/me/api-keys", body: `{"name":"key","scopes":[` + scopes + `]}`, token: token}).is(201).json(&made)
	return made.ID, made.Key
}

// invite makes one and returns its id.
func (w *world) invite(token string) string {
	w.t.Helper()
	var made struct{ ID string }
	w.do(ask{method: post, path: "/api/v1/invites", token: token, body: `{}`}).is(201).json(&made)
	return made.ID
}

// notice gives u a notice and returns its id.
func (w *world) notice(u *store.User) string {
	w.t.Helper()
	n := &store.Notice{UserID: u.ID, Kind: store.NoticeSignInsFailed}
	storetest.Update(w.t, w.store, func(tx *store.Tx) error { return tx.AddNotice(n) })
	return n.ID.String()
}

// userWithKey makes a user with an API key, and returns the ids of both.
func (w *world) userWithKey() (user, key string) {
	w.t.Helper()
	k := &store.APIKey{UserID: storetest.User(w.t, w.store, "user-"+rand.Text()).ID, Name: "key", Hash: []byte(rand.Text()), Scopes: []string{"read"}}
	storetest.Update(w.t, w.store, func(tx *store.Tx) (err error) {
		if k.ID, err = tx.NewID(); err != nil {
			return err
		}
		return tx.PutAPIKey(k)
	})
	return k.UserID.String(), k.ID.String()
}

// tag makes a tag that p carries and returns its id.
func (w *world) tag(p *store.Project) string {
	w.t.Helper()
	t := &store.Tag{Name: rand.Text()}
	storetest.Update(w.t, w.store, func(tx *store.Tx) (err error) {
		if t.ID, err = tx.NewID(); err != nil {
			return err
		}
		if err := tx.PutTag(t); err != nil {
			return err
		}
		return tx.SetProjectTags(p.ID, []store.ID{t.ID})
	})
	return t.ID.String()
}

// project makes one and returns its id.
func (w *world) project(token string) string {
	w.t.Helper()
	var made struct {
		ID string `json:"id"`
	}
	w.do(ask{method: post, path: "/api/v1/projects", body: `{"name":"Plans"}`, token: token}).is(201).json(&made)
	return made.ID
}
