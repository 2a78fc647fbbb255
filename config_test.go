package main

import (
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDefaultsAreGood(t *testing.T) {
	l, err := load(sources{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range l.settings() {
		if l.Origin[s.key] != "default" {
			t.Errorf("%s has no default in config.yaml", s.key)
		}
	}
	if len(l.Origin) != len(l.settings()) {
		t.Errorf("config.yaml has %d keys, there are %d settings", len(l.Origin), len(l.settings()))
	}
	if l.Listen != "127.0.0.1:8080" || l.Auth.AccessTTL != 15*time.Minute || l.RateLimit.Messages != 60 {
		t.Errorf("defaults are not what the contract says: %+v", l.Config)
	}
}

// TestConfigYAMLSpeaksOfEverySetting holds config.yaml against the table: the
// same keys in the same order, each with one line about it, which says
// "(reload)" exactly where SIGHUP applies the setting.
func TestConfigYAMLSpeaksOfEverySetting(t *testing.T) {
	comments := commentsOf(t)
	l := &loader{Loaded: Loaded{Origin: map[string]string{}}}
	l.settings = l.Config.settings()
	l.yaml("config.yaml", defaults)
	keys := slices.SortedFunc(maps.Keys(l.Origin), func(a, b string) int { return line(l.Origin[a]) - line(l.Origin[b]) })

	var want []string
	for _, s := range new(Config).settings() {
		want = append(want, s.key)
		c := comments[s.key]
		if c == "" || strings.Contains(c, "\n") {
			t.Errorf("%s has not one line of comment: %q", s.key, c)
		}
		if got := strings.Contains(c, "(reload)"); got != s.reload {
			t.Errorf("%s is marked (reload): %v, but reloads: %v", s.key, got, s.reload)
		}
	}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("settings (-) and config.yaml (+) differ:\n%s", diff)
	}
}

// line returns the number at the end of a place.
func line(place string) int {
	n, _ := strconv.Atoi(place[strings.LastIndex(place, ":")+1:])
	return n
}

// TestEveryFieldHasOneSetting changes each field of Config in turn and looks
// which settings show it.
func TestEveryFieldHasOneSetting(t *testing.T) {
	var c Config
	before := map[string]string{}
	for _, s := range c.settings() {
		before[s.key] = s.value.show()
	}
	fields := 0
	var walk func(string, reflect.Value)
	walk = func(name string, v reflect.Value) {
		if v.Kind() == reflect.Struct {
			for i := range v.NumField() {
				walk(name+"."+v.Type().Field(i).Name, v.Field(i))
			}
			return
		}
		fields++
		v.Set(sample(t, v.Type()))
		var changed []string
		for _, s := range c.settings() {
			if s.value.show() != before[s.key] {
				changed = append(changed, s.key)
			}
		}
		v.SetZero()
		if len(changed) != 1 {
			t.Errorf("Config%s is bound to %q, want one setting", name, changed)
		}
	}
	walk("", reflect.ValueOf(&c).Elem())
	if fields != len(c.settings()) {
		t.Errorf("%d fields, %d settings", fields, len(c.settings()))
	}
}

func sample(t *testing.T, typ reflect.Type) reflect.Value {
	t.Helper()
	for _, v := range []any{"x", true, 7, int64(7), 7 * time.Second, []string{"x"}, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}} {
		if reflect.TypeOf(v) == typ {
			return reflect.ValueOf(v)
		}
	}
	t.Fatalf("no sample of a %s", typ)
	return reflect.Value{}
}

func TestByteSize(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "1": "1", "1024": "1KiB", "1536": "1536", "256MiB": "256MiB", "256 MiB": "256MiB", "2048MiB": "2GiB", "3TiB": "3TiB",
		"": "", "-1": "", "MiB": "", "1.5GiB": "", "256MB": "", "256mib": "", "9999999TiB": "", "x": "",
	} {
		n := int64(-1)
		v := byteSize(&n)
		err := v.set(text)
		if (err == nil) != (want != "") || err == nil && v.show() != want || err != nil && (n != -1 || !strings.Contains(err.Error(), "such as 256MiB")) {
			t.Errorf("%q: %d, %v; want %q", text, n, err, want)
		}
	}
}

