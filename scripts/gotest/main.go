// Gotest runs "go test" and runs what failed again, alone, up to twice. A test that
// passes then counts as passed, and is added to the list of unsteady tests with the
// output of its failures; a test that fails each time fails the run.
//
//	go run ./scripts/gotest [-v] [-unsteady FILE] PACKAGE... -- [go test flags]
//
// It reads the events of "go test -json" (see "go doc test2json"). A package that
// fails without a failed test, because it panicked, exited or a data race was found
// between two tests, is run again as a whole: gotestsum runs such a package again
// with -run '^$', which passes whatever is wrong.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
)

// A runner runs tests of one call of gotest.
type runner struct {
	flags    []string // of go test
	verbose  bool     // print the output of passed tests too
	retries  int      // how often a failed test is run again
	limit    int      // with more failures than this, nothing is run again
	unsteady string   // file that lists unsteady tests; "" for none
	out      io.Writer
}

func main() {
	r := runner{out: os.Stdout}
	flag.BoolVar(&r.verbose, "v", false, "print the output of tests that pass too")
	flag.IntVar(&r.retries, "retries", 2, "how often a failed test is run again")
	flag.IntVar(&r.limit, "limit", 10, "with more failed tests than this, none is run again")
	flag.StringVar(&r.unsteady, "unsteady", os.Getenv("UNSTEADY"), "file to which unsteady tests are added")
	flag.Parse()
	packages, flags := flag.Args(), []string(nil)
	if at := slices.Index(packages, "--"); at >= 0 {
		packages, flags = packages[:at], packages[at+1:]
	}
	r.flags = flags
	if err := r.run(packages); err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		os.Exit(1)
	}
}

// run tests the packages, and what failed in them again.
func (r *runner) run(packages []string) error {
	if len(packages) == 0 {
		return errors.New("no package is named")
	}
	failed, err := r.test(packages, "")
	if err != nil || len(failed) == 0 {
		return err
	}
	if len(failed) > r.limit {
		return fmt.Errorf("%d tests failed; that is too many to run them again", len(failed))
	}
	var lasting int
	for _, f := range failed {
		if err := r.retry(f); err != nil {
			fmt.Fprintf(r.out, "--- FAIL: %s: %v\n", f, err)
			lasting++
		}
	}
	if lasting > 0 {
		return fmt.Errorf("%d of %d tests failed", lasting, len(failed))
	}
	return nil
}

// retry runs f again until it passes. It returns an error if it never does.
func (r *runner) retry(f failure) error {
	if f.final != "" {
		return errors.New(f.final)
	}
	output := f.output
	for n := 1; n <= r.retries; n++ {
		fmt.Fprintf(r.out, "=== AGAIN %s, run %d\n", f, n+1)
		failed, err := r.test([]string{f.pkg}, f.test)
		if err != nil {
			return err
		}
		if len(failed) == 0 {
			return r.report(f, n, output)
		}
		output += failed[0].output
		if failed[0].final != "" {
			return errors.New(failed[0].final)
		}
	}
	return fmt.Errorf("failed in each of %d runs", r.retries+1)
}

// report adds f, which failed n times before it passed, to the list of unsteady tests.
func (r *runner) report(f failure, n int, output string) error {
	if r.unsteady == "" {
		return nil
	}
	file, err := os.OpenFile(r.unsteady, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "--- UNSTEADY: %s (failed in %d of %d runs)\n%s", f, n, n+1, output)
	return errors.Join(err, file.Close())
}
