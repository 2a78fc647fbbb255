package rest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// otherNames are headers in which other programs take a credential, or the word of
// somebody in front of them for who it is. Here none of them means anything.
var otherNames = []string{
	"X-API-Key", "Api-Key", "ApiKey", "X-Auth-Token", "X-Access-Token", "Access-Token", "Token", "X-Token", "X-Authorization",
	"Proxy-Authorization", "X-Session-Token", "X-Session-Id", "X-CSRF-Token", "X-Amz-Security-Token", "X-Parley-Token",
	"WWW-Authenticate", "Sec-WebSocket-Protocol", "X-Forwarded-Access-Token", "X-Id-Token", "X-Goog-Api-Key", "X-User-Token",
}

// identities are headers that say who somebody is or what they want to do in other words.
var identities = []string{
	"X-User-Id", "X-User", "X-Remote-User", "Remote-User", "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Preferred-Username",
	"X-WebAuth-User", "X-Authenticated-User", "X-Auth-Request-User", "X-Admin", "X-Role", "X-Roles", "X-Internal", "X-Original-URL",
	"X-Rewrite-URL", "X-Forwarded-Uri", "X-Original-Method", "X-Forwarded-Method", "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override",
}

// TestHole01NoOtherNameIsACredential shows good credentials everywhere but where they
// belong, to every route and both sockets: all headers at once and each alone, other
// cookies, other schemes and the query.
func TestHole01NoOtherNameIsACredential(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	_, key := w.apiKey(token, `"admin"`)
	for kind, secret := range map[string]string{"token": token, "key": key} {
		wrong := map[string]map[string]string{"every header": {}}
		for _, name := range otherNames {
			wrong["every header"][name] = secret
		}
		for _, scheme := range []string{"Basic ", "Token ", "Key ", "ApiKey ", "Digest ", "Bearer=", ""} {
			wrong["the scheme "+scheme] = map[string]string{"Authorization": scheme + secret}
		}
		for _, name := range []string{"access_token", "token", "session", "jwt", "api_key", "Authorization", "Parley_Access", refreshCookie} {
			wrong["the cookie "+name] = map[string]string{"Cookie": name + "=" + secret}
		}
		eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
			if w.t = t; !needsSignIn(r) {
				return
			}
			for name, header := range wrong {
				if got := w.do(ask{method: r.method, path: path, header: header}); got.status != 401 {
					t.Errorf("the %s in %s: %d %s", kind, name, got.status, got.body)
				}
			}
			query := "?access_token=" + secret + "&token=" + secret + "&api_key=" + secret + "&authorization=Bearer+" + secret
			w.do(ask{method: r.method, path: path + query}).problem(401, "unauthorized")
		})
		w.t = t
		for _, name := range otherNames {
			wrong["the header "+name] = map[string]string{name: secret}
			wrong["the header "+name+" with a scheme"] = map[string]string{name: "Bearer " + secret}
		}
		for name, header := range wrong {
			for _, path := range []string{"/api/v1/users/me", "/ws", "/ws/chat/" + someID} {
				if got := w.do(ask{method: get, path: path, header: header}); got.status != 401 {
					t.Errorf("the %s in %s at %s: %d %s", kind, name, path, got.status, got.body)
				}
			}
		}
	}
	w.do(ask{method: get, path: "/api/v1/users/me", header: map[string]string{"aUTHORIZATION": "bEARER " + token}}).is(200) // what is right stays right
}

// TestHole01NoHeaderMakesSomebodyMore sends an administrator's name in every header
// that says who one is, and another method in every header that does, with a viewer's
// credential: to every route it is the same as without.
func TestHole01NoHeaderMakesSomebodyMore(t *testing.T) {
	w := newWorld(t, Options{})
	c := w.newCast()
	header := map[string]string{}
	for _, name := range identities {
		header[name] = c.users["admin"].ID.String()
		if strings.Contains(name, "Method") {
			header[name] = http.MethodDelete
		}
		if strings.HasSuffix(name, "-URL") || strings.HasSuffix(name, "-Uri") {
			header[name] = "/api/v1/projects"
		}
	}
	p, th, m, f := c.scene(w, false)
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		if w.t = t; !needsSignIn(r) || r.changes() && refusals[r.access]["viewer"] == 0 {
			return // what a viewer may change would be another the second time
		}
		a := c.askAbout("viewer", r, p, th, m, f)
		plain := w.do(a)
		a.header = header
		if r.streams {
			a.header["Content-Type"] = formHeader["Content-Type"]
			defer delete(header, "Content-Type")
		}
		if got := w.do(a); got.status != plain.status {
			t.Errorf("status %d, without the headers %d: %s", got.status, plain.status, got.body)
		}
	})
	w.t = t
	w.do(ask{method: get, path: "/api/v1/threads/" + th.ID.String(), token: c.tokens["viewer"]}).is(200)
}

// TestHole01WhoWasSomebodyIsNobody suspends, demotes and removes people while they are
// signed in: from then on what each of their credentials may do is what it should be,
// with the socket open, too, as the two matrices have it. This one is about the list
// of things: nothing of what they lost is left in what they can still list.
func TestHole01WhoWasSomebodyIsNobody(t *testing.T) {
	w := newWorld(t, Options{})
	c := w.newCast()
	p, th, m, f := c.scene(w, false)
	hidden := []string{p.ID.String(), th.ID.String(), m.ID.String(), f.ID.String()}
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		return tx.DeleteMember(&store.Member{ProjectID: p.ID, UserID: c.users["editor"].ID})
	})
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		if w.t = t; r.changes() || !needsSignIn(r) || strings.Contains(r.path, "{") {
			return
		}
		got := w.do(c.askAbout("editor", r, p, th, m, f))
		if i := slices.IndexFunc(hidden, func(id string) bool { return strings.Contains(got.body, id) }); i >= 0 {
			t.Errorf("who was removed is shown %s: %s", hidden[i], got.body)
		}
	})
}
