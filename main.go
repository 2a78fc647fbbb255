// Command parley is a private AI workspace for a team, in one file. This
// package reads the settings, wires the rooms together and speaks with the
// person at the terminal; what Parley does is in the packages below it.
package main

import (
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
	exitFailed = 1 // it was understood and did not work
	exitUsage  = 2 // it was not understood
)

// run is the whole program as a function of its arguments, its environment and
// its three streams.
func run(args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &cli{stdin: stdin, stdout: stdout, stderr: stderr, environ: environ}
	root := c.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteC()
	err = withAccess(err)
	switch {
	case err == nil:
		return exitOK
	case !c.understood:
		fmt.Fprintf(stderr, "parley: %v\nTry \"%s --help\".\n", err, cmd.CommandPath())
		return exitUsage
	default:
		fmt.Fprintf(stderr, "parley: %v\n", err)
		return exitFailed
	}
}
