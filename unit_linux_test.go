package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// unitSettings returns the settings of packaging/parley.service, the last value of each.
func unitSettings(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile("packaging/parley.service")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if key, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(key, "#") {
			out[key] = v
		}
	}
	return out
}

// The unit and tmpfiles.d agree about the folders, or systemd warns at each start.
func TestUnitAndTmpfilesAgree(t *testing.T) {
	unit := unitSettings(t)
	b, err := os.ReadFile("packaging/parley.tmpfiles")
	if err != nil {
		t.Fatal(err)
	}
	for setting, path := range map[string]string{"ConfigurationDirectory": "/etc/parley", "StateDirectory": "/var/lib/parley"} {
		m := regexp.MustCompile(`(?m)^d ` + path + ` (\d+) `).FindStringSubmatch(string(b))
		if m == nil || unit[setting] != filepath.Base(path) || unit[setting+"Mode"] != m[1] {
			t.Errorf("%s is %q with mode %q in the unit, and %q in tmpfiles.d", setting, unit[setting], unit[setting+"Mode"], m)
		}
	}
}

// An unusable configuration is not started again, and a server that fails at each
// start reaches the limit of starts.
func TestUnitGivesUp(t *testing.T) {
	unit := unitSettings(t)
	if unit["RestartPreventExitStatus"] != strconv.Itoa(exitConfig) {
		t.Errorf("RestartPreventExitStatus is %q, want %d", unit["RestartPreventExitStatus"], exitConfig)
	}
	duration := func(key string) time.Duration {
		d, err := time.ParseDuration(strings.TrimSuffix(unit[key], "in")) // systemd writes 10min
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		return d
	}
	burst, err := strconv.Atoi(unit["StartLimitBurst"])
	if err != nil {
		t.Fatal(err)
	}
	const start = 20 * time.Second // of a large store on a slow disk
	if took, within := time.Duration(burst)*(duration("RestartSec")+start), duration("StartLimitIntervalSec"); took > within {
		t.Errorf("%d starts take %s, and count within %s only", burst, took, within)
	}
}

// systemd understands every line of the unit.
func TestUnitIsValid(t *testing.T) {
	b, err := os.ReadFile("packaging/parley.service")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "parley.service")
	write(t, path, strings.ReplaceAll(string(b), "/usr/bin/parley", "/bin/true")) // it need not be installed
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", "--recursive-errors=no", path).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=true", "--threshold=15", path).CombinedOutput()
	if err != nil {
		t.Errorf("the exposure is over 1.5: %v\n%s", err, out)
	}
}
