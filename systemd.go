package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/jobs"
)

// notify tells systemd how the server does; without systemd it does nothing.
func notify(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("systemd cannot be told", "state", state, "err", err)
	}
}

// watchdog tells systemd that the server lives, as long as the store takes
// writes: a server that only answers is of no use. None without a watchdog.
func (s *server) watchdog() []jobs.Job {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		s.log.Warn("systemd's watchdog cannot be served", "err", err)
	}
	if every <= 0 {
		return nil
	}
	return []jobs.Job{{Name: "watchdog", Every: every / 3, Do: func(ctx context.Context) error {
		if s.api.CheckStore(ctx).Status == api.HealthFailing {
			return errors.New("the store does not work: systemd is not told that we live")
		}
		notify(s.log, daemon.SdNotifyWatchdog)
		return nil
	}}}
}
