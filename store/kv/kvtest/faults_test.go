package kvtest

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

func TestRightEnginePasses(t *testing.T) {
	Run(t, func(*testing.T) kv.Engine { return newMemory("") })
}

// faults are those of memory. The suite must find each one.
var faults = []string{
	"closes under its users", "works when closed", "forgets when closed",
	"runs what is cancelled", "reads on when cancelled", "has no line", "has no end",
	"writes in place", "keeps what failed", "swallows panics", "forgets its own errors",
	"tells what failed", "lets others in before it tells", "tells too early",
	"does not see its writes", "sees what comes", "does not delete", "lets views write",
	"makes missing empty", "makes empty missing", "joins its results", "has no pages",
	"cannot reverse", "includes the upper bound", "excludes the lower bound",
	"takes an empty bound for none", "compares as text",
	"takes empty keys", "takes longer keys", "takes larger values", "takes more writes", "takes more bytes",
}

const faulty = "KVTEST_FAULTY"

// TestFaultsAreFound runs the suite, but for the model, on every faulty engine,
// in a process of its own, because there it fails.
func TestFaultsAreFound(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestFaultyEngines$", "-test.v", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), faulty+"=1")
	out, _ := cmd.CombinedOutput()
	for _, fault := range faults {
		if !strings.Contains(string(out), "--- FAIL: TestFaultyEngines/"+strings.ReplaceAll(fault, " ", "_")+" ") {
			t.Errorf("the suite passes an engine that %s", fault)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}

func TestFaultyEngines(t *testing.T) {
	if os.Getenv(faulty) == "" {
		t.Skip("is run by TestFaultsAreFound")
	}
	for _, fault := range faults {
		t.Run(fault, func(t *testing.T) {
			open := func(*testing.T) kv.Engine { return newMemory(fault) }
			for _, tt := range slices.Concat(reading, writing, limits, transactions, concurrency, lifetime) {
				if !t.Run(tt.name, func(t *testing.T) { tt.on(t, open) }) {
					return // found
				}
			}
		})
	}
}
