package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api/scan/scantest"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
)

// A peopled server has records of all kinds, the caller's and another user's.
type peopled struct {
	*visitor
	project, other, thread, private string // ids
	question                        string
}

func newPeopled(t *testing.T) *peopled {
	t.Helper()
	l := testConfig(t, flag{"data", t.TempDir(), ""}, flag{"scanner.url", scantest.New(t).URL, ""}, flag{"rate_limit.enabled", "false", ""}, flag{"auth.registration", "invite", ""})
	s, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	p := &peopled{visitor: &visitor{t: t, s: s}}
	t.Cleanup(func() {
		if err := p.s.stop(time.Second); err != nil {
			t.Error(err)
		}
	})
	inv, err := giveSetupToken(context.Background(), p.s.house)
	if err != nil {
		t.Fatal(err)
	}
	link, err := url.Parse(inv.Link)
	if err != nil {
		t.Fatal(err)
	}
	var in struct {
		Token string `json:"access_token"`
	}
	p.post("/setup", `{"token":"`+link.Query().Get("token")+`","username":"ann","email":"ann@example.org","password":"wrought iron turnip 47"}`, &in)
	p.token = in.Token
	made := func(path, body string) string {
		var r struct{ ID string }
		p.post(path, body, &r)
		return r.ID
	}
	bob := made("/users", `{"username":"bob","email":"bob@example.org","password":"copper beech lantern 12"}`)
	var bobs struct {
		Token string `json:"access_token"`
	}
	p.post("/auth/login", `{"login":"bob","password":"copper beech lantern 12"}`, &bobs)
	p.project = made("/projects", `{"name":"Plans","tags":["garden"]}`)
	p.ask(http.MethodPut, "/projects/"+p.project+"/members/"+bob, "application/json", strings.NewReader(`{"role":"editor"}`), nil)
	p.thread = made("/threads", `{"project_id":"`+p.project+`","title":"Roses"}`)
	f := p.upload(p.thread, "sent.txt", "sent words")
	p.becomes(f, store.ScanClean)
	p.question = p.talk(f.ID.String())
	p.token = bobs.Token
	p.talk("")
	p.token = in.Token
	p.post("/threads/"+p.thread+"/summaries", `{"summary_text":"About roses"}`, nil)
	p.ask(http.MethodPatch, "/messages/"+p.question, "application/json", strings.NewReader(`{"content":"look at roses again"}`), nil)
	p.post("/users/me/api-keys", `{"name":"k","scopes":["read"]}`, nil)
	p.post("/invites", `{}`, nil)
	p.other = made("/projects", `{"name":"Other"}`)
	p.private = made("/threads", `{"project_id":"`+p.other+`","title":"Secrets"}`)
	return p
}

// talk asks a question and waits for its answer.
func (p *peopled) talk(file string) (question string) {
	p.t.Helper()
	body := map[string]any{"content": "look at roses"}
	if file != "" {
		body["attachment_ids"] = []string{file}
	}
	b, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	var sent struct {
		Message, Answer struct{ ID, Status string }
	}
	status, text := p.ask(http.MethodPost, "/threads/"+p.thread+"/messages?wait=true", "application/json", strings.NewReader(string(b)), &sent)
	if status > 299 {
		p.t.Errorf("a message: %d %s", status, text)
	}
	return sent.Message.ID
}

// damage turns a bit of one record, the first or the last of its table, and returns its
// key and what puts it right.
func (p *peopled) damage(space kv.Space, last bool) (key []byte, restore func()) {
	p.t.Helper()
	var value []byte
	update := func(fn func(tx kv.Tx) error) {
		p.t.Helper()
		if err := p.s.store.engine.Update(p.t.Context(), fn); err != nil {
			p.t.Fatal(err)
		}
	}
	update(func(tx kv.Tx) error {
		page, err := tx.Scan(space, kv.Range{Limit: 1, Reverse: last})
		if err != nil || len(page) == 0 {
			return err
		}
		key, value = slices.Clone(page[0].Key), slices.Clone(page[0].Value)
		bad := slices.Clone(value)
		bad[len(bad)/2] ^= 4
		return tx.Put(space, key, bad)
	})
	return key, func() { update(func(tx kv.Tx) error { return tx.Put(space, key, value) }) }
}

