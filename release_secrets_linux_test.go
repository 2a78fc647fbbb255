package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// An echoServer is a model server that repeats the Authorization header wherever it can.
func echoServer(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		said := "the header was " + strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		switch body := string(b); {
		case strings.HasSuffix(r.URL.Path, "/models"):
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprintf(w, `{"error":{"message":%q}}`, said)
		case strings.Contains(body, "[page]"):
			fmt.Fprintf(w, "<html><title>%s</title>%s</html>", said, said)
		case strings.Contains(body, "[error in 200]"):
			fmt.Fprintf(w, `{"error":{"message":%q}}`, said)
		case strings.Contains(body, "[event]"):
			fmt.Fprintf(w, "event: error\ndata: %s\n\n", said)
		case strings.Contains(body, "[strange]"):
			fmt.Fprintf(w, "{\"headers\":{\"a\":%q}}", said)
		default:
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, said)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// heard is what a person or a program may read of Parley, by where it stood.
type heard struct {
	mu   sync.Mutex
	said map[string][]string
}

func (h *heard) add(where, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.said[where] = append(h.said[where], text)
}

// TestNoSecretInAnyMessage provokes errors on every surface of the real program, and
// looks for the secrets of the settings and of the requests in all that it says.
func TestNoSecretInAnyMessage(t *testing.T) {
	secrets := canaries{
		"the master key":             "canary-master-key-of-more-than-32-bytes",
		"the model server's key":     "canary-api-key-0123456789",
		"the token of the metrics":   "canary-metrics-token",
		"a password":                 "canary correct horse battery",
		"a new password":             "canary staple tractor fiddle",
		"a wrong password":           "canary wrong password",
		"a token that is none":       "canary-token-0123456789",
		"a secret in an address":     "canary-in-query",
		"a cookie":                   "canary-cookie",
		"an invite that is none":     "canary-invite",
		"a set-up token of nobody":   "canary-set-up-token",
		"a password in a mistake":    "canary-in-a-setting",
		"a key in a TLS key":         "canary-tls-key",
		"the TLS key in place of it": "canary-inline-key",
	}
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		write(t, path, text)
		return path
	}
	config := file("parley.yaml", "log: {level: debug}\n")
	environ := []string{
		"PARLEY_CONFIG=" + config, "OPENAI_BASE_URL=" + echoServer(t).URL, "OPENAI_MODEL=m", "PARLEY_AUTH_BCRYPT_COST=10",
		"PARLEY_MODEL_OPENAI_API_KEY_FILE=" + file("api-key", secrets["the model server's key"]),
		"PARLEY_AUTH_MASTER_KEY_FILE=" + file("master-key", secrets["the master key"]),
		"PARLEY_METRICS_TOKEN_FILE=" + file("metrics-token", secrets["the token of the metrics"]),
		"PARLEY_HEALTH_DETAILS=token", "PARLEY_AUTH_REGISTRATION=invite", "PARLEY_SCANNER_URL=tcp://127.0.0.1:1", "PARLEY_RATE_LIMIT_ENABLED=false",
	}
	said := &heard{said: map[string][]string{}}
	r := startRelease(t, "", environ...)
	r.makeRequests(secrets, said)
	r.readPlaces(secrets, said)
	r.runCommands(secrets, said, environ, file("tls.pem", "-----BEGIN PRIVATE KEY-----\n"+secrets["a key in a TLS key"]+"\n-----END PRIVATE KEY-----\n"))
	write(t, config, "log: {level: debug}\nmodel:\n  openai: {base_url: 'http://u:"+secrets["a password in a mistake"]+"@host'}\n")
	r.hangUp()
	r.stop()
	said.add("the log", r.stderr.String())
	if log := r.stderr.String(); !strings.Contains(log, "reload failed") || !strings.Contains(log, "path=/api/v1/auth/login") {
		t.Errorf("the log has not seen the day:\n%s", log)
	}
	for where, texts := range said.said {
		for _, text := range texts {
			for what, secret := range secrets {
				if at, found := holdsSecret(text, secret); found {
					t.Errorf("%s reveals %s: %s", where, what, lineAt(text, at))
				}
			}
		}
	}
}

// A syncedBuffer is a bytes.Buffer that can be read while a program writes to it.
type syncedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends p.
func (b *syncedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String returns all that was written.
func (b *syncedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// hangUp has the server read its settings, which have a mistake, and waits until it
// has said so.
func (r *release) hangUp() {
	r.t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		r.t.Fatal(err)
	}
	for end := time.Now().Add(patience); !strings.Contains(r.stderr.String(), "reload failed"); <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("it did not read its settings again:\n%s", &r.stderr)
		}
	}
}

