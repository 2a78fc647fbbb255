package rest

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// spellings are other ways to write an id, which some libraries take for the same.
func spellings(id string) []string {
	return []string{
		strings.ToUpper(id), strings.ReplaceAll(id, "-", ""), "{" + id + "}", "urn:uuid:" + id, id[:35], id + "0", id[:8], id + " ", " " + id,
		id + "\u0000", id[:14] + "-" + id[14:], "0" + id, "", "null", "00000000-0000-0000-0000-000000000000",
	}
}

// isID says whether a form is that of an id.
func isID(f *form) bool {
	return f != nil && f.format != nil && f.format(someID) == "" && f.format("x") != "" && f.format("x") == formats["uuid"]("x")
}

var anID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// TestHole03AnIdHasOneForm writes the ids of one's own things in other ways, in every
// place where a route takes one: each is refused, so nothing is compared in another
// form than it was checked in.
func TestHole03AnIdHasOneForm(t *testing.T) {
	w := newWorld(t, Options{})
	c := w.newCast()
	all := inputs()
	p, th, m, f := c.scene(w, false)
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		w.t = t
		if strings.Contains(r.path, "{") {
			a := c.askAbout("owner", r, p, th, m, f)
			if r.access == adminOnly {
				a.token = c.tokens["admin"]
			}
			path, query, _ := strings.Cut(a.path, "?")
			for _, at := range anID.FindAllStringIndex(path, -1) {
				for _, s := range spellings(path[at[0]:at[1]]) {
					a.path = path[:at[0]] + strings.NewReplacer(" ", "%20", "\u0000", "%00", "{", "%7b", "}", "%7d").Replace(s) + path[at[1]:] + "?" + query
					if got := w.do(a); got.status != 404 && got.status != 405 { // 405: it is another path
						t.Errorf("%s %s: %d %s", a.method, a.path, got.status, got.body)
					}
				}
			}
		}
		if v := all[r.id]; v != nil && v.in.body != nil {
			w.refusesSpellings(t, c.tokens["admin"], r, v.in.body)
		}
	})
}

// refusesSpellings writes ids in other ways into every field of a body that takes one.
func (w *world) refusesSpellings(t *testing.T, token string, r *route, body *form) {
	t.Helper()
	for name, p := range body.props {
		isList := p.form.items != nil
		if !isID(p.form) && !(isList && isID(p.form.items)) {
			continue
		}
		for _, s := range spellings(someID) {
			value, at := any(s), "body."+name
			if isList {
				value, at = []string{s}, at+"[0]"
			}
			b, _ := json.Marshal(map[string]any{name: value})
			got := w.do(ask{method: r.method, path: idsIn(r.full(), someID), token: token, body: string(b)}).problem(422, "invalid")
			if !slices.ContainsFunc(got.Errors, func(e store.FieldError) bool { return e.Location == at }) {
				t.Errorf("%s of %q: %v", at, s, got.Errors)
			}
		}
	}
}

// TestHole03AnIdHasOneFormInAFrame does it with every id of every frame.
func TestHole03AnIdHasOneFormInAFrame(t *testing.T) {
	w := newLive(t)
	c := w.dial("ann", "/ws")
	m := storetest.Message(t, w.store, w.thread.ID, w.owner, "words")
	for _, f := range frameTable() {
		frame := `{"type":"` + f.name + `","request_id":"r"` + strings.NewReplacer("THREAD", w.thread.ID.String(), "MESSAGE", m.ID.String()).Replace(frameSamples[f.name])
		for _, id := range anID.FindAllString(frame, -1) {
			for _, s := range spellings(id) {
				b, _ := json.Marshal(s)
				c.refuses(t, strings.Replace(frame, `"`+id+`"`, string(b), 1)+"}")
			}
		}
		if f.name == "send_message" {
			for _, s := range spellings(someID) {
				b, _ := json.Marshal(s)
				c.refuses(t, frame+`,"client_id":`+string(b)+"}")
				c.refuses(t, frame+`,"attachment_ids":[`+string(b)+"]}")
			}
		}
	}
}

// refuses fails unless the frame, with the request_id r, is no good.
func (c *client) refuses(t *testing.T, frame string) {
	t.Helper()
	c.send(frame)
	for {
		m, err := c.read()
		if err != nil {
			t.Fatal(err)
		}
		if m["request_id"] == "r" {
			if m.text("error_code") != "invalid_message" {
				t.Errorf("%s is answered %v", frame, m)
			}
			return
		}
	}
}

