package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func (c *cli) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Look at the settings",
		Args:  cobra.NoArgs,
		RunE:  c.which,
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "check",
		Short: "Say whether the settings are right; exit status 1 if not",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return c.configCheck(cmd) },
	}, &cobra.Command{
		Use:   "show",
		Short: "Print every setting, its value and where that came from; secrets are masked",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return c.configShow(cmd) },
	})
	return cmd
}

func (c *cli) configCheck(cmd *cobra.Command) error {
	l, err := c.load(cmd)
	if err != nil && !c.json {
		return err
	}
	out := struct {
		OK       bool     `json:"ok"`
		Mistakes []string `json:"mistakes"`
		Ignored  []string `json:"ignored"` // variables that are set and have no effect
	}{err == nil, mistakesOf(err), []string{}}
	text := "The settings are right."
	if l != nil && len(l.Ignored) > 0 {
		out.Ignored = l.Ignored
		text = fmt.Sprintf("Set, but without effect in this release: %s.\n%s", strings.Join(l.Ignored, ", "), text)
	}
	if sayErr := c.say(out, text); sayErr != nil {
		return sayErr
	}
	return err
}

// shownSetting is one line of `config show`.
type shownSetting struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
}

func (c *cli) configShow(cmd *cobra.Command) error {
	l, err := c.load(cmd)
	if err != nil {
		return err
	}
	shown := l.shown()
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, s := range shown {
		v := s.Value
		if v == "" {
			v = `""`
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Key, v, s.Origin)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return c.say(map[string]any{"settings": shown}, strings.TrimSuffix(text.String(), "\n"))
}

// shown returns every setting as text; of a secret only whether there is one.
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
