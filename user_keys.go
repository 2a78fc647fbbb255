package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// A userKeys names the API keys of the account that a login names.
type userKeys struct {
	Login string   `json:"login"`
	Key   store.ID `json:"key"` // zero: all of them
}

func (c *cli) userKeysCommand() *cobra.Command {
	var end bool
	var key string
	cmd := &cobra.Command{
		Use:   "keys NAME [--end [--key ID]]",
		Short: "Show a user's API keys, or end them",
		Long: `Shows the API keys of an account, the newest first. With --end they are void at once, and so
are those that were made with them; with --key ID only that one is. The keys themselves are not
stored and cannot be shown.`,
		Args: wantArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := userKeys{Login: args[0]}
			if key != "" {
				var err error
				if in.Key, err = store.ParseID(key); err != nil || !end {
					c.understood = false
					return errors.New("--key takes the id of a key, together with --end")
				}
			}
			l, err := c.load(cmd)
			if err != nil {
				return err
			}
			if end {
				var out api.EndedAPIKeys
				if err := c.runErrandWith(contextOf(cmd), l, "user-keys-end", in, &out); err != nil {
					return err
				}
				return c.say(out, fmt.Sprintf("API keys ended: %d", out.Ended))
			}
			var list api.APIKeyList
			if err := c.runErrandWith(contextOf(cmd), l, "user-keys", in, &list); err != nil {
				return err
			}
			return c.say(list, apiKeysText(list.APIKeys))
		},
	}
	cmd.Flags().BoolVar(&end, "end", false, "end the keys instead of showing them")
	cmd.Flags().StringVar(&key, "key", "", "with --end: the id of the only key to end")
	return cmd
}

// apiKeysText is the keys as a table.
func apiKeysText(list []api.APIKeyView) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-36s  %-5s  %-16s  %-16s  %s", "KEY", "SCOPE", "LAST USED", "EXPIRES", "NAME")
	moment := func(t store.Time) string {
		if t.IsZero() {
			return "never"
		}
		return t.Local().Format("2006-01-02 15:04")
	}
	for _, k := range list {
		fmt.Fprintf(&b, "\n%-36s  %-5s  %-16s  %-16s  %s", k.ID, k.Scopes[len(k.Scopes)-1], moment(k.LastUsedAt), moment(k.ExpiresAt), printable(k.Name))
	}
	return b.String()
}

func listUserKeys(ctx context.Context, h house, in userKeys) (list *api.APIKeyList, err error) {
	err = h.asOperator(ctx, "user_api_keys_listed", in.Login, func(ctx context.Context, who api.Actor, user store.ID) (err error) {
		list, err = h.api.ListUserAPIKeys(ctx, who, api.UserPageInput{ID: user, PageInput: api.PageInput{Limit: 200}})
		return err
	})
	return list, err
}

func endUserKeys(ctx context.Context, h house, in userKeys) (out *api.EndedAPIKeys, err error) {
	err = h.asOperator(ctx, "user_api_keys_ended", in.Login, func(ctx context.Context, who api.Actor, user store.ID) (err error) {
		if in.Key.IsZero() {
			out, err = h.api.EndUserAPIKeys(ctx, who, api.IDInput{ID: user})
		} else {
			out, err = h.api.EndUserAPIKey(ctx, who, api.UserAPIKeyInput{ID: user, KeyID: in.Key})
		}
		return err
	})
	return out, err
}

// asOperator runs do, which the audit calls action, for the account that login names.
func (h house) asOperator(ctx context.Context, action, login string, do func(context.Context, api.Actor, store.ID) error) error {
	who := api.Operator(commandLine)
	found, err := h.api.FindAccount(ctx, who, login)
	if err != nil {
		return forPeople(err)
	}
	return forPeople(h.api.Administer(ctx, who, action, found.ID, func(ctx context.Context) error { return do(ctx, who, found.ID) }))
}
