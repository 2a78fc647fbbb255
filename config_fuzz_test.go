package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// variables makes an environment of lines. What would have a file of this machine read is
// left out: TestWhatIsNoSecretsFile looks at that.
func variables(lines string) (environ []string) {
	for line := range strings.SplitSeq(lines, "\n") {
		name, _, ok := strings.Cut(line, "=")
		if ok && !strings.HasSuffix(name, "_FILE") && name != "CREDENTIALS_DIRECTORY" && name != envConfig {
			environ = append(environ, line)
		}
	}
	return environ
}

// FuzzConfig reads settings from a file, the environment and a flag, in any mixture. What
// is taken comes from a source that is named, and means the same when it is written down
// as it is shown and read again; what is refused is named with its place, one line each, in
// text that can be shown and without a secret.
func FuzzConfig(f *testing.F) {
	for _, s := range new(Config).settings() {
		f.Add(yamlOf(s.key, "x"), envName(s.key)+"=1\n"+strings.Join(s.shared(), "=y\n")+"=z", s.key, "0")
		f.Add("", envName(s.key)+"=\n"+envName(s.key)+"=\x00\xff", s.key, "-9223372036854775808")
	}
	f.Add(string(defaults), "PARLEY_LISTEN=:0", "listen", "[::1]:99999")
	f.Add("a: &a [*a]\n", "PARLEY_NOTHING=1", "", "")
	f.Add("? {a: b}\n: c\n", "=\n==\nPARLEY_=x", "rate_limit", "{}")
	f.Add("listen: !!binary aGk=\nlog: {level: [debug]}\n", "RATE_LIMIT_ENABLED=maybe", "upload.max_bytes", "1e3GiB")
	f.Add("<<: {listen: ':1'}\nheartbeat: {interval: 9s, interval: 8s}\n", "HEARTBEAT_TIMEOUT=1h\nPARLEY_HEARTBEAT_TIMEOUT=2h", "heartbeat.timeout", "292y")
	f.Add("auth:\n  master_key: 'secret canary'\n", "PARLEY_AUTH_MASTER_KEY=secret canary", "auth.master_key", "secret canary")
	file := filepath.Join(f.TempDir(), "config.yaml")
	f.Fuzz(func(t *testing.T, text, lines, key, value string) {
		write(t, file, text)
		const place = "--set"
		l, err := load(sources{file: file, environ: variables(lines), flags: []flag{{key, value, place}}})
		if err != nil {
			isToldWell(t, err, file, lines, key, value)
			return
		}
		for _, s := range l.settings() {
			from, _, _ := strings.Cut(l.Origin[s.key], ":")
			known := []string{"default", place, envName(s.key), strings.TrimPrefix(envName(s.key), envPrefix)}
			if !strings.HasPrefix(l.Origin[s.key], file) && !slices.Contains(append(known, s.also...), from) {
				t.Errorf("%s comes from %q", s.key, l.Origin[s.key])
			}
		}
		again := &Loaded{Origin: map[string]string{}}
		settings := again.settings()
		for i, s := range l.settings() {
			shown := s.value.show()
			if err := settings[i].value.set(shown); err != nil && shown != "" {
				t.Errorf("%s is shown as %q, which is refused: %v", s.key, shown, err)
			} else if err == nil && settings[i].value.show() != shown {
				t.Errorf("%s is shown as %q, and then as %q", s.key, shown, settings[i].value.show())
			}
		}
	})
}

// isToldWell looks at what somebody reads whose settings are refused.
func isToldWell(t *testing.T, err error, file, lines, key, value string) {
	t.Helper()
	text := err.Error()
	if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\x1b\r") {
		t.Errorf("an error that cannot be shown: %q", text)
	}
	places := []string{file, "--set", "heartbeat", "auth", "tls", "model", "scanner", "disk", "default"}
	for name := range maps.Keys(environment(variables(lines))) {
		places = append(places, printable(name))
	}
	for line := range strings.SplitSeq(text, "\n") {
		if !slices.ContainsFunc(places, func(place string) bool { return place != "" && strings.Contains(line, place) }) {
			t.Errorf("a line that names no place: %q of %q", line, text)
		}
	}
	if isSecret(key) && len(value) > 20 && strings.Contains(text, value) {
		t.Errorf("a secret is told: %q", text)
	}
}

// isSecret says whether key is a secret.
func isSecret(key string) bool {
	return slices.ContainsFunc(new(Config).settings(), func(s setting) bool { return s.key == key && s.secret })
}
