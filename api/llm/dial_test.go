package llm

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestBaseURL(t *testing.T) {
	for in, want := range map[string]string{
		"http://localhost:11434/v1":                  "http://localhost:11434/v1",
		"http://localhost:11434":                     "http://localhost:11434/v1",
		"http://localhost:11434/":                    "http://localhost:11434/v1",
		" http://localhost:11434/v1/ ":               "http://localhost:11434/v1",
		"https://gw.example/openai":                  "https://gw.example/openai",
		"https://api.openai.com/v1/chat/completions": "https://api.openai.com/v1",
		"http://[::1]:8080":                          "http://[::1]:8080/v1",
		"HTTP://host":                                "http://host/v1",
		"localhost:11434/v1":                         "must begin with http",
		"":                                           "must begin with http",
		"ftp://host/v1":                              "must begin with http",
		"http://":                                    "names no host",
		"http:///v1":                                 "names no host",
		"http://ann:s3cret@host/v1":                  "no user or password",
		"http://host/v1?key=1":                       "no ? and no #",
		"http://host/v1#a":                           "no ? and no #",
		"http://höst/v1":                             "ASCII",
		"http://host:port/v1":                        "cannot be read",
		"http://ho st/v1":                            "cannot be read",
		"http://ann:s3cret@host:port/v1":             "cannot be read",
	} {
		u, err := baseURL(in)
		switch {
		case err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret")):
			t.Errorf("%q: %v", in, err)
		case err == nil && u.String() != want:
			t.Errorf("%q: got %s, want %s", in, u, want)
		}
	}
}

// direct dials without a guard.
var direct = (&net.Dialer{}).DialContext

func TestNewOpenAIRefuses(t *testing.T) {
	for name, o := range map[string]OpenAIOptions{
		"no address":         {Dial: direct},
		"a key of two lines": {BaseURL: "http://host", Dial: direct, APIKey: "a\nb"},
		"a negative time":    {BaseURL: "http://host", Dial: direct, SilenceTimeout: -1},
		"a negative length":  {BaseURL: "http://host", Dial: direct, ContextTokens: -1},
		"no dialer":          {BaseURL: "http://host"},
	} {
		if _, err := NewOpenAI(o); err == nil || !strings.HasPrefix(err.Error(), "llm: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	o, err := NewOpenAI(OpenAIOptions{BaseURL: "https://host", Dial: direct, APIKey: " key\n"})
	if err != nil || o.o.APIKey != "key" || o.Name() != "openai" || o.BaseURL() != "https://host/v1" || hostPort(o.base) != "host:443" {
		t.Errorf("got %+v, %v", o, err)
	}
}

// The dialer is the last guard: whatever leads a request astray, it stays in.
func TestGuardedDialsOneHostOnly(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another host was asked") }))
	defer other.Close()
	here := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer here.Close()
	c := guarded(strings.TrimPrefix(here.URL, "http://"), direct, time.Second)
	defer c.CloseIdleConnections()
	if c.Transport.(*http.Transport).Proxy != nil {
		t.Error("a proxy may be used")
	}
	get := func(url string) (*http.Response, error) {
		r, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
		return c.Do(r)
	}
	if resp, err := get(other.URL); !errors.Is(err, errForeign) {
		t.Errorf("got %v, %v", resp, err)
	}
	resp, err := get(here.URL)
	if err != nil || resp.StatusCode != http.StatusTemporaryRedirect {
		t.Fatalf("got %v, %v", resp, err)
	}
	resp.Body.Close()
}
