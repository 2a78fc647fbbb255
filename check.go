package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// checkResult is what `parley check` found.
type checkResult struct {
	OK       bool     `json:"ok"`
	Findings []string `json:"findings"`
}

func (c *cli) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check that everything in the store fits together; exit status 1 if not",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := c.load(cmd)
			if err != nil {
				return err
			}
			var r checkResult
			if err := c.runErrand(contextOf(cmd), l, "check", &r); err != nil {
				return err
			}
			text := "The store is whole."
			if !r.OK {
				text = strings.Join(r.Findings, "\n")
			}
			if err := c.say(r, text); err != nil || r.OK {
				return err
			}
			return fmt.Errorf("the store has %d faults", len(r.Findings))
		},
	}
}

func checkStore(ctx context.Context, h house) (*checkResult, error) {
	findings, err := h.store.Check(ctx)
	return &checkResult{len(findings) == 0, append([]string{}, findings...)}, err
}
