package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// signalEcho is how long after the first SIGTERM or SIGINT another one counts as
// its echo: supervisors and timeout(1) signal a process and its group at once.
const signalEcho = time.Second

// A stopping is the state of a shutdown that signals ask for. Its zero value is
// ready; it is not safe for concurrent use.
type stopping struct{ first time.Time }

// signal records a SIGTERM or SIGINT at now. It reports whether this is the first
// one, and whether the process must exit at once.
func (s *stopping) signal(now time.Time) (begin, exit bool) {
	if s.first.IsZero() {
		s.first = now
		return true, false
	}
	return false, now.Sub(s.first) >= signalEcho
}

// listenToSignals returns a context that the first SIGTERM or SIGINT cancels and
// a channel that receives one value for one or more SIGHUPs. A second SIGTERM or
// SIGINT, more than signalEcho after the first, ends the process. stop restores
// the default handling.
func listenToSignals(parent context.Context, log *slog.Logger) (ctx context.Context, hangups <-chan struct{}, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals, done, hup := make(chan os.Signal, 4), make(chan struct{}), make(chan struct{}, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		var s stopping
		for {
			select {
			case <-done:
				return
			case sig := <-signals:
				if sig == syscall.SIGHUP {
					select {
					case hup <- struct{}{}:
					default: // a reload is pending already
					}
					continue
				}
				begin, exit := s.signal(time.Now())
				if begin {
					cancel(fmt.Errorf("signal: %s", sig))
				}
				if exit {
					log.Warn("second signal: exiting immediately")
					os.Exit(exitFailed) //nolint:forbidigo // a second signal skips the graceful shutdown
				}
			}
		}
	}()
	return ctx, hup, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}
