package proc

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// Options are the flags that the commands have in common.
type Options struct {
	Parley  string // the program; empty: see Program
	Rounds  int
	Seconds int
}

// Flags defines the flags, with a command's own defaults. Their values are there once
// flag.Parse was called.
func Flags(rounds, seconds int) *Options {
	o := &Options{}
	flag.StringVar(&o.Parley, "parley", "", "the program of Parley; empty: it is built")
	flag.IntVar(&o.Rounds, "rounds", rounds, "how often the sides take turns")
	flag.IntVar(&o.Seconds, "seconds", seconds, "how long each side takes")
	return o
}

// Program is the path of the program of Parley, which is built into dir if none was
// named.
func (o *Options) Program(dir string) (string, error) {
	if o.Parley != "" {
		return o.Parley, nil
	}
	path := filepath.Join(dir, "parley")
	build := exec.Command("go", "build", "-o", path, "github.com/parley-app/parley")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	return path, build.Run()
}

// Median sorts list, which is not empty, and returns its middle.
func Median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// Fail ends this program, unless err is nil.
func Fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
