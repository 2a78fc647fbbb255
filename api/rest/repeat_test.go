package rest

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
)

// TestEveryCreateCanBeRepeated: whatever takes a client_id makes one thing, however
// often and from how many connections at once it is asked.
func TestEveryCreateCanBeRepeated(t *testing.T) {
	w := newWorld(t, Options{})
	c := w.newCast()
	b, creates := newBook(), 0
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		if w.t = t; r.method != post || r.status != 201 {
			return
		}
		r.do.prepare(b)
		in, _ := r.do.describe(b)
		if in == nil || in.bodySchema == nil || b.registry.SchemaFromRef(in.bodySchema.Ref).Properties["client_id"] == nil {
			return
		}
		creates++
		who := "maker"
		if r.access == adminOnly {
			who = "admin"
		}
		a := c.ask(w, who, r, false)
		client := uuid.NewString()
		a.body = strings.TrimSuffix(a.body, "}") + `,"client_id":"` + client + `"}`
		got := w.atOnce(8, a)
		for _, g := range got {
			if g.status != r.status {
				t.Fatalf("status %d: %s", g.status, g.body)
			}
			if madeID(t, g.body) != madeID(t, got[0].body) {
				t.Errorf("made two: %s and %s", g.body, got[0].body)
			}
		}
		if again := w.do(a); madeID(t, again.body) != madeID(t, got[0].body) {
			t.Errorf("later it made another: %s", again.body)
		}
		a = c.ask(w, who, r, false)
		a.body = strings.TrimSuffix(a.body, "}") + `,"client_id":"` + uuid.NewString() + `"}`
		if other := w.do(a).is(r.status); madeID(t, other.body) == madeID(t, got[0].body) {
			t.Error("another client_id made nothing")
		}
	})
	if w.t = t; creates < 2 {
		t.Errorf("%d creates take a client_id", creates)
	}
}

// atOnce sends a request n times, each on a connection of its own.
func (w *world) atOnce(n int, a ask) []answer {
	w.t.Helper()
	all := make([]answer, n)
	var sent sync.WaitGroup
	for i := range all {
		sent.Go(func() {
			a := a
			a.client = newClient(nil)
			all[i] = w.do(a)
		})
	}
	sent.Wait()
	return all
}

// madeID finds the id of what a create answers with.
func madeID(t *testing.T, body string) string {
	t.Helper()
	var made struct {
		ID      string
		Message struct{ ID string }
	}
	if err := json.Unmarshal([]byte(body), &made); err != nil {
		t.Fatal(err)
	}
	if made.ID == "" {
		made.ID = made.Message.ID
	}
	return made.ID
}

// TestAMessageIsSentOnceOverBoth sends one message by REST and by two sockets at
// the same time.
func TestAMessageIsSentOnceOverBoth(t *testing.T) {
	w := newLive(t)
	sockets := []*client{w.dial("ann", "/ws"), w.dial("ann", "/ws")}
	rest := &world{t: t, url: "http://" + w.address, client: newClient(nil)}
	token := w.signIn("ann").AccessToken
	client := uuid.NewString()
	ids := make([]string, 4)
	var sent sync.WaitGroup
	for i, c := range sockets {
		c.send(w.fill(`{"type":"send_message","thread_id":"THREAD","content":"once","request_id":"r","client_id":"` + client + `"}`))
		sent.Go(func() {
			ack := c.next("ack")
			m, _ := ack["message"].(map[string]any)
			ids[i], _ = m["id"].(string)
		})
	}
	for i := range 2 {
		sent.Go(func() {
			got := rest.do(ask{method: post, path: w.fill(base + "/threads/THREAD/messages"), token: token, client: newClient(nil), body: `{"content":"once","client_id":"` + client + `"}`})
			ids[2+i] = madeID(t, got.is(201).body)
		})
	}
	sent.Wait()
	if ids[0] == "" || len(slices.Compact(ids)) != 1 {
		t.Errorf("made %v", ids)
	}
	n := strings.Count(rest.do(ask{method: get, path: w.fill(base + "/threads/THREAD/messages"), token: token}).is(200).body, `"is_user":true`)
	if n != 1 {
		t.Errorf("%d messages are stored", n)
	}
}
