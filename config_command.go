package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func (c *cli) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check and show the settings",
		Args:  knownCommand,
		RunE:  c.which,
	}
	var running, local bool
	show := &cobra.Command{
		Use:   "show",
		Short: "Print every setting, its value and where it comes from; secrets are masked",
		Long: `Prints every setting, its value and where it comes from. While a server is running on the data
folder these are the server's, else those that this command's own flags, environment and
configuration file give, as with --set or --local. The first line says which. Secrets are masked.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if running && (local || len(c.sets) > 0) {
				c.understood = false
				return errors.New("--running excludes --local and --set")
			}
			return c.configShow(cmd, running, local)
		},
	}
	show.Flags().BoolVar(&running, "running", false, "fail if no server is running")
	show.Flags().BoolVar(&local, "local", false, "show this command's own settings, not those of a running server")
	cmd.AddCommand(&cobra.Command{
		Use:   "check",
		Short: "Check the settings and what they name; exit status 78 if a start would fail",
		Long: `Reads the settings and opens what a start with them would open: the certificate and its key, files
of secrets, the data folder, the folder of backups, and the store, whose signing keys the master key
must fit. It changes nothing and works while the server runs. As root it checks with the rights of
the user that the data folder belongs to. Exit status 78 if a start would fail; warnings leave it at 0.

Before a restart: parley config check && systemctl restart parley`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.configCheck(cmd) },
	}, show)
	return cmd
}

// A configReport is what `config check` found.
type configReport struct {
	OK         bool     `json:"ok"`
	ConfigFile string   `json:"config_file"` // "" for none
	Data       string   `json:"data"`
	CheckedAs  string   `json:"checked_as"`
	Mistakes   []string `json:"mistakes"`
	Warnings   []string `json:"warnings"`
	Notes      []string `json:"notes"`
	Ignored    []string `json:"ignored"` // variables that are set and have no effect
}

func (c *cli) configCheck(cmd *cobra.Command) error {
	ctx, stop := interruptible(cmd)
	defer stop()
	out := configReport{Mistakes: []string{}, Warnings: []string{}, Notes: []string{}, Ignored: []string{}}
	l, err := c.load(cmd)
	if err == nil {
		err = out.inspect(ctx, l)
	}
	out.OK, out.Mistakes = err == nil, mistakesOf(err)
	if err != nil && !c.json {
		return err
	}
	return errors.Join(c.say(out, out.text()), err)
}

// inspect fills the report and returns the mistakes as one error.
func (r *configReport) inspect(ctx context.Context, l *Loaded) error {
	r.ConfigFile, r.Data = absolute(l.ConfigFile), dataFolder(l.Data).absolute()
	r.Ignored = append(append(r.Ignored, l.Ignored...), l.ServiceLinks...)
	running, err := askRunning(ctx, l)
	if err != nil {
		r.Notes = append(r.Notes, "the running server was not asked: "+err.Error())
	}
	in := l.inspect(ctx, running)
	r.CheckedAs = in.user
	r.Warnings, r.Notes = append(r.Warnings, in.warnings...), append(r.Notes, in.notes...)
	if running != nil {
		if names := unseen(running, l); len(names) > 0 {
			r.Notes = append(r.Notes, "the running server has settings from elsewhere, which this command does not see: "+strings.Join(names, ", "))
		}
	}
	return unusable(errors.Join(in.mistakes...))
}

// unseen names the settings that the running server takes from its environment or
// its flags and that the command has from somewhere else.
func unseen(running *runningReport, l *Loaded) (names []string) {
	for _, s := range running.Settings {
		if s.Origin != "default" && s.Origin != l.Origin[s.Key] && !strings.HasPrefix(s.Origin, running.ConfigFile+":") {
			names = append(names, fmt.Sprintf("%s (%s)", s.Key, s.Origin))
		}
	}
	return names
}

func (r *configReport) text() string {
	var b strings.Builder
	file := r.ConfigFile
	if file == "" {
		file = "none"
	}
	fmt.Fprintf(&b, "Configuration OK.\n  configuration file  %s\n  data folder         %s\n  checked as user     %s", file, r.Data, r.CheckedAs)
	if len(r.Ignored) > 0 {
		fmt.Fprintf(&b, "\nnote: set, but without effect in this release: %s", strings.Join(r.Ignored, ", "))
	}
	for _, note := range r.Notes {
		b.WriteString("\nnote: " + note)
	}
	for _, w := range r.Warnings {
		b.WriteString("\nwarning: " + w)
	}
	return b.String()
}

// shownSetting is one line of `config show`.
type shownSetting struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
}

// A configListing is what `config show` prints.
type configListing struct {
	Running  *runningReport `json:"running"` // whose settings they are; null: the command's
	Settings []shownSetting `json:"settings"`
}

func (c *cli) configShow(cmd *cobra.Command, running, local bool) error {
	ctx, stop := interruptible(cmd)
	defer stop()
	l, err := c.load(cmd)
	if err != nil {
		return err
	}
	r, err := c.running(ctx, l, local)
	if err != nil {
		return err
	}
	if r == nil && running {
		return noServerOn(dataFolder(l.Data))
	}
	if r == nil {
		list := l.shown()
		return c.say(configListing{nil, list}, "# "+c.ownSettings(ctx, l)+"\n"+tableOf(list))
	}
	head := "# those of the running server: " + r.describe()
	if len(r.Pending) > 0 {
		head += "\n# changed since the server read them, and not in force: " + strings.Join(r.Pending, ", ")
	}
	if len(r.Mistakes) > 0 {
		head += "\n# a restart would fail: " + strings.Join(r.Mistakes, "; ")
	}
	return c.say(configListing{r, r.Settings}, head+"\n"+tableOf(r.Settings))
}

const (
	valueWidth = 24 // of a column of values; longer ones move what follows
	listWidth  = 40 // a longer list has one part a line
)

// tableOf lists settings, their values and origins in columns that fit a terminal.
func tableOf(list []shownSetting) string {
	keyWidth := 0
	for _, s := range list {
		keyWidth = max(keyWidth, len(s.Key))
	}
	var b strings.Builder
	for _, s := range list {
		parts := []string{}
		v := s.Value
		switch {
		case v == "":
			v = `""`
		case len(v) > listWidth && strings.Contains(v, ","):
			parts = strings.Split(v, ",")
			v = fmt.Sprintf("(%d values)", len(parts))
		}
		fmt.Fprintf(&b, "%-*s  %-*s  %s\n", keyWidth, s.Key, valueWidth, v, s.Origin)
		for _, part := range parts {
			fmt.Fprintf(&b, "    %s\n", part)
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// shown returns every setting as text, secrets masked.
func (l *Loaded) shown() []shownSetting {
	list := []shownSetting{}
	for _, s := range l.settings() {
		v := s.value.show()
		if s.secret && v != "" {
			v = "********"
		}
		list = append(list, shownSetting{s.key, v, l.Origin[s.key]})
	}
	return list
}
