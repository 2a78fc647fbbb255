package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// A metricsServer serves the metrics at the address that metrics.listen names.
type metricsServer struct {
	server *http.Server
	ended  chan struct{}
}

// serveMetrics begins to listen; nil where metrics.listen is empty.
func serveMetrics(ctx context.Context, address string, figures http.Handler, log *slog.Logger) (*metricsServer, error) {
	if address == "" {
		return nil, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s for the metrics: %w", address, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", figures)
	m := &metricsServer{ended: make(chan struct{}), server: &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 75 * time.Second,
		MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}
	go func() {
		defer close(m.ended)
		if err := m.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the server of the metrics failed", "err", err)
		}
	}()
	log.Info("listening for the metrics", "address", l.Addr().String())
	return m, nil
}

// close ends it at once.
func (m *metricsServer) close() error {
	if m == nil {
		return nil
	}
	err := m.server.Close()
	<-m.ended
	return err
}

// isOnlyLocal reports whether only this machine can connect to an address to listen on.
func isOnlyLocal(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

const (
	unpinned       = "public_url is empty: the server answers under every host name, one of somebody else that leads here too"
	unpinnedAdvice = "set public_url to the address that people open"
)

// warnUnpinned says so at the start where others can connect and no name is pinned.
func (c *Config) warnUnpinned(log *slog.Logger) {
	if c.PublicURL == "" && !isOnlyLocal(c.Listen) {
		log.Warn(unpinned, "listen", c.Listen, "advice", unpinnedAdvice)
	}
}

// lookAtName tells whether other names than the server's own are refused.
func lookAtName(_ context.Context, l *Loaded) []look {
	switch {
	case l.PublicURL != "":
		return one("host name", lookOK, "requests for other hosts than that of "+l.PublicURL+" are refused", "")
	case isOnlyLocal(l.Listen):
		return one("host name", lookOK, "not needed: only this machine can connect", "")
	default:
		return one("host name", lookWarn, unpinned, unpinnedAdvice)
	}
}