// makeRequests makes the requests, right and wrong, and keeps every answer that is an error
// or that tells of the instance.
func (r *release) makeRequests(secrets canaries, said *heard) {
	r.t.Helper()
	keep := func(method, path, body string, header ...string) string {
		status, answer := r.do(method, path, body, header...)
		if status < 400 && method != "GET" {
			r.t.Errorf("%s %s succeeds: %d", method, path, status)
		}
		said.add(method+" "+strings.SplitN(path, "?", 2)[0], answer)
		return answer
	}
	text := secrets.quoted
	keep("POST", "/api/v1/setup", `{"token":`+text("a set-up token of nobody")+`,"username":"root","email":"root@example.org","password":`+text("a password")+`}`)
	keep("POST", "/api/v1/setup", `{"token":"`+r.token+`","username":`+text("a password")+`,"email":`+text("a password")+`,"password":"x"}`)
	first := r.must("access_token", "POST", "/api/v1/setup", `{"token":"`+r.token+`","username":"root","email":"root@example.org","password":`+text("a password")+`}`)
	secrets["the set-up token"], secrets["an access token"] = r.token, first
	for _, c := range r.client.Jar.Cookies(parsedURL(r.t, r.url+"/api/v1/auth/refresh")) {
		secrets["the cookie "+c.Name] = c.Value
	}
	secrets["an invite"] = r.must("code", "POST", "/api/v1/invites", `{}`)
	secrets["an API key"] = r.must("key", "POST", "/api/v1/users/me/api-keys", `{"name":"script","scopes":["write"]}`)
	for _, body := range []string{
		`{"login":"root","password":` + text("a wrong password") + `}`, `{"login":` + text("a wrong password") + `,"password":"root"}`,
		`{"login":"root","passwrod":` + text("a password") + `}`, `{"login":"root","password":[` + text("a password") + `]}`,
		`{"login":"root","password":` + text("a password") + `,"password":` + text("a password") + `}`, `{"login":"root","password":"` + secrets["a password"],
		`"` + secrets["a password"] + `"`, secrets["a password"], `{"login":{"password":` + text("a password") + `}}`,
	} {
		keep("POST", "/api/v1/auth/login", body)
	}
	keep("POST", "/api/v1/users/me/password", `{"current":`+text("a wrong password")+`,"new":`+text("a new password")+`}`)
	keep("POST", "/api/v1/users/me/password", `{"current":`+text("a password")+`,"new":["`+secrets["a new password"]+`"]}`)
	keep("POST", "/api/v1/auth/register", `{"username":"eve","email":"eve@example.org","password":`+text("a new password")+`,"invite":`+text("an invite that is none")+`}`)
	keep("POST", "/api/v1/auth/register", `{"username":`+text("an invite")+`,"email":"eve","password":"x","invite":["`+secrets["an invite"]+`"]}`)
	keep("POST", "/api/v1/users", `{"username":`+text("a new password")+`,"email":`+text("a new password")+`,"password":"1","role":`+text("a new password")+`}`)
	keep("POST", "/api/v1/users/me/api-keys", `{"name":"","scopes":[`+text("an API key")+`],"expires_at":`+text("an API key")+`}`)
	keep("POST", "/api/v1/auth/refresh", `{"refresh_token":[`+text("a token that is none")+`]}`)
	for _, path := range []string{"/api/v1/threads", "/api/v1/threads/not-an-id", "/api/v1/users/me", "/setup", "/metrics", "/nowhere", "/ws", "/chat/x"} {
		keep("GET", path+"?token="+secrets["a secret in an address"]+"&cursor="+secrets["a secret in an address"]+"&limit="+secrets["a secret in an address"], "",
			"Authorization", "Bearer "+secrets["a token that is none"], "Cookie", "parley_refresh="+secrets["a cookie"])
		keep("GET", path, "", "Authorization", "Basic "+secrets["a token that is none"], "X-Request-Id", "a "+secrets["a cookie"], "Origin", "https://u:"+secrets["a cookie"]+"@host")
	}
	for _, path := range []string{"/health", "/metrics", "/openapi.json", "/api/v1/admin/status", "/api/v1/admin/audit", "/api/v1/admin/audit/export", "/api/v1/invites", "/api/v1/users/me/api-keys"} {
		keep("GET", path, "")
	}
	r.askEcho(keep)
	keep("GET", "/health", "", "Authorization", "Bearer "+secrets["the token of the metrics"])
	keep("GET", "/metrics", "", "Authorization", "Bearer "+secrets["the token of the metrics"])
	keep("GET", "/api/v1/admin/audit/export", "")
}

func parsedURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// askEcho asks the model server that repeats the key, in all its ways.
func (r *release) askEcho(keep func(method, path, body string, header ...string) string) {
	r.t.Helper()
	project := r.must("id", "POST", "/api/v1/projects", `{"name":"Garden"}`)
	keep("GET", "/api/v1/models", "")
	for _, way := range []string{"[page]", "[error in 200]", "[event]", "[strange]", "[text]"} {
		thread := r.must("id", "POST", "/api/v1/threads", `{"project_id":"`+project+`"}`)
		r.must("", "POST", "/api/v1/threads/"+thread+"/messages?wait=true", `{"content":"`+way+`"}`)
		r.untilAnswered(thread)
		if answer := keep("GET", "/api/v1/threads/"+thread+"/messages", ""); !strings.Contains(answer, "model server") {
			r.t.Errorf("%s: no error: %s", way, answer)
		}
	}
}

// runCommands runs commands beside the server, with right and wrong settings.
func (r *release) runCommands(secrets canaries, said *heard, environ []string, tlsKey string) {
	r.t.Helper()
	path, err := releaseBinary()
	if err != nil {
		r.t.Fatal(err)
	}
	run := func(more string, args ...string) {
		data := r.data
		if args[0] == "serve" {
			data = r.t.TempDir()
		}
		ctx, cancel := context.WithTimeout(r.t.Context(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, path, append(args, "--data", data)...)
		cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, environ...)
		if more != "" {
			cmd.Env = append(cmd.Env, more)
			if name, _, _ := strings.Cut(more, "="); slices.Contains([]string{"PARLEY_MODEL_OPENAI_API_KEY", "PARLEY_AUTH_MASTER_KEY"}, name) {
				cmd.Env = append(cmd.Env, name+"_FILE=")
			}
		}
		cmd.Stdin = strings.NewReader(secrets["a new password"] + "\n")
		out, err := cmd.CombinedOutput()
		if ctx.Err() != nil || args[0] == "serve" && err == nil {
			r.t.Errorf("parley %v with %s did not fail: %s", args, more, out)
		}
		said.add(fmt.Sprintf("parley %s with %.30s", args[0], more), string(out))
		if len(out) == 0 {
			r.t.Errorf("parley %v says nothing", args)
		}
	}
	bad, token := secrets["a password in a mistake"], secrets["a token that is none"]
	for _, args := range [][]string{
		{"config", "show"},
		{"config", "show", "--json"},
		{"config", "show", "--running"},
		{"config", "show", "--running", "--json"},
		{"config", "show", "--local"},
		{"config", "check", "--json"},
		{"doctor"},
		{"doctor", "--json"},
		{"doctor", "egress"},
		{"doctor", "egress", "--json"},
		{"health"},
		{"health", "--json"},
		{"backup", "--json"},
		{"check", "--json"},
		{"user", "list", "--json"},
		{"keys", "list"},
		{"user", "passwd", "nobody"},
		{"user", "passwd", "root", "--json", "--set", "auth.bcrypt_cost=9"},
		{"user", "create", "eve", "--email", "eve"},
		{"user", "keys", "root"},
		{"setup-token"},
		{"sweep", "--json"},
	} {
		run("", args...)
	}
	for _, wrong := range []string{
		"OPENAI_BASE_URL=http://u:" + bad + "@host", "OPENAI_BASE_URL=http://host/?key=" + bad, "PARLEY_SCANNER_URL=tcp://u:" + bad + "@host:1", "PARLEY_PUBLIC_URL=" + bad + "@host",
		"PARLEY_AUTH_MASTER_KEY=" + secrets["a secret in an address"], "PARLEY_AUTH_MASTER_KEY_FILE=" + token, "PARLEY_MODEL_OPENAI_API_KEY=" + token + "\n" + token,
		"PARLEY_TLS_KEY_FILE=-----BEGIN PRIVATE KEY-----\n" + secrets["the TLS key in place of it"], "PARLEY_AUTH_MASTERKEY=" + token, "PARLEY_METRICS_TOKEN_FILE=" + token,
	} {
		for _, args := range [][]string{{"config", "check"}, {"config", "check", "--json"}, {"config", "show"}, {"serve", "--listen", "127.0.0.1:0"}, {"doctor"}, {"health"}} {
			run(wrong, args...)
		}
	}
	for _, set := range []string{"model.openai.api_key:" + token, "auth.master_key:" + token + "==", "model.openai.base_url=http://" + token + "@host"} {
		run("", "config", "check", "--set", set)
	}
	run("", "doctor", "--set", "tls.cert_file="+tlsKey, "--set", "tls.key_file="+tlsKey)
	run("", "serve", "--set", "tls.cert_file="+tlsKey, "--set", "tls.key_file="+tlsKey)
}

// holdsSecret returns where text holds a secret, as it is or as JSON and logs escape it.
func holdsSecret(text, secret string) (int, bool) {
	escaped, _ := json.Marshal(secret)
	for _, form := range []string{secret, strings.Trim(string(escaped), `"`), strings.ReplaceAll(secret, " ", "+"), strings.ReplaceAll(secret, " ", "%20")} {
		if at := strings.Index(text, form); form != "" && at >= 0 {
			return at, true
		}
	}
	return 0, false
}
