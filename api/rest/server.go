package rest

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// Options are what New is told. Every zero value works.
type Options struct {
	Log     *slog.Logger // nil means slog.Default()
	Version string       // of the program, for /health and the metrics
	Figures []Figure     // more of them for the metrics

	// Page is the built web page with index.html at its root; nil serves none.
	Page fs.FS

	// PublicURL is where browsers find the page, if not at the address that
	// they ask for. With https, cookies are Secure.
	PublicURL string

	// Origins are further origins ("https://chat.example.org") whose pages may
	// change things and open sockets with this server's cookies.
	Origins []string

	// Hub is where the API publishes; its Header must be SocketHeader. Its owner
	// shuts it down, with GoingAway. nil: there are no sockets.
	Hub       *hub.Hub
	Heartbeat Heartbeat // of the sockets

	// Live tells the figures of the sockets for the metrics; nil: those of Hub.
	Live func() hub.Stats

	// TrustedProxies are the networks whose X-Forwarded-For and -Proto count.
	TrustedProxies []netip.Prefix

	Limits Limits

	// MetricsToken, if set, is what /metrics asks for as a bearer token. With
	// MetricsElsewhere it is not found here: MetricsHandler serves it at another address.
	MetricsToken     string
	MetricsElsewhere bool

	// HealthDetails says who sees more of /health than the status: HealthForEveryone
	// ("" too), HealthForLocal or HealthForToken.
	HealthDetails string

	ReadTimeout  time.Duration // of a whole request, 30 s
	WriteTimeout time.Duration // of an answer, once it is made, 60 s
	IdleTimeout  time.Duration // between requests of a connection, 75 s
}

