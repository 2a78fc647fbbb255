package rest

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

func TestSocketGreets(t *testing.T) {
	w := newLive(t)
	c := w.dialRaw(w.signIn("ann").AccessToken, "/ws")
	m, err := c.read()
	if err != nil {
		t.Fatal(err)
	}
	user, _ := m["user"].(map[string]any)
	if m.text("type") != "connection_established" || m.text("protocol_version") != "1.0" || m["heartbeat_interval"] != 20.0 || user["username"] != "ann" {
		t.Errorf("the first frame is %v", m)
	}
	if uuid.Validate(m.text("connection_id")) != nil {
		t.Errorf("connection_id is %q", m.text("connection_id"))
	}
	c.send(`{"type":"heartbeat"}`)
	if at := c.next("heartbeat_ack").text("timestamp"); len(at) != len("2006-01-02T15:04:05.000Z") {
		t.Errorf("timestamp is %q", at)
	}
}

func TestSocketOfAThreadIsSubscribed(t *testing.T) {
	w := newLive(t)
	c := w.dial("ann", "/ws/chat/"+w.thread.ID.String())
	m := c.next("subscribed")
	if _, there := m["streaming"]; m.text("thread_id") != w.thread.ID.String() || m["streaming"] != nil || !there {
		t.Errorf("got %v", m)
	}
}

func TestHole15SocketIsRefused(t *testing.T) {
	w := newLive(t, func(o *Options) { o.Origins = []string{"https://listed.example.org"} })
	w.user("eve")
	ann, eve := "Bearer "+w.signIn("ann").AccessToken, "Bearer "+w.signIn("eve").AccessToken
	over := w.signIn("ann")
	w.logout(over)
	thread := "/ws/chat/" + w.thread.ID.String()
	for name, tt := range map[string]struct {
		path, credential, origin string
		status                   int
	}{
		"own origin":          {"/ws", ann, "http://" + w.address, 101},
		"listed origin":       {"/ws", ann, "https://listed.example.org", 101},
		"no browser":          {"/ws", ann, "", 101},
		"cookie":              {"/ws", "cookie " + w.signIn("ann").AccessToken, "http://" + w.address, 101},
		"foreign origin":      {"/ws", ann, "https://evil.example.org", 403},
		"foreign with port":   {"/ws", ann, "http://127.0.0.1:1", 403},
		"null origin":         {"/ws", ann, "null", 403},
		"origin is no URL":    {"/ws", ann, "%zz", 403},
		"nobody":              {"/ws", "", "", 401},
		"bad token":           {"/ws", "Bearer x.y.z", "", 401},
		"signed out":          {"/ws", "Bearer " + over.AccessToken, "", 401},
		"other scheme":        {"/ws", "Basic eDp5", "", 401},
		"own thread":          {thread, ann, "", 101},
		"thread of strangers": {thread, eve, "", 404},
		"missing thread":      {"/ws/chat/01890000-0000-7000-8000-000000000000", ann, "", 404},
		"prefix of an id":     {thread[:len(thread)-1], ann, "", 404},
		"upper-case id":       {"/ws/chat/01890000-0000-7000-8000-00000000000A", ann, "", 404},
		"elsewhere":           {"/ws/chat", ann, "", 404},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			switch {
			case len(tt.credential) > 7 && tt.credential[:7] == "cookie ":
				h.Set("Cookie", accessCookie+"="+tt.credential[7:])
			case tt.credential != "":
				h.Set("Authorization", tt.credential)
			}
			if tt.origin != "" {
				h.Set("Origin", tt.origin)
			}
			if _, status := w.try(h, tt.path); status != tt.status {
				t.Errorf("status %d, want %d", status, tt.status)
			}
		})
	}
}

func TestPlainRequestForASocket(t *testing.T) {
	w := newLive(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.address+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.signIn("ann").AccessToken)
	transport := &http.Transport{DisableKeepAlives: true}
	got, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = got.Body.Close()
	if got.StatusCode != http.StatusUpgradeRequired || got.Header.Get("Upgrade") != "websocket" {
		t.Errorf("status %d, Upgrade %q", got.StatusCode, got.Header.Get("Upgrade"))
	}
}

func (w *live) logout(in *api.SignIn) {
	w.Helper()
	if _, err := w.api.Logout(w.Context(), w.actor(in), api.LogoutInput{}); err != nil {
		w.Fatal(err)
	}
}

func (w *live) actor(in *api.SignIn) api.Actor {
	w.Helper()
	who, err := w.api.Authenticate(w.Context(), api.Credential{Token: in.AccessToken})
	if err != nil {
		w.Fatal(err)
	}
	return who
}

// member lets somebody new into the project.
func (w *live) member(name, role string) *store.User {
	u := w.user(name)
	storetest.Member(w, w.store, w.project, u, role)
	return u
}
