package rest

import (
	"crypto/rand"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// people are everyone whom wire.md's table of who may do what names; maker is an
// editor who made the thread and wrote the message, admin an administrator who is
// no member of the project.
var people = map[string]string{
	"owner": store.ProjectOwner, "maker": store.ProjectEditor, "editor": store.ProjectEditor, "viewer": store.ProjectViewer,
	"stranger": "", "admin": "",
}

// refusals is that table: the status that somebody gets where the rule is
// against them.
var refusals = map[access]map[string]int{
	signedIn:      {},
	inPerson:      {},
	adminOnly:     {"owner": 403, "maker": 403, "editor": 403, "viewer": 403, "stranger": 403},
	memberReader:  {"stranger": 404},
	memberWriter:  {"stranger": 404, "viewer": 403, "editor": 403, "maker": 403},
	memberLeaver:  {"stranger": 404, "editor": 403, "maker": 403}, // it is about the viewer
	tagRemover:    {"stranger": 404, "admin": 404, "viewer": 403, "editor": 403, "maker": 403},
	projectReader: {"stranger": 404, "admin": 404},
	projectWriter: {"stranger": 404, "admin": 404, "viewer": 403},
	projectOwner:  {"stranger": 404, "admin": 404, "viewer": 403, "editor": 403, "maker": 403},
	threadReader:  {"stranger": 404, "admin": 404},
	threadWriter:  {"stranger": 404, "admin": 404, "viewer": 403},
	threadRemover: {"stranger": 404, "admin": 404, "viewer": 403, "editor": 403},
	author:        {"stranger": 404, "admin": 404, "viewer": 403, "editor": 403, "owner": 403},
	authorOrOwner: {"stranger": 404, "admin": 404, "viewer": 403, "editor": 403},
}

// samples are bodies that each operation takes.
var samples = map[string]string{
	"updateMe":       `{"username":"NAME"}`,
	"changePassword": `{"current":"` + password + `","new":"another password"}`,
	"createUser":     `{"username":"NAME","email":"NAME@example.org","password":"` + password + `"}`,
	"updateUser":     `{"username":"NAME"}`,
	"createInvite":   `{"role":"member"}`,
	"putMember":      `{"role":"editor"}`,
	"createTag":      `{"name":"NAME"}`,
	"rotateKeys":     `{}`,
	"createAPIKey":   `{"name":"CI","scopes":["write"]}`,
	"createProject":  `{"name":"Mine"}`,
	"updateProject":  `{"name":"Renamed"}`,
	"createThread":   `{"project_id":"PROJECT"}`,
	"updateThread":   `{"title":"Renamed"}`,
	"sendMessage":    `{"content":"words"}`,
	"createSummary":  `{"summary_text":"short"}`,
	"updateSummary":  `{"summary_text":"shorter"}`,
	"updateMessage":  `{"content":"other words","regenerate":false}`,
}

// TestWhoMayDoWhat walks the route table for everyone.
func TestWhoMayDoWhat(t *testing.T) {
	w := newWorld(t, Options{})
	c := w.newCast()
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		if w.t = t; !needsSignIn(r) {
			return
		}
		refused, known := refusals[r.access]
		if !known {
			t.Fatalf("the rule %q is not in wire.md's table", r.access)
		}
		if r.access == signedIn || r.access == inPerson {
			c = w.newCast() // some of these end a session or change a password
		}
		for _, private := range []bool{false, true} {
			if private && !strings.HasPrefix(string(r.access), "thread") && !strings.HasPrefix(string(r.access), "author") {
				continue
			}
			for who := range people {
				want := r.status
				if status := refused[who]; status != 0 {
					want = status
				}
				if private && who != "maker" {
					want = 404 // seen by who made it alone
				}
				if got := w.do(c.ask(w, who, r, private)); got.status != want {
					t.Errorf("%s (private: %v) got %d, want %d: %s", who, private, got.status, want, got.body)
				}
			}
		}
	})
}

// A cast is the people, signed in.
type cast struct {
	w                 *world
	users             map[string]*store.User
	tokens, sessionOf map[string]string
}

func (w *world) newCast() *cast {
	w.t.Helper()
	c := &cast{w, map[string]*store.User{}, map[string]string{}, map[string]string{}}
	for who := range people {
		role := store.RoleMember
		if who == "admin" {
			role = store.RoleAdmin
		}
		u := w.user(who+"-"+rand.Text(), role)
		c.users[who] = u
		c.tokens[who], c.sessionOf[who] = w.signIn(u.Username)
	}
	return c
}

// ask makes somebody's request to a route about a fresh thread in a fresh project.
func (c *cast) ask(w *world, who string, r *route, private bool) ask {
	w.t.Helper()
	p, th, m, f := c.scene(w, private)
	return c.askAbout(who, r, p, th, m, f)
}

