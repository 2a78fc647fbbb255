package rest

import (
	"crypto/rand"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// wereSomebody are people whose part changes after they have signed in, and what
// they count as from then on; disabled and nobody count as no caller at all.
var wereSomebody = map[string]string{"removed": "stranger", "demoted": "viewer", "disabled": "", "nobody": ""}

// credentials are all ways to say who one is, and what scope each has.
var credentials = map[string]api.Scope{
	"bearer": api.ScopeAdmin, "cookie": api.ScopeAdmin,
	"read key": api.ScopeRead, "write key": api.ScopeWrite, "admin key": api.ScopeAdmin,
}

// TestHole01EveryRouteByEverybodyWithEveryCredential walks the route table × everybody × every credential.
// What a rule or a scope is against gets the same refusal whatever is shown; a
// route whose rule has no line in refusals fails.
func TestHole01EveryRouteByEverybodyWithEveryCredential(t *testing.T) {
	m := newMatrix(t)
	eachRoute(t, m.server, func(t *testing.T, r *route, _ string) {
		if m.t = t; !needsSignIn(r) {
			return
		}
		if _, known := refusals[r.access]; !known {
			t.Fatalf("the rule %q is not in wire.md's table", r.access)
		}
		m.fresh = false
		for _, who := range slices.Sorted(maps.Keys(m.parts)) {
			for _, credential := range slices.Sorted(maps.Keys(credentials)) {
				if credential == "admin key" && who != "admin" {
					continue // nobody else can have one
				}
				want := m.expected(r, who, credential)
				if got := m.do(m.request(r, who, credential, want)); got.status != want {
					t.Errorf("%s with a %s got %d, want %d: %s", who, credential, got.status, want, got.body)
				}
			}
		}
	})
}

// A matrix is a cast with those who were somebody, and everybody's keys.
type matrix struct {
	*world
	*cast
	parts map[string]string // as whom somebody counts
	keys  map[string]map[string]string

	spent []string // whose account or session a request has changed
	fresh bool     // the scene is as it was made
	p     *store.Project
	th    *store.Thread
	m     *store.Message
	f     *store.Attachment
}

func newMatrix(t *testing.T) *matrix {
	w := newWorld(t, Options{})
	m := &matrix{world: w, cast: w.newCast(), parts: maps.Clone(wereSomebody), keys: map[string]map[string]string{}}
	for who := range people {
		m.parts[who] = who
	}
	for who := range m.parts {
		m.recast(who)
	}
	return m
}

// recast has who be somebody else, whose account no request has changed yet.
func (m *matrix) recast(who string) {
	m.t.Helper()
	if who == "nobody" {
		return
	}
	role, scopes := store.RoleMember, []string{"read", "write"}
	if who == "admin" {
		role, scopes = store.RoleAdmin, []string{"read", "write", "admin"}
	}
	u := m.user(who+"-"+rand.Text(), role)
	m.users[who] = u
	m.tokens[who], m.sessionOf[who] = m.signIn(u.Username)
	m.keys[who] = map[string]string{}
	for _, scope := range scopes {
		_, m.keys[who][scope] = m.apiKey(m.tokens[who], `"`+scope+`"`)
	}
	if who == "disabled" {
		m.update(func(tx *store.Tx) error {
			v, err := tx.User(u.ID)
			if err == nil {
				v.IsDisabled = true
				err = tx.PutUser(v)
			}
			return err
		})
	}
}

func (m *matrix) update(fn func(*store.Tx) error) {
	m.t.Helper()
	storetest.Update(m.t, m.world.store, fn)
}

// expected is the table of wire.md section 3, with the rules of credentials.
func (m *matrix) expected(r *route, who, credential string) int {
	part, isKey := m.parts[who], strings.HasSuffix(credential, "key")
	if part == "admin" && credentials[credential] < api.ScopeAdmin {
		part = "stranger" // such a key is no administrator's
	}
	switch {
	case part == "viewer" && who != part && r.access == memberLeaver:
		return http.StatusForbidden // it is about the viewer
	case part == "":
		return http.StatusUnauthorized
	case credentials[credential] < r.scope(), isKey && r.access == inPerson:
		return http.StatusForbidden
	case refusals[r.access][part] != 0:
		return refusals[r.access][part]
	default:
		return r.status
	}
}

// request makes somebody's request to r. Everything that it may change is new.
func (m *matrix) request(r *route, who, credential string, want int) ask {
	m.t.Helper()
	passes := want < 300 && r.changes()
	for _, was := range m.spent {
		m.recast(was)
		m.fresh = false
	}
	if m.spent = nil; passes && (r.access == signedIn || r.access == inPerson) {
		m.spent = []string{who}
	}
	if passes || !m.fresh {
		m.p, m.th, m.m, m.f = m.scene(m.world, false)
		m.turnAway()
	}
	m.fresh = !passes
	asker := who
	if m.tokens[who] == "" || r.id == "deleteAPIKey" && want != r.status {
		asker = "owner" // for what is in the path; the credential below is who's
	}
	a := m.askAbout(asker, r, m.p, m.th, m.m, m.f)
	a.token, a.header = "", maps.Clone(a.header)
	if a.header == nil {
		a.header = map[string]string{}
	}
	switch {
	case who == "nobody":
	case credential == "bearer":
		a.token = m.tokens[who]
	case credential == "cookie":
		a.header["Cookie"], a.header["Sec-Fetch-Site"] = accessCookie+"="+m.tokens[who], "same-origin"
	default:
		a.token = m.keys[who][strings.TrimSuffix(credential, " key")]
	}
	return a
}

// turnAway takes from removed and demoted what they had, once they had it.
func (m *matrix) turnAway() {
	m.t.Helper()
	had := map[string]string{"removed": store.ProjectOwner, "demoted": store.ProjectOwner, "disabled": store.ProjectOwner}
	put := func(tx *store.Tx, who, role string) error {
		return tx.PutMember(&store.Member{ProjectID: m.p.ID, UserID: m.users[who].ID, Role: role, CreatedAt: tx.Now})
	}
	m.update(func(tx *store.Tx) error {
		for who, role := range had {
			if err := put(tx, who, role); err != nil {
				return err
			}
		}
		return nil
	})
	for _, who := range []string{"removed", "demoted"} {
		m.do(ask{method: get, path: base + "/threads/" + m.th.ID.String(), token: m.tokens[who]}).is(200)
	}
	m.update(func(tx *store.Tx) error {
		if err := put(tx, "demoted", store.ProjectViewer); err != nil {
			return err
		}
		return tx.DeleteMember(&store.Member{ProjectID: m.p.ID, UserID: m.users["removed"].ID})
	})
}

// foreign are requests of somebody with a project of their own that name, in one
// place each, something of another project: PROJECT, THREAD and MESSAGE are theirs,
// those with OTHER in front are not.
var foreign = map[string]struct {
	method, path, body string
	want               int
}{
	"path: a project":                   {get, "/projects/OTHERPROJECT", "", 404},
	"path: a thread":                    {get, "/threads/OTHERTHREAD", "", 404},
	"path: a thread's messages":         {get, "/threads/OTHERTHREAD/messages", "", 404},
	"path: a message":                   {get, "/messages/OTHERMESSAGE", "", 404},
	"path: a message's history":         {get, "/messages/OTHERMESSAGE/history", "", 404},
	"path: a thread for a project":      {get, "/projects/THREAD", "", 404},
	"path: a project for a thread":      {get, "/threads/PROJECT", "", 404},
	"path: a message for a thread":      {get, "/threads/MESSAGE/messages", "", 404},
	"query: a project":                  {get, "/threads?project_id=OTHERPROJECT", "", 404},
	"cursor: after a thread":            {get, "/threads?after=OTHERTHREAD", "", 422},
	"cursor: before a thread":           {get, "/threads?project_id=PROJECT&before=OTHERTHREAD", "", 422},
	"cursor: after a message":           {get, "/threads/THREAD/messages?after=OTHERMESSAGE", "", 422},
	"cursor: before a message":          {get, "/threads/THREAD/messages?before=OTHERMESSAGE", "", 422},
	"cursor: a message for a thread":    {get, "/threads?after=MESSAGE", "", 422},
	"cursor: a thread for a message":    {get, "/threads/THREAD/messages?after=THREAD", "", 422},
	"cursor: a session":                 {get, "/auth/sessions?after=OTHERMESSAGE", "", 422},
	"body: a project":                   {post, "/threads", `{"project_id":"OTHERPROJECT"}`, 404},
	"body: a thread for a project":      {post, "/threads", `{"project_id":"THREAD"}`, 404},
	"attachments: a message":            {post, "/threads/THREAD/messages", `{"content":"x","attachment_ids":["OTHERMESSAGE"]}`, 422},
	"send to another's":                 {post, "/threads/OTHERTHREAD/messages", `{"content":"x"}`, 404},
	"edit another's":                    {patch, "/messages/OTHERMESSAGE", `{"content":"x"}`, 404},
	"delete another's":                  {remove, "/messages/OTHERMESSAGE", "", 404},
	"regenerate another's":              {post, "/messages/OTHERMESSAGE/regenerate", "", 404},
	"stop another's":                    {post, "/threads/OTHERTHREAD/stop", "", 404},
	"archive another's":                 {post, "/threads/OTHERTHREAD/archive", "", 404},
	"rename another's":                  {patch, "/threads/OTHERTHREAD", `{"title":"x"}`, 404},
	"delete another's thread":           {remove, "/threads/OTHERTHREAD", "", 404},
	"change another's project":          {patch, "/projects/OTHERPROJECT", `{"name":"x"}`, 404},
	"end another's session":             {remove, "/auth/sessions/OTHERSESSION", "", 404},
	"attachments: another's":            {post, "/threads/THREAD/messages", `{"content":"x","attachment_ids":["OTHERFILE"]}`, 422},
	"path: a file":                      {get, "/attachments/OTHERFILE", "", 404},
	"path: a file's bytes":              {get, "/attachments/OTHERFILE/content", "", 404},
	"delete another's file":             {remove, "/attachments/OTHERFILE", "", 404},
	"delete another's key":              {remove, "/users/me/api-keys/OTHERKEY", "", 404},
	"a client id of another's creation": {post, "/threads/THREAD/messages?wait=true", `{"content":"mine","client_id":"OTHERCLIENT"}`, 201},
}

// TestHole02ForeignIDsInEveryPosition: they are as if they were nowhere, and what they
// name stays as it is.
func TestHole02ForeignIDsInEveryPosition(t *testing.T) {
	w := newWorld(t, Options{})
	w.setUp()
	mine, theirs := w.newCast(), w.newCast()
	p, th, m, _ := mine.scene(w, false)
	op, oth, om, of := theirs.scene(w, false)
	otherKey, _ := w.apiKey(theirs.tokens["maker"], `"read"`)
	const client = "0198c0de-0000-4000-8000-0000000000cc"
	w.do(ask{method: post, path: base + "/threads/" + oth.ID.String() + "/messages?wait=true", token: theirs.tokens["maker"], body: `{"content":"theirs","client_id":"` + client + `"}`}).is(201)
	fill := strings.NewReplacer("OTHERPROJECT", op.ID.String(), "OTHERTHREAD", oth.ID.String(), "OTHERMESSAGE", om.ID.String(),
		"OTHERSESSION", theirs.sessionOf["maker"], "OTHERKEY", otherKey, "OTHERCLIENT", client, "OTHERFILE", of.ID.String(),
		"PROJECT", p.ID.String(), "THREAD", th.ID.String(), "MESSAGE", m.ID.String())
	look := func() string {
		return w.do(ask{method: get, path: base + "/threads/" + oth.ID.String() + "/messages", token: theirs.tokens["maker"]}).is(200).body +
			w.do(ask{method: get, path: base + "/projects/" + op.ID.String(), token: theirs.tokens["maker"]}).is(200).body
	}
	before := look()
	for name, tt := range foreign {
		t.Run(name, func(t *testing.T) {
			w.t = t
			got := w.do(ask{method: tt.method, path: base + fill.Replace(tt.path), body: fill.Replace(tt.body), token: mine.tokens["maker"]})
			if got.status != tt.want || strings.Contains(got.body, "theirs") {
				t.Errorf("status %d, want %d: %s", got.status, tt.want, got.body)
			}
		})
	}
	if w.t = t; look() != before {
		t.Error("something of theirs has changed")
	}
}
