package rest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// frameParts are the people of the matrix of frames: the part that somebody has
// once those whose rights change have lost them, with their sockets open. Of
// disabled and nobody no frame is taken at all.
var frameParts = map[string]string{
	"author": "author", "owner": "owner", "editor": "editor", "viewer": "viewer", "stranger": "stranger",
	"admin": "stranger", "removed": "stranger", "demoted": "viewer", "disabled": "", "nobody": "",
}

// had is what they had in the project when they opened their sockets.
var had = map[string]string{
	"author": store.ProjectEditor, "owner": store.ProjectOwner, "editor": store.ProjectEditor, "viewer": store.ProjectViewer,
	"removed": store.ProjectOwner, "demoted": store.ProjectOwner, "disabled": store.ProjectOwner,
}

// A frameMatrix is everybody with a socket by every credential.
type frameMatrix struct {
	*live
	users  map[string]*store.User
	shown  map[string]map[string]http.Header // by who, by credential
	open   map[string]map[string]*client
	thread *store.Thread // of author's, for what is refused
	words  *store.Message
}

// TestHole01EveryFrameByEverybodyWithEveryCredential walks the table of frames ×
// everybody × every credential, as its twin does with the routes.
func TestHole01EveryFrameByEverybodyWithEveryCredential(t *testing.T) {
	m := newFrameMatrix(t)
	m.turnAway()
	for _, f := range frameTable() {
		for _, who := range slices.Sorted(maps.Keys(frameParts)) {
			for _, credential := range slices.Sorted(maps.Keys(m.open[who])) {
				t.Run(f.name+" by "+who+" with a "+credential, func(t *testing.T) {
					c := m.open[who][credential]
					c.TB = t
					want := m.expected(t, f, who, credential)
					if got := m.ask(c, f.name, want); got != want {
						t.Errorf("got %q, want %q", got, want)
					}
				})
			}
		}
	}
	m.TB = t
	m.shown["nobody"] = map[string]http.Header{
		"nothing": {}, "bearer": {"Authorization": {"Bearer nonsense"}}, "cookie": {"Cookie": {accessCookie + "=nonsense"}}, "key": {"Authorization": {"Bearer pk_nonsense"}},
	}
	for who, part := range frameParts {
		m.opensWhatItMay(who, part)
	}
}

func newFrameMatrix(t *testing.T) *frameMatrix {
	w := newLive(t)
	m := &frameMatrix{live: w, users: map[string]*store.User{}, shown: map[string]map[string]http.Header{}, open: map[string]map[string]*client{}}
	for who := range frameParts {
		if who == "nobody" {
			continue
		}
		m.users[who] = w.user(who)
		if role := had[who]; role != "" {
			storetest.Member(t, w.store, w.project, m.users[who], role)
		}
		if who == "admin" {
			storetest.Update(t, w.store, changeUser(func(u *store.User) { u.Role = store.RoleAdmin })(w, m.users[who], nil))
		}
		m.shown[who], m.open[who] = m.credentialsOf(who), map[string]*client{}
		for credential, header := range m.shown[who] {
			c, status := w.try(header, "/ws")
			if c == nil {
				t.Fatalf("%s with a %s: status %d", who, credential, status)
			}
			c.next("connection_established")
			m.open[who][credential] = c
		}
	}
	m.thread = storetest.Thread(t, w.store, w.project, m.users["author"], "Thread")
	m.words = storetest.Message(t, w.store, m.thread.ID, m.users["author"], "words")
	return m
}

// credentialsOf makes somebody every credential that they can have.
func (m *frameMatrix) credentialsOf(who string) map[string]http.Header {
	m.Helper()
	token := m.signIn(who).AccessToken
	out := map[string]http.Header{
		"bearer": {"Authorization": {"Bearer " + token}},
		"cookie": {"Cookie": {accessCookie + "=" + token}, "Origin": {"http://" + m.address}},
	}
	for _, scope := range []string{store.ScopeRead, store.ScopeWrite, store.ScopeAdmin} {
		if scope == store.ScopeAdmin && who != "admin" {
			continue // nobody else can have one
		}
		actor := api.Actor{UserID: m.users[who].ID, Username: who, Admin: who == "admin"}
		k, err := m.api.CreateAPIKey(m.Context(), actor, api.CreateAPIKeyInput{Name: scope, Scopes: []string{scope}})
		if err != nil {
			m.Fatal(err)
		}
		out[scope+" key"] = http.Header{"Authorization": {"Bearer " + k.Key}}
	}
	return out
}

// turnAway takes from people what they had; their sockets are open.
func (m *frameMatrix) turnAway() {
	m.Helper()
	storetest.Update(m, m.store, func(tx *store.Tx) error {
		if err := tx.PutMember(&store.Member{ProjectID: m.project.ID, UserID: m.users["demoted"].ID, Role: store.ProjectViewer}); err != nil {
			return err
		}
		return tx.DeleteMember(&store.Member{ProjectID: m.project.ID, UserID: m.users["removed"].ID})
	})
	storetest.Update(m, m.store, changeUser(func(u *store.User) { u.IsDisabled = true })(m.live, m.users["disabled"], nil))
}

const ended = "the socket has ended"

// expected is the code of the refusal, "" for none.
func (m *frameMatrix) expected(t *testing.T, f *frameKind, who, credential string) string {
	t.Helper()
	part := frameParts[who]
	want, known := mayDo[f.access][part]
	switch {
	case part == "":
		return ended
	case !known:
		t.Fatalf("the rule %q is not in wire.md's table", f.access)
	case credentials[credential] < f.scope():
		return "forbidden"
	}
	return want
}

// ask sends a frame about a message of author's and returns the code of the error,
// "" or ended. What is refused changes nothing, so it needs nothing fresh.
func (m *frameMatrix) ask(c *client, frame, want string) string {
	c.Helper()
	if want == "" {
		return m.outcome(c, frame, m.users["author"], false)
	}
	if want != ended {
		return m.outcomeOf(c, frame, m.thread, m.words)
	}
	fields := strings.NewReplacer("THREAD", m.thread.ID.String(), "MESSAGE", m.words.ID.String()).Replace(frameSamples[frame])
	_ = c.ws.WriteMessage(1, []byte(`{"type":"`+frame+`","request_id":"r"`+fields+`}`)) // it may be closed already
	for {
		got, err := c.read()
		if err != nil {
			return ended
		}
		if got["request_id"] == "r" {
			return got.text("type")
		}
	}
}

// opensWhatItMay opens both sockets once more with every credential, after the changes.
func (m *frameMatrix) opensWhatItMay(who, part string) {
	m.Helper()
	for credential, header := range m.shown[who] {
		thread := http.StatusSwitchingProtocols
		if part == "stranger" {
			thread = http.StatusNotFound
		}
		for path, want := range map[string]int{"/ws": http.StatusSwitchingProtocols, "/ws/chat/" + m.thread.ID.String(): thread} {
			if part == "" {
				want = http.StatusUnauthorized
			}
			if _, status := m.try(header, path); status != want {
				m.Errorf("%s with a %s at %s: status %d, want %d", who, credential, path, status, want)
			}
		}
	}
}
