package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// An event is one line of "go test -json".
type event struct {
	Action      string
	Package     string
	Test        string
	Output      string
	FailedBuild string
}

// A failure is a top-level test that failed, or a package that failed without one.
type failure struct {
	pkg, test string // test is "" for a whole package
	output    string
	final     string // why running it again is of no use; "" if it may help
}

func (f failure) String() string {
	if f.test == "" {
		return f.pkg
	}
	return f.pkg + " " + f.test
}

// A progress is what is known of a package that is being tested.
type progress struct {
	output  map[string]string // by top-level test; "" is the package itself
	running map[string]bool
	passed  map[string]bool
	failed  []string // top-level tests, in the order in which they ended
}

// test runs "go test" for packages, restricted to the top-level test named only
// unless that is empty, prints what there is to see, and returns the failures.
func (r *runner) test(packages []string, only string) ([]failure, error) {
	args := []string{"test", "-json"}
	if only != "" {
		args = append(args, "-run=^"+only+"$", "-count=1")
	}
	flags, rest := r.flags, []string(nil)
	if at := slices.Index(flags, "-args"); at >= 0 {
		flags, rest = flags[:at], flags[at:]
	}
	cmd := exec.CommandContext(context.Background(), "go", slices.Concat(args, flags, packages, rest)...) //nolint:gosec // it is there to run what it is given
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	failed, seen, err := r.follow(stdout, only)
	if err := errors.Join(err, exitError(cmd.Wait(), len(failed) > 0)); err != nil {
		return nil, err
	}
	if only != "" && len(failed) == 0 && !seen {
		return nil, fmt.Errorf("%s was not run again: no test has this name", only)
	}
	return failed, nil
}

// exitError returns nil for the exit status that failed tests explain.
func exitError(err error, failed bool) error {
	var exit *exec.ExitError
	if failed && errors.As(err, &exit) && exit.ExitCode() == 1 {
		return nil
	}
	return err
}

// follow reads the events of one run to their end. It reports too whether the test
// named only has passed.
func (r *runner) follow(events io.Reader, only string) (failed []failure, seen bool, err error) {
	packages := map[string]*progress{}
	for lines := json.NewDecoder(events); ; {
		var e event
		if err := lines.Decode(&e); errors.Is(err, io.EOF) {
			return failed, seen, nil
		} else if err != nil {
			return failed, seen, fmt.Errorf("go test wrote what is no event: %w", err)
		}
		if e.Action == "build-output" {
			fmt.Fprint(r.out, e.Output)
			continue
		}
		p := packages[e.Package]
		if p == nil {
			p = &progress{output: map[string]string{}, running: map[string]bool{}, passed: map[string]bool{}}
			packages[e.Package] = p
		}
		p.note(e)
		if e.Test == "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip") {
			found := p.end(e)
			r.show(p, e.Action, found)
			failed, seen = append(failed, found...), seen || p.passed[only]
			delete(packages, e.Package)
		}
	}
}

// note takes one event of the package.
func (p *progress) note(e event) {
	name, _, sub := strings.Cut(e.Test, "/")
	switch e.Action {
	case "output":
		p.output[name] += e.Output
	case "run":
		p.running[name] = true
	case "pass", "fail", "skip":
		if sub || name == "" {
			return
		}
		delete(p.running, name)
		p.passed[name] = e.Action != "fail"
		if e.Action == "fail" {
			p.failed = append(p.failed, name)
		}
	}
}

// end returns what has failed in the package, given the event with which it ended.
func (p *progress) end(e event) []failure {
	if e.Action != "fail" {
		return nil
	}
	if e.FailedBuild != "" {
		return []failure{{pkg: e.Package, final: "it does not build"}}
	}
	all := p.everything()
	switch {
	case strings.Contains(all, "panic: test timed out after"):
		return []failure{{pkg: e.Package, output: all, final: "the tests took too long"}}
	case !p.complete() || len(p.failed) == 0 || strings.Contains(p.output[""], "race detected outside of test execution"):
		return []failure{{pkg: e.Package, output: all}}
	}
	var list []failure
	for _, name := range p.failed {
		list = append(list, failure{pkg: e.Package, test: name, output: p.output[name]})
	}
	return list
}

// complete reports whether every test of the package was run: a panic or os.Exit in
// one of them ends all, before the testing package prints its verdict.
func (p *progress) complete() bool {
	return len(p.running) == 0 && slices.ContainsFunc(strings.Split(p.output[""], "\n"), func(line string) bool {
		return line == "FAIL" || line == "PASS"
	})
}

// everything returns the output of the package: that of tests which did not pass, then its own.
func (p *progress) everything() string {
	var b strings.Builder
	for name, output := range p.output {
		if name != "" && !p.passed[name] {
			b.WriteString(output)
		}
	}
	return b.String() + p.output[""]
}

// show prints a package that has ended, as "go test" without -json does.
func (r *runner) show(p *progress, action string, failed []failure) {
	if action == "fail" {
		for _, f := range failed {
			fmt.Fprint(r.out, brief(f.output))
		}
	}
	lines := strings.SplitAfter(brief(p.output[""]), "\n")
	if !r.verbose && action != "fail" {
		lines = slices.DeleteFunc(lines, func(s string) bool {
			return !strings.HasPrefix(s, "ok ")
		})
	}
	fmt.Fprint(r.out, strings.Join(lines, ""))
}

// passing matches what "go test -json" says of each test that begins, waits or passes.
var passing = regexp.MustCompile(`^\s*(=== (RUN|PAUSE|CONT|NAME) |--- (PASS|SKIP): )`)

// brief returns output as "go test" without -v prints it.
func brief(output string) string {
	lines := strings.SplitAfter(output, "\n")
	return strings.Join(slices.DeleteFunc(lines, passing.MatchString), "")
}
