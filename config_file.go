package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxConfigFile bounds the file: a mistaken path must not fill the memory.
const maxConfigFile = 1 << 20

func (l *loader) file(path string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		l.errs = append(l.errs, err)
		return
	case !info.Mode().IsRegular() || info.Size() > maxConfigFile:
		l.fail(path, "is no file of at most %d bytes", maxConfigFile)
		return
	}
	b, err := os.ReadFile(path)
	if err != nil {
		l.errs = append(l.errs, err)
		return
	}
	l.yaml(path, b)
}

// yaml applies the settings of a YAML document; name stands for it in errors.
func (l *loader) yaml(name string, b []byte) {
	var doc, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(b))
	err := d.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF): // an empty file sets nothing
	case err != nil:
		l.fail(name, "is no YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	case !errors.Is(d.Decode(&second), io.EOF):
		l.fail(name, "holds more than one YAML document; only one is read")
	default:
		l.node(name, "", 1, doc.Content[0])
	}
}

// node applies what stands at key: a section, a list or one value.
func (l *loader) node(name, key string, line int, n *yaml.Node) {
	place := fmt.Sprintf("%s:%d", name, line)
	s := l.find(key)
	switch {
	case n.Kind == yaml.AliasNode:
		l.fail(place, "%s is a YAML alias; write the value itself", key)
	case s == nil && !l.isSection(key):
		l.unknown(key, place)
	case s == nil && n.Kind == yaml.MappingNode:
		l.section(name, key, n)
	case s == nil && n.Tag == "!!null": // all lines of the section are commented out
	case s == nil:
		l.fail(place, "%s is a section; its settings stand below it, indented", describe(key))
	case n.Tag == "!!null":
		l.fail(place, "%s has no value; give it one, or remove the line", key)
	case n.Kind == yaml.ScalarNode:
		l.set(key, n.Value, place)
	case n.Kind == yaml.SequenceNode && s.value.list:
		l.list(place, key, n)
	default:
		l.fail(place, "%s must be a single value", key)
	}
}

func (l *loader) section(name, key string, n *yaml.Node) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		path := strings.TrimPrefix(key+"."+k.Value, ".")
		if first, twice := seen[k.Value]; twice {
			l.fail(fmt.Sprintf("%s:%d", name, k.Line), "%s stands here again, after line %d; remove one", path, first)
			continue
		}
		seen[k.Value] = k.Line
		l.node(name, path, k.Line, v)
	}
}

func (l *loader) list(place, key string, n *yaml.Node) {
	var parts []string
	for _, item := range n.Content {
		if item.Kind != yaml.ScalarNode || strings.Contains(item.Value, ",") {
			l.fail(place, "%s must be a list of single values", key)
			return
		}
		parts = append(parts, item.Value)
	}
	l.set(key, strings.Join(parts, ","), place)
}

func (l *loader) isSection(key string) bool {
	return key == "" || slices.ContainsFunc(l.settings, func(s setting) bool { return strings.HasPrefix(s.key, key+".") })
}

func describe(key string) string {
	if key == "" {
		return "the file"
	}
	return key
}

// unknown reports a key that no setting has, with the one that was likely meant.
func (l *loader) unknown(key, place string) {
	best, least := "", 4 // further than three letters apart is another word
	for _, s := range l.settings {
		// A variable's name does not tell its dots from its underscores.
		if d := distance(flat(key), flat(s.key)); d < least {
			best, least = s.key, d
		}
	}
	switch {
	case best != "" && strings.HasPrefix(place, envPrefix):
		l.fail(place, "there is no such setting; %s is the nearest", envName(best))
	case best != "":
		l.fail(place, "there is no setting %s; %s is the nearest", key, best)
	case strings.HasPrefix(place, envPrefix):
		l.fail(place, "there is no such setting; `parley config show` lists them")
	default:
		l.fail(place, "there is no setting %s; `parley config show` lists them", key)
	}
}

func flat(key string) string { return strings.ReplaceAll(key, ".", "_") }

// distance counts the letters to change, add or drop to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
