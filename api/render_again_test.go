package api_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/markdown"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/storetest"
)

// old is what an earlier release made of every text.
const old = "<p>old</p>"

// aged makes n messages whose HTML is of an earlier release.
func (w *world) aged(n int) (ann api.Actor, thread store.ID, made []*store.Message) {
	w.t.Helper()
	ann = w.as("ann")
	th := w.thread(ann)
	for range n {
		m := storetest.Message(w.t, w.store, th.ID, &store.User{ID: ann.UserID}, "5~7 kg of `List<String>`, **bold**")
		m.ContentHTML = old
		storetest.Update(w.t, w.store, func(tx *store.Tx) error { return tx.PutDraft(m) })
		made = append(made, m)
	}
	return ann, th.ID, made
}

func (w *world) htmls(who api.Actor, thread store.ID) (list []string) {
	w.t.Helper()
	page := must(listMessages(w.t.Context(), w.api, who, api.ListMessagesInput{ThreadID: thread, Limit: 200}))(w.t)
	for _, m := range page.Messages {
		list = append(list, m.ContentHTML)
	}
	return list
}

func TestMessagesOfAnEarlierReleaseAreRenderedAgain(t *testing.T) {
	w := newWorld(t)
	ann, thread, made := w.aged(120) // more than two steps
	fresh := markdown.HTML(made[0].Content)
	if err := w.api.RenderAgain(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, html := range w.htmls(ann, thread) {
		if html != fresh {
			t.Fatalf("message %d: %q, want %q", i, html, fresh)
		}
	}
	var is *store.Message
	storetest.View(t, w.store, func(tx *store.Tx) (err error) { is, err = tx.Message(made[0].ID); return err })
	was := *made[0]
	if was.ContentHTML = fresh; !cmp.Equal(is, &was) {
		t.Errorf("more than the HTML has changed:\n%s", cmp.Diff(&was, is))
	}
	// Once all is done it is not begun again.
	made[0].ContentHTML = old
	storetest.Update(t, w.store, func(tx *store.Tx) error { return tx.PutDraft(made[0]) })
	if err := w.api.RenderAgain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.htmls(ann, thread)[0]; got != old {
		t.Errorf("a second run rendered %q", got)
	}
}

// A run goes on where an earlier one ended, unless that was of another version.
func TestRenderingAgainGoesOnWhereItEnded(t *testing.T) {
	for name, tt := range map[string]struct {
		version int
		first   string // of the message that is behind the place already
	}{"the same version": {markdown.Version, old}, "another version": {markdown.Version + 1, ""}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ann, thread, made := w.aged(2)
			storetest.Update(t, w.store, func(tx *store.Tx) error {
				return tx.SetRendering(store.Rendering{Version: tt.version, After: kv.IDs(thread, made[0].ID)})
			})
			if err := w.api.RenderAgain(t.Context()); err != nil {
				t.Fatal(err)
			}
			fresh := markdown.HTML(made[0].Content)
			want := fresh
			if tt.first != "" {
				want = tt.first
			}
			if got := w.htmls(ann, thread); got[0] != want || got[1] != fresh {
				t.Errorf("got %q", got)
			}
		})
	}
}

// What changes while a text is rendered keeps what it is.
func TestRenderingAgainOverwritesNoChange(t *testing.T) {
	w := newWorld(t)
	ann, thread, made := w.aged(3)
	seen := *made[0]
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		edited, written, gone := *made[0], *made[1], *made[2]
		edited.Content, edited.ContentHTML = "edited", "<p>edited</p>\n"
		written.Status, written.ContentHTML = store.StatusStreaming, ""
		gone.IsDeleted, gone.Content, gone.ContentHTML = true, "", ""
		for _, m := range []*store.Message{&edited, &written, &gone} {
			if err := tx.PutDraft(m); err != nil {
				return err
			}
		}
		for _, m := range []*store.Message{&seen, made[1], made[2]} {
			if err := tx.PutHTML(m, "<p>late</p>"); err != nil {
				return err
			}
		}
		for _, m := range made {
			is, err := tx.Message(m.ID)
			if err != nil {
				return err
			}
			if strings.Contains(is.ContentHTML, "late") {
				t.Errorf("%q has the HTML of what it was before", is.Content)
			}
		}
		written.Status, gone = store.StatusComplete, *made[2] // as the counters have them
		return errors.Join(tx.PutDraft(&written), tx.PutDraft(&gone))
	})
	if got := w.htmls(ann, thread)[0]; got != "<p>edited</p>\n" {
		t.Errorf("got %q", got)
	}
}
