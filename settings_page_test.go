package main

import (
	goflag "flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

var update = goflag.Bool("update", false, "write the golden files anew")

// TestSettingsPageIsUpToDate compares docs/settings.md with what the table of
// settings and config.yaml make of it. "make golden" writes it.
func TestSettingsPageIsUpToDate(t *testing.T) {
	const path = "docs/settings.md"
	want := settingsPage(t)
	if *update {
		write(t, path, want)
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("run \"make golden\" (-want +got):\n%s", diff)
	}
}

func settingsPage(t *testing.T) string {
	l, err := load(sources{})
	if err != nil {
		t.Fatal(err)
	}
	comments := commentsOf(t)
	var b strings.Builder
	b.WriteString(`# Settings

A flag wins over the environment, the environment over the file, the file over the defaults. The file is the one that
` + "`--config`" + ` or ` + "`PARLEY_CONFIG`" + ` names, else ` + "`/etc/parley/config.yaml`" + ` if it is there. Every setting is also a flag: ` + "`--set key=value`" + `.
What is marked **reload** is re-read on SIGHUP. A name that does not exist, or a value out of range, stops the start with exit status 78 and is named
with its place. Variables that Kubernetes sets for a service named ` + "`parley`" + ` (` + "`PARLEY_SERVICE_HOST`, `PARLEY_PORT_…`" + `) are ignored.

` + "`parley config check`" + ` checks the settings and what they name before a restart; ` + "`parley config show`" + ` shows those of the running server.

This page is made of ` + "`config.yaml`" + ` by ` + "`make golden`" + `.

| setting | default | variable | |
|---|---|---|---|
`)
	for _, s := range l.settings() {
		names := []string{"`" + envName(s.key) + "`"}
		for _, name := range s.shared() {
			names = append(names, "`"+name+"`")
		}
		if s.secret {
			names = append(names, "`"+envName(s.key)+"_FILE`")
		}
		what := strings.TrimPrefix(comments[s.key], "# ")
		what = strings.Replace(what, " (reload)", " **reload**", 1)
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.key, quoted(s.value.show()), strings.Join(names, " "), what)
	}
	return b.String()
}

func quoted(v string) string {
	if v == "" {
		return ""
	}
	return "`" + v + "`"
}

// commentsOf returns the comment of each key of config.yaml.
func commentsOf(t *testing.T) map[string]string {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal(defaults, &doc); err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{}
	var walk func(string, *yaml.Node)
	walk = func(prefix string, n *yaml.Node) {
		for i := 0; i < len(n.Content); i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			path := strings.TrimPrefix(prefix+"."+k.Value, ".")
			if v.Kind == yaml.MappingNode {
				walk(path, v)
				continue
			}
			parts := strings.Split(k.HeadComment, "\n\n") // the file's head may stand before the first
			comments[path] = parts[len(parts)-1]
		}
	}
	walk("", doc.Content[0])
	return comments
}
