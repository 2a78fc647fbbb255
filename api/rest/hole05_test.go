package rest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// servers are names that only the server writes, or that other programs took from
// their clients to their cost. Each has a value that a client would gain by.
var servers = map[string]string{
	"user_id": `"` + someID + `"`, "owner_id": `"` + someID + `"`, "owner": `true`, "creator_id": `"` + someID + `"`, "author_id": `"` + someID + `"`,
	"role": `"admin"`, "roles": `["admin"]`, "is_admin": `true`, "admin": `true`, "superuser": `true`, "permissions": `["*"]`, "scope": `"admin"`,
	"is_disabled": `false`, "passwordHash": `"x"`, "hash": `"x"`, "session_id": `"` + someID + `"`, "key_id": `"` + someID + `"`, "made_by": `"` + someID + `"`,
	"id": `"` + someID + `"`, "created_at": `"2020-01-01T00:00:00.000Z"`, "updated_at": `"2020-01-01T00:00:00.000Z"`, "edited_at": `"2020-01-01T00:00:00.000Z"`,
	"deleted_at": `null`, "is_deleted": `true`, "is_edited": `false`, "edit_count": `0`, "is_user": `false`, "status": `"complete"`, "content_html": `"<b>x</b>"`,
	"model_used": `"x"`, "finish_reason": `"stop"`, "token_count": `0`, "total_tokens": `0`, "message_count": `0`, "is_summarized": `true`, "summary_id": `"` + someID + `"`,
	"parent_id": `"` + someID + `"`, "alternatives": `[]`, "sha256": `"x"`, "media_type": `"text/html"`, "size": `0`, "scan": `{"status":"clean"}`,
	"internal": `true`, "bypass": `true`, "debug": `true`, "trusted": `true`, "__proto__": `{}`, "constructor": `{}`, "version": `1`, "title_from": `"person"`,
}

// taken are the places where such a name is what the route is about.
var taken = map[string][]string{
	"putMember": {"role"}, "createInvite": {"role"}, "createUser": {"role"}, "updateUser": {"role", "is_disabled"}, // by owners and administrators
}

// TestHole05TheServersFieldsAreNotTaken sends each such name to every route, beside a
// body that is right and in the query, and as the file's neighbour in a form.
func TestHole05TheServersFieldsAreNotTaken(t *testing.T) {
	w := newWorld(t, Options{})
	c := w.newCast()
	p, th, m, f := c.scene(w, false)
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		if w.t = t; !needsSignIn(r) || !isVerb(r) {
			return
		}
		a := c.askAbout("owner", r, p, th, m, f)
		if r.access == author || r.access == authorOrOwner {
			a.token = c.tokens["maker"]
		}
		if r.access == adminOnly {
			a.token = c.tokens["admin"]
		}
		for _, name := range slices.Sorted(maps.Keys(servers)) {
			if slices.Contains(taken[r.id], name) {
				continue
			}
			if r.changes() {
				b := a
				b.body = `{"` + name + `":` + servers[name] + `}`
				if rest, found := strings.CutPrefix(a.body, "{"); found && rest != "}" {
					b.body = `{"` + name + `":` + servers[name] + "," + rest
				}
				w.refusesField(b, "body."+name)
				continue
			}
			if strings.HasSuffix(r.path, "audit") && (name == "user_id") || r.id == "listUsers" && name == "role" {
				continue // what is looked for
			}
			b := a
			b.path += map[bool]string{true: "&", false: "?"}[strings.Contains(a.path, "?")] + name + "=1"
			w.refusesField(b, "query."+name)
		}
	})
	w.t = t
	form := fileForm("notes.txt", "words")
	for _, name := range slices.Sorted(maps.Keys(servers)) {
		more := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\nx\r\n"
		w.do(ask{method: post, path: base + "/threads/" + th.ID.String() + "/attachments", token: c.tokens["maker"], body: more + form, header: formHeader}).problem(422, "invalid")
	}
}

// refusesField fails unless the answer names the field as one that is not known.
func (w *world) refusesField(a ask, at string) {
	w.t.Helper()
	got := w.do(a)
	if got.status != 422 {
		w.t.Errorf("%s in %s: %d %s", at, a.body, got.status, got.body)
		return
	}
	if p := got.problem(422, "invalid"); !slices.ContainsFunc(p.Errors, func(e store.FieldError) bool { return e.Location == at }) {
		w.t.Errorf("%s is not named: %v", at, p.Errors)
	}
}

// TestHole05TheServersFieldsAreNotTakenInAFrame does it with every frame.
func TestHole05TheServersFieldsAreNotTakenInAFrame(t *testing.T) {
	w := newLive(t)
	c := w.dial("ann", "/ws")
	m := storetest.Message(t, w.store, w.thread.ID, w.owner, "words")
	fill := strings.NewReplacer("THREAD", w.thread.ID.String(), "MESSAGE", m.ID.String())
	for _, f := range frameTable() {
		for name, value := range servers {
			c.refuses(t, `{"type":"`+f.name+`","request_id":"r"`+fill.Replace(frameSamples[f.name])+`,"`+name+`":`+value+`}`)
		}
		c.refuses(t, `{"type":"`+f.name+`","request_id":"r"`+fill.Replace(frameSamples[f.name])+`,"Thread_ID":"`+someID+`"}`)
	}
}
