package livetest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/parley-app/parley/api/livetest"
	"github.com/parley-app/parley/api/llm/llmtest"
)

// The proxies run with the sample configurations of packaging/. Their time-outs and
// buffering are the defaults, but for a test that would take minutes: it divides
// those and the heartbeat by five, unless it is told not to.
var proxyDefaults = flag.Bool("proxy-defaults", false, "let sockets idle behind proxies for their real time-outs, a minute and more")

// A proxy is a real one in front of a server.
type proxy struct {
	*testing.T
	name string
	url  string
	tls  *tls.Config
}

// proxies start each one that is tested, with config as far as it is not the sample.
var proxies = map[string]func(p *proxy, sample string, slow bool) *exec.Cmd{
	"nginx": func(p *proxy, sample string, slow bool) *exec.Cmd {
		dir := p.TempDir()
		timeouts := ""
		if slow {
			timeouts = "proxy_read_timeout 12s; proxy_send_timeout 12s;"
		}
		paths := ""
		for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			paths += fmt.Sprintf("%s_temp_path %s;\n", kind, filepath.Join(dir, kind))
		}
		user := ""
		if os.Geteuid() == 0 {
			user = "user root;"
		}
		config := fmt.Sprintf("daemon off; worker_processes 1; pid %s; error_log stderr; %s\nevents { worker_connections 1024; }\nhttp { access_log off; %s %s\n%s }\n",
			filepath.Join(dir, "pid"), user, timeouts, paths, sample)
		return exec.Command("nginx", "-c", p.write(dir, "nginx.conf", config))
	},
	"haproxy": func(p *proxy, sample string, slow bool) *exec.Cmd {
		client, server := "50000", "50000" // as Debian has them
		if slow {
			client, server = "10000", "10000"
		}
		config := fmt.Sprintf("defaults\n\tmode http\n\toption dontlognull\n\ttimeout connect 5000\n\ttimeout client %s\n\ttimeout server %s\n\n%s", client, server, sample)
		return exec.Command("haproxy", "-db", "-f", p.write(p.TempDir(), "haproxy.cfg", config))
	},
}

var samples = map[string]string{"nginx": "nginx.conf", "haproxy": "haproxy.cfg"}

func (p *proxy) write(dir, name, content string) string {
	p.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		p.Fatal(err)
	}
	return path
}

// newProxy starts one in front of a server.
func newProxy(t *testing.T, name string, s *livetest.Server, slow bool) *proxy {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/" + name) // not in everybody's PATH
	}
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("in CI %s has to be there: %v", name, err)
		}
		t.Skipf("needs %s: scripts/needs %s", name, name)
	}
	p := &proxy{T: t, name: name}
	address := livetest.FreePort(t)
	cert, key, pool := p.certificate()
	dir := t.TempDir()
	sample, err := os.ReadFile(filepath.Join("..", "..", "packaging", samples[name]))
	if err != nil {
		t.Fatal(err)
	}
	said := string(sample)
	for old, is := range map[string]string{
		"127.0.0.1:8080":                s.Address(),
		"listen 443":                    "listen " + address,
		"bind :443":                     "bind " + address,
		"/etc/ssl/parley/fullchain.pem": p.write(dir, "cert.pem", cert),
		"/etc/ssl/parley/privkey.pem":   p.write(dir, "key.pem", key),
		"/etc/haproxy/parley.pem":       p.write(dir, "both.pem", cert+key),
	} {
		said = strings.ReplaceAll(said, old, is)
	}
	p.url, p.tls = "https://"+address, &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	cmd := proxies[name](p, said, slow)
	cmd.Path = path
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &log, &log, 20*time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() }) // HAProxy has been seen to miss it
		_ = cmd.Wait()
		late.Stop()
		if t.Failed() {
			t.Logf("%s says:\n%s", name, log.String())
		}
	})
	p.wait()
	return p
}

