package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A machine without a network has nothing to read but what is in the archive.
func TestTheReleaseArchiveHasTheManual(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "scripts/dist-files", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{
		"README.md", "INSTALL.md", "LICENSE", "config.yaml", "parley.service", "parley.sysusers", "parley.tmpfiles",
		"packaging/nginx.conf", "packaging/haproxy.cfg", "docs/settings.md", "docs/security.md", "docs/operating/backup.md",
	} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "config.yaml")); err != nil || strings.Count(string(b), "\ndata: /var/lib/parley\n") != 1 {
		t.Errorf("the installed config.yaml does not name the data folder of the unit: %v", err)
	}
	links := regexp.MustCompile("\\]\\(([^)#`\\s]+)")
	pages := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".md" {
			return err
		}
		pages++
		text, err := os.ReadFile(path)
		for _, m := range links.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", path, m[1])
			}
		}
		return err
	})
	if err != nil || pages < 10 {
		t.Errorf("%d pages, %v", pages, err)
	}
}

// The files that the installation instructions name lie where they are looked for.
func TestTheInstallationInstructionsNameFilesOfTheArchive(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "scripts/dist-files", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "INSTALL.md"))
	if err != nil {
		t.Fatal(err)
	}
	files := regexp.MustCompile(`(?m)^install -m \d+ (?:-g \w+ )?(\S+) /`).FindAllStringSubmatch(string(text), -1)
	if len(files) < 4 {
		t.Fatalf("only %q are installed", files)
	}
	for _, m := range files {
		if _, err := os.Stat(filepath.Join(dir, m[1])); err != nil && m[1] != "parley" { // which is built
			t.Error(err)
		}
	}
}
