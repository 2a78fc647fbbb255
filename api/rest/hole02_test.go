package rest

import (
	"strings"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// TestHole02AForeignIdIsNowhere has somebody with a project of their own ask every
// route about the things of others: they are as if they were nowhere, and nothing of
// theirs changes. A route for a shared link, a file read aloud or whatever comes is
// walked too, as soon as it is in the table.
func TestHole02AForeignIdIsNowhere(t *testing.T) {
	w := newWorld(t, Options{})
	mine, theirs := w.newCast(), w.newCast()
	mine.scene(w, false)
	p, th, m, f := theirs.scene(w, false)
	look := func() (all string) {
		for _, path := range []string{"/projects/" + p.ID.String(), "/threads/" + th.ID.String() + "/messages", "/attachments/" + f.ID.String()} {
			all += w.do(ask{method: get, path: base + path, token: theirs.tokens["owner"]}).is(200).body
		}
		return all
	}
	notMine := map[access]bool{adminOnly: true} // known to exist: 403
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		if w.t = t; !needsSignIn(r) || !strings.Contains(r.path, "{") {
			return
		}
		a := theirs.askAbout("maker", r, p, th, m, f) // makes what the path names
		before := look()
		for _, who := range []string{"owner", "maker"} { // of the other project
			a.token = mine.tokens[who]
			want := 404
			if notMine[r.access] {
				want = 403
			}
			got := w.do(a)
			if got.status != want || strings.Contains(got.body, "words") {
				t.Errorf("%s got %d, want %d: %s", who, got.status, want, got.body)
			}
		}
		if after := look(); after != before {
			t.Errorf("something has changed from\n%s to\n%s", before, after)
		}
	})
}

// TestHole02AForeignIdIsNowhereForAFrame does the same with every frame, while an
// answer is being written in the foreign thread, so that there is one to resume and
// one to stop.
func TestHole02AForeignIdIsNowhereForAFrame(t *testing.T) {
	w := newLive(t)
	eve := w.user("eve")
	own := storetest.Project(t, w.store, eve, "Own")
	storetest.Thread(t, w.store, own, eve, "Own")
	ann := w.dial("ann", "/ws/chat/"+w.thread.ID.String())
	ann.next("subscribed")
	asked := w.ask(ann, "why?")
	w.model.say <- "a secret "
	ann.next("stream_chunk")
	question, err := store.ParseID(asked)
	if err != nil {
		t.Fatal(err)
	}
	c := w.dial("eve", "/ws")
	for _, f := range frameTable() {
		t.Run(f.name, func(t *testing.T) {
			c.TB = t
			want := "not_found"
			if f.access == signedIn {
				want = "" // of no thread, or to hear less
			}
			if got := w.outcomeOf(c, f.name, w.thread, &store.Message{ID: question}); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	c.TB = t
	w.model.say <- "goes on"
	close(w.model.stop)
	if got := ann.follow("a secret ", 1); got != "a secret goes on" {
		t.Errorf("the answer became %q", got)
	}
	c.hears(t)
}

// hears fails if anything about a thread reaches the client before its next sign of
// life.
func (c *client) hears(t *testing.T) {
	t.Helper()
	c.send(`{"type":"heartbeat"}`)
	for {
		m, err := c.read()
		if err != nil {
			t.Fatal(err)
		}
		switch m.text("type") {
		case "heartbeat_ack":
			return
		case "ack", "error":
		default:
			t.Errorf("heard %v", m)
		}
	}
}
