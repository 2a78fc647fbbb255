package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// A setupInvitation is the way in for the first administrator.
type setupInvitation struct {
	Token string `json:"token"`
	Link  string `json:"link,omitempty"` // not known of a server that picks its port
}

func (c *cli) setupTokenCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "setup-token",
		Short: "Print the one-time link that makes the first administrator",
		Long: `Prints the one-time link that makes the first administrator, alone on its last line;
the bare token where the address is not known. Works whether the server runs or not.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := c.load(cmd)
			if err != nil {
				return err
			}
			var inv setupInvitation
			if err := c.runErrand(contextOf(cmd), l, "setup-token", &inv); err != nil {
				return err
			}
			if inv.Link == "" {
				return c.say(inv, inv.Token)
			}
			return c.say(inv, inv.Link)
		},
	}
}

var errSetUpAlready = errors.New("this instance has its administrator already: sign in")

// giveSetupToken returns the invitation, the same one until it has been used.
func giveSetupToken(ctx context.Context, h house) (*setupInvitation, error) {
	var token string
	err := h.Store.Update(store.InReserve(ctx), func(tx *store.Tx) (err error) {
		token, err = api.SetupToken(tx)
		return err
	})
	if err == nil && token == "" {
		err = errSetUpAlready
	}
	if err != nil {
		return nil, err
	}
	return &setupInvitation{token, setupLink(h.base, token)}, nil
}
