package rest

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// TestHole14NoAnswerHasASecret asks every route as everybody for things that have secrets
// behind them, and looks for those in the answers. What every answer of every test here
// and every frame is looked through for besides, see secrets.
func TestHole14NoAnswerHasASecret(t *testing.T) {
	w := newWorld(t, Options{})
	c := w.newCast()
	hidden := map[string]string{"the folder of files": w.blobs.Folder()}
	p, th, m, f := c.scene(w, false)
	const instructions = "canary instructions, which are the system prompt"
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		v, err := tx.Project(p.ID)
		if err != nil {
			return err
		}
		v.Instructions = instructions
		return tx.PutProject(v)
	})
	for who, token := range c.tokens {
		_, hidden["an API key of "+who] = w.apiKey(token, `"read"`)
		hidden["the access token of "+who] = token
		err := w.store.View(t.Context(), func(tx *store.Tx) error {
			u, err := tx.User(c.users[who].ID)
			if err != nil {
				return err
			}
			hidden["the password of "+who] = u.PasswordHash
			list, err := tx.APIKeysOf(u.ID)
			for _, k := range list {
				hidden["the hash of a key of "+who] = base64.StdEncoding.EncodeToString(k.Hash)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	members := map[string]bool{"owner": true, "maker": true, "editor": true, "viewer": true}
	toMembers := map[string]bool{"listProjects": true, "getProject": true, "threadContext": true}
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		if w.t = t; r.changes() || r.root {
			return
		}
		for who := range people {
			got := w.do(c.askAbout(who, r, p, th, m, f))
			for what, secret := range hidden {
				if secret != "" && strings.Contains(got.body, secret) {
					t.Errorf("%s is shown %s", who, what)
				}
			}
			if strings.Contains(got.body, instructions) && !(members[who] && toMembers[r.id]) {
				t.Errorf("%s is shown the system prompt", who)
			}
		}
	})
}

// TestHole14TheLogHasNoWordOfAClient writes a word into every place of every request and
// frame where one can, right or wrong: the log, which tells of all of them, has it nowhere.
func TestHole14TheLogHasNoWordOfAClient(t *testing.T) {
	const canary = "canary-4711"
	w := newWorld(t, Options{})
	c := w.newCast()
	p, th, m, f := c.scene(w, false)
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		if w.t = t; r.id == "logout" {
			return
		}
		a := c.askAbout("owner", r, p, th, m, f)
		path, _, _ := strings.Cut(a.path, "?")
		header := map[string]string{"User-Agent": canary, "Referer": "http://x/" + canary, "Origin": w.url, "X-API-Key": canary, "Cookie": canary + "=" + canary, "X-" + canary: canary}
		for _, try := range []ask{
			{path: path + "?" + canary + "=" + canary, body: `{"` + canary + `":"` + canary + `"}`},
			{path: path, body: `{"` + canary + `":`},
			{path: path, body: canary},
			{path: path + "/" + canary},
			{path: path + "%2f" + canary},
			{path: idsIn(r.full(), canary)},
			{path: strings.Replace(path, "/api/", "/"+canary+"/api/", 1)},
			{path: path, token: canary},
			{path: path, token: "pk_" + canary},
			{path: path, header: map[string]string{"Authorization": "Basic " + canary}},
			{path: idsIn(r.full(), someID), header: map[string]string{"Content-Type": canary}, body: canary},
			{path: idsIn(r.full(), someID), header: map[string]string{"Origin": "https://" + canary}},
		} {
			if try.method = r.method; try.token == "" && (try.header == nil || try.header["Authorization"] == "") {
				try.token = a.token
			}
			if try.header == nil {
				try.header = header
			}
			w.do(try)
		}
		w.do(ask{method: canary, path: path, token: a.token})
	})
	w.t = t
	for _, path := range []string{"/" + canary, "/setup?token=" + canary, "/assets/" + canary + ".js", "/ws/chat/" + canary, "/docs/" + canary, strings.Repeat("/"+canary, 30)} {
		for _, method := range []string{get, "HEAD", post, put} {
			w.do(ask{method: method, path: path, token: c.tokens["owner"]})
			w.do(ask{method: method, path: path, header: map[string]string{"Accept": "text/html"}})
		}
	}
	for _, login := range []string{canary, canary + "@example.org"} {
		w.do(ask{method: post, path: base + "/auth/login", body: `{"login":"` + login + `","password":"` + canary + `"}`})
		w.do(ask{method: get, path: base + "/users/find?login=" + url.QueryEscape(login), token: c.tokens["owner"]})
	}
	s := (&live{TB: t, address: w.host}).dialRaw(c.tokens["owner"], "/ws/chat/"+th.ID.String())
	for _, kind := range frameTable() {
		fields := strings.NewReplacer("THREAD", th.ID.String(), "MESSAGE", m.ID.String()).Replace(frameSamples[kind.name])
		for _, frame := range []string{
			`{"type":"` + kind.name + `","request_id":"` + canary + `"` + fields + `,"` + canary + `":"` + canary + `"}`,
			`{"type":"` + kind.name + `","request_id":"r","thread_id":"` + canary + `","message_id":"` + canary + `","content":"` + canary + `"}`,
			`{"type":"` + canary + `"}`, `{"` + canary,
		} {
			s.send(frame)
			s.heardBack(t)
		}
	}
	log := w.log.String()
	if !strings.Contains(log, `"path":"/api/v1/auth/login"`) || !strings.Contains(log, `"path":"/*"`) || !strings.Contains(log, th.ID.String()) {
		t.Errorf("the log has not seen it all: %.3000s", log)
	}
	for line := range strings.Lines(log) {
		if strings.Contains(line, canary) {
			t.Errorf("the log says %s", line)
		}
	}
}

// heardBack waits for the answer to a frame.
func (c *client) heardBack(t *testing.T) {
	t.Helper()
	for {
		m, err := c.read()
		if err != nil {
			t.Fatal(err)
		}
		if m.text("type") == "error" || m.text("type") == "ack" {
			return
		}
	}
}
