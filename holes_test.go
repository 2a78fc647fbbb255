package main

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestHole10NothingInASettingIsExpanded: what a setting says is taken as it stands, from
// the file, the environment and a flag, for every setting that takes any text. A value is
// never looked up once more, so who may write one setting cannot read another's secret.
func TestHole10NothingInASettingIsExpanded(t *testing.T) {
	const secret = "expanded-canary-value"
	t.Setenv("CANARY", secret)
	environ := []string{"CANARY=" + secret, "OPENAI_API_KEY=" + secret + "-key"}
	texts := []string{"$CANARY", "${CANARY}", "${OPENAI_API_KEY}", "%CANARY%", "{{.CANARY}}", "$(echo x)", "`echo x`", "~/x", "@/etc/passwd", "file:/etc/passwd"}
	for _, s := range new(Config).settings() {
		for _, text := range texts {
			file := filepath.Join(t.TempDir(), "config.yaml")
			write(t, file, yamlOf(s.key, text))
			for how, from := range map[string]sources{
				"file":     {file: file, environ: environ},
				"variable": {environ: append([]string{envName(s.key) + "=" + text}, environ...)},
				"flag":     {environ: environ, flags: []flag{{s.key, text, "--set"}}},
			} {
				l, err := load(from)
				if err != nil {
					if strings.Contains(err.Error(), secret) {
						t.Errorf("%s of the %s: %v", s.key, how, err)
					}
					continue // such a text is no good here
				}
				for _, is := range l.Config.settings() {
					if got := is.value.show(); is.key == s.key && got != text && !is.secret && !strings.HasSuffix(got, text) || is.key != "model.openai.api_key" && strings.Contains(got, secret) {
						t.Errorf("%s became %q by the %s, which says %q", is.key, got, how, text)
					}
				}
			}
		}
	}
}

// yamlOf writes one setting as the file has it.
func yamlOf(key, text string) string {
	out, indent := "", ""
	parts := strings.Split(key, ".")
	for _, part := range parts[:len(parts)-1] {
		out += indent + part + ":\n"
		indent += "  "
	}
	return out + indent + parts[len(parts)-1] + ": '" + text + "'\n"
}

// TestHole13ThereIsNoRedis is what can be true of the thirteenth hole while one node is all
// that there is: instances share nothing, so they cannot poison each other, and nothing comes
// in by a channel. REDIS_URL is said to count for nothing, the program dials nobody for it,
// has no module that could, and /health says that it is not used. Whoever adds Redis replaces
// this by two instances with different prefixes on one server that do not see each other, and
// by a hostile payload on a channel that is dropped.
func TestHole13ThereIsNoRedis(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var came atomic.Int32
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			came.Add(1)
			_ = c.Close()
		}
	}()
	url := "redis://" + listener.Addr().String()
	t.Setenv("REDIS_URL", url)
	l, err := load(sources{environ: []string{"REDIS_URL=" + url}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"REDIS_URL"}, l.Ignored); diff != "" {
		t.Errorf("what counts for nothing: %s", diff)
	}
	for _, s := range l.Config.settings() {
		if strings.Contains(s.key, "redis") || strings.Contains(s.value.show(), url) {
			t.Errorf("the setting %s is there: this test has to go", s.key)
		}
	}
	modules, err := os.ReadFile("go.mod")
	if err != nil || slices.ContainsFunc(strings.Fields(string(modules)), func(s string) bool { return strings.Contains(s, "redis") || strings.Contains(s, "valkey") }) {
		t.Errorf("go.mod has a client of Redis, %v: this test has to go", err)
	}
	one, two := testConfig(t), testConfig(t)
	for _, l := range []*Loaded{one, two} {
		s, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.stop(time.Second) }()
		var h healthReport
		if err := ask(t.Context(), dataFolder(l.Data), "GET", "health", &h, nil); err != nil || h.Status != "ok" {
			t.Errorf("health is %q, %v", h.Status, err)
		}
	}
	if n := came.Load(); n > 0 {
		t.Errorf("%d connections to Redis", n)
	}
}
