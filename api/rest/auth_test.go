package rest

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

func cookiesOf(a answer) map[string]*http.Cookie {
	out := map[string]*http.Cookie{}
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		out[c.Name] = c
	}
	return out
}

const loginBody = `{"login":"ann@example.org","password":"` + password + `"}`

func TestSigningInSetsCookiesThatScriptsCannotRead(t *testing.T) {
	for name, tt := range map[string]struct {
		o      Options
		header map[string]string
		secure bool
	}{
		"plain":                        {Options{}, nil, false},
		"an https address":             {Options{PublicURL: "https://chat.example.org"}, nil, true},
		"an http address":              {Options{PublicURL: "http://chat.example.org"}, nil, false},
		"a proxy with TLS":             {Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, map[string]string{"X-Forwarded-Proto": "https"}, true},
		"a stranger who says so":       {Options{}, map[string]string{"X-Forwarded-Proto": "https"}, false},
		"a proxy that has none itself": {Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tt.o)
			w.setUp()
			got := w.do(ask{method: post, path: "/api/v1/auth/login", body: loginBody, header: tt.header}).is(200)
			cookies := cookiesOf(got)
			for name, path := range map[string]string{"parley_access": "/", "parley_refresh": "/api/v1/auth"} {
				c := cookies[name]
				if c == nil || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != path || c.Secure != tt.secure || c.MaxAge <= 0 || c.Value == "" {
					t.Errorf("cookie %s: %+v", name, c)
				}
			}
			if strings.Contains(got.body, cookies["parley_refresh"].Value) {
				t.Error("the body has the refresh token, which is for the cookie alone")
			}
			if got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("Cache-Control %q", got.header.Get("Cache-Control"))
			}
		})
	}
}

func TestALifeOfASession(t *testing.T) {
	w := newWorld(t, Options{})
	w.setUp()
	browser := w.browser()
	page := map[string]string{"Sec-Fetch-Site": "same-origin"}
	w.do(ask{method: get, path: "/api/v1/users/me", client: browser}).is(200)

	var fresh struct {
		Token string `json:"access_token"`
	}
	w.do(ask{method: post, path: "/api/v1/auth/refresh", header: page, client: browser}).is(200).json(&fresh)
	w.do(ask{method: get, path: "/api/v1/users/me", client: browser}).is(200)
	w.do(ask{method: get, path: "/api/v1/users/me", token: fresh.Token}).is(200)

	out := w.do(ask{method: post, path: "/api/v1/auth/logout", header: page, client: browser}).is(204)
	for name, c := range cookiesOf(out) {
		if c.Value != "" || c.Expires.Year() > 2010 {
			t.Errorf("cookie %s stays: %+v", name, c)
		}
	}
	w.do(ask{method: get, path: "/api/v1/users/me", client: browser}).problem(401, "unauthorized")
	w.do(ask{method: get, path: "/api/v1/users/me", token: fresh.Token}).problem(401, "unauthorized")
	w.do(ask{method: post, path: "/api/v1/auth/logout"}).is(204)
}

// A page sees none of its cookies, and asks what they are worth: being signed
// out is an answer to that, and no error.
func TestWhatTheCookiesAreWorth(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	state := func(a ask) (got string) {
		a.method, a.path = get, "/api/v1/auth/session"
		return strings.TrimSpace(w.do(a).is(200).body)
	}
	const nobody, active = `{"signed_in":false,"renewable":false}`, `{"signed_in":true,"renewable":true}`
	if got := state(ask{}); got != nobody {
		t.Errorf("without a cookie: %s", got)
	}
	if got := state(ask{token: token}); got != `{"signed_in":true,"renewable":false}` {
		t.Errorf("with a token alone: %s", got)
	}
	first := cookiesOf(w.do(ask{method: post, path: "/api/v1/auth/login", body: loginBody}).is(200))["parley_refresh"].Value
	cookie := func(value string) ask { return ask{header: map[string]string{"Cookie": "parley_refresh=" + value}} }
	for _, bad := range []string{"x", someID + ".x", first + "x", first[:len(first)-1]} {
		if got := state(cookie(bad)); got != nobody {
			t.Errorf("with the cookie %q: %s", bad, got)
		}
	}
	if got := state(cookie(first)); got != `{"signed_in":false,"renewable":true}` {
		t.Errorf("with the refresh token alone: %s", got)
	}
	w.do(ask{method: post, path: "/api/v1/auth/refresh", body: `{"refresh_token":"` + first + `"}`}).is(200)
	if got := state(cookie(first)); got != nobody {
		t.Errorf("with a refresh token that was exchanged: %s", got)
	}
	browser := w.browser()
	if got := state(ask{client: browser}); got != active {
		t.Errorf("signed in: %s", got)
	}
	w.do(ask{method: post, path: "/api/v1/auth/logout", header: map[string]string{"Sec-Fetch-Site": "same-origin"}, client: browser}).is(204)
	if got := state(ask{client: browser}); got != nobody {
		t.Errorf("signed out: %s", got)
	}
}

func TestRefreshByBody(t *testing.T) {
	w := newWorld(t, Options{})
	w.setUp()
	first := cookiesOf(w.do(ask{method: post, path: "/api/v1/auth/login", body: loginBody}).is(200))["parley_refresh"].Value
	body := `{"refresh_token":"` + first + `"}`
	second := cookiesOf(w.do(ask{method: post, path: "/api/v1/auth/refresh", body: body}).is(200))["parley_refresh"].Value
	if second == "" || second == first {
		t.Errorf("the token did not change: %q", second)
	}
	w.do(ask{method: post, path: "/api/v1/auth/refresh", body: body}).problem(401, "unauthorized")
	w.do(ask{method: post, path: "/api/v1/auth/refresh", body: `{"refresh_token":"` + second + `"}`}).problem(401, "unauthorized")
	w.do(ask{method: post, path: "/api/v1/auth/refresh"}).problem(401, "unauthorized")
}