// wait waits until the server answers behind the proxy.
func (p *proxy) wait() {
	p.Helper()
	for end := time.Now().Add(livetest.Patience); ; time.Sleep(20 * time.Millisecond) {
		status, _, err := p.call(http.MethodGet, "/readyz", nil, nil)
		if err == nil && status == http.StatusOK {
			return
		}
		if time.Now().After(end) {
			p.Fatalf("%s does not serve: %d, %v", p.name, status, err)
		}
	}
}

// call makes one request through the proxy, from 127.0.0.2.
func (p *proxy) call(method, path string, header http.Header, in any) (status int, answer *http.Response, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequest(method, p.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	maps.Copy(r.Header, header)
	d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	transport := &http.Transport{TLSClientConfig: p.tls, DisableKeepAlives: true, DialContext: d.DialContext}
	answer, err = transport.RoundTrip(r)
	if err != nil {
		return 0, nil, err
	}
	text, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(text))
	return answer.StatusCode, answer, err
}

// certificate makes one for 127.0.0.1 that signs itself.
func (p *proxy) certificate() (cert, key string, pool *x509.CertPool) {
	p.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.Fatal(err)
	}
	is := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "parley"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, is, is, &private.PublicKey, private)
	secret, err2 := x509.MarshalECPrivateKey(private)
	if err := errors.Join(err, err2); err != nil {
		p.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		p.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(made)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret})), pool
}

func (p *proxy) client(s *livetest.Server, thread string) *livetest.Client {
	return &livetest.Client{Name: p.name, URL: p.url, Token: s.Token, Thread: thread, Server: s, TLS: p.tls}
}

// TestBehindAProxy does what people do, through nginx and HAProxy as packaging/ says
// to set them up.
func TestBehindAProxy(t *testing.T) {
	for name := range proxies {
		t.Run(name, func(t *testing.T) {
			model := llmtest.New(t)
			s := livetest.New(t, program(t), livetest.Settings{
				"OPENAI_BASE_URL": model.URL, "OPENAI_MODEL": model.Model, "PARLEY_TRUSTED_PROXIES": "127.0.0.1", "PARLEY_SHUTDOWN_TIMEOUT": "1s",
			})
			p := newProxy(t, name, s, false)
			thread := s.NewThread()
			t.Run("a browser signs in", func(t *testing.T) { p.signsIn(t, s, thread) })
			t.Run("tokens are not held back", func(t *testing.T) { p.isNotHeldBack(t, s, model) })
			t.Run("long messages both ways", func(t *testing.T) { p.isLong(t, s, model) })
			t.Run("the server restarts", func(t *testing.T) { p.isRestarted(t, s, model) })
		})
	}
}

// signsIn signs in as a page does, and opens a socket with its cookies.
func (p *proxy) signsIn(t *testing.T, s *livetest.Server, thread string) {
	status, answer, err := p.call(http.MethodPost, "/api/v1/auth/login", http.Header{"Origin": {p.url}}, map[string]string{"login": "ann", "password": "correct horse"})
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v", status, err)
	}
	cookie := ""
	for _, c := range answer.Cookies() {
		if !c.Secure || !c.HttpOnly {
			t.Errorf("the cookie %s is not secure", c.Name)
		}
		cookie += c.Name + "=" + c.Value + "; "
	}
	page := p.client(s, thread)
	page.Header = http.Header{"Cookie": {cookie}, "Origin": {p.url}}
	if err := page.Open(); err != nil {
		t.Fatal(err)
	}
	page.Drop(true)
	evil := p.client(s, thread)
	evil.Header = http.Header{"Cookie": {cookie}, "Origin": {"https://evil.example.org"}}
	if err := evil.Open(); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("a page of another site: %v", err)
	}
	var list struct {
		Sessions []struct {
			Address string `json:"address"`
		} `json:"sessions"`
	}
	s.Call(http.MethodGet, "/auth/sessions", nil, &list)
	if len(list.Sessions) != 2 || list.Sessions[0].Address != "127.0.0.2" {
		t.Errorf("the sessions are %+v", list.Sessions)
	}
}