// TestHole03AThingIsOfItsKind asks every route about one's own things of every other
// kind: a project's id where a thread's belongs, and so on.
func TestHole03AThingIsOfItsKind(t *testing.T) {
	w := newWorld(t, Options{})
	c := w.newCast()
	p, th, m, f := c.scene(w, false)
	kinds := map[string]string{
		"projects": p.ID.String(), "threads": th.ID.String(), "messages": m.ID.String(), "attachments": f.ID.String(),
		"summaries": storetest.Summary(t, w.store, th.ID, "short").ID.String(), "auth": c.sessionOf["owner"], "users": c.users["viewer"].ID.String(),
		"tags": w.tag(p), "invites": w.invite(c.tokens["admin"]),
	}
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		if w.t = t; !strings.Contains(r.path, "{id}") {
			return
		}
		a := c.askAbout("owner", r, p, th, m, f)
		if r.access == adminOnly {
			a.token = c.tokens["admin"]
		}
		of := strings.Split(strings.TrimPrefix(r.path, "/admin"), "/")[1]
		id := anID.FindString(a.path)
		for kind, other := range kinds {
			if kind == of {
				continue
			}
			b := a
			b.path = strings.Replace(a.path, id, other, 1)
			if got := w.do(b); got.status != 404 {
				t.Errorf("one of %s: %d %s", kind, got.status, got.body)
			}
		}
	})
}

// boundTo are requests that join one's own things of two parents: P and Q are projects
// of the same owner, with the threads T and U, the messages M and N, and so on; ben is
// a member of P alone.
var boundTo = map[string]struct {
	method, path, body string
	want               int
}{
	"another project's member":              {get, "/projects/Q/members/BEN", "", 404},
	"another project's member, to remove":   {remove, "/projects/Q/members/BEN", "", 404},
	"another thread's message as cursor":    {get, "/threads/T/messages?after=N", "", 422},
	"another thread's message, before":      {get, "/threads/T/messages?before=N", "", 422},
	"another thread's file":                 {post, "/threads/T/messages", `{"content":"x","attachment_ids":["G"]}`, 422},
	"another thread's beginning":            {post, "/threads/T/summaries", `{"summary_text":"x","start_message_id":"N"}`, 422},
	"another thread's end":                  {post, "/threads/T/summaries", `{"summary_text":"x","end_message_id":"N"}`, 422},
	"another thread's summary as cursor":    {get, "/threads/T/summaries?after=S", "", 422},
	"another project's thread as cursor":    {get, "/threads?project_id=P&after=U", "", 422},
	"a thread moved to another project":     {patch, "/threads/T", `{"project_id":"Q"}`, 422},
	"a message moved to another thread":     {patch, "/messages/M", `{"content":"x","thread_id":"U"}`, 422},
	"a message under another":               {patch, "/messages/M", `{"content":"x","parent_id":"N"}`, 422},
	"a summary moved to another thread":     {patch, "/summaries/S", `{"summary_text":"x","thread_id":"T"}`, 422},
	"a file asked for by its name":          {get, "/attachments/notes.txt/content", "", 404},
	"another project's thread in the query": {get, "/threads?project_id=U", "", 404},
}

// TestHole03AChildIsOfItsParent: nothing that is allowed in one place is reached or
// moved through another, and there is no way to move anything at all.
func TestHole03AChildIsOfItsParent(t *testing.T) {
	w := newWorld(t, Options{})
	c := w.newCast()
	p, th, m, _ := c.scene(w, false)
	q, u, n, g := c.scene(w, false)
	s := storetest.Summary(t, w.store, u.ID, "short")
	ben := storetest.User(t, w.store, "ben")
	storetest.Member(t, w.store, p, ben, store.ProjectViewer)
	fill := strings.NewReplacer("/P/", "/"+p.ID.String()+"/", "/Q/", "/"+q.ID.String()+"/", "BEN", ben.ID.String(), "/T/", "/"+th.ID.String()+"/",
		"/T", "/"+th.ID.String(), "/M", "/"+m.ID.String(), "/S", "/"+s.ID.String(), "=P", "="+p.ID.String(), "=U", "="+u.ID.String(), "=N", "="+n.ID.String(), "=S", "="+s.ID.String(),
		`"Q"`, `"`+q.ID.String()+`"`, `"U"`, `"`+u.ID.String()+`"`, `"T"`, `"`+th.ID.String()+`"`, `"N"`, `"`+n.ID.String()+`"`, `"G"`, `"`+g.ID.String()+`"`)
	for _, name := range slices.Sorted(maps.Keys(boundTo)) {
		t.Run(name, func(t *testing.T) {
			w.t = t
			tt := boundTo[name]
			who := "maker"
			if strings.Contains(tt.path, "BEN") {
				who = "owner"
			}
			got := w.do(ask{method: tt.method, path: base + fill.Replace(tt.path), body: fill.Replace(tt.body), token: c.tokens[who]})
			if got.status != tt.want {
				t.Errorf("status %d, want %d: %s", got.status, tt.want, got.body)
			}
		})
	}
}
