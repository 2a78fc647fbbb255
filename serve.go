package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"
)

func (c *cli) serveCommand() *cobra.Command {
	var anew bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server until it is told to stop",
		Long: `Runs the server until SIGTERM or SIGINT; a second one, a second later or more, ends it at once. SIGHUP re-reads
the settings that can change while it runs. On an empty store it prints the link that
makes the first administrator.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.serve(cmd, anew) },
	}
	cmd.Flags().String("listen", "", "address and port to listen on; port 0 picks a free one")
	cmd.Flags().BoolVar(&anew, "new", false, "begin a new store where attachments or backups of another one lie; they are put aside")
	return cmd
}

func (c *cli) serve(cmd *cobra.Command, anew bool) error {
	l, err := c.load(cmd)
	if err != nil {
		return err
	}
	level := new(slog.LevelVar)
	level.Set(logLevel(l.Log.Level))
	log := newLog(c.stderr, l.Log.Format, level, isJournal(c.stderr, c.environ))
	slog.SetDefault(log)
	for _, name := range l.Ignored {
		log.Warn("a variable is set that this release has no use for", "variable", name)
	}

	if len(l.ServiceLinks) > 0 {
		log.Info("ignoring environment variables that Kubernetes sets for a service named parley", "variables", l.ServiceLinks)
	}

	if anew {
		asides, err := dataFolder(l.Data).putAsideLeft(contextOf(cmd), l.backupFolder(), time.Now())
		if err != nil {
			return err
		}
		for _, aside := range asides {
			log.Warn("what an earlier instance left was put aside", "folder", aside)
		}
	}
	ctx, hangups, giveBack := listenToSignals(contextOf(cmd), log)
	defer giveBack()
	for _, w := range l.exposed() {
		log.Warn("others can read what should be private", "path", w.path, "problem", w.problem, "advice", w.advice)
	}
	s, err := start(ctx, l, log)
	switch {
	case err != nil && ctx.Err() != nil:
		log.Info("stopped before it began", "why", context.Cause(ctx).Error(), "err", err)
		return nil
	case err != nil:
		return err
	}
	if err := s.announce(context.WithoutCancel(ctx), c); err != nil {
		return errors.Join(err, s.stop(0))
	}
	s.running.rereadBy(func() (*Loaded, error) { return c.load(cmd) })
	r := reloader{cli: c, cmd: cmd, level: level, log: log, began: l, now: l, server: s}
	if err := s.wait(ctx, hangups, r.reload); err != nil {
		return errors.Join(err, s.stop(0))
	}
	return s.stop(l.Shutdown.Timeout)
}

// announce prints where the page is and, until there is an administrator, the set-up
// link. The link makes an administrator, so it never goes to a log that others read or
// collect: there, a line says how to get it.
func (s *server) announce(ctx context.Context, c *cli) error {
	inv, err := giveSetupToken(ctx, s.house)
	if err != nil && !errors.Is(err, errSetUpAlready) {
		return err
	}
	if s.config.Log.Format == "json" || isJournal(c.stdout, c.environ) {
		if inv != nil {
			s.log.Info("no administrator yet; for the set-up link, run \"parley setup-token\"")
		}
		return nil
	}
	text := fmt.Sprintf("Parley is at %s\n", s.config.addressURL(s.listener.Addr().String()))
	if inv != nil {
		text += fmt.Sprintf("No administrator yet. This one-time link creates the first one:\n%s\n", inv.Link)
	}
	_, err = io.WriteString(c.stdout, text)
	return err
}
