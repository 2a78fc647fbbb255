package main

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/parley-app/parley/api"
)

func (c *cli) healthCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "health",
		Short: "Show the health of the running server; exit status 1 if it fails or none is running",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := c.load(cmd)
			if err != nil {
				return err
			}
			var h healthReport
			if err := ask(contextOf(cmd), dataFolder(l.Data), http.MethodGet, "health", &h, nil); err != nil {
				return err
			}
			if err := c.say(h, h.text()); err != nil {
				return err
			}
			if h.Status == api.HealthFailing {
				return errors.New("the server is failing")
			}
			return nil
		},
	}
}

func (h healthReport) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, version %s, at %s\n", h.Status, h.Version, h.Address)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, name := range slices.Sorted(maps.Keys(h.Checks)) {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", name, h.Checks[name].Status, h.Checks[name].Detail)
	}
	_ = w.Flush() // of a builder, which never fails
	return strings.TrimRight(b.String(), "\n ")
}
