package rest

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// TestHole12WhatIsNoRouteHasALimit: files and views of the page, what is nowhere, methods
// that nothing takes and sockets of other sites count too, for the address they come from.
// With TestHole12EveryRouteHasALimit and TestHole12EveryFrameHasALimit that is all that is
// answered; TestHole16NothingIsServedBesideTheTable finds what would be left out.
func TestHole12WhatIsNoRouteHasALimit(t *testing.T) {
	w := newWorld(t, Options{})
	home := w.caller()
	html := map[string]string{"Accept": "text/html"}
	for name, tt := range map[string]struct {
		ask
		of class
	}{
		"the page":                  {ask{method: get, path: "/", header: html}, pageClass},
		"a view of the page":        {ask{method: get, path: "/threads/x", header: html}, pageClass},
		"a file":                    {ask{method: get, path: "/assets/index-Ab12Cd.js"}, pageClass},
		"a file's head":             {ask{method: "HEAD", path: "/favicon.svg"}, pageClass},
		"a file that is nowhere":    {ask{method: get, path: "/assets/gone.js"}, pageClass},
		"an address that is none":   {ask{method: get, path: "/api/v1/nothing"}, pageClass},
		"what scanners ask for":     {ask{method: get, path: "/.env"}, pageClass},
		"a change of nothing":       {ask{method: post, path: "/nothing", body: `{}`}, pageClass},
		"a method that none takes":  {ask{method: put, path: "/api/v1/users/me"}, pageClass},
		"a method that is none":     {ask{method: "FROBNICATE", path: "/"}, pageClass},
		"another site's socket":     {ask{method: get, path: "/ws", header: map[string]string{"Origin": "https://evil.example"}}, readClass},
		"another site's, by thread": {ask{method: get, path: "/ws/chat/" + someID, header: map[string]string{"Origin": "https://evil.example"}}, readClass},
		"nobody's socket":           {ask{method: get, path: "/ws"}, readClass},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			amnesia(w.server.limiter, fewOfAll)
			if got := w.do(tt.ask); got.status == 429 || got.header.Get("RateLimit-Limit") == "" {
				t.Errorf("the first: %d %v", got.status, got.header)
			}
			exhaust(w.server.limiter, tt.of, home)
			if got := w.do(tt.ask); got.status != 429 || got.header.Get("Retry-After") == "" || got.header.Get("RateLimit-Remaining") != "0" {
				t.Errorf("too many: %d %v %s", got.status, got.header, got.body)
			}
		})
	}
}

// TestHole12AKeyHasALimitOfItsOwn: what a key does counts for it and for its user; one
// that has nothing left leaves the user's page and their other keys what they have.
func TestHole12AKeyHasALimitOfItsOwn(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	_, one := w.apiKey(token, `"write"`)
	_, two := w.apiKey(token, `"write"`)
	amnesia(w.server.limiter, Limits{Enabled: true, RequestsPerMinute: 10, MessagesPerMinute: 6, KeyPercent: 50})
	left := func(token string) string {
		got := w.do(ask{method: get, path: "/api/v1/users/me", token: token})
		return strconv.Itoa(got.status) + " " + got.header.Get("RateLimit-Limit") + " " + got.header.Get("RateLimit-Remaining")
	}
	var got []string
	for _, token := range []string{one, one, token, one, one, one, one, one, token, two, two, two, two} {
		got = append(got, left(token))
	}
	want := []string{
		"200 5 4", "200 5 3", "200 10 7", "200 5 2", "200 5 1", "200 5 0", "429 5 0", "429 5 0", // the key has nothing left
		"200 10 3", "200 10 2", "200 10 1", "200 10 0", "429 10 0", // the user has not, and so another key neither
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestHole12AKeyHasALimitOfItsOwnByFrame is the same by socket.
func TestHole12AKeyHasALimitOfItsOwnByFrame(t *testing.T) {
	w := newLive(t, func(o *Options) {
		o.Limits = Limits{Enabled: true, RequestsPerMinute: 1000, MessagesPerMinute: 4, KeyPercent: 50}
	})
	k, err := w.api.CreateAPIKey(t.Context(), api.Actor{UserID: w.owner.ID, Username: "ann"}, api.CreateAPIKeyInput{Name: "key", Scopes: []string{store.ScopeWrite}})
	if err != nil {
		t.Fatal(err)
	}
	ann, key := w.dial("ann", "/ws"), w.dialRaw(k.Key, "/ws")
	key.next("connection_established")
	var got []string
	for _, c := range []*client{key, key, key, ann, ann, ann} {
		got = append(got, w.outcomeOf(c, "send_message", w.thread, &store.Message{})) // refused or not, it counts
	}
	limited := func(code string) bool { return code == "rate_limited" }
	for i, want := range []bool{false, false, true, false, false, true} {
		if limited(got[i]) != want {
			t.Errorf("message %d: %q", i, got[i])
		}
	}
}
