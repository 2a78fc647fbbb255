package api_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// refresh is what the job does some times a second.
func (w *world) refresh() {
	w.t.Helper()
	if err := w.api.RefreshPresence(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// nothing says that no frame waits.
func (c *watcher) nothing() {
	c.t.Helper()
	if batch, err := c.conn.Next(); len(batch) > 0 || err != nil {
		c.t.Errorf("unexpected: %s, %v", batch, err)
	}
}

// present are the names in the next frame presence.
func (c *watcher) present() (names []string) {
	c.t.Helper()
	users, _ := c.until("presence")["users"].([]any)
	for _, u := range users {
		names = append(names, u.(map[string]any)["username"].(string))
	}
	return names
}

func TestWhoLooksAtAThread(t *testing.T) {
	w := newWorld(t)
	ann, ben := w.as("ann"), w.as("ben")
	th := w.thread(ann)
	one := w.watch(ann, th.ID)
	w.refresh()
	if got := one.present(); !slices.Equal(got, []string{"ann"}) {
		t.Errorf("alone: %v", got)
	}
	other := w.watch(ben, th.ID)
	w.api.ShowPresence(other.conn, th.ID)
	if got := other.present(); !slices.Equal(got, []string{"ann"}) {
		t.Errorf("at once the newcomer sees %v", got)
	}
	w.refresh()
	for _, c := range []*watcher{one, other} {
		if got := c.present(); !slices.Equal(got, []string{"ann", "ben"}) {
			t.Errorf("both: %v", got)
		}
	}
	second := w.watch(ben, th.ID) // another page of his
	w.refresh()
	one.nothing()
	second.conn.Close()
	w.refresh()
	one.nothing()
	other.conn.Kick(4408, "no sign of life")
	w.refresh()
	if got := one.present(); !slices.Equal(got, []string{"ann"}) {
		t.Errorf("alone again: %v", got)
	}
}

func TestACrowdIsCountedNotNamed(t *testing.T) {
	w := newWorld(t)
	th := w.thread(w.as("ann"))
	topic := hub.ThreadTopic(th.ID.String())
	for n := range 80 {
		c := w.hub.Connect(hub.Label{UserID: fmt.Sprint(n), Username: fmt.Sprint("user", n)})
		defer c.Close()
		c.Subscribe(topic)
	}
	c := w.watch(api.Actor{Username: "ann"}, th.ID)
	w.refresh()
	f := c.until("presence")
	if users, _ := f["users"].([]any); len(users) != 50 || f["total"] != 81.0 {
		t.Errorf("%d are named, %v counted", len(users), f["total"])
	}
	c.nothing() // one frame for all of them
}

func TestTypingEndsByItself(t *testing.T) {
	at := clockAt(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC))
	w := newWorldWith(t, func(o *api.Options) { o.Now = at.Now })
	ann := w.as("ann")
	th := w.thread(ann)
	c := w.watch(ann, th.ID)
	w.refresh()
	c.until("presence")
	types := func(is bool) {
		must(w.api.Typing(t.Context(), ann, api.TypingInput{ThreadID: th.ID, IsTyping: is}))(t)
	}
	told := func(want bool) {
		t.Helper()
		if f := c.until("typing_indicator"); f["is_typing"] != want || f["username"] != "ann" {
			t.Errorf("told %v, want %v", f, want)
		}
	}
	types(true)
	told(true)
	at.add(2 * time.Second)
	types(true) // goes on: nobody needs to hear it again yet
	c.nothing()
	at.add(2 * time.Second)
	types(true)
	told(true) // for those who came meanwhile
	at.add(5 * time.Second)
	w.refresh()
	c.nothing()
	at.add(2 * time.Second)
	w.refresh()
	told(false)
	types(false) // knows already
	c.nothing()
	types(true)
	told(true)
	types(false)
	told(false)
	types(true)
	told(true)
	w.ask(ann, th.ID, "what I typed")
	told(false)
}

func TestTypingEndsWithWhoTypes(t *testing.T) {
	w := newWorld(t)
	ann, ben := w.as("ann"), w.as("ben")
	th := w.thread(ann)
	storeMember(w, th, ben)
	c, other := w.watch(ann, th.ID), w.watch(ben, th.ID)
	w.refresh()
	must(w.api.Typing(t.Context(), ben, api.TypingInput{ThreadID: th.ID, IsTyping: true}))(t)
	c.until("typing_indicator")
	other.conn.Close()
	w.refresh()
	if f := c.until("typing_indicator"); f["is_typing"] != false {
		t.Errorf("told %v", f)
	}
}

func storeMember(w *world, th *api.ThreadView, who api.Actor) {
	w.t.Helper()
	err := w.store.Update(w.t.Context(), func(tx *store.Tx) error {
		return tx.PutMember(&store.Member{ProjectID: th.ProjectID, UserID: who.UserID, Role: store.ProjectEditor, CreatedAt: tx.Now})
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
