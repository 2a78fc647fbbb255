package rest

import (
	"io/fs"
	"maps"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// forwarded are headers by which a proxy tells of its client. Without one in
// trusted_proxies they are anybody's word.
func forwarded(host string) map[string]string {
	return map[string]string{
		"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": host, "X-Forwarded-Port": "443", "X-Forwarded-Server": host,
		"X-Forwarded-Ssl": "on", "X-Forwarded-Scheme": "https", "X-Url-Scheme": "https", "Front-End-Https": "on", "X-Real-Ip": "198.51.100.7",
		"X-Client-Ip": "198.51.100.7", "True-Client-Ip": "198.51.100.7", "Cf-Connecting-Ip": "198.51.100.7", "X-Cluster-Client-Ip": "198.51.100.7",
		"Forwarded": `for=198.51.100.7;proto=https;host="` + host + `"`, "X-Original-Host": host, "X-Host": host, "X-Forwarded-Prefix": "/evil", "Via": "1.1 " + host,
	}
}

// TestHole15WhatAProxySaysIsBelievedFromAProxyAlone sends all of them to every route and
// both sockets: the answer is the same, the address is the connection's, no cookie is
// Secure, nothing leads to the host that they name, and no page of that host may change
// anything or open a socket.
func TestHole15WhatAProxySaysIsBelievedFromAProxyAlone(t *testing.T) {
	const host = "evil.example"
	w := newWorld(t, Options{})
	c := w.newCast()
	headers := forwarded(host)
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		w.t = t
		a := ask{method: r.method, path: path, token: c.tokens["admin"], body: map[bool]string{true: `{"nonsense":1}`}[r.changes()]}
		plain := w.do(a)
		a.header = headers
		got := w.do(a)
		if got.status != plain.status || got.header.Get("Strict-Transport-Security") != "" || strings.Contains(got.header.Get("Location"), host) || strings.Contains(got.body, host) {
			t.Errorf("answered %d, without them %d: %v %.300s", got.status, plain.status, got.header, got.body)
		}
		if !r.changes() || r.access == public {
			return
		}
		a.token, a.header = "", map[string]string{"Cookie": accessCookie + "=" + c.tokens["admin"], "Origin": "https://" + host}
		maps.Copy(a.header, headers)
		w.do(a).problem(403, "forbidden")
	})
	w.t = t
	in := w.do(ask{method: post, path: base + "/auth/login", header: headers, body: `{"login":"` + c.users["owner"].Username + `","password":"` + password + `"}`}).is(200)
	for _, cookie := range in.header.Values("Set-Cookie") {
		if strings.Contains(strings.ToLower(cookie), "secure") || strings.Contains(strings.ToLower(cookie), "domain=") {
			t.Errorf("the cookie %s", cookie)
		}
	}
	l := &live{TB: t, address: w.host}
	for _, path := range []string{"/ws", "/ws/chat/" + someID} {
		h := http.Header{"Authorization": {"Bearer " + c.tokens["owner"]}, "Origin": {"https://" + host}}
		for name, value := range headers {
			h.Set(name, value)
		}
		if _, status := l.try(h, path); status != 403 {
			t.Errorf("%s: status %d", path, status)
		}
	}
	if log := w.log.String(); strings.Contains(log, "198.51.100.7") || !strings.Contains(log, `"address":"127.0.0.1"`) {
		t.Error("the log believes it")
	}
	if audit := w.do(ask{method: get, path: base + "/admin/audit?limit=200", token: c.tokens["admin"]}).is(200).body; strings.Contains(audit, "198.51.100.7") {
		t.Error("the audit believes it")
	}
}

var listens = regexp.MustCompile(`postMessage|onmessage\s*=|addEventListener\(\s*["'\x60]message["'\x60]|BroadcastChannel|new (Shared)?Worker`)

// TestHole15ThePageHearsNoOtherWindow: no source of the page listens to what windows send
// each other, or sends anything that way, so there is no sender to be checked. A source
// that begins to do so has to check event.origin, and be named here with its test.
func TestHole15ThePageHearsNoOtherWindow(t *testing.T) {
	seen := 0
	err := fs.WalkDir(os.DirFS("../../ui/src"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".ts") && !strings.HasSuffix(name, ".tsx") || strings.Contains(name, ".test.") {
			return err
		}
		seen++
		b, err := os.ReadFile("../../ui/src/" + name)
		if found := listens.Find(b); found != nil {
			socket := strings.HasPrefix(name, "lib/socket") && string(found) == "onmessage =" // its own, to its own server
			if !socket {
				t.Errorf("%s has %q", name, found)
			}
		}
		return err
	})
	if err != nil || seen < 50 {
		t.Errorf("%d sources: %v", seen, err)
	}
}
