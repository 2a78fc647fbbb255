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
	found := 0
	eachManualPart(t, func(page, text string, isBlock bool) {
		if !isBlock {
			return
		}
		for line := range strings.Lines(text) {
			line, _, _ = strings.Cut(line, " #")
			for _, part := range regexp.MustCompile(`\s(?:&&|\||;)\s|[<>]`).Split(strings.TrimSpace(line), -1) {
				if m := documented.FindStringSubmatch(strings.TrimSpace(part)); m != nil {
					found++
					understands(t, page, strings.Fields(m[1]))
				}
			}
		}
	})
	if found < 20 {
		t.Errorf("only %d commands were found in the manual", found)
	}
}

// eachManualPart calls fn for the code blocks of the manual and for the text between them.
func eachManualPart(t *testing.T, fn func(page, text string, isBlock bool)) {
	t.Helper()
	pages, err := filepath.Glob("docs/operating/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "packaging/README.md", "docs/security.md", "README.md") {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for n, text := range strings.Split(string(b), "```") {
			fn(page, text, n%2 == 1)
		}
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