func TestVariableNamesAreDistinct(t *testing.T) {
	seen := map[string]string{}
	for _, s := range new(Config).settings() {
		for _, name := range append(s.shared(), envName(s.key)) {
			if other, twice := seen[name]; twice {
				t.Errorf("%s stands for %s and %s", name, other, s.key)
			}
			seen[name] = s.key
		}
	}
}

// OPS-1: rate limits and heartbeats are set by file, by environment in both spellings, and
// by flag. TestMistakes has their ranges, testdata/script/reload.txtar has SIGHUP apply them.
func TestOrderOfSources(t *testing.T) {
	file := filepath.Join(t.TempDir(), "my.yaml")
	write(t, file, "rate_limit:\n  messages_per_minute: 11\n  requests_per_minute: 12\nheartbeat:\n  interval: 3s\n")
	l, err := load(sources{
		file:    file,
		environ: []string{"PARLEY_RATE_LIMIT_REQUESTS_PER_MINUTE=22", "RATE_LIMIT_REQUESTS_PER_MINUTE=21", "RATE_LIMIT_SIGN_INS_PER_MINUTE=23", "RATE_LIMIT_UPLOADS_PER_MINUTE=24", "HEARTBEAT_TIMEOUT=45s"},
		flags:   []flag{{"rate_limit.sign_ins_per_minute", "33", "--set"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][2]string{}
	for _, s := range l.settings() {
		if strings.HasPrefix(s.key, "rate_limit.") || strings.HasPrefix(s.key, "heartbeat.") {
			got[s.key] = [2]string{s.value.show(), l.Origin[s.key]}
		}
	}
	want := map[string][2]string{
		"rate_limit.enabled":             {"true", "default"},
		"rate_limit.api_key_percent":     {"100", "default"},
		"rate_limit.messages_per_minute": {"11", file + ":2"},
		"rate_limit.requests_per_minute": {"22", "PARLEY_RATE_LIMIT_REQUESTS_PER_MINUTE"},
		"rate_limit.sign_ins_per_minute": {"33", "--set"},
		"rate_limit.sockets_per_user":    {"50", "default"},
		"rate_limit.uploads_per_minute":  {"24", "RATE_LIMIT_UPLOADS_PER_MINUTE"},
		"heartbeat.interval":             {"3s", file + ":5"},
		"heartbeat.timeout":              {"45s", "HEARTBEAT_TIMEOUT"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUsualNamesOfModelServers(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	write(t, key, "s3cret\n")
	l, err := load(sources{environ: []string{
		"OPENAI_BASE_URL=http://127.0.0.1:11434/v1/", "OPENAI_MODEL=llama3", "OPENAI_API_KEY=other",
		"PARLEY_MODEL_OPENAI_API_KEY_FILE=" + key, "REDIS_URL=redis://x", "OPENAI_ORG=x", "RATE_LIMIT_ENABLED=",
	}})
	if err != nil {
		t.Fatal(err)
	}
	o := l.Model.OpenAI
	if o.BaseURL != "http://127.0.0.1:11434/v1" || o.Model != "llama3" || o.APIKey != "s3cret" || !l.RateLimit.Enabled {
		t.Errorf("got %+v", l.Config)
	}
	if diff := cmp.Diff([]string{"REDIS_URL"}, l.Ignored); diff != "" {
		t.Error(diff)
	}
}

// A secret may come as a systemd credential under the setting's own name.
func TestCredentials(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "auth.master_key"), strings.Repeat("k", 32)+"\n")
	write(t, filepath.Join(folder, "model.openai.api_key"), "s3cret")
	write(t, filepath.Join(folder, "listen"), "not a secret")
	l, err := load(sources{environ: []string{"CREDENTIALS_DIRECTORY=" + folder, "OPENAI_API_KEY=other"}})
	if err != nil {
		t.Fatal(err)
	}
	if l.Auth.MasterKey != strings.Repeat("k", 32) || l.Model.OpenAI.APIKey != "s3cret" || l.Listen != "127.0.0.1:8080" {
		t.Errorf("got %+v", l.Config)
	}
	if got := l.Origin["auth.master_key"]; got != filepath.Join(folder, "auth.master_key") {
		t.Errorf("it came from %q", got)
	}
}

// TestMistakes checks that each is found with its name, its place and what
// would be right. FILE stands for the file's path.
func TestMistakes(t *testing.T) {
	for name, tt := range map[string]struct {
		file    string
		environ []string
		flags   []flag
		want    []string
	}{
		"unknown key in the file":        {file: "listen: :1\nlissten: :2\n", want: []string{"FILE:2: unknown setting \"lissten\"; did you mean \"listen\"?"}},
		"unknown key, nothing like it":   {file: "zebra: 2\n", want: []string{"FILE:1: unknown setting \"zebra\"; `parley config show` lists all settings"}},
		"unknown section":                {file: "\nratelimit:\n  enabled: true\n", want: []string{"FILE:2: unknown setting \"ratelimit\""}},
		"unknown key in a section":       {file: "rate_limit:\n  enabled: true\n  enable: true\n", want: []string{"FILE:3: unknown setting \"rate_limit.enable\"; did you mean \"rate_limit.enabled\"?"}},
		"unknown variable":               {environ: []string{"PARLEY_RATE_LIMIT_ENABLE=1"}, want: []string{"PARLEY_RATE_LIMIT_ENABLE: unknown setting; did you mean PARLEY_RATE_LIMIT_ENABLED?"}},
		"unknown flag":                   {flags: []flag{{"bogus.key", "1", "--bogus.key"}}, want: []string{"--bogus.key: unknown setting \"bogus.key\""}},
		"out of range in the file":       {file: "auth:\n  bcrypt_cost: 4\n", want: []string{`FILE:2: auth.bcrypt_cost is "4"; it must be a whole number from 10 to 16`}},
		"out of range in a variable":     {environ: []string{"RATE_LIMIT_MESSAGES_PER_MINUTE=0"}, want: []string{`RATE_LIMIT_MESSAGES_PER_MINUTE: rate_limit.messages_per_minute is "0"; it must be a whole number from 1`}},
		"no number":                      {environ: []string{"PARLEY_MODEL_MAX_CONCURRENT=many"}, want: []string{`"many"; it must be a whole number`}},
		"no duration":                    {file: "shutdown: {timeout: 20}\n", want: []string{`FILE:1: shutdown.timeout is "20"; it must be a duration from 0s to 10m, such as 30s`}},
		"no truth":                       {environ: []string{"PARLEY_RATE_LIMIT_ENABLED=yes"}, want: []string{`"yes"; it must be true or false`}},
		"no word of the list":            {file: "log: {level: loud}\n", want: []string{`FILE:1: log.level is "loud"; it must be one of debug, info, warn, error`}},
		"no address":                     {flags: []flag{{"listen", "8080", "--listen"}}, want: []string{`--listen: listen is "8080"; it must be an address and a port`}},
		"port too large":                 {flags: []flag{{"listen", ":70000", "--listen"}}, want: []string{`it must be an address and a port`}},
		"no URL":                         {environ: []string{"OPENAI_BASE_URL=localhost:11434"}, want: []string{`OPENAI_BASE_URL: model.openai.base_url is "localhost:11434"; it must be an http or https URL, such as http://127.0.0.1:11434/v1 (the scheme is missing: http:// or https://)`}},
		"a path in an origin":            {file: "origins:\n  - https://a.example\n  - https://b.example/x\n", want: []string{`FILE:1: origins contains "https://b.example/x"; an origin is a scheme and a host`}},
		"no list":                        {file: "listen: [a, b]\n", want: []string{"FILE:1: listen must be a single value"}},
		"a value where a section stands": {file: "log: debug\n", want: []string{"FILE:1: log is a section: expected its settings below it"}},
		"a list as a file":               {file: "- a\n", want: []string{"FILE:1: expected a mapping of settings at the top level"}},
		"no value":                       {file: "listen:\n", want: []string{"FILE:1: listen has no value"}},
		"twice the same key":             {file: "listen: :1\ndata: x\nlisten: :2\n", want: []string{"FILE:3: duplicate setting \"listen\", first set on line 1"}},
		"no YAML":                        {file: "listen: [\n", want: []string{"FILE: invalid YAML: line 1"}},
		"two documents":                  {file: "listen: :1\n---\nlisten: :2\n", want: []string{"FILE: contains more than one YAML document"}},
		"an alias":                       {file: "data: &d x\nlisten: *d\n", want: []string{"FILE:2: listen is a YAML alias"}},
		"heartbeat without time":         {environ: []string{"HEARTBEAT_INTERVAL=90s"}, want: []string{`default: heartbeat.timeout is "1m"; it must be longer than heartbeat.interval (1m30s)`}},
		"warning after critical":         {file: "context:\n  critical_percent: 50\n", want: []string{`FILE:2: context.critical_percent is "50"; it must not be less than context.warning_percent (80)`}},
		"a secret's file is missing":     {environ: []string{"PARLEY_MODEL_OPENAI_API_KEY_FILE=/nonexistent/key"}, want: []string{"PARLEY_MODEL_OPENAI_API_KEY_FILE: model.openai.api_key cannot be read"}},
		"a master key that is short":     {environ: []string{"PARLEY_AUTH_MASTER_KEY=s3cret"}, want: []string{"PARLEY_AUTH_MASTER_KEY: auth.master_key has 6 characters; it must have at least 32"}},
		"a certificate without a key":    {environ: []string{"PARLEY_TLS_CERT_FILE=x.pem"}, want: []string{"PARLEY_TLS_CERT_FILE: tls.cert_file and tls.key_file must be set together"}},
		"no network":                     {file: "trusted_proxies: [10.0.0.0/8, proxy.lan]\n", want: []string{`FILE:1: trusted_proxies contains "proxy.lan"; a network looks like 10.0.0.0/8, or is a single address`}},
		"everybody as proxy":             {flags: []flag{{"trusted_proxies", "::1,0.0.0.0/0", "--set"}}, want: []string{`trusted_proxies contains "0.0.0.0/0"`}},
		"everything at once": {file: "a: 1\nlog: {level: x}\n", environ: []string{"PARLEY_B=1"}, flags: []flag{{"c", "", "--c"}}, want: []string{
			"FILE:1: unknown setting \"a\"", "FILE:2: log.level", "PARLEY_B: unknown setting", "--c: unknown setting \"c\"",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "my.yaml")
			write(t, file, tt.file)
			_, err := load(sources{file: file, environ: tt.environ, flags: tt.flags})
			if err == nil {
				t.Fatal("no error")
			}
			got := strings.ReplaceAll(err.Error(), file, "FILE")
			if lines := strings.Count(got, "\n") + 1; lines != len(tt.want) {
				t.Errorf("%d mistakes were found, want %d", lines, len(tt.want))
			}
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			}
		})
	}
}

func TestSettingsThatAreLeftOut(t *testing.T) {
	for name, file := range map[string]string{
		"empty file":            "",
		"comments only":         "# nothing\n",
		"section commented out": "rate_limit:\n  # enabled: false\n",
		"section empty":         "log: {}\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "my.yaml")
			write(t, path, file)
			l, err := load(sources{environ: []string{"PARLEY_CONFIG=" + path}})
			if err != nil {
				t.Fatal(err)
			}
			if !l.RateLimit.Enabled || l.Log.Level != "info" {
				t.Errorf("defaults are gone: %+v", l.Config)
			}
		})
	}
}

func TestFileThatIsNone(t *testing.T) {
	for name, path := range map[string]string{"missing": filepath.Join(t.TempDir(), "no.yaml"), "folder": t.TempDir(), "endless": "/dev/zero"} {
		t.Run(name, func(t *testing.T) {
			if _, err := load(sources{file: path}); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want an error that names %s", err, path)
			}
		})
	}
}

// A secret's file is read within bounds, whichever variable or credential names it.
func TestWhatIsNoSecretsFile(t *testing.T) {
	folder := t.TempDir()
	if err := os.Symlink("/dev/zero", filepath.Join(folder, "auth.master_key")); err != nil {
		t.Fatal(err)
	}
	for _, environ := range [][]string{
		{"PARLEY_AUTH_MASTER_KEY_FILE=/dev/zero"},
		{"PARLEY_MODEL_OPENAI_API_KEY_FILE=/dev/zero"},
		{"CREDENTIALS_DIRECTORY=" + folder},
		{"PARLEY_AUTH_MASTER_KEY_FILE=" + folder},
	} {
		if _, err := load(sources{environ: environ}); err == nil || !strings.Contains(err.Error(), "cannot be read") {
			t.Errorf("%s: %v", environ, err)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
