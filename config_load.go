package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/parley-app/parley/api/rest"
)

const envPrefix = "PARLEY_"

// envConfig names the file to read when --config does not.
const envConfig = envPrefix + "CONFIG"

// sources are where settings come from, besides the defaults.
type sources struct {
	file    string   // a path, or "" for the file that the environment names, or system
	noFile  bool     // with file "": read none
	system  string   // read where nothing else is named, if it exists; "" for none
	environ []string // as os.Environ returns it
	flags   []flag   // a later one wins

	pipes map[string][]byte // what was read from pipes, by path; nil: it is not kept
}

// A flag is what the command line says about one setting.
type flag struct{ key, text, place string }

// Loaded is a Config and where each of its settings came from, by key.
type Loaded struct {
	Config
	Origin map[string]string
	// ConfigFile is the file that was read, "" for none.
	ConfigFile string
	// SecretFiles are the files that secrets were read from.
	SecretFiles []string
	// Ignored names variables that are set, and that a later release reads.
	Ignored []string
	// ServiceLinks names variables that Kubernetes sets for a service called
	// parley; they are no settings.
	ServiceLinks []string
}

// load reads the settings: flags win over the environment, that over the file,
// that over the defaults. Its error joins everything that is wrong, one line
// each with the place and what would be right.
func load(src sources) (*Loaded, error) {
	l := &loader{Loaded: Loaded{Origin: map[string]string{}}}
	l.settings = l.Config.settings()

	l.yaml("default", defaults)
	for key := range l.Origin {
		l.Origin[key] = "default"
	}
	env := environment(src.environ)
	if path, namedBy := src.configFile(env); path != "" {
		l.file(path, namedBy, src.pipes)
	}
	l.env(env)
	for _, f := range src.flags {
		l.set(f.key, f.text, f.place)
	}
	if len(l.errs) == 0 {
		l.together()
	}
	return &l.Loaded, errors.Join(l.errs...)
}

type loader struct {
	Loaded
	settings []setting
	errs     []error
}

func (l *loader) fail(place, format string, args ...any) {
	l.errs = append(l.errs, errors.New(printable(place+": "+fmt.Sprintf(format, args...))))
}

// printable is text for one line of a terminal, in which what the file or a variable
// holds does nothing but stand there.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

func (l *loader) find(key string) *setting {
	i := slices.IndexFunc(l.settings, func(s setting) bool { return s.key == key })
	if i < 0 {
		return nil
	}
	return &l.settings[i]
}

// set gives one setting its text. place is where a person finds it.
func (l *loader) set(key, text, place string) {
	s := l.find(key)
	if s == nil {
		l.unknown(key, place)
		return
	}
	if err := s.value.set(text); err != nil {
		if s.secret && quotes(err, text) {
			err = errors.New("is not what it must be")
		}
		l.fail(place, "%s %v", key, err)
		return
	}
	l.Origin[key] = place
}

