package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documented matches a line of a manual that runs parley, perhaps as its user.
var documented = regexp.MustCompile(`^(?:sudo -u \S+ )?(?:\S*/)?parley( .*)?$`)

// Every command line of the manual is one that the program understands: each command,
// flag and number of arguments exists.
func TestTheManualsCommandsAreUnderstood(t *testing.T) {
	pages, err := filepath.Glob("docs/operating/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(pages, "packaging/README.md", "docs/security.md", "README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for n, block := range strings.Split(string(text), "```") {
			if n%2 == 0 { // outside of a block
				continue
			}
			for line := range strings.Lines(block) {
				line, _, _ = strings.Cut(line, " #")
				for _, part := range regexp.MustCompile(`\s(?:&&|\||;)\s|[<>]`).Split(strings.TrimSpace(line), -1) {
					if m := documented.FindStringSubmatch(strings.TrimSpace(part)); m != nil {
						found++
						understands(t, page, strings.Fields(m[1]))
					}
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d commands were found in the manual", found)
	}
}

func understands(t *testing.T, page string, args []string) {
	t.Helper()
	c := &cli{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}
	root := c.root()
	cmd, rest, err := root.Find(args)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err == nil {
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	if err != nil {
		t.Errorf("%s: parley %s: %v", page, strings.Join(args, " "), err)
	}
}
