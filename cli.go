package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// A cli is one run of the command line: its streams and what its flags say.
type cli struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string

	understood bool // the command exists, its flags and arguments are right

	configFile string
	sets       []string
	json       bool
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "parley",
		Short: "A private AI workspace for a team, in one file",
		Long: `Parley is a private AI workspace for a team, in one file.

  parley serve         start it; on an empty store it prints the link to begin with
  parley config show   every setting, its value and where that came from

Every command ends with status 0, with 1 if it failed, with 2 if it was used wrongly.`,
		Version:           version,
		Args:              cobra.NoArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		PersistentPreRun:  func(*cobra.Command, []string) { c.understood = true },
		RunE:              c.which,
	}
	root.SetIn(c.stdin)
	root.SetOut(c.stdout)
	root.SetErr(c.stderr)
	f := root.PersistentFlags()
	f.StringVar(&c.configFile, "config", "", "file with settings (or PARLEY_CONFIG)")
	f.String("data", "", "data folder (default ./data)")
	f.StringArrayVar(&c.sets, "set", nil, "a setting, as key=value; may be repeated")
	f.BoolVar(&c.json, "json", false, "print JSON, for machines")
	root.AddCommand(
		c.serveCommand(), c.setupTokenCommand(), c.healthCommand(), c.doctorCommand(), c.configCommand(), c.versionCommand(),
		c.userCommand(), c.keysCommand(), c.backupCommand(), c.restoreCommand(), c.checkCommand(), c.sweepCommand(), c.compactCommand(), c.migrateCommand(), c.copyCommand(),
	)
	return root
}

// which answers a command that only holds others.
func (c *cli) which(cmd *cobra.Command, _ []string) error {
	c.understood = false
	names := []string{}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return fmt.Errorf("%s what? One of: %s", cmd.CommandPath(), strings.Join(names, ", "))
}

// load reads the settings for cmd. A flag of its own wins over --set.
func (c *cli) load(cmd *cobra.Command) (*Loaded, error) {
	src := sources{file: c.configFile, environ: c.environ}
	for _, pair := range c.sets {
		key, text, ok := strings.Cut(pair, "=")
		if !ok {
			c.understood = false
			return nil, fmt.Errorf("--set %s: want key=value, such as --set log.level=debug", pair)
		}
		src.flags = append(src.flags, flag{key, text, "--set " + key})
	}
	for _, key := range []string{"data", "listen"} {
		if f := cmd.Flags().Lookup(key); f != nil && f.Changed {
			src.flags = append(src.flags, flag{key, f.Value.String(), "--" + key})
		}
	}
	l, err := load(src)
	if err != nil {
		return nil, &mistakesError{err}
	}
	return l, nil
}

// A mistakesError is what is wrong with the settings, one line each.
type mistakesError struct{ err error }

func (m *mistakesError) Error() string {
	return "the settings have mistakes:\n  " + strings.ReplaceAll(m.err.Error(), "\n", "\n  ")
}

func (m *mistakesError) Unwrap() error { return m.err }

// mistakesOf returns each mistake in the settings that err tells of.
func mistakesOf(err error) []string {
	if m, ok := errors.AsType[*mistakesError](err); ok {
		return strings.Split(m.err.Error(), "\n")
	}
	return []string{}
}

// say prints one result: v itself with --json, else text.
func (c *cli) say(v any, text string) error {
	if !c.json {
		_, err := fmt.Fprintln(c.stdout, text)
		return err
	}
	e := json.NewEncoder(c.stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// quietLog is the log of a command: what went wrong, on the side of its result.
func (c *cli) quietLog() *slog.Logger { return newLog(c.stderr, "text", slog.LevelWarn, false) }

// interruptible returns the context of a command that takes its time: the first
// signal ends it, and it leaves nothing behind; the second ends the process.
func interruptible(cmd *cobra.Command) (context.Context, func()) {
	ctx, stop := signal.NotifyContext(contextOf(cmd), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// contextOf returns the context of a command.
func contextOf(cmd *cobra.Command) context.Context {
	if ctx := cmd.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}
