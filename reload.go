package main

import (
	"errors"
	"log/slog"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"
)

// A reloader applies what can change of the settings while the server runs.
type reloader struct {
	cli    *cli
	cmd    *cobra.Command
	level  *slog.LevelVar
	log    *slog.Logger
	began  *Loaded // what the server started with
	now    *Loaded // what was read last
	server *server
}

// reload reads the settings again, says what differs and applies what it can.
// Settings with a mistake change nothing.
func (r *reloader) reload() {
	notify(r.log, daemon.SdNotifyReloading)
	defer notify(r.log, daemon.SdNotifyReady)
	next, err := r.cli.load(r.cmd)
	if err == nil {
		err = unusable(errors.Join(next.openSettings()...))
	}
	if err != nil {
		r.log.Error("reload failed, keeping current configuration", "mistakes", mistakesOf(err))
		return
	}
	applied, waiting := differences(r.began, r.now, next)
	r.level.Set(logLevel(next.Log.Level))
	r.server.api.SetRegistration(next.Auth.Registration)
	r.server.rest.SetLimits(next.limits())
	r.server.rest.SetHeartbeat(next.heartbeat())
	r.now = next
	r.server.running.reloaded(next)
	r.log.Info("configuration reloaded", "applied", applied, "need_restart", waiting)
}

// differences names the settings that differ: from what was read last, those
// that apply at once; from what the server began with, those that need a
// restart. Values are told, secrets are not.
func differences(began, now, next *Loaded) (applied, waiting []string) {
	applied, waiting = []string{}, []string{}
	first, last := began.settings(), now.settings()
	for i, s := range next.settings() {
		before := first[i].value
		if s.reload {
			before = last[i].value
		}
		if s.value.show() == before.show() {
			continue
		}
		what := s.key
		if !s.secret {
			what += "=" + s.value.show()
		}
		if s.reload {
			applied = append(applied, what)
		} else {
			waiting = append(waiting, what)
		}
	}
	return applied, waiting
}
