package livetest

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"
)

// Torments are whole connections, by name, of what no honest client sends to a route:
// malformed, deep, huge and truncated requests, some of them drawn at random.
func Torments(method, path, token, host string) map[string]string {
	request := func(method, target, headers, body string) string {
		return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n%s\r\n%s", method, target, host, token, headers, body)
	}
	sized := func(method, target, body string) string {
		return request(method, target, fmt.Sprintf("Content-Length: %d\r\n", len(body)), body)
	}
	out := map[string]string{
		"deep lists":        sized(method, path, strings.Repeat("[", 100_000)),
		"deep objects":      sized(method, path, strings.Repeat(`{"a":`, 50_000)),
		"many names":        sized(method, path, "{"+strings.Repeat(`"a":1,`, 50_000)+`"b":1}`),
		"a huge number":     sized(method, path, `{"a":`+strings.Repeat("9", 100_000)+`}`),
		"a huge exponent":   sized(method, path, `{"limit":1e999999999}`),
		"broken UTF-8":      sized(method, path, "{\"title\":\"\xff\xfe\xed\xa0\x80\"}"),
		"broken escapes":    sized(method, path, `{"title":"\ud800\u12"}`),
		"zeros":             sized(method, path, strings.Repeat("\x00", 1000)),
		"no JSON":           sized(method, path, "<?xml version='1.0'?>"),
		"a huge body":       request(method, path, "Content-Length: 999999999999\r\n", strings.Repeat("x", 1<<20)),
		"many huge chunks":  request(method, path, "Transfer-Encoding: chunked\r\n", strings.Repeat("10000\r\n"+strings.Repeat("x", 1<<16)+"\r\n", 32)),
		"a long first line": method + " /" + strings.Repeat("x", 1<<20),
		"half a body":       request(method, path, "Content-Length: 500\r\n", `{"title":`),
		"half a chunk":      request(method, path, "Transfer-Encoding: chunked\r\n", "ffff\r\n{"),
		"a long query":      sized(method, path+"?"+strings.Repeat("a=1&", 1500), ""),
		"broken escape":     sized(method, path+"?limit=%zz&%=%00", ""),
		"zero in the path":  sized(method, path+"%00", ""),
		"dots in the path":  sized(method, path+"/..%2f..%2f..%2fetc%2fpasswd", ""),
		"a long path":       sized(method, path+strings.Repeat("/x", 3000), ""),
		"long headers":      request(method, path, "X: "+strings.Repeat("x", 20_000)+"\r\n", ""),
		"many headers":      request(method, path, strings.Repeat("X: y\r\n", 1500), ""),
		"broken header":     request(method, path, "no colon\r\n", ""),
		"strange origin":    request(method, path, "Origin: \x01\r\nCookie: parley_access=\x02;;;=\r\n", ""),
		"strange proxies":   request(method, path, "X-Forwarded-For: ,,,999.1.1.1,::::,\r\nForwarded: for=\"\r\n", ""),
		"strange condition": request(method, path, "If-None-Match: W/\",,\"\r\nAccept-Encoding: ;;q=,gzip;q=NaN\r\nRange: bytes=-1-\r\n", ""),
		"an unknown method": sized("FROBNICATE", path, `{}`),
		"no method":         " " + path + " HTTP/1.1\r\n\r\n",
		"another protocol":  method + " " + path + " HTTP/9.9\r\n\r\n",
		"TLS":               "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"HTTP/2":            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"half a line":       method + " " + path,
		"no host":           method + " " + path + " HTTP/1.1\r\n\r\n",
	}
	for i := range 10 {
		noise := make([]byte, mrand.IntN(2000))
		_, _ = rand.Read(noise)
		out[fmt.Sprintf("noise %d", i)] = sized(method, path, string(noise))
	}
	return out
}

// Torment sends text to an address, reads all answers, and returns an error for one
// that says that the server is at fault. That there is none is none.
func Torment(address, text string) error {
	conn, err := net.DialTimeout("tcp", address, Patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(Patience))
	_, _ = io.WriteString(conn, text) // the server may have had enough of it
	_ = conn.(*net.TCPConn).CloseWrite()
	for in := bufio.NewReader(conn); ; {
		r, err := http.ReadResponse(in, nil)
		if err != nil {
			return nil //nolint:nilerr // there is none, or no more
		}
		body, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if r.StatusCode >= http.StatusInternalServerError && r.StatusCode != http.StatusServiceUnavailable {
			return fmt.Errorf("answered %d: %.500s", r.StatusCode, body)
		}
	}
}
