package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// misplaced are secrets as people write them into a setting that they are not for; each
// holds canary, and the address also has it in escapes.
var misplaced = []string{
	"http://user:canary@host:8080/v1",
	"https://canary:x@host",
	"http://user:can/canary@host",
	"http://user:1?canary@host",
	"http://user:#canary@host:3310",
	"user:canary@host:11434",
	"tcp://user:canary@127.0.0.1:3310",
	"tcp://127.0.0.1:3310?password=canary",
	"unix:/run/clamd.ctl?password=canary",
	"https://host/v1?key=canary",
	"https://host/v1?key=a@canary",
	"https://host/v1#canary",
	"ftp://host/?canary",
	"://user:canary@host",
	"http://user:canary@host:port/%zz",
	"sk-proj-canary0123456789",
	"Bearer canary0123456789",
	"canary0123456789abcdef0123456789",
	"-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----",
}

// The error of a refused setting does not reveal a secret in its value, whichever
// setting it is and wherever it was set.
func TestSettingErrorsRevealNoSecret(t *testing.T) {
	refused := 0
	for _, s := range new(Config).settings() {
		for _, text := range misplaced {
			file := filepath.Join(t.TempDir(), "my.yaml")
			write(t, file, yamlOf(s.key, `"`+strings.ReplaceAll(text, "\n", `\n`)+`"`))
			for place, src := range map[string]sources{
				"file":     {file: file},
				"variable": {environ: []string{envName(s.key) + "=" + text}},
				"flag":     {flags: []flag{{s.key, text, "--set " + s.key}}},
			} {
				l, err := load(src)
				if err == nil {
					continue
				}
				refused++
				if strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), s.key) {
					t.Errorf("%s with %q in a %s: %v", s.key, text, place, err)
				}
				if l == nil {
					t.Errorf("%s: nothing was loaded", s.key)
				}
			}
		}
	}
	if refused < 1000 {
		t.Errorf("only %d values were refused", refused)
	}
}

// Addresses never take a password or a query, so that they can be shown.
func TestAddressesHoldNoSecret(t *testing.T) {
	for _, key := range []string{"public_url", "model.openai.base_url", "scanner.url", "origins", "tls.key_file"} {
		for _, text := range misplaced {
			if key == "tls.key_file" && !strings.Contains(text, "BEGIN") {
				continue
			}
			if _, err := load(sources{flags: []flag{{key, text, "--set"}}}); err == nil {
				t.Errorf("%s takes %q", key, text)
			}
		}
	}
}

// Errors in the form of a file, a variable or a flag do not quote values.
func TestFormErrorsRevealNoSecret(t *testing.T) {
	for name, tt := range map[string]struct {
		file    string
		environ []string
		want    string
	}{
		"no space after the colon":       {file: "model:\n  openai: {api_key:canary0123}\n", want: "unknown setting \"model.openai.api_key…\""},
		"a key twice, with its value":    {file: "auth: {master_key:canary: 1, master_key:canary: 2}\n", want: "auth.master_key…"},
		"an alias":                       {file: "auth:\n  master_key: *canary\n", want: "unknown anchor"},
		"a tag":                          {file: "auth:\n  master_key: !canary!x y\n", want: "invalid YAML"},
		"a secret in place of its file":  {environ: []string{"PARLEY_AUTH_MASTER_KEY_FILE=canary0123456789"}, want: "PARLEY_AUTH_MASTER_KEY_FILE: auth.master_key cannot be read"},
		"a secret as the name of a flag": {file: "sk-canary0123456789: 1\n", want: "unknown setting"},
		"a key that is short":            {environ: []string{"PARLEY_AUTH_MASTER_KEY=canary"}, want: "it must have at least 32"},
	} {
		file := filepath.Join(t.TempDir(), "my.yaml")
		write(t, file, tt.file)
		_, err := load(sources{file: file, environ: tt.environ})
		if err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	c := new(cli)
	root := c.root()
	for _, pair := range []string{"model.openai.api_key:canary0123456789", "model.openai.api_key:canary0123456789=="} {
		c.sets = []string{pair}
		if _, err := c.load(root); err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "--set model.openai.api_key…") {
			t.Errorf("--set %s: %v", pair, err)
		}
	}
}