// askAbout makes somebody's request to a route about what is there.
func (c *cast) askAbout(who string, r *route, p *store.Project, th *store.Thread, m *store.Message, f *store.Attachment) ask {
	id := map[string]string{
		"projects": p.ID.String(), "threads": th.ID.String(), "messages": m.ID.String(), "attachments": f.ID.String(), "auth": c.sessionOf[who],
	}
	query, key := "", ""
	switch r.id {
	case "findUser":
		query = "?login=" + c.users["viewer"].Username
	case "deleteAPIKey":
		id["users"], _ = c.w.apiKey(c.tokens[who], `"read"`)
	case "getUser", "updateUser", "deleteUser":
		id["users"] = storetest.User(c.w.t, c.w.store, "user-"+rand.Text()).ID.String()
	case "listUserAPIKeys", "endUserAPIKeys", "endUserAPIKey":
		id["admin"], key = c.w.userWithKey()
	case "readNotice":
		id["users"] = c.w.notice(c.users[who])
	case "search":
		query = "?q=words"
	case "deleteInvite":
		id["invites"] = c.w.invite(c.tokens["admin"])
	case "deleteTag":
		id["tags"] = c.w.tag(p)
	}
	if strings.HasPrefix(r.path, "/summaries/") {
		id["summaries"] = storetest.Summary(c.w.t, c.w.store, th.ID, "short").ID.String()
	}
	a := ask{
		method: r.method, token: c.tokens[who],
		path: strings.NewReplacer("{id}", id[strings.Split(r.path, "/")[1]], "{user_id}", c.users["viewer"].ID.String(), "{key_id}", key).Replace(r.full()) + query,
		body: strings.NewReplacer("PROJECT", p.ID.String(), "NAME", who+"."+rand.Text()).Replace(samples[r.id]),
	}
	if r.streams {
		a.body, a.header = fileForm("notes.txt", "some words"), formHeader
	}
	return a
}

// scene makes in one transaction what storetest makes in many.
func (c *cast) scene(w *world, private bool) (p *store.Project, th *store.Thread, m *store.Message, f *store.Attachment) {
	w.t.Helper()
	sum, size, err := w.blobs.Put(w.t.Context(), strings.NewReader("some words"), 100)
	if err != nil {
		w.t.Fatal(err)
	}
	storetest.Update(w.t, w.store, func(tx *store.Tx) error {
		var ids [4]store.ID
		for i := range ids {
			var err error
			if ids[i], err = tx.NewID(); err != nil {
				return err
			}
		}
		p = &store.Project{ID: ids[0], UserID: c.users["owner"].ID, Name: "Plans", Color: "slate", Tags: []string{}, CreatedAt: tx.Now, UpdatedAt: tx.Now}
		th = &store.Thread{
			ID: ids[1], ProjectID: p.ID, UserID: c.users["maker"].ID, Title: "Talk", TitleFrom: store.TitleFromPerson, IsPrivate: private,
			CreatedAt: tx.Now, UpdatedAt: tx.Now, LastActivityAt: tx.Now,
		}
		m = &store.Message{
			ID: ids[2], ThreadID: th.ID, UserID: c.users["maker"].ID, IsUser: true, Content: "words", Status: store.StatusComplete,
			Alternatives: []store.ID{}, Attachments: []store.Attachment{}, CreatedAt: tx.Now,
		}
		err := tx.PutProject(p)
		for who, role := range people {
			if err == nil && role != "" {
				err = tx.PutMember(&store.Member{ProjectID: p.ID, UserID: c.users[who].ID, Role: role, CreatedAt: tx.Now})
			}
		}
		if err == nil {
			err = tx.CreateThread(th)
		}
		if err == nil {
			err = tx.SaveMessage(th, m)
		}
		if err == nil {
			f = &store.Attachment{
				ID: ids[3], ThreadID: th.ID, UserID: c.users["maker"].ID, MessageID: m.ID, Name: "notes.txt", MediaType: "text/plain",
				Size: size, SHA256: sum, Scan: store.Scan{Status: store.ScanSkipped}, CreatedAt: tx.Now,
			}
			err = tx.PutAttachment(f)
		}
		return err
	})
	return p, th, m, f
}

// user makes somebody who can sign in.
func (w *world) user(name, role string) *store.User {
	w.t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		w.t.Fatal(err)
	}
	u := storetest.User(w.t, w.store, name)
	storetest.Update(w.t, w.store, func(tx *store.Tx) error {
		v, err := tx.User(u.ID)
		if err == nil {
			v.PasswordHash, v.Role = string(hash), role
			err = tx.PutUser(v)
		}
		return err
	})
	return u
}

func (w *world) signIn(login string) (token, session string) {
	w.t.Helper()
	var in struct {
		Token string `json:"access_token"`
	}
	w.do(ask{method: post, path: "/api/v1/auth/login", body: `{"login":"` + login + `","password":"` + password + `"}`}).is(200).json(&in)
	var list struct {
		Sessions []struct{ ID string }
	}
	w.do(ask{method: get, path: "/api/v1/auth/sessions", token: in.Token}).is(200).json(&list)
	return in.Token, list.Sessions[0].ID
}