// isNotHeldBack has the model wait for each token to be seen before it says the next.
func (p *proxy) isNotHeldBack(t *testing.T, s *livetest.Server, model *llmtest.Server) {
	c := p.client(s, s.NewThread())
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	const tokens = 20
	seen := make(chan struct{}, tokens)
	model.Next(func(c *llmtest.Call) {
		for n := range tokens {
			c.Text(fmt.Sprintf("t%d ", n))
			<-seen
		}
		c.End()
	})
	if err := s.Ask(c.Thread, "why?", uuid.NewString()); err != nil {
		t.Fatal(err)
	}
	had := 0
	if err := c.Follow(func(c *livetest.Client) bool {
		for ; had < c.Chunks; had++ {
			seen <- struct{}{}
		}
		return c.Has(2)
	}); err != nil {
		t.Fatal(err)
	}
	if had != tokens || c.Sockets != 1 {
		t.Errorf("%d chunks over %d sockets", had, c.Sockets)
	}
	c.Drop(true)
}

func (p *proxy) isLong(t *testing.T, s *livetest.Server, model *llmtest.Server) {
	c := p.client(s, s.NewThread())
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	answer := strings.Repeat("long words ", 60_000)
	model.Next(func(c *llmtest.Call) { c.Text(answer[:300_000], answer[300_000:]); c.End() })
	question, _ := json.Marshal(map[string]string{"type": "send_message", "thread_id": c.Thread, "content": strings.Repeat("€", 5_000)})
	if err := c.Send(string(question)); err != nil {
		t.Fatal(err)
	}
	if err := c.Follow(func(c *livetest.Client) bool { return c.Has(2) }); err != nil {
		t.Fatal(err)
	}
	stored, err := s.Messages(c.Thread, "")
	if err != nil || len(stored[1].Content) != len(answer) {
		t.Errorf("%d bytes are stored, %v", len(stored[1].Content), err)
	}
	if err := c.Complete(stored); err != nil {
		t.Error(err)
	}
	c.Drop(true)
}

func (p *proxy) isRestarted(t *testing.T, s *livetest.Server, model *llmtest.Server) {
	c := p.client(s, s.NewThread())
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	model.Next(func(c *llmtest.Call) { c.Text("kept"); c.Stall() })
	if err := s.Ask(c.Thread, "why?", uuid.NewString()); err != nil {
		t.Fatal(err)
	}
	if err := c.Follow(func(c *livetest.Client) bool { return c.Chunks > 0 }); err != nil {
		t.Fatal(err)
	}
	s.Restart()
	if err := c.Follow(func(c *livetest.Client) bool { return c.Sockets > 1 && c.Has(2) }); err != nil {
		t.Fatal(err)
	}
	stored, err := s.Messages(c.Thread, "")
	if err != nil || stored[1].Status != "interrupted" || stored[1].Content != "kept" {
		t.Errorf("stored %+v, %v", stored, err)
	}
	c.Drop(true)
}

// TestIdleBehindAProxy has sockets idle for longer than a proxy lets them, but for
// the heartbeat.
func TestIdleBehindAProxy(t *testing.T) {
	idle, interval := 15*time.Second, "4s"
	if *proxyDefaults {
		idle, interval = 80*time.Second, "20s" // not 75 s: in that moment the server closes the connection that asks below
	}
	for name := range proxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := livetest.New(t, program(t), livetest.Settings{"PARLEY_HEARTBEAT_INTERVAL": interval})
			p := newProxy(t, name, s, !*proxyDefaults)
			c := p.client(s, s.NewThread())
			c.Wait = idle + livetest.Patience
			if err := c.Open(); err != nil {
				t.Fatal(err)
			}
			// A page hears pings without doing anything; so does who reads.
			time.AfterFunc(idle, func() {
				if err := s.Ask(c.Thread, "still there?", uuid.NewString()); err != nil {
					t.Error(err)
				}
			})
			if err := c.Follow(func(c *livetest.Client) bool { return c.Has(2) }); err != nil {
				t.Fatal(err)
			}
			if c.Sockets != 1 {
				t.Errorf("it took %d sockets", c.Sockets)
			}
			c.Drop(true)
		})
	}
}
