package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/parley-app/parley/store/kv"
)

// sleeper is the one goroutine of the HTTP server that sleeps up to ten seconds
// before it sees that it is over.
var sleeper = goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2")

// testConfig are the defaults on a free port and a folder of the test's own.
func testConfig(t *testing.T, flags ...flag) *Loaded {
	t.Helper()
	flags = append([]flag{{"listen", "127.0.0.1:0", ""}, {"data", t.TempDir(), ""}, {"auth.bcrypt_cost", "10", ""}}, flags...)
	l, err := load(sources{flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestServerLeavesNothingBehind(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent(), sleeper)
	l := testConfig(t)
	for range 2 { // what the first leaves must not be in the second's way
		s, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		var h healthReport
		if err := ask(t.Context(), dataFolder(l.Data), "GET", "health", &h, nil); err != nil || h.Status != "ok" {
			t.Errorf("health is %q, %v", h.Status, err)
		}
		if err := s.stop(time.Second); err != nil {
			t.Error(err)
		}
	}
}

// TestStartThatFails checks that what was opened by then is closed again.
func TestStartThatFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	for name, tt := range map[string]struct {
		flag flag
		want string
	}{
		"port in use":           {flag{"listen", taken.Addr().String(), ""}, "cannot listen on"},
		"data folder is a file": {flag{"data", file, ""}, "cannot create the data folder"},
		"key no header takes":   {flag{"model.openai.api_key", "a b", ""}, "model.openai"},
	} {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent(), sleeper)
			l := testConfig(t, flag{"model.openai.base_url", "http://127.0.0.1:1/v1", ""}, tt.flag)
			_, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if l.Data == file {
				return
			}
			l.Listen, l.Model.OpenAI.APIKey = "127.0.0.1:0", ""
			s, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatalf("the failed start holds something: %v", err)
			}
			if err := s.stop(time.Second); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWaitEndsWithItsReason(t *testing.T) {
	l := testConfig(t)
	newServer := func() *server {
		return &server{config: &l.Config, log: slog.New(slog.DiscardHandler), served: make(chan error, 1)}
	}
	none := func() { t.Error("reload was called") }
	t.Run("the store failed", func(t *testing.T) {
		s, failed := newServer(), make(chan error, 1)
		s.failed = failed
		failed <- kv.ErrBroken
		if err := s.wait(t.Context(), nil, none); !errors.Is(err, kv.ErrBroken) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the listener failed", func(t *testing.T) {
		s := newServer()
		s.served <- net.ErrClosed
		if err := s.wait(t.Context(), nil, none); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("told to stop, after a hangup", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		hangups := make(chan struct{}, 1)
		hangups <- struct{}{}
		if err := newServer().wait(ctx, hangups, cancel); err != nil {
			t.Errorf("got %v", err)
		}
	})
}

func TestSocketInADeepFolder(t *testing.T) {
	deep := filepath.Join(t.TempDir(), strings.Repeat("a folder with a long name/", 8))
	l := testConfig(t, flag{"data", deep, ""})
	s, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var inv setupInvitation
	if err := ask(t.Context(), dataFolder(deep), "POST", "setup-token", &inv, nil); err != nil || inv.Token == "" {
		t.Errorf("got %+v, %v", inv, err)
	}
	if err := s.stop(time.Second); err != nil {
		t.Error(err)
	}
}

func TestDifferences(t *testing.T) {
	began := testConfig(t)
	now := testConfig(t, flag{"data", began.Data, ""}, flag{"log.level", "debug", ""}, flag{"auth.access_ttl", "5m", ""})
	next := testConfig(t, flag{"data", began.Data, ""}, flag{"log.level", "warn", ""}, flag{"auth.access_ttl", "5m", ""},
		flag{"model.openai.api_key", "s3cret", ""}, flag{"rate_limit.enabled", "false", ""})
	applied, waiting := differences(began, now, next)
	if diff := cmp.Diff([]string{"log.level=warn", "rate_limit.enabled=false"}, applied); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"auth.access_ttl=5m", "model.openai.api_key"}, waiting); diff != "" {
		t.Error(diff)
	}
	if applied, _ := differences(began, next, next); len(applied) != 0 {
		t.Errorf("applied twice: %q", applied)
	}
}

func TestLinks(t *testing.T) {
	for name, tt := range map[string]struct {
		public, address, want string
		tls                   bool
	}{
		"address":            {"", "127.0.0.1:8080", "http://127.0.0.1:8080/setup?token=t-_", false},
		"all addresses":      {"", "0.0.0.0:8080", "http://127.0.0.1:8080/setup?token=t-_", false},
		"all, version 6":     {"", "[::]:8080", "http://127.0.0.1:8080/setup?token=t-_", false},
		"no address":         {"", ":8080", "http://127.0.0.1:8080/setup?token=t-_", false},
		"version 6":          {"", "[::1]:8080", "http://[::1]:8080/setup?token=t-_", false},
		"name":               {"", "parley.lan:80", "http://parley.lan:80/setup?token=t-_", false},
		"public":             {"https://p.example", "127.0.0.1:8080", "https://p.example/setup?token=t-_", false},
		"TLS":                {"", "[::]:8443", "https://127.0.0.1:8443/setup?token=t-_", true},
		"port not known yet": {"", "127.0.0.1:0", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			c := &Config{PublicURL: tt.public}
			c.TLS.SelfSigned = tt.tls
			if got := setupLink(c.baseURL(tt.address), "t-_"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestReceive(t *testing.T) {
	for name, tt := range map[string]struct {
		status     int
		body, want string
		told       int
	}{
		"result":            {200, `{"result":{"ok":true}}`, "", 0},
		"after progress":    {200, `{"what":"a","done":1,"total":2}` + "\n" + `{"what":"a","done":2,"total":2}` + "\n" + `{"result":{"ok":true}}`, "", 2},
		"refusal":           {200, `{"what":"a"}{"error":"no"}`, "no", 1},
		"no such errand":    {404, "404 page not found\n", "the server answers 404: 404 page not found", 0},
		"not JSON":          {200, "<html>", "invalid character", 0},
		"nothing":           {200, "", "the server ended before it had answered", 0},
		"cut off":           {200, `{"what":"a"}{"resu`, "the server ended before it had answered", 1},
		"of another kind":   {200, `{"result":[1]}`, "cannot unmarshal", 0},
		"progress, no more": {200, `{"what":"a"}` + "\n", "the server ended before it had answered", 1},
	} {
		t.Run(name, func(t *testing.T) {
			var out struct{ OK bool }
			told := 0
			err := receive(tt.status, strings.NewReader(tt.body), &out, func(string, int64, int64) { told++ })
			if tt.want == "" && (err != nil || !out.OK) || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, %v; want %q", out, err, tt.want)
			}
			if told != tt.told {
				t.Errorf("told of progress %d times", told)
			}
		})
	}
}
