package rest

import (
	"slices"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// scopesOf are the keys of the matrix: what each one is good for.
var scopesOf = map[string]api.Scope{`"read"`: api.ScopeRead, `"write"`: api.ScopeWrite, `"admin"`: api.ScopeAdmin}

// TestEveryRouteWantsAScope walks the route table with keys of an administrator.
func TestEveryRouteWantsAScope(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	keys := map[string]string{}
	for scope := range scopesOf {
		_, keys[scope] = w.apiKey(token, scope)
	}
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		if w.t = t; !needsSignIn(r) {
			return
		}
		want := api.ScopeRead
		if r.changes() {
			want = api.ScopeWrite
		}
		if r.access == adminOnly {
			want = api.ScopeAdmin
		}
		for scope, has := range scopesOf {
			got := w.do(ask{method: r.method, path: path + "?nonsense=1", token: keys[scope]})
			if refused := got.status == 403; refused != (has < want) {
				t.Errorf("a key with %s got %d: %s", scope, got.status, got.body)
			}
		}
	})
}

func TestAnAPIKeyIsNoCookie(t *testing.T) {
	w := newWorld(t, Options{})
	_, key := w.apiKey(w.setUp(), `"read"`)
	w.do(ask{method: get, path: "/api/v1/users/me", token: key}).is(200)
	w.do(ask{method: get, path: "/api/v1/users/me", header: map[string]string{"Cookie": accessCookie + "=" + key}}).problem(401, "unauthorized")
}

func TestWhatIsWrongWithANewAPIKey(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	for name, body := range map[string]string{
		"no name":           `{"scopes":["read"]}`,
		"an empty name":     `{"name":""}`,
		"no scopes":         `{"name":"x","scopes":[]}`,
		"a strange scope":   `{"name":"x","scopes":["root"]}`,
		"four scopes":       `{"name":"x","scopes":["read","read","read","read"]}`,
		"a day":             `{"name":"x","expires_at":"2030-01-01"}`,
		"the past":          `{"name":"x","expires_at":"2020-01-01T00:00:00.000Z"}`,
		"a hash of its own": `{"name":"x","hash":"x"}`,
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.do(ask{method: post, path: "/api/v1/users/me/api-keys", body: body, token: token}).problem(422, "invalid")
		})
	}
	w.t = t
	w.do(ask{method: post, path: "/api/v1/users/me/api-keys", body: `{"name":"x","expires_at":null}`, token: token}).is(201)
}

// TestEveryFrameWantsAScope walks the table of frames with keys of an owner.
func TestEveryFrameWantsAScope(t *testing.T) {
	w := newLive(t)
	who := api.Actor{UserID: w.owner.ID, Username: w.owner.Username}
	for _, scope := range []string{store.ScopeRead, store.ScopeWrite} {
		k, err := w.api.CreateAPIKey(t.Context(), who, api.CreateAPIKeyInput{Name: "key", Scopes: []string{scope}})
		if err != nil {
			t.Fatal(err)
		}
		c := w.dialRaw(k.Key, "/ws")
		c.next("connection_established")
		for _, f := range frameTable() {
			t.Run(f.name+" with "+scope, func(t *testing.T) {
				c.TB = t
				hears := slices.Contains([]string{"heartbeat", "subscribe", "unsubscribe"}, f.name)
				want := ""
				if scope == store.ScopeRead && !hears {
					want = "forbidden"
				}
				if got := w.outcome(c, f.name, w.owner, false); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		}
	}
}

func TestASocketEndsWithItsAPIKey(t *testing.T) {
	w := newLive(t)
	who := api.Actor{UserID: w.owner.ID, Username: w.owner.Username}
	k, err := w.api.CreateAPIKey(t.Context(), who, api.CreateAPIKeyInput{Name: "key"})
	if err != nil {
		t.Fatal(err)
	}
	c := w.dialRaw(k.Key, "/ws")
	c.next("connection_established")
	if _, err := w.api.DeleteAPIKey(t.Context(), who, api.IDInput{ID: k.ID}); err != nil {
		t.Fatal(err)
	}
	if code := c.closed(); code != 4401 {
		t.Errorf("closed with %d", code)
	}
}
