package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/cert"
	"github.com/parley-app/parley/api/egress"
	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/api/jobs"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/api/rest"
	"github.com/parley-app/parley/api/scan"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/ui"
)

// A server is everything of one run of `parley serve`, wired.
type server struct {
	config  *Config
	running *runningConfig
	log     *slog.Logger
	house   house

	store    *openStore
	hub      *hub.Hub
	api      *api.API
	rest     *rest.Server
	listener net.Listener
	control  *control
	metrics  *metricsServer // nil where they are on the main address
	keeper   *keeper
	egress   *egress.Guard
	cert     *cert.Keeper // nil without TLS

	failed    <-chan error  // the engine's last word
	served    chan error    // what rest.Listen returned
	endJobs   func()        // ends what runs by itself
	jobsEnded chan struct{} // closed when all of it has
}

// start opens the store and begins to listen. On an error everything that was
// opened is closed again.
func start(ctx context.Context, l *Loaded, log *slog.Logger) (_ *server, err error) {
	c := &l.Config
	s := &server{config: c, log: log, running: newRunning(l), served: make(chan error, 1), jobsEnded: make(chan struct{}), endJobs: func() {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err = unusable(errors.Join(l.openSettings()...)); err != nil {
		return nil, err // before anything is written
	}
	d := dataFolder(c.Data)
	if s.store, err = d.open(ctx, log, opening{reserve: c.Disk.Reserve, log: c.Store.WAL, backups: c.backupFolder()}); isDenied(err) {
		return nil, unusable(err)
	} else if err != nil {
		return nil, err
	}
	if err = s.store.markBlobs(ctx, log); err != nil {
		return nil, err
	}
	s.failed = s.store.engine.Failed()
	if c.Disk.Reserve == 0 {
		log.Warn("no room on the disk is kept free: when the disk is full, signing in works only as long as the store has room of its own", "setting", "disk.reserve")
	}
	s.keeper = newKeeper(s.store, c, log)
	s.keeper.tidy()
	if err = s.wire(ctx); err != nil {
		return nil, err
	}
	if s.cert, err = c.certificate(log); err != nil {
		return nil, unusable(err)
	}
	if s.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen); err != nil {
		err = fmt.Errorf("cannot listen on %s: %w", c.Listen, err)
		if isDenied(err) {
			return nil, unusable(err)
		}
		return nil, err
	}
	if s.cert != nil {
		s.listener = tls.NewListener(s.listener, s.cert.Config())
	}
	s.house = house{
		openStore: s.store, base: c.baseURL(s.listener.Addr().String()), keys: s.api.KeyRing(), api: s.api, door: s.egress, running: s.running,
	}
	if s.metrics, err = serveMetrics(ctx, c.Metrics.Listen, s.rest.MetricsHandler(), log); err != nil {
		return nil, err
	}
	if s.control, err = serveControl(d, s.house, s.health, log); err != nil {
		return nil, err
	}
	c.warnUnpinned(log)
	s.run()
	log.Info("listening", "address", s.listener.Addr().String(), "version", version, "go", runtime.Version(), "data", c.Data)
	notify(log, daemon.SdNotifyReady)
	return s, nil
}

// wire makes the rooms and gives each what it needs of the others.
func (s *server) wire(ctx context.Context) (err error) {
	c := s.config
	if s.egress, err = c.egress(); err != nil {
		return unusable(err)
	}
	providers, err := c.providers(s.egress)
	if err != nil {
		return unusable(err)
	}
	uploads := c.uploads()
	scanner, err := c.scanner(s.egress)
	if err != nil {
		return unusable(err)
	}
	if err := s.store.blobs.Tidy(); err != nil {
		s.log.Warn("what unfinished uploads left could not be removed", "err", err)
	}
	checks := s.keeper.checks()
	checks["scanner"] = api.CheckScanner(scanner, time.Now)
	s.hub = hub.New(hub.Options{Header: rest.SocketHeader})
	s.api, err = api.New(ctx, api.Options{
		Store: s.store.Store, Hub: s.hub, Providers: providers, Log: s.log,
		AccessTTL: c.Auth.AccessTTL, RefreshTTL: c.Auth.RefreshTTL, KeyRotation: c.Auth.KeyRotation, MasterKey: c.Auth.MasterKey, BcryptCost: c.Auth.BcryptCost, Registration: c.Auth.Registration,
		ContextTokens: c.Model.OpenAI.ContextTokens, WarningPercent: c.Context.WarningPercent, CriticalPercent: c.Context.CriticalPercent,
		Summaries: api.Summaries{
			Interval: c.Summary.Interval, Messages: c.Summary.MessageThreshold, Tokens: c.Summary.TokenThreshold,
			ContextPercent: c.Summary.ContextPercent, IdleAfter: c.Summary.IdleAfter,
		},
		MaxConcurrent: c.Model.MaxConcurrent, Titles: c.Model.Titles, Checks: checks, Version: version, Keeper: s.keeper,
		Blobs: s.store.blobs, Uploads: uploads, Scanner: scanner, RefuseUnscanned: c.Scanner.WhenDown == "refuse",
	})
	if _, ok := errors.AsType[*api.MasterKeyError](err); ok {
		return unusable(fmt.Errorf("auth.master_key: %w", err))
	} else if err != nil {
		return err
	}
	s.rest, err = rest.New(s.api, rest.Options{
		Log: s.log, Version: version, Page: page(s.log),
		MetricsToken: c.Metrics.Token, MetricsElsewhere: c.Metrics.Listen != "", HealthDetails: c.Health.Details,
		PublicURL: c.PublicURL, Origins: c.Origins, TrustedProxies: c.Proxies, Limits: c.limits(),
		Figures: slices.Concat(s.keeper.figures(), egressFigures(s.egress)),
		Hub:     s.hub, Heartbeat: c.heartbeat(),
	})
	return err
}

// keyRing is the ring of a store that no server has open.
func (c *Config) keyRing(s *store.Store) (*api.KeyRing, error) {
	ring, err := api.NewKeyRing(api.KeyRingOptions{
		Store: s, AccessTTL: c.Auth.AccessTTL, Rotation: c.Auth.KeyRotation, MasterKey: c.Auth.MasterKey,
	})
	if err != nil {
		return nil, fmt.Errorf("auth.master_key: %w", err)
	}
	return ring, nil
}

// providers are the model servers that are set, and the built-in answerer.
func (c *Config) providers(door *egress.Guard) ([]llm.Provider, error) {
	var list []llm.Provider
	if o := c.Model.OpenAI; o.BaseURL != "" {
		p, err := llm.NewOpenAI(llm.OpenAIOptions{
			BaseURL: o.BaseURL, APIKey: o.APIKey, Model: o.Model, ContextTokens: o.ContextTokens, Dial: door.DialContext,
			ConnectTimeout: c.Model.ConnectTimeout, FirstTokenTimeout: c.Model.FirstTokenTimeout, SilenceTimeout: c.Model.SilenceTimeout,
		})
		if err != nil {
			return nil, fmt.Errorf("model.openai: %w", err)
		}
		list = append(list, p)
	}
	return append(list, llm.NewBuiltin()), nil
}

// scanner is who looks for viruses; nil: nobody.
func (c *Config) scanner(door *egress.Guard) (*scan.Scanner, error) {
	if c.Scanner.URL == "" {
		return nil, nil
	}
	s, err := scan.New(c.Scanner.URL, c.Scanner.Timeout, door.DialContext)
	if err != nil {
		return nil, fmt.Errorf("scanner.url: %w", err)
	}
	return s, nil
}

// uploads says what is taken from outside.
func (c *Config) uploads() api.Uploads {
	return api.Uploads{
		MaxBytes: c.Upload.MaxBytes, UserBytes: c.Upload.UserBytes, ProjectBytes: c.Upload.ProjectBytes, InstanceBytes: c.Upload.InstanceBytes,
		MediaTypes: c.Upload.MediaTypes, Images: c.Upload.Images, MaxPixels: int64(c.Upload.MaxMegapixels) * 1_000_000,
		MaxUnpacked: c.Upload.MaxUnpacked, KeepUnsent: c.Upload.KeepUnsent,
	}
}

func (c *Config) limits() rest.Limits {
	return rest.Limits{
		Enabled: c.RateLimit.Enabled, RequestsPerMinute: c.RateLimit.Requests,
		MessagesPerMinute: c.RateLimit.Messages, SignInsPerMinute: c.RateLimit.SignIns, UploadsPerMinute: c.RateLimit.Uploads, KeyPercent: c.RateLimit.KeyPercent,
		SocketsPerUser: c.RateLimit.Sockets,
	}
}

func (c *Config) heartbeat() rest.Heartbeat {
	return rest.Heartbeat{Interval: c.Heartbeat.Interval, Timeout: c.Heartbeat.Timeout}
}

// page is the built page, or nil where the program was built without it.
func page(log *slog.Logger) fs.FS {
	dist := ui.Dist()
	if _, err := fs.Stat(dist, "index.html"); err != nil {
		log.Warn("this program was built without its page; run \"make build\"")
		return nil
	}
	return dist
}

// run starts what runs by itself and begins to serve.
func (s *server) run() {
	// Its own context: jobs go on while the server winds down.
	ctx, cancel := context.WithCancel(context.Background())
	s.endJobs = cancel
	go func() {
		defer close(s.jobsEnded)
		jobs.Run(ctx, s.log, slices.Concat(jobs.Of(s.api), s.keeper.jobs(), s.watchdog(), thriftJobs()))
	}()
	go func() {
		defer close(s.served)
		s.served <- s.rest.Listen(s.listener)
	}()
}

// wait returns nil when ctx ends, and why the server cannot go on before that.
func (s *server) wait(ctx context.Context, hangups <-chan struct{}, reload func()) error {
	for {
		select {
		case <-ctx.Done():
			s.log.Info("stopping", "why", context.Cause(ctx).Error(), "timeout", s.config.Shutdown.Timeout.String())
			return nil
		case <-hangups:
			reload()
		case err := <-s.failed:
			return fmt.Errorf("the store failed, and what its last write left is unknown; the next start checks it: %w", err)
		case err := <-s.served:
			return fmt.Errorf("the server cannot listen any more: %w", err)
		}
	}
}

// stop winds down: nobody new is sent here and the clients are told; there are no
// new questions, and the running answers get most of the time; then the sockets are
// closed, then the requests end, then the jobs, then the store.
func (s *server) stop(timeout time.Duration) error {
	notify(s.log, daemon.SdNotifyStopping)
	s.rest.Leave()
	s.hub.Announce(rest.GoingAway)
	// What follows the answers still has to be said and stored.
	ctx, cancel := context.WithTimeout(context.Background(), max(timeout, time.Second))
	defer cancel()
	answers, cancelAnswers := context.WithTimeout(ctx, timeout*3/4)
	defer cancelAnswers()
	s.api.Shutdown(answers)
	if err := s.hub.Shutdown(ctx, nil); err != nil {
		s.log.Warn("some sockets did not close in time", "err", err)
	}
	if err := s.rest.Shutdown(ctx); err != nil {
		s.log.Warn("some requests did not end in time", "err", err)
	}
	err := s.close()
	s.log.Info("stopped")
	return err
}

// close ends and closes what start has begun, in the opposite order.
func (s *server) close() (err error) {
	if s.control != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		err = s.control.close(ctx)
		s.endJobs()
		<-s.jobsEnded
	}
	err = errors.Join(err, s.metrics.close())
	if s.listener != nil {
		// A shutdown that comes before rest began to listen leaves it open.
		if e := s.listener.Close(); !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	if s.control != nil {
		for range s.served {
		}
	}
	if s.store != nil {
		err = errors.Join(err, s.store.Close())
	}
	return err
}

func (s *server) health(ctx context.Context) healthReport {
	h, _ := s.api.CheckHealth(ctx) // fails on unknown names alone
	return healthReport{h, version, s.listener.Addr().String()}
}
