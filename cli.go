package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// A cli is one run of the command line: its streams and what its flags say.
type cli struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string

	args       []string
	understood bool // the command exists, its flags and arguments are right

	configFile string
	sets       []string
	json       bool
	pipes      map[string][]byte // what pipes held that --config names
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "parley",
		Short: "A private AI workspace for a team, in one file",
		Long: `Parley is a private AI workspace for a team, in one file.

  parley serve         start the server; on first start it prints a one-time set-up link
  parley config show   every setting, its value and where it comes from
  parley doctor        look for problems around the server

Settings come from flags, the environment, the file that --config names or else
/etc/parley/config.yaml if it is there, and defaults.

Exit status: 0 success, 1 failure, 2 usage error, 78 unusable configuration.`,
		Version:           version,
		Args:              knownCommand,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		PersistentPreRun:  func(*cobra.Command, []string) { c.understood = true },
		RunE:              c.which,
	}
	root.SetIn(c.stdin)
	root.SetOut(c.stdout)
	root.SetErr(c.stderr)
	root.SetHelpCommand(c.helpCommand())
	root.SetFlagErrorFunc(c.flagError)
	f := root.PersistentFlags()
	f.StringVar(&c.configFile, "config", "", "file with settings (or PARLEY_CONFIG; default "+defaultConfigFile+" if it exists)")
	f.String("data", "", "data folder (default as configured, else ./data)")
	f.StringArrayVar(&c.sets, "set", nil, "a setting, as key=value; may be repeated")
	f.BoolVar(&c.json, "json", false, "print JSON, for machines")
	root.AddCommand(
		c.serveCommand(), c.setupTokenCommand(), c.healthCommand(), c.doctorCommand(), c.configCommand(), c.versionCommand(),
		c.userCommand(), c.keysCommand(), c.backupCommand(), c.restoreCommand(), c.checkCommand(), c.sweepCommand(), c.compactCommand(), c.migrateCommand(), c.copyCommand(),
	)
	return root
}

// load reads the settings for cmd. A flag of its own wins over --set.
func (c *cli) load(cmd *cobra.Command) (*Loaded, error) {
	if c.pipes == nil {
		c.pipes = map[string][]byte{}
	}
	src := sources{
		file: c.configFile, noFile: cmd.Flags().Changed("config"), system: defaultConfigFile, environ: c.environ, pipes: c.pipes,
	}
	for _, pair := range c.sets {
		key, text, ok := strings.Cut(pair, "=")
		if !ok {
			c.understood = false
			return nil, fmt.Errorf("--set %s: expected key=value, such as --set log.level=debug", nameOnly(pair))
		}
		src.flags = append(src.flags, flag{key, text, "--set " + nameOnly(key)})
	}
	for _, key := range []string{"data", "listen"} {
		if f := cmd.Flags().Lookup(key); f != nil && f.Changed {
			src.flags = append(src.flags, flag{key, f.Value.String(), "--" + key})
		}
	}
	l, err := load(src)
	if err != nil {
		return nil, unusable(err)
	}
	return l, nil
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

// interruptible returns the context of a long command. The first SIGINT or SIGTERM
// cancels it, so that the command cleans up; one that follows more than signalEcho
// later ends the process.
func interruptible(cmd *cobra.Command) (context.Context, func()) {
	ctx, stop := signal.NotifyContext(contextOf(cmd), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, func() { time.AfterFunc(signalEcho, stop) })
	return ctx, stop
}

// contextOf returns the context of a command.
func contextOf(cmd *cobra.Command) context.Context {
	if ctx := cmd.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}