// env applies the variables that are ours. Of those that we share with other
// programs an empty one counts as not set, and one that we do not know is not
// our business; of our own both are.
func (l *loader) env(env map[string]string) {
	ours := map[string]bool{envConfig: true}
	for i := range l.settings {
		s := &l.settings[i]
		name := envName(s.key)
		ours[name] = true
		for _, other := range slices.Backward(s.shared()) {
			if env[other] != "" {
				l.set(s.key, env[other], other)
			}
		}
		if text, ok := env[name]; ok {
			l.set(s.key, text, name)
		}
		if s.secret {
			ours[name+"_FILE"] = true
			l.credential(s.key, env)
			l.secretFile(s.key, name+"_FILE", env)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		switch {
		case !strings.HasPrefix(name, envPrefix) || ours[name]:
		case isServiceLink(name, env):
			l.ServiceLinks = append(l.ServiceLinks, name)
		default:
			l.unknown(strings.ToLower(strings.TrimPrefix(name, envPrefix)), name)
		}
	}
	for _, name := range later {
		if env[name] != "" {
			l.Ignored = append(l.Ignored, name)
		}
	}
}

// later are well-known variables that this release has no use for. Who sets
// one should not believe that it does something.
var later = []string{"ANTHROPIC_API_KEY", "REDIS_URL", "DATABASE_URL"}

// secretFile reads a secret from the file that a variable names, as systemd's
// and Docker's secrets arrive.
func (l *loader) secretFile(key, name string, env map[string]string) {
	path := env[name]
	if path == "" {
		return
	}
	b, err := readSecret(path)
	if err != nil {
		l.fail(name, "%s cannot be read from the file that it names: %v", key, withoutPath(err))
		return
	}
	l.SecretFiles = append(l.SecretFiles, path)
	l.set(key, strings.TrimSpace(string(b)), name)
}

// maxSecret bounds the file of a secret: a mistaken path must not fill the memory.
const maxSecret = 64 << 10

// readSecret reads a file, or what a pipe has, as a shell makes one.
func readSecret(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err == nil && len(b) > maxSecret {
		err = fmt.Errorf("it is larger than %d bytes, which no secret is", maxSecret)
	}
	return b, err
}

// quotes says whether err holds the text that it is about.
func quotes(err error, text string) bool {
	quoted := strconv.Quote(text)
	return strings.Contains(err.Error(), text) || strings.Contains(err.Error(), quoted[1:len(quoted)-1])
}

// credential reads a secret that systemd hands over under the setting's own name:
// LoadCredential=auth.master_key:/etc/parley/master.key.
func (l *loader) credential(key string, env map[string]string) {
	folder := env["CREDENTIALS_DIRECTORY"]
	if folder == "" {
		return
	}
	path := filepath.Join(folder, key)
	b, err := readSecret(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		l.fail(path, "%s cannot be read: %v", key, withoutPath(err))
	default:
		l.SecretFiles = append(l.SecretFiles, path)
		l.set(key, strings.TrimSpace(string(b)), path)
	}
}

// shared returns the variables without our prefix that s listens to.
func (s setting) shared() []string {
	if strings.HasPrefix(s.key, "rate_limit.") || strings.HasPrefix(s.key, "heartbeat.") {
		return append(slices.Clone(s.also), strings.TrimPrefix(envName(s.key), envPrefix))
	}
	return s.also
}

func envName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// together checks what no setting can check alone.
func (l *loader) together() {
	c := &l.Config
	longer := func(key string, d time.Duration, than string, e time.Duration) {
		if d <= e {
			l.fail(l.Origin[key], "%s is %q; it must be longer than %s (%s)", key, short(d), than, short(e))
		}
	}
	longer("heartbeat.timeout", c.Heartbeat.Timeout, "heartbeat.interval", c.Heartbeat.Interval)
	longer("auth.refresh_ttl", c.Auth.RefreshTTL, "auth.access_ttl", c.Auth.AccessTTL)
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		l.fail(l.Origin["tls.cert_file"], "tls.cert_file and tls.key_file must be set together")
	}
	if c.Health.Details == rest.HealthForToken && c.Metrics.Token == "" {
		l.fail(l.Origin["health.details"], "health.details is \"token\"; metrics.token must be set then")
	}
	if c.Metrics.Listen != "" && c.Metrics.Listen == c.Listen {
		l.fail(l.Origin["metrics.listen"], "metrics.listen is %q, which is the main address; leave it empty to serve the metrics there", c.Metrics.Listen)
	}
	if c.Context.CriticalPercent < c.Context.WarningPercent {
		l.fail(l.Origin["context.critical_percent"], "context.critical_percent is \"%d\"; it must not be less than context.warning_percent (%d)",
			c.Context.CriticalPercent, c.Context.WarningPercent)
	}
}

// environment makes a map of "NAME=value" pairs.
func environment(pairs []string) map[string]string {
	env := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		if name, text, ok := strings.Cut(pair, "="); ok {
			env[name] = text
		}
	}
	return env
}
