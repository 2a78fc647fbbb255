package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store/backup"
)

func (c *cli) keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "The keys that sign access tokens: list them, replace them",
		Args:  knownCommand,
		RunE:  c.which,
	}
	list := &cobra.Command{
		Use:   "list",
		Short: "Show the ring: which key signs, and until when the others verify",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return c.keys(cmd, "keys-list") },
	}
	var revoke bool
	rotate := &cobra.Command{
		Use:   "rotate",
		Short: "Have a new key sign from now on",
		Long: `Makes a new key that signs from now on. What the others have signed is good until it expires,
so nobody notices; that happens by itself every auth.key_rotation, too.

With --revoke the other keys are void at once, and so is every access token: for the day when
one may have been stolen, or when the master key that wraps them is lost. Open pages get new
tokens by themselves; nobody has to sign in again.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if revoke {
				return c.keys(cmd, "keys-revoke")
			}
			return c.keys(cmd, "keys-rotate")
		},
	}
	rotate.Flags().BoolVar(&revoke, "revoke", false, "make every access token void at once")
	cmd.AddCommand(list, rotate)
	return cmd
}

// keys has an errand on the ring done and prints the ring.
func (c *cli) keys(cmd *cobra.Command, errand string) error {
	l, err := c.load(cmd)
	if err != nil {
		return err
	}
	var ring api.KeyList
	if err := c.runErrand(contextOf(cmd), l, errand, &ring); err != nil {
		return err
	}
	return c.say(ring, keysText(&ring, time.Now()))
}

// keysText is the ring as a table.
func keysText(ring *api.KeyList, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-36s  %-9s  %-20s  %s", "KEY", "STATE", "SINCE", "WRAPPED BY")
	for _, k := range ring.Keys {
		wrapped := "nothing"
		if k.MasterKey != "" {
			wrapped = "master key " + k.MasterKey
		}
		fmt.Fprintf(&b, "\n%-36s  %-9s  %-20s  %s", k.ID, k.State, k.CreatedAt.Format("2006-01-02 15:04 UTC"), wrapped)
		if k.VerifiesUntil != nil && k.VerifiesUntil.After(now) {
			fmt.Fprintf(&b, "; until %s", k.VerifiesUntil.Format("15:04 UTC"))
		}
	}
	return b.String()
}

// replaceKeys is the errand of keys rotate.
func replaceKeys(revoke bool) func(context.Context, house, backup.Progress) (any, error) {
	return func(ctx context.Context, h house, _ backup.Progress) (any, error) {
		if err := h.keys.Replace(ctx, api.Actor{Username: commandLine}, revoke); err != nil {
			return nil, err
		}
		return h.keys.List(ctx)
	}
}

// commandLine is who did what nobody signed in for did: a person with access to
// the data folder.
const commandLine = "(command line)"
