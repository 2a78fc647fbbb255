// Command parley is a private AI workspace for a team, in one file. This
// package reads the settings, wires the rooms together and speaks with the
// person at the terminal; what Parley does is in the packages below it.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// The exit statuses of every command.
const (
	exitOK     = 0
	exitFailed = 1  // the command failed
	exitUsage  = 2  // the command line is wrong
	exitConfig = 78 // the configuration cannot be used (EX_CONFIG of sysexits.h): trying again would not help
)

// run is the whole program as a function of its arguments, its environment and
// its three streams.
func run(args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &cli{args: args, stdin: stdin, stdout: stdout, stderr: stderr, environ: environ}
	root := c.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteC()
	err = withAccess(err)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(stderr, "parley: %v\n", err)
	if !c.understood {
		fmt.Fprintf(stderr, "Try \"%s --help\".\n", cmd.CommandPath())
		return exitUsage
	}
	if _, ok := errors.AsType[*configError](err); ok {
		return exitConfig
	}
	return exitFailed
}
