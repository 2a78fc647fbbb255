package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// run runs the tests of testdata/module, in which each named kind of fault happens
// as often as faults says, and returns the error, what was printed and what was
// listed as unsteady.
func run(t *testing.T, faults map[string]string, flags ...string) (printed, unsteady string, err error) {
	t.Helper()
	counts, list := t.TempDir(), filepath.Join(t.TempDir(), "unsteady")
	t.Setenv("COUNTS", counts)
	t.Setenv("GOFLAGS", "-mod=mod")
	for name, times := range faults {
		t.Setenv(name, times)
	}
	t.Chdir("testdata/module")
	var out strings.Builder
	r := runner{flags: append([]string{"-count=1"}, flags...), retries: 2, limit: 10, unsteady: list, out: &out}
	err = r.run([]string{"."})
	text, _ := os.ReadFile(list) //nolint:errcheck // none is written if no test was unsteady
	return out.String(), string(text), err
}

func TestSteadyTestsPassWithoutAList(t *testing.T) {
	printed, unsteady, err := run(t, nil)
	if err != nil || unsteady != "" || !strings.HasPrefix(printed, "ok ") {
		t.Errorf("got %v, list %q, output %q", err, unsteady, printed)
	}
}

func TestWhatPassesWhenRunAgainIsUnsteady(t *testing.T) {
	for _, c := range []struct{ name, fault, times, listed, output string }{
		{"a test that fails once", "FAIL", "1", "example.org/unsteady TestUnsteady (failed in 1 of 2 runs)", "the moon is wrong"},
		{"a test that fails twice", "FAIL", "2", "example.org/unsteady TestUnsteady (failed in 2 of 3 runs)", "the moon is wrong"},
		{"a test that panics", "PANIC", "1", "example.org/unsteady (failed in 1 of 2 runs)", "no moon at all"},
		{"a package that fails without a test", "EXIT", "1", "example.org/unsteady (failed in 1 of 2 runs)", "TestMain gives up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			printed, unsteady, err := run(t, map[string]string{c.fault: c.times})
			if err != nil {
				t.Errorf("got %v, output %s", err, printed)
			}
			if !strings.Contains(unsteady, c.listed) || !strings.Contains(unsteady, c.output) {
				t.Errorf("the list is %q, want %q with %q", unsteady, c.listed, c.output)
			}
		})
	}
}

func TestWhatAlwaysFailsFailsTheRun(t *testing.T) {
	for _, fault := range []string{"FAIL", "PANIC", "EXIT"} {
		t.Run(fault, func(t *testing.T) {
			printed, unsteady, err := run(t, map[string]string{fault: "9"})
			if err == nil || unsteady != "" || !strings.Contains(printed, "failed in each of 3 runs") {
				t.Errorf("got %v, list %q, output %s", err, unsteady, printed)
			}
		})
	}
}

func TestAFailedTestIsRunAgainAlone(t *testing.T) {
	_, _, _ = run(t, map[string]string{"FAIL": "1"})
	other, err := os.ReadFile(filepath.Join(os.Getenv("COUNTS"), "OTHER"))
	if err != nil || string(other) != "." {
		t.Errorf("the other test ran %d times, want 1 (%v)", len(other), err)
	}
}

func TestOneLastingFailureAmongUnsteadyTestsFailsTheRun(t *testing.T) {
	_, unsteady, err := run(t, map[string]string{"FAIL": "1", "OTHER": "9"})
	if err == nil || !strings.Contains(unsteady, "TestUnsteady") || strings.Contains(unsteady, "TestOther") {
		t.Errorf("got %v, list %q", err, unsteady)
	}
}

func TestWhatDoesNotBuildIsNotRunAgain(t *testing.T) {
	printed, _, err := run(t, nil, "-tags=broken")
	if err == nil || strings.Contains(printed, "=== AGAIN") {
		t.Errorf("got %v, output %s", err, printed)
	}
}
