package llm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

var errForeign = errors.New("refused to dial a host other than the model server's")

// baseURL checks and completes the address of a model server: what is usual,
// http://localhost:11434/v1, the same without /v1 or with a slash at the end,
// and the full address of chat/completions, which people paste. The error never
// holds a password.
func baseURL(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil {
		return nil, errors.New("the base URL cannot be read: it should look like http://localhost:11434/v1")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("the base URL %q must begin with http:// or https://", u.Redacted())
	case u.Hostname() == "":
		return nil, fmt.Errorf("the base URL %q names no host", u.Redacted())
	case u.User != nil:
		return nil, errors.New("the base URL must hold no user or password: use the API key")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, fmt.Errorf("the base URL %q must have no ? and no #", u.Redacted())
	case strings.ContainsFunc(u.Hostname(), func(r rune) bool { return r > 127 }):
		return nil, fmt.Errorf("the host of the base URL %q must be in ASCII (xn--…)", u.Redacted())
	}
	path := strings.TrimRight(u.Path, "/")
	path = strings.TrimRight(strings.TrimSuffix(path, "/chat/completions"), "/")
	if path == "" {
		path = "/v1"
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: path}, nil
}

// hostPort is the one address that the model server at u has.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// AddressOf returns the one host and port that a client with this base URL dials.
func AddressOf(base string) (host, port string, err error) {
	u, err := baseURL(base)
	if err != nil {
		return "", "", err
	}
	return net.SplitHostPort(hostPort(u))
}

// guarded returns a client that dials addr and nothing else: no proxy of the
// environment, no redirect, and should anything in between ever try, the dialer
// itself refuses. HTTP/2 stays off, so that giving up an answer closes its
// connection, which every model server notices. It asks for no compression,
// which would hold tokens back; see decoded for servers that compress unasked.
func guarded(addr string, dial func(context.Context, string, string) (net.Conn, error), connect time.Duration) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy: nil,
			DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
				if !strings.EqualFold(to, addr) {
					return nil, errForeign
				}
				ctx, cancel := context.WithTimeout(ctx, connect)
				defer cancel()
				return dial(ctx, network, to)
			},
			TLSHandshakeTimeout:    connect,
			DisableCompression:     true,
			MaxIdleConnsPerHost:    128,      // as many as answers may be written at once, usually
			WriteBufferSize:        32 << 10, // most questions in one piece
			IdleConnTimeout:        60 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
