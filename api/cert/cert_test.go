package cert

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newClock() *clock { return &clock{time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

var quiet = slog.New(slog.DiscardHandler)

func selfSigned(t *testing.T, folder string, at time.Time, names ...string) (certFile, keyFile string) {
	t.Helper()
	certFile, keyFile, err := SelfSigned(folder, names, at)
	if err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSelfSigned(t *testing.T) {
	at, folder := newClock(), filepath.Join(t.TempDir(), "tls")
	certFile, keyFile := selfSigned(t, folder, at.now, "localhost", "192.0.2.7", "::1")
	for path, mode := range map[string]os.FileMode{folder: 0o700, certFile: 0o600, keyFile: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	k, err := Open(certFile, keyFile, quiet, at.Now)
	if err != nil {
		t.Fatal(err)
	}
	for name, good := range map[string]bool{"localhost": true, "192.0.2.7": true, "::1": true, "evil.example": false} {
		if err := k.Leaf().VerifyHostname(name); (err == nil) != good {
			t.Errorf("%s: %v", name, err)
		}
	}
	if f := Fingerprint(k.Leaf()); len(f) != 95 || strings.Count(f, ":") != 31 {
		t.Errorf("the fingerprint is %s", f)
	}
	first := read(t, certFile)
	again := func(later time.Duration, same bool, names ...string) {
		t.Helper()
		at.now = at.now.Add(later)
		selfSigned(t, folder, at.now, names...)
		if (read(t, certFile) == first) != same {
			t.Errorf("after %s for %q: kept is %t", later, names, !same)
		}
		first = read(t, certFile)
	}
	again(0, true, "localhost")
	again(300*24*time.Hour, true, "localhost")
	again(80*24*time.Hour, false, "localhost")  // it would soon have expired
	again(0, false, "localhost", "new.example") // it has another name now
	if err := os.Remove(keyFile); err != nil {
		t.Fatal(err)
	}
	if _, _, err := SelfSigned(folder, nil, at.now); err == nil || !strings.Contains(err.Error(), "remove what there is") {
		t.Errorf("a certificate without its key: %v", err)
	}
}

func TestFilesThatAreNotRight(t *testing.T) {
	at, folder := newClock(), t.TempDir()
	certFile, keyFile := selfSigned(t, folder, at.now, "a.example")
	_, otherKey := selfSigned(t, filepath.Join(folder, "other"), at.now, "b.example")
	junk := filepath.Join(folder, "junk")
	write(t, junk, "junk")
	for name, tt := range map[string]struct{ cert, key, want string }{
		"no certificate":  {filepath.Join(folder, "gone"), keyFile, "no such file"},
		"no key":          {certFile, filepath.Join(folder, "gone"), "no such file"},
		"another key":     {certFile, otherKey, "does not match"},
		"the wrong order": {keyFile, certFile, "find certificate PEM"},
		"junk":            {junk, keyFile, "failed to find any PEM"},
	} {
		if _, err := Open(tt.cert, tt.key, quiet, at.Now); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "MII") {
			t.Errorf("%s: %v", name, err)
		}
	}
	at.now = at.now.Add(2 * lasts)
	if _, err := Open(certFile, keyFile, quiet, at.Now); err == nil || !strings.Contains(err.Error(), "has expired on 2027-") {
		t.Errorf("expired: %v", err)
	}
}

// Whoever renews the files need not restart; between the first file and the
// second the certificate before goes on.
func TestTheFilesAreReadAgain(t *testing.T) {
	at, folder := newClock(), t.TempDir()
	certFile, keyFile := selfSigned(t, folder, at.now, "a.example")
	next, nextKey := selfSigned(t, filepath.Join(folder, "next"), at.now, "b.example")
	k, err := Open(certFile, keyFile, quiet, at.Now)
	if err != nil {
		t.Fatal(err)
	}
	is := func(name string) {
		t.Helper()
		at.now = at.now.Add(lookEvery)
		c, err := k.Get(nil)
		if err != nil || c.Leaf.VerifyHostname(name) != nil || k.Leaf() != c.Leaf {
			t.Errorf("it is for %q, want %s: %v", c.Leaf.DNSNames, name, err)
		}
	}
	is("a.example")
	write(t, certFile, read(t, next)+"\n") // of another size, whatever the clock of the disk
	is("a.example")
	is("a.example")
	write(t, keyFile, read(t, nextKey)+"\n")
	is("b.example")
	if err := os.Remove(keyFile); err != nil {
		t.Fatal(err)
	}
	is("b.example")
}

// What we speak: nothing old, nothing without forward secrecy.
func TestConfig(t *testing.T) {
	at := newClock()
	certFile, keyFile := selfSigned(t, t.TempDir(), time.Now(), "localhost")
	at.now = time.Now()
	k, err := Open(certFile, keyFile, quiet, at.Now)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(k.Leaf())
	shake := func(c *tls.Config) (tls.ConnectionState, error) {
		c.RootCAs, c.ServerName = pool, "localhost"
		near, far := net.Pipe()
		defer near.Close()
		defer far.Close()
		go func() { _ = tls.Server(far, k.Config()).Handshake() }()
		conn := tls.Client(near, c)
		err := conn.Handshake()
		return conn.ConnectionState(), err
	}
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		if _, err := shake(&tls.Config{MinVersion: version, MaxVersion: version}); err == nil {
			t.Errorf("%s is spoken", tls.VersionName(version))
		}
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		if s, err := shake(&tls.Config{MinVersion: version, MaxVersion: version}); err != nil || s.Version != version {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		_, err := shake(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite.ID}})
		good := strings.HasPrefix(suite.Name, "TLS_ECDHE_ECDSA_") && (strings.Contains(suite.Name, "_GCM_") || strings.Contains(suite.Name, "_CHACHA20_"))
		if len(suite.SupportedVersions) == 1 && suite.SupportedVersions[0] == tls.VersionTLS13 {
			continue
		}
		if (err == nil) != good {
			t.Errorf("%s: %v", suite.Name, err)
		}
	}
}
