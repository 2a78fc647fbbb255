package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// noArgs refuses arguments, and names the first.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q", args[0])
	}
	return nil
}

// wantArgs takes exactly one argument for each name, and names the one that is
// missing or too many.
func wantArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return fmt.Errorf("missing %s; usage: %s", names[len(args)], usageOf(cmd))
		}
		return noArgs(cmd, args[len(names):])
	}
}

// maybeArg takes at most one argument.
func maybeArg(cmd *cobra.Command, args []string) error {
	return noArgs(cmd, args[min(len(args), 1):])
}

// usageOf returns a command with its arguments, such as "parley restore FILE".
func usageOf(cmd *cobra.Command) string {
	_, args, _ := strings.Cut(cmd.Use, " ")
	return strings.TrimSpace(cmd.CommandPath() + " " + args)
}

// knownCommand refuses the name of a command that cmd does not have, and suggests
// the one that was likely meant.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	name := args[0]
	text := fmt.Sprintf("unknown command %q", name)
	if cmd.HasParent() {
		text = fmt.Sprintf("unknown command %q of %s", name, cmd.CommandPath())
	}
	if near := nearest(name, subcommands(cmd)); near != "" {
		return fmt.Errorf("%s; did you mean %q?", text, near)
	}
	return fmt.Errorf("%s; one of: %s", text, strings.Join(subcommands(cmd), ", "))
}

// subcommands returns the names of the commands below cmd that help shows.
func subcommands(cmd *cobra.Command) []string {
	names := []string{}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return names
}

// nearest returns the word of list that was likely meant by the misspelt one, or "".
func nearest(word string, list []string) string {
	best, least := "", max(2, len(word)/3+1)
	for _, w := range list {
		d := distance(strings.ToLower(word), w)
		if strings.HasPrefix(w, strings.ToLower(word)) && word != "" {
			d = min(d, 1)
		}
		if d < least || d == least && best == "" && d < max(len(word), 3) {
			best, least = w, d
		}
	}
	return best
}

// which answers a command that only holds others.
func (c *cli) which(cmd *cobra.Command, _ []string) error {
	c.understood = false
	return fmt.Errorf("missing command after %q; one of: %s", cmd.CommandPath(), strings.Join(subcommands(cmd), ", "))
}

// flagError explains a flag that cannot be parsed. After a command that does not
// exist no flag is known, so that is what is named.
func (c *cli) flagError(cmd *cobra.Command, err error) error {
	if _, rest, findErr := cmd.Root().Find(c.args); cmd.HasSubCommands() && findErr == nil {
		if word := firstWord(cmd, rest); word != "" {
			return knownCommand(cmd, []string{word})
		}
	}
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return err
	}
	names := []string{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	name := unknown.GetSpecifiedName()
	if near := nearest(name, names); near != "" && len(name) > 1 {
		return fmt.Errorf("unknown flag --%s; did you mean --%s?", name, near)
	}
	return err
}

// firstWord returns the first of args that is neither a flag nor a flag's value.
func firstWord(cmd *cobra.Command, args []string) string {
	for i := 0; i < len(args); i++ {
		name, isFlag := strings.CutPrefix(args[i], "--")
		if !isFlag {
			return args[i]
		}
		if f := cmd.Flags().Lookup(name); f != nil && f.Value.Type() != "bool" {
			i++
		}
	}
	return ""
}

// helpCommand is cobra's, but fails on a command that does not exist.
func (c *cli) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			target := cmd.Root()
			for _, name := range args {
				i := slices.IndexFunc(target.Commands(), func(sub *cobra.Command) bool { return sub.Name() == name })
				if i < 0 {
					c.understood = false
					return knownCommand(target, []string{name})
				}
				target = target.Commands()[i]
			}
			target.InitDefaultHelpFlag()
			return target.Help()
		},
	}
}
