package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// listenToSignals returns a context that the first SIGTERM or SIGINT ends (a
// second one ends the process), and a channel that gets one value for a SIGHUP
// or several. stop gives the signals back.
func listenToSignals(parent context.Context, log *slog.Logger) (ctx context.Context, hangups <-chan struct{}, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals, done, hup := make(chan os.Signal, 4), make(chan struct{}), make(chan struct{}, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-done:
				return
			case sig := <-signals:
				switch {
				case sig == syscall.SIGHUP:
					select {
					case hup <- struct{}{}:
					default: // one is waiting already
					}
				case ctx.Err() == nil:
					cancel(fmt.Errorf("signal: %s", sig))
				default:
					log.Warn("told twice to stop: ending at once")
					os.Exit(exitFailed) //nolint:forbidigo // who asks twice does not want to wait for main
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