// paths are what the caller reads.
func (p *peopled) paths() []string {
	list := []string{
		"/activities", "/admin/audit", "/admin/audit/check", "/admin/audit/export", "/admin/backups", "/admin/status", "/admin/usage", "/auth/sessions", "/config",
		"/invites", "/models", "/projects", "/search?q=roses", "/tags", "/threads", "/threads?sort=title", "/threads?search=ro", "/usage", "/users", "/users/me", "/users/me/api-keys",
	}
	for _, at := range []string{"", "/members"} {
		list = append(list, "/projects/"+p.project+at)
	}
	for _, at := range []string{"", "/messages", "/messages?include_deleted=true", "/summaries", "/export?format=json", "/export?format=markdown", "/export?format=text", "/export?format=html"} {
		list = append(list, "/threads/"+p.thread+at)
	}
	return list
}

// One damaged record, of whatever kind, keeps no other from being read, searched,
// exported, written or told to a model; and the server says that it is there.
func TestAServerGoesOnBesideADamagedRecord(t *testing.T) {
	p := newPeopled(t)
	for _, space := range store.Tables() {
		// The first of some is the caller's own, without which nobody may do anything.
		last := slices.Contains([]kv.Space{"users", "sessions", "members", "projects", "threads", "signing_keys"}, space)
		if space == "signing_keys" {
			continue // it signs the caller's token
		}
		t.Run(string(space), func(t *testing.T) {
			p.t = t
			key, restore := p.damage(space, last)
			if key == nil {
				return // the server has none
			}
			defer restore()
			for _, path := range p.paths() {
				if status, text := p.ask(http.MethodGet, path, "", nil, nil); status > 299 {
					t.Errorf("%s: %d %s", path, status, text)
				}
			}
			p.talk("")
		})
	}
}

// What is damaged has a placeholder in lists, and a name for its fault alone; health says
// so, until it is right again.
func TestADamagedRecordIsToldToPeople(t *testing.T) {
	p := newPeopled(t)
	health := func() string {
		t.Helper()
		res, err := http.Get(p.s.house.base + "/health") //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var h struct {
			Checks map[string]struct{ Status, Detail string }
		}
		if err := json.NewDecoder(res.Body).Decode(&h); err != nil {
			t.Fatal(err)
		}
		return h.Checks["records"].Status + ": " + h.Checks["records"].Detail
	}
	if got := health(); got != "ok: " {
		t.Errorf("before: %s", got)
	}
	for _, tt := range []struct {
		space       kv.Space
		last        bool
		list, alone string // paths
		holds       string // in the list
	}{
		{"messages", false, "/threads/" + p.thread + "/messages", "/messages/" + p.question, `"error":{"code":"damaged","message":"This message is damaged and can't be shown"}`},
		{"threads", true, "/threads", "/threads/" + p.private, `"title":"Damaged chat"`},
		{"projects", true, "/projects", "/projects/" + p.other, `"name":"Damaged project"`},
		{"summaries", false, "/threads/" + p.thread + "/summaries", "", `"summary_text":"This summary is damaged and can't be shown"`},
		{"users", true, "/users", "", `"is_damaged":true`},
		{"users", true, "/projects/" + p.project + "/members", "", `"username":"damaged account"`},
		{"messages", false, "/threads/" + p.thread + "/export?format=markdown", "", "This message is damaged and can't be shown"},
		{"messages", false, "/threads/" + p.thread + "/export?format=text", "", "This message is damaged and can't be shown"},
		{"messages", false, "/threads/" + p.thread + "/export?format=html", "", "This message is damaged and can&#39;t be shown"},
		{"messages", false, "/threads/" + p.thread + "/export?format=json", "", "This message is damaged and can't be shown"},
	} {
		t.Run(string(tt.space)+" "+tt.list, func(t *testing.T) {
			p.t = t
			key, restore := p.damage(tt.space, tt.last)
			if status, text := p.ask(http.MethodGet, tt.list, "", nil, nil); status != http.StatusOK || !strings.Contains(text, tt.holds) {
				t.Errorf("%s: %d %s", tt.list, status, text)
			}
			if tt.alone != "" {
				id := store.ID(key[len(key)-16:]).String()
				if status, text := p.ask(http.MethodGet, tt.alone, "", nil, nil); status != http.StatusInternalServerError || !strings.Contains(text, `"code":"damaged"`) || !strings.Contains(text, id) {
					t.Errorf("%s: %d %s", tt.alone, status, text)
				}
			}
			waitForHealth(t, health, "degraded: 1 damaged records were read: "+string(tt.space)+" ")
			restore()
			waitForHealth(t, health, "ok: ")
		})
	}
}

func waitForHealth(t *testing.T, health func() string, want string) {
	t.Helper()
	got := ""
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if got = health(); strings.HasPrefix(got, want) {
			return
		}
	}
	t.Errorf("health says %q, want %q", got, want)
}
