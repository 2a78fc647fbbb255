package api_test

import (
	"fmt"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// Who is told of a thread is who is a member when it changes, also where nobody but
// the store knows that they came or went.
func TestWhoIsToldIsWhoIsThere(t *testing.T) {
	s := newScene(t)
	stranger := s.actors["stranger"]
	w := s.watch(stranger, store.ID{})
	said := 0
	hears := func(want bool) {
		t.Helper()
		title := fmt.Sprint("title ", said)
		said++
		must(s.api.UpdateThread(t.Context(), s.actors["owner"], api.UpdateThreadInput{ID: s.thread, Title: &title}))(t)
		s.hub.Publish(hub.UserTopic(stranger.UserID.String()), []byte(`{"type":"the end"}`))
		heard := false
		for f := w.next(); f["type"] != "the end"; f = w.next() {
			heard = heard || f["type"] == "thread_updated"
		}
		if heard != want {
			t.Errorf("%q: heard %v, want %v", title, heard, want)
		}
	}
	hears(false)
	s.member("stranger", store.ProjectViewer)
	hears(true)
	s.member("stranger", store.ProjectEditor)
	hears(true)
	storetest.Update(t, s.store, func(tx *store.Tx) error {
		m, err := tx.Member(s.project, stranger.UserID)
		if err != nil {
			return err
		}
		return tx.DeleteMember(m)
	})
	hears(false)
	s.member("stranger", store.ProjectViewer)
	hears(true)
}
