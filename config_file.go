package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxConfigFile bounds the file: a mistaken path must not fill the memory.
const maxConfigFile = 1 << 20

// defaultConfigFile is read where neither --config nor PARLEY_CONFIG names a file,
// if it exists. Tests change it.
var defaultConfigFile = "/etc/parley/config.yaml"

// configFile returns the file to read, "" for none, and what names it.
func (src *sources) configFile(env map[string]string) (path, namedBy string) {
	switch {
	case src.file != "" || src.noFile:
		return src.file, "--config"
	case env[envConfig] != "":
		return env[envConfig], envConfig
	case src.system == "":
		return "", ""
	}
	if _, err := os.Stat(src.system); errors.Is(err, fs.ErrNotExist) {
		return "", ""
	}
	return src.system, ""
}

// file applies the settings of the file at path, which a flag or variable named,
// or nothing did. What a pipe holds can be read once only, so it is kept in pipes
// for the next load.
func (l *loader) file(path, namedBy string, pipes map[string][]byte) {
	b, kept := pipes[path]
	if !kept {
		var isPipe bool
		var err error
		if b, isPipe, err = readConfigFile(path); err != nil {
			l.errs = append(l.errs, explainConfigFile(err, path, namedBy))
			return
		}
		if isPipe && pipes != nil {
			pipes[path] = b
		}
	}
	l.ConfigFile = path
	l.yaml(path, b)
}

// readConfigFile reads a file of at most maxConfigFile bytes, or a pipe, as a
// shell makes one for <(command).
func readConfigFile(path string) (b []byte, isPipe bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, false, err
	case info.IsDir():
		return nil, false, errors.New("is a directory, not a file")
	}
	b, err = io.ReadAll(io.LimitReader(f, maxConfigFile+1))
	if err == nil && len(b) > maxConfigFile {
		err = fmt.Errorf("is larger than %d bytes", maxConfigFile)
	}
	return b, info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0, err
}

// explainConfigFile says which file cannot be read, why, and what names it.
func explainConfigFile(err error, path, namedBy string) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	text := fmt.Sprintf("cannot read the configuration file %s: %v", printable(path), err)
	if namedBy != "" {
		text = fmt.Sprintf("%s %s: cannot read the configuration file: %v", namedBy, printable(path), err)
	}
	if errors.Is(err, fs.ErrPermission) {
		text += "; run this as root or as the user that the server runs as"
		if namedBy == "" {
			text += `, or name another file with --config (--config "" reads none)`
		}
	}
	return errors.New(text)
}

// yaml applies the settings of a YAML document; name stands for it in errors.
func (l *loader) yaml(name string, b []byte) {
	var doc, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(b))
	err := d.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF): // an empty file sets nothing
	case err != nil:
		l.fail(name, "invalid YAML: %s", withoutValues(err))
	case !errors.Is(d.Decode(&second), io.EOF):
		l.fail(name, "contains more than one YAML document; only one is allowed")
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
		l.fail(place, "%s is a YAML alias; write the value itself", nameOnly(key))
	case s == nil && !l.isSection(key):
		l.unknown(key, place)
	case s == nil && n.Kind == yaml.MappingNode:
		l.section(name, key, n)
	case s == nil && n.Tag == "!!null": // all lines of the section are commented out
	case s == nil:
		l.fail(place, "%s", wantMapping(key))
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
			l.fail(fmt.Sprintf("%s:%d", name, k.Line), "duplicate setting %q, first set on line %d", nameOnly(path), first)
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

// wantMapping says what must stand where a section of settings is expected.
func wantMapping(key string) string {
	if key == "" {
		return "expected a mapping of settings at the top level"
	}
	return fmt.Sprintf("%s is a section: expected its settings below it, indented", key)
}

// unknown reports a key that no setting has, with the one that was likely meant.
func (l *loader) unknown(key, place string) {
	shown := nameOnly(key)
	best, least := "", 4 // further than three letters apart is another word
	for _, s := range l.settings {
		// A variable's name does not tell its dots from its underscores.
		if d := distance(flat(key), flat(s.key)); d < least {
			best, least = s.key, d
		}
	}
	switch {
	case best != "" && strings.HasPrefix(place, envPrefix):
		l.fail(place, "unknown setting; did you mean %s?", envName(best))
	case best != "":
		l.fail(place, "unknown setting %q; did you mean %q?", shown, best)
	case strings.HasPrefix(place, envPrefix):
		l.fail(place, "unknown setting; `parley config show` lists all settings")
	default:
		l.fail(place, "unknown setting %q; `parley config show` lists all settings", shown)
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
