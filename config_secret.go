package main

import (
	"errors"
	"io/fs"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/parley-app/parley/api/llm"
)

// hidden stands in a message in place of a secret.
const hidden = "…"

// withoutSecrets returns s, an address that a person wrote, for a message: without a
// user and password, a query, a fragment and anything that looks like an API key.
// Of text that cannot be told apart, it keeps the scheme only.
func withoutSecrets(s string) string {
	scheme, rest := "", s
	if before, after, ok := strings.Cut(s, "://"); ok {
		scheme, rest = before+"://", after
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		u, err := url.Parse(s)
		if err != nil || u.User == nil || strings.Contains(u.Host+u.Path+u.RawQuery+u.Fragment, "@") {
			return llm.Redact(scheme) + hidden
		}
		rest = hidden + "@" + rest[i+1:]
	}
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i+1] + hidden
	}
	if looksRandom(rest) {
		rest = hidden
	}
	return llm.Redact(scheme + rest)
}

// looksRandom reports whether s may be a key that was pasted into the wrong setting:
// it is long, and no host, address or path.
func looksRandom(s string) bool {
	return len(s) >= 16 && !strings.ContainsAny(s, ".:") && !strings.HasPrefix(s, "/") && !strings.HasPrefix(s, hidden)
}

// keyName matches the part of an unknown key that can be the name of a setting.
var keyName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}`)

// nameOnly returns key for a message, up to the first character that no setting's name
// has: in "api_key:sk-1234", without a space, YAML takes the secret for a part of the name.
func nameOnly(key string) string {
	name := keyName.FindString(key)
	if name != key {
		name += hidden
	}
	return llm.Redact(name)
}

// withoutPath returns the cause of an error of a file, without the file's path: a
// secret may stand where its file's path belongs.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// filePath is a setting that names a file; it refuses the file's content.
func filePath(p *string) value {
	v := text(p, "")
	set := v.set
	v.set = func(s string) error {
		if strings.Contains(s, "-----BEGIN") || strings.ContainsFunc(s, unicode.IsControl) {
			return errors.New("holds the content of a file; it must be the path of that file")
		}
		return set(s)
	}
	return v
}

// anchorRE matches the anchor or tag that an error of the YAML parser quotes: a value
// that begins with *, & or ! and is not quoted.
var anchorRE = regexp.MustCompile("(unknown anchor |anchor |cannot decode |into |tag |handle )['\"`].*['\"`]")

// withoutValues returns an error of the YAML parser without what it quotes of the file.
func withoutValues(err error) string {
	return anchorRE.ReplaceAllString(strings.TrimPrefix(err.Error(), "yaml: "), "${1}"+hidden)
}