func (o *Options) setDefaults() {
	for d, to := range map[*time.Duration]time.Duration{
		&o.ReadTimeout: 30 * time.Second, &o.WriteTimeout: 60 * time.Second, &o.IdleTimeout: 75 * time.Second,
	} {
		if *d == 0 {
			*d = to
		}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Live == nil && o.Hub != nil {
		o.Live = o.Hub.Stats
	}
}

// A Server answers HTTP with the verbs of one API. It is safe for concurrent
// use; it serves one listener in its life.
type Server struct {
	o       Options
	api     *api.API
	log     *slog.Logger
	app     *fiber.App
	public  *url.URL
	origins []string
	limiter *limiter
	metrics *metrics
	page    *page
	words   words    // that the log may show of a path
	sockets *sockets // nil without a hub

	leaving  atomic.Bool // see Leave
	document func() ([]byte, error)

	mu       sync.Mutex
	listener net.Listener // nil before Listen
	silent   silent
	down     bool

	life      context.Context // of every request; ends when Shutdown gives up waiting
	end       context.CancelFunc
	deadlines map[time.Duration]*deadlines // of the requests, by their time-out
}

// headersSize bounds the headers of a request. A socket keeps a buffer of that
// size for its whole life, so it is no larger than cookies need.
const headersSize = 8 << 10

// New makes a Server. It panics on a route table that is not complete: that is
// a fault of the program, found by its first test. The error is about o.
func New(a *api.API, o Options) (*Server, error) {
	s, err := newServer(a, o)
	if err == nil {
		s.build(s.routes(a))
		s.SetLimits(o.Limits)
	}
	return s, err
}

func newServer(a *api.API, o Options) (*Server, error) {
	o.setDefaults()
	s := &Server{
		o: o, api: a, log: o.Log, limiter: newLimiter(o.Limits, time.Now),
		document: sync.OnceValues(Document), deadlines: map[time.Duration]*deadlines{},
	}
	if o.PublicURL != "" {
		u, err := url.Parse(o.PublicURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, errors.New("the public URL must be such as https://chat.example.org")
		}
		s.public = u
	}
	s.origins = originsOf(s.public, o.Origins)
	s.metrics = newMetrics(o.Version, a, o.Hub, o.Figures)
	s.life, s.end = context.WithCancel(context.Background())
	var err error
	s.page, err = newPage(o.Page)
	return s, err
}

// build makes the Fiber app of a route table.
func (s *Server) build(table []route) {
	b := newBook()
	s.words = s.knownWords(table)
	for i := range table {
		table[i].complete()
		table[i].do.prepare(b)
	}
	s.app = fiber.New(fiber.Config{
		// Strings that Fiber hands out are borrowed memory unless it copies them.
		Immutable:             true,
		CaseSensitive:         true,
		StrictRouting:         true,
		StreamRequestBody:     true, // see body.go
		ReadBufferSize:        headersSize,
		ReadTimeout:           s.o.ReadTimeout,
		WriteTimeout:          s.o.WriteTimeout,
		IdleTimeout:           s.o.IdleTimeout,
		DisableStartupMessage: true,
		// Or fasthttp would read forms before any route says whether it takes one.
		DisablePreParseMultipartForm: true,
		ErrorHandler:                 s.onTransportError,
	})
	s.app.Use(s.observe)
	s.app.Use(s.checkHost)
	for i := range table {
		s.add(&table[i])
	}
	s.addSockets()
	s.app.Use(s.servePage)
	s.refuseStrangeMethods()
	s.refuseLargeBodies(table)
}

// add registers one line of the table.
func (s *Server) add(r *route) {
	patience := s.deadlinesOf(r.timeout)
	handler := func(c *fiber.Ctx) error {
		// fasthttp has no context of a request, and does not notice a client
		// that leaves: this one ends by time, or with the server.
		ctx := patience.begin(requestID(c), c.Context().Time())
		defer ctx.end()
		who, err := s.admit(ctx, c, r)
		if err != nil {
			return err
		}
		if r.changes() && !r.streams {
			release, err := s.takeBody(c, r.maxBody)
			defer release()
			if err != nil {
				return err
			}
		}
		if r.audit == "" {
			return r.do.serve(ctx, c, who, r.status)
		}
		return s.api.Administer(ctx, who, r.audit, subjectOf(c), func(ctx context.Context) error {
			return r.do.serve(ctx, c, who, r.status)
		})
	}
	s.handle(r.method, r.pattern(), handler)
}

// deadlinesOf are the deadlines of the routes with this time-out.
func (s *Server) deadlinesOf(timeout time.Duration) *deadlines {
	if s.deadlines[timeout] == nil {
		s.deadlines[timeout] = newDeadlines(s.life, timeout)
	}
	return s.deadlines[timeout]
}

// subjectOf is the id in the path of a request, zero if there is none.
func subjectOf(c *fiber.Ctx) store.ID {
	id, err := store.ParseID(c.Params("id"))
	if err != nil {
		return store.ID{}
	}
	return id
}

// handle registers a handler, a GET's for HEAD too.
func (s *Server) handle(method, pattern string, h fiber.Handler) {
	if method == http.MethodGet {
		s.app.Add(http.MethodHead, pattern, h)
	}
	s.app.Add(method, pattern, h)
}

// refuseStrangeMethods answers the methods that Fiber does not know, which it
// would in a text of its own before any handler.
func (s *Server) refuseStrangeMethods() {
	known := map[string]bool{}
	for _, m := range s.app.Config().RequestMethods {
		known[m] = true
	}
	server := s.app.Server()
	next := server.Handler
	server.Handler = func(f *fasthttp.RequestCtx) {
		if !known[string(f.Method())] {
			server.ErrorHandler(f, fasthttp.ErrGetOnly)
			return
		}
		next(f)
	}
}

// Listen serves l until Shutdown, and then returns nil. It closes l. After
// Shutdown it returns at once.
func (s *Server) Listen(l net.Listener) error {
	s.mu.Lock()
	s.listener = l
	down := s.down
	s.mu.Unlock()
	if down {
		return l.Close()
	}
	return s.app.Listener(lingeringListener{l, &s.silent})
}

// Leave makes /readyz fail, so that nobody new is sent here, and changes nothing
// else. Package main calls it when a stop begins; Shutdown does it too.
func (s *Server) Leave() { s.leaving.Store(true) }

// Shutdown stops listening, waits for the requests that run until ctx ends, and
// then ends their contexts. It knows nothing of sockets: their hub closes them.
func (s *Server) Shutdown(ctx context.Context) error {
	defer s.end()
	s.Leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = true
	ended := make(chan struct{})
	defer close(ended)
	go s.silent.end(ended)
	err := s.app.ShutdownWithContext(ctx)
	if s.listener != nil {
		// fasthttp knows nothing of a listener that it is about to serve.
		_ = s.listener.Close() // most often a second time
	}
	return err
}

// SetLimits changes the limits while the server runs.
func (s *Server) SetLimits(l Limits) {
	s.limiter.set(l)
	free, sockets := 0, 0
	if l.Enabled {
		free, sockets = max(l.SignInsPerMinute, 0), l.SocketsPerUser
	}
	if s.sockets != nil {
		s.sockets.perUser.set(sockets)
	}
	s.api.LimitSignIns(free)
}

// SetHeartbeat changes the heartbeat of the sockets that open from now on: what
// an open one has told its client stays true.
func (s *Server) SetHeartbeat(b Heartbeat) {
	if s.sockets != nil {
		s.sockets.beat.Store(new(b.orDefault()))
	}
}
