package rest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
)

// credentialFields are the fields in which somebody says who they are.
var credentialFields = []string{"login", "username", "email", "password", "current", "new", "token", "invite", "refresh_token"}

// noCredentials are what no such field may be.
var noCredentials = []string{
	`null`, `7`, `0`, `-1`, `true`, `false`, `[]`, `["a"]`, `["` + password + `"]`, `{}`, `{"$ne":""}`, `{"$gt":""}`, `{"username":"root"}`,
	`"` + strings.Repeat("a", 900_000) + `"`, `"a\u0000b"`, `"\ud800"`,
}

// noPasswords are texts that are no password to be set: empty, blank, short, longer
// than bcrypt reads.
var noPasswords = []string{`""`, `" "`, `"          "`, `"short"`, `"` + strings.Repeat("long enough ", 7) + `"`, `"` + strings.Repeat("\u00e4", 40) + `"`}

// whole are bodies that are right for the routes that samples has none for.
var whole = map[string]string{
	"login":    `{"login":"ann","password":"` + password + `"}`,
	"setUp":    `{"token":"x","username":"new","email":"new@example.org","password":"` + password + `"}`,
	"register": `{"username":"new","email":"new@example.org","password":"` + password + `"}`,
	"refresh":  `{"refresh_token":"x"}`, "logout": `{"refresh_token":"x"}`,
	"updateMe": `{"username":"ann","email":"ann@example.org"}`, "updateUser": `{"username":"x","email":"x@example.org","password":"` + password + `"}`,
}

// TestHole06NoRouteTakesOddCredentials puts into every field of every route that takes
// a name, a password or a token what is none: it is refused as wrong, signs nobody in
// and changes no password. A field that comes later is walked too. No frame has one.
func TestHole06NoRouteTakesOddCredentials(t *testing.T) {
	w := newWorld(t, Options{}, func(o *api.Options) { o.Registration = api.RegistrationOpen })
	token := w.setUp()
	all := inputs()
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		v, shown := all[r.id], ""
		if needsSignIn(r) {
			shown = token
		}
		if w.t = t; v == nil || v.in.body == nil {
			return
		}
		for _, field := range v.in.body.names {
			if !slices.Contains(credentialFields, field) {
				continue
			}
			wrong := slices.Clone(noCredentials)
			if field == "password" && r.id != "login" || field == "new" {
				wrong = append(wrong, noPasswords...)
			}
			if field == "username" || field == "email" {
				wrong = append(wrong, `""`, `" "`, `"a b"`, `"a\nb"`, `"\u202egnp"`)
			}
			for _, value := range wrong {
				body := map[string]json.RawMessage{}
				text := whole[r.id]
				if text == "" {
					text = strings.ReplaceAll(samples[r.id], "NAME", "new")
				}
				if err := json.Unmarshal([]byte(text), &body); err != nil {
					t.Fatalf("the route takes %s, and has no sample: %v", field, err)
				}
				body[field] = json.RawMessage(value)
				b, _ := json.Marshal(body)
				got := w.do(ask{method: r.method, path: path, body: string(b), token: shown})
				if r.id == "createInvite" && value == `""` { // for whoever has it
					continue
				}
				if r.id == "logout" && got.status == 204 && value == `"a\u0000b"` {
					continue // a token that is none is as signed out as can be
				}
				if got.status < 400 || got.status >= 500 || len(got.header.Values("Set-Cookie")) > 0 {
					t.Errorf("%s as %.40s: %d %.300s", field, value, got.status, got.body)
				}
			}
		}
	})
	w.t = t
	w.signIn("ann")
	b := newBook()
	for _, f := range frameTable() {
		f.complete(b)
		for name := range maps.Keys(f.form.props) {
			if slices.Contains(credentialFields, name) {
				t.Errorf("the frame %s takes %s", f.name, name)
			}
		}
	}
}