// The header counts before the cookie, and needs no origin.
func TestBearerBeforeCookie(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	browser := w.browser()
	w.do(ask{method: get, path: "/api/v1/users/me", token: "nonsense", client: browser}).problem(401, "unauthorized")
	w.do(ask{method: post, path: "/api/v1/projects", body: `{"name":"x"}`, token: token, client: browser, header: map[string]string{"Origin": "https://evil.example"}}).is(201)
	w.do(ask{method: get, path: "/api/v1/users/me", header: map[string]string{"Authorization": "bearer " + token}}).is(200)
}

func TestForeignPagesCannotSignAnybodyIn(t *testing.T) {
	w := newWorld(t, Options{})
	w.setUp()
	w.do(ask{method: post, path: "/api/v1/auth/login", body: loginBody, header: map[string]string{"Origin": "https://evil.example"}}).problem(403, "forbidden")
	w.do(ask{method: post, path: "/api/v1/auth/login", body: loginBody, header: map[string]string{"Sec-Fetch-Site": "cross-site"}}).problem(403, "forbidden")
}

func TestSignInsAreLimitedByAddress(t *testing.T) {
	w := newWorld(t, Options{
		Limits:         Limits{Enabled: true, RequestsPerMinute: 600, SignInsPerMinute: 3},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
	})
	w.setUp() // one, from 127.0.0.1
	wrong := `{"login":"ann","password":"wrong password"}`
	from := func(address string) answer {
		return w.do(ask{method: post, path: "/api/v1/auth/login", body: wrong, header: map[string]string{"X-Forwarded-For": address}})
	}
	for range 3 {
		from("192.0.2.1").problem(401, "unauthorized")
	}
	got := from("192.0.2.1")
	got.problem(429, "rate_limited")
	if got.header.Get("Retry-After") != "20" || got.header.Get("RateLimit-Remaining") != "0" {
		t.Errorf("headers %v", got.header)
	}
	from("6.6.6.6, 192.0.2.1").problem(429, "rate_limited") // what is left of a hop is the client's own word
	from("192.0.2.2").problem(401, "unauthorized")
	w.server.SetLimits(Limits{Enabled: false})
	from("192.0.2.1").problem(401, "unauthorized")
}

func TestAQuestionThatOpensAThreadIsAMessage(t *testing.T) {
	w := newWorld(t, Options{Limits: Limits{Enabled: true, RequestsPerMinute: 600, MessagesPerMinute: 1, SignInsPerMinute: 10}})
	token := w.setUp()
	project := w.project(token)
	open := func(more string) answer {
		return w.do(ask{method: post, path: "/api/v1/threads", token: token, body: `{"project_id":"` + project + `"` + more + `}`})
	}
	open("").is(201)
	open(`,"initial_message":"Hello?"`).is(201)
	open(`,"initial_message":"Hello?"`).problem(429, "rate_limited")
	open("").is(201)
}

func TestAddresses(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	for name, tt := range map[string]struct {
		trusted []netip.Prefix
		header  string
		want    string
	}{
		"nobody is trusted":  {nil, "192.0.2.1", "127.0.0.1"},
		"one proxy":          {proxies, "192.0.2.1", "192.0.2.1"},
		"two proxies":        {proxies, "192.0.2.1, 10.1.2.3", "192.0.2.1"},
		"a lie on the left":  {proxies, "6.6.6.6, 192.0.2.1, 10.1.2.3", "192.0.2.1"},
		"nothing from proxy": {proxies, "", "127.0.0.1"},
		"nonsense":           {proxies, "nonsense", "127.0.0.1"},
		"nonsense behind":    {proxies, "nonsense, 10.1.2.3", "10.1.2.3"},
		"IPv6":               {proxies, "2001:db8::1", "2001:db8::1"},
		"IPv4 in IPv6":       {proxies, "::ffff:192.0.2.1", "192.0.2.1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Options{TrustedProxies: tt.trusted})
			token := w.setUp()
			w.do(ask{method: get, path: "/api/v1/users/me", token: token, header: map[string]string{"X-Forwarded-For": tt.header, "X-Request-Id": "look"}}).is(200)
			for line := range strings.SplitSeq(w.log.String(), "\n") {
				if strings.Contains(line, `"look"`) && !strings.Contains(line, `"address":"`+tt.want+`"`) {
					t.Errorf("want %s: %s", tt.want, line)
				}
			}
		})
	}
}

func TestPublicKeysVerifyAccessTokens(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	var set struct {
		Keys []struct {
			Kid, Kty, Crv, Alg, Use, X string
		} `json:"keys"`
	}
	w.do(ask{method: get, path: "/.well-known/jwks.json"}).is(200).json(&set)
	if len(set.Keys) != 1 {
		t.Fatalf("%d keys", len(set.Keys))
	}
	_, err := jwt.Parse(token, func(t *jwt.Token) (any, error) {
		for _, k := range set.Keys {
			if k.Kid == t.Header["kid"] && k.Kty == "OKP" && k.Crv == "Ed25519" {
				x, err := base64.RawURLEncoding.DecodeString(k.X)
				return ed25519.PublicKey(x), err
			}
		}
		return nil, jwt.ErrTokenUnverifiable
	}, jwt.WithValidMethods([]string{"EdDSA"}))
	if err != nil {
		t.Errorf("the published keys do not verify a token: %v", err)
	}
}
