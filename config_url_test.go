package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPublicURL(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "",
		"https://parley.example.org":         "https://parley.example.org",
		"https://parley.example.org/":        "https://parley.example.org",
		"HTTPS://parley.example.org":         "https://parley.example.org",
		"http://127.0.0.1:8080":              "http://127.0.0.1:8080",
		"http://[::1]:8080/":                 "http://[::1]:8080",
		"https://intra.example.org/p":        "must not have a path",
		"https://intra.example.org/p/":       "must not have a path",
		"https://intra.example.org/%70":      "must not have a path",
		"https://intra.example.org/?a=b":     "must not have a query or a fragment",
		"https://intra.example.org?":         "must not have a query or a fragment",
		"https://intra.example.org/#":        "must not have a query or a fragment",
		"https://intra.example.org/#top":     "must not have a query or a fragment",
		"https://ann:pw@example.org":         "contains a user name or password",
		"parley.example.org":                 "the scheme is missing",
		"parley.example.org:8443":            "the scheme is missing",
		"//parley.example.org":               "the scheme is missing",
		"127.0.0.1:8080":                     "the scheme is missing",
		"ftp://parley.example.org":           "neither http nor https",
		"https://":                           "the host is missing",
		"https://:8443":                      "the host is missing",
		"https://parley.example.org:":        "the port after the colon is missing",
		"https://parley.example.org:0":       "not a number from 1 to 65535",
		"https://parley.example.org:x":       "malformed",
		"https://parley.example.org:7000000": "not a number from 1 to 65535",
		"https://a b":                        "malformed",
		"https://[::1":                       "malformed",
	} {
		got := "before"
		err := publicURL(&got).set(text)
		if err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("a password is shown: %v", err)
		}
		switch {
		case err == nil && got != want:
			t.Errorf("%q is taken as %q, want %q", text, got, want)
		case err != nil && (!strings.Contains(err.Error(), want) || want == "" || got != "before"):
			t.Errorf("%q: %v, want %q", text, err, want)
		case err != nil && strings.Contains(want, "http") && !strings.Contains(err.Error(), "such as https://parley.example.org"):
			t.Errorf("%q: %v names no example", text, err)
		}
	}
}

func TestBaseURL(t *testing.T) {
	for text, want := range map[string]string{
		"http://127.0.0.1:11434/v1/":     "http://127.0.0.1:11434/v1",
		"https://models.example.org/a/b": "https://models.example.org/a/b",
		"localhost:11434":                "http://127.0.0.1:11434/v1",
		"http://m.example/v1?key=1":      "must not have a query",
		"http://ann:pw@m.example/v1":     "user name or password",
	} {
		var got string
		err := baseURL(&got, "http://127.0.0.1:11434/v1").set(text)
		if err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("a password is shown: %v", err)
		}
		if err == nil && got != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestKubernetesServiceLinks(t *testing.T) {
	links := []string{
		"PARLEY_PORT=tcp://10.0.0.9:8080", "PARLEY_PORT_8080_TCP=tcp://10.0.0.9:8080", "PARLEY_PORT_8080_TCP_ADDR=10.0.0.9",
		"PARLEY_PORT_8080_TCP_PORT=8080", "PARLEY_PORT_8080_TCP_PROTO=tcp",
		"PARLEY_SERVICE_HOST=10.0.0.9", "PARLEY_SERVICE_PORT=8080", "PARLEY_SERVICE_PORT_HTTP=8080",
		"PARLEY_WEB_PORT=tcp://10.0.0.8:80", "PARLEY_WEB_PORT_53_UDP_ADDR=10.0.0.8", "PARLEY_WEB_SERVICE_HOST=10.0.0.8", "PARLEY_WEB_SERVICE_PORT=80",
	}
	l, err := load(sources{environ: links})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, link := range links {
		name, _, _ := strings.Cut(link, "=")
		want = append(want, name)
	}
	if diff := cmp.Diff(want, l.ServiceLinks); diff != "" {
		t.Error(diff)
	}
	for _, wrong := range []string{"PARLEY_PORT=8080", "PARLEY_HOST=x", "PARLEY_SERVICE=x", "PARLEY_PORTS=1", "PARLEY_WEB_PORT=tcp://10.0.0.8:80", "PARLEY_PORT_8080_TCP_X=1", "PARLEY_LISTEN_PORT=1"} {
		if _, err := load(sources{environ: []string{wrong}}); err == nil {
			t.Errorf("%s is passed over", wrong)
		}
	}
}
