package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A first start over TLS: the certificate is made, the page and its cookies know
// that they came by TLS, and who speaks plainly gets no answer.
func TestServeWithACertificateOfOurOwn(t *testing.T) {
	l := testConfig(t, flag{"tls.self_signed", "true", ""})
	s, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.stop(time.Second); err != nil {
			t.Error(err)
		}
	}()
	pem, err := os.ReadFile(filepath.Join(l.Data, "tls", "self-signed.crt"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate")
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	if !strings.HasPrefix(s.house.base, "https://127.0.0.1:") {
		t.Errorf("people are sent to %s", s.house.base)
	}
	token, err := giveSetupToken(t.Context(), s.house)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Post(s.house.base+"/api/v1/setup", "application/json", strings.NewReader(
		`{"token":"`+token.Token+`","username":"root","email":"root@example.org","password":"correct horse battery"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	cookies := resp.Cookies()
	if resp.StatusCode != http.StatusCreated || len(cookies) != 2 || !cookies[0].Secure || !cookies[1].Secure {
		t.Errorf("set up: %d, %v", resp.StatusCode, cookies)
	}
	if got := resp.Header.Get("Strict-Transport-Security"); got == "" {
		t.Error("browsers are not told to come back by TLS")
	}
	conn, err := net.Dial("tcp", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(conn); strings.Contains(string(b), "HTTP/1.1 200") {
		t.Errorf("spoken to plainly it answers %q, %v", b, err)
	}
}

func TestTLSFilesThatAreNotThere(t *testing.T) {
	l := testConfig(t, flag{"tls.cert_file", "/nonexistent/cert.pem", ""}, flag{"tls.key_file", "/nonexistent/key.pem", ""})
	_, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "tls.cert_file: open /nonexistent/cert.pem") {
		t.Errorf("got %v", err)
	}
}
