package rest

import (
	"encoding/json"
	"strings"
	"testing"
)

// entries returns the newest entries of the audit, the newest first.
func (w *world) entries(token, query string) (list []struct {
	Number   int
	Username string
	Action   string
	Details  map[string]string
},
) {
	w.t.Helper()
	var out struct{ Entries json.RawMessage }
	w.do(ask{method: get, path: "/api/v1/admin/audit" + query, token: token}).is(200).json(&out)
	if err := json.Unmarshal(out.Entries, &list); err != nil {
		w.t.Fatal(err)
	}
	return list
}

// TestEveryRouteOfAnAdministratorIsInTheAudit walks the route table: whether it
// works or fails, an administrator's request leaves one entry, somebody else's none.
func TestEveryRouteOfAnAdministratorIsInTheAudit(t *testing.T) {
	w := newWorld(t, Options{})
	c := w.newCast()
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		if w.t = t; r.access != adminOnly {
			return
		}
		request := c.ask(w, "admin", r, false)
		before := w.entries(c.tokens["admin"], "?limit=1")[0].Number // and one for this
		w.do(request).is(r.status)
		w.do(ask{method: r.method, path: path + "?nonsense=1", token: c.tokens["admin"]}).is(422)
		w.do(ask{method: r.method, path: path, token: c.tokens["owner"], body: request.body}).is(403)
		list := w.entries(c.tokens["admin"], "")
		if n := list[0].Number; n != before+3 {
			t.Fatalf("%d entries, want 2", n-before-1)
		}
		failed, worked := list[0], list[1]
		if worked.Action != r.audit || worked.Details["failed"] != "" || failed.Action != r.audit || failed.Details["failed"] != "invalid" {
			t.Errorf("noted as %+v and %+v", worked, failed)
		}
	})
}

func TestTheAuditTellsOfSignIns(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	for _, body := range []string{`{"login":"ann","password":"not the password"}`, `{"login":"my secret, typed in the wrong field","password":"x"}`} {
		w.do(ask{method: post, path: "/api/v1/auth/login", body: body}).problem(401, "unauthorized")
	}
	w.signIn("ann")
	list := w.entries(token, "")
	var actions []string
	for _, e := range list {
		actions = append(actions, e.Action+" "+e.Username+" "+e.Details["account"])
	}
	want := "signed_in ann |sign_in_failed  none|sign_in_failed ann |set_up ann "
	if got := strings.Join(actions, "|"); got != want {
		t.Errorf("the audit has\n%s, want\n%s", got, want)
	}
	if text := w.do(ask{method: get, path: "/api/v1/admin/audit", token: token}).body; strings.Contains(text, "typed in the wrong field") {
		t.Error("what was typed is in the audit")
	}
}

func TestPagesOfTheAudit(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp() // 1
	for range 5 {
		w.signIn("ann") // 2 to 6
	}
	numbers := func(query string) (out []int) {
		for _, e := range w.entries(token, query) {
			out = append(out, e.Number)
		}
		return out
	}
	is := func(got []int, want string) {
		t.Helper()
		if b, _ := json.Marshal(got); string(b) != want {
			t.Errorf("got %s, want %s", b, want)
		}
	}
	is(numbers("?limit=2"), "[6,5]")
	is(numbers("?limit=2&after=5"), "[4,3]")
	is(numbers("?limit=2&before=3"), "[5,4]")
	is(numbers("?limit=2&offset=1&action=signed_in"), "[5,4]")
	is(numbers("?action=set_up"), "[1]")
	is(numbers("?action=signed_in&after=3"), "[2]")
	is(numbers("?to=2001-01-01T00:00:00Z"), "null")
	for query, code := range map[string]string{
		"?after=3&before=5": "conflicting_pagination", "?after=3&offset=0": "conflicting_pagination", "?after=99": "unknown_cursor",
		"?after=1&action=signed_in": "unknown_cursor", "?from=yesterday": "invalid", "?limit=201": "invalid", "?after=0": "invalid",
	} {
		w.do(ask{method: get, path: "/api/v1/admin/audit" + query, token: token}).problem(422, code)
	}
}

func TestTheAuditAsLines(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	w.signIn("ann")
	got := w.do(ask{method: get, path: "/api/v1/admin/audit/export", token: token}).is(200)
	if got.header.Get("Content-Type") != "application/jsonl" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("sent as %v", got.header)
	}
	var numbers []int
	for line := range strings.Lines(got.body) {
		var e struct{ Number int }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		numbers = append(numbers, e.Number)
	}
	if len(numbers) < 2 || numbers[0] != 1 || numbers[1] != 2 {
		t.Errorf("entries %v", numbers)
	}
	w.t = t
	if one := w.do(ask{method: get, path: "/api/v1/admin/audit/export?action=set_up", token: token}).is(200); strings.Count(one.body, "\n") != 1 {
		t.Errorf("selected %q", one.body)
	}
}
