package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

func (c *cli) userCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "The accounts: make, list, disable and enable them, set their passwords",
		Long: `Works on the accounts, whether the server runs or not. NAME is a user name or an email
address. Passwords are asked for, or read from the first line of the standard input; they are no
arguments, which others on the machine can see. What is done is in the audit.`,
		Args: knownCommand,
		RunE: c.which,
	}
	cmd.AddCommand(c.userCreateCommand(), c.userListCommand(), c.userPasswdCommand(), c.userKeysCommand(),
		c.userSwitchCommand("disable", "Sign a user out everywhere and keep them out", true),
		c.userSwitchCommand("enable", "Let a disabled user in again", false))
	return cmd
}

func (c *cli) userCreateCommand() *cobra.Command {
	var in api.CreateUserInput
	var generate bool
	cmd := &cobra.Command{
		Use:   "create NAME --email ADDRESS",
		Short: "Make an account; the first one must be an administrator's",
		Args:  wantArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if in.Role != store.RoleAdmin && in.Role != store.RoleMember || in.Email == "" {
				c.understood = false
				return errors.New("--email ADDRESS must be given, and --role be admin or member")
			}
			l, err := c.load(cmd)
			if err != nil {
				return err
			}
			in.Username = args[0]
			if in.Password, err = c.newPassword(generate); err != nil {
				return err
			}
			var made api.AccountView
			if err := c.runErrandWith(contextOf(cmd), l, "user-create", in, &made); err != nil {
				return err
			}
			return c.sayUser(&made, fmt.Sprintf("%s has an account now: %s", made.Username, made.Role), in.Password, generate)
		},
	}
	cmd.Flags().StringVar(&in.Email, "email", "", "email address")
	cmd.Flags().StringVar(&in.Role, "role", store.RoleMember, "admin or member")
	cmd.Flags().BoolVar(&generate, "generate", false, "make a password and print it")
	return cmd
}

func (c *cli) userListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Show all accounts, by user name",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := c.load(cmd)
			if err != nil {
				return err
			}
			var list api.UserList
			if err := c.runErrand(contextOf(cmd), l, "user-list", &list); err != nil {
				return err
			}
			return c.say(list, usersText(list.Users))
		},
	}
}

// usersText is the accounts as a table.
func usersText(list []*api.AccountView) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-36s  %-6s  %-8s  %-20s  %s", "USER", "ROLE", "STATE", "NAME", "EMAIL")
	for _, u := range list {
		state := "enabled"
		if u.IsDisabled {
			state = "disabled"
		}
		fmt.Fprintf(&b, "\n%-36s  %-6s  %-8s  %-20s  %s", u.ID, u.Role, state, u.Username, u.Email)
	}
	return b.String()
}

func (c *cli) userSwitchCommand(name, short string, disabled bool) *cobra.Command {
	return &cobra.Command{
		Use:   name + " NAME",
		Short: short,
		Args:  wantArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := c.load(cmd)
			if err != nil {
				return err
			}
			return c.changeUser(cmd, l, userChange{Login: args[0], Change: api.UpdateUserInput{IsDisabled: &disabled}}, name+"d", "", false)
		},
	}
}

func (c *cli) userPasswdCommand() *cobra.Command {
	var generate, keepKeys bool
	cmd := &cobra.Command{
		Use:   "passwd NAME",
		Short: "Set a password; signs the user out everywhere and ends their API keys",
		Args:  wantArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := c.load(cmd)
			if err != nil {
				return err
			}
			password, err := c.newPassword(generate)
			if err != nil {
				return err
			}
			endKeys := !keepKeys
			return c.changeUser(cmd, l, userChange{Login: args[0], Change: api.UpdateUserInput{Password: &password, EndKeys: &endKeys}}, "has a new password", password, generate)
		},
	}
	cmd.Flags().BoolVar(&generate, "generate", false, "make a password and print it")
	cmd.Flags().BoolVar(&keepKeys, "keep-keys", false, "leave the user's API keys valid")
	return cmd
}

// changeUser has an account changed and says so.
func (c *cli) changeUser(cmd *cobra.Command, l *Loaded, in userChange, done, password string, generated bool) error {
	var u api.AccountView
	if err := c.runErrandWith(contextOf(cmd), l, "user-update", in, &u); err != nil {
		return err
	}
	if !strings.HasPrefix(done, "has") {
		done = "is " + done
	}
	return c.sayUser(&u, u.Username+" "+done, password, generated)
}

// sayUser prints an account, and alone on the last line the password that was made.
func (c *cli) sayUser(u *api.AccountView, text, password string, generated bool) error {
	out := struct {
		*api.AccountView
		Password string `json:"password,omitempty"`
	}{AccountView: u}
	if generated {
		out.Password = password
		text += "; the password is\n" + password
	}
	return c.say(out, text)
}

// A userChange is what a command changes of the account that a login names.
type userChange struct {
	Login  string              `json:"login"`
	Change api.UpdateUserInput `json:"change"`
}

// taking makes an errand of a function that takes what the command says.
func taking[In, Out any](f func(context.Context, house, In) (Out, error)) func(context.Context, house, json.RawMessage) (any, error) {
	return func(ctx context.Context, h house, said json.RawMessage) (any, error) {
		var in In
		if len(said) > 0 {
			if err := json.Unmarshal(said, &in); err != nil {
				return nil, fmt.Errorf("what the command says is not understood: %w", err)
			}
		}
		return f(ctx, h, in)
	}
}

func createUser(ctx context.Context, h house, in api.CreateUserInput) (u *api.AccountView, err error) {
	who := api.Operator(commandLine)
	err = h.api.Administer(ctx, who, "user_created", store.ID{}, func(ctx context.Context) (err error) {
		u, err = h.api.CreateUser(ctx, who, in)
		return err
	})
	return u, forPeople(err)
}

// listUsers returns all accounts, page by page.
func listUsers(ctx context.Context, h house, _ struct{}) (*api.UserList, error) {
	who := api.Operator(commandLine)
	all := &api.UserList{Users: []*api.AccountView{}}
	in := api.ListUsersInput{PageInput: api.PageInput{Limit: 200}}
	for more := true; more; {
		page, err := h.api.ListUsers(ctx, who, in)
		if err != nil {
			return nil, forPeople(err)
		}
		all.Users, all.Total, more = append(all.Users, page.Users...), page.Total, page.HasMore
		if more {
			in.After = page.Users[len(page.Users)-1].ID
		}
	}
	return all, nil
}

func updateUser(ctx context.Context, h house, in userChange) (u *api.AccountView, err error) {
	err = h.asOperator(ctx, "user_updated", in.Login, func(ctx context.Context, who api.Actor, user store.ID) (err error) {
		in.Change.ID = user
		u, err = h.api.UpdateUser(ctx, who, in.Change)
		return err
	})
	return u, err
}

// forPeople returns err in the words for people alone.
func forPeople(err error) error {
	if known, ok := errors.AsType[*store.Error](err); ok {
		return errors.New(strings.TrimPrefix(known.Message, "body."))
	}
	return err
}
