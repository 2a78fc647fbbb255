package api_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// What is remembered of a thread is what it says now, and is written as its fields
// are.
func TestShownThreadsAreNotStale(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	title := "roses"
	changes := map[string]func(){
		"nothing":   func() {},
		"a title":   func() { must(w.api.UpdateThread(t.Context(), ann, api.UpdateThreadInput{ID: th.ID, Title: &title}))(t) },
		"a message": func() { w.ask(ann, th.ID, `When do I prune "roses" <b>?`) },
		"its instructions": func() {
			long := "Be brief, and kind to gardeners."
			must(w.api.UpdateProject(t.Context(), ann, api.UpdateProjectInput{ID: th.ProjectID, Instructions: &long}))(t)
		},
		"the archive": func() { must(w.api.ArchiveThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t) },
	}
	for _, what := range []string{"nothing", "a title", "a message", "its instructions", "the archive"} {
		changes[what]()
		for range 2 { // the second time it is remembered
			list := must(w.api.ListThreads(t.Context(), ann, api.ListThreadsInput{Archived: "all"}))(t)
			var stored *store.Thread
			storetest.View(t, w.store, func(tx *store.Tx) (err error) { stored, err = tx.Thread(th.ID); return err })
			planned := must(w.api.ThreadContext(t.Context(), ann, api.ThreadContextInput{ThreadID: th.ID}))(t)
			got := list.Threads[0]
			if got.Title != stored.Title || got.MessageCount != stored.MessageCount || got.IsArchived != stored.IsArchived() ||
				(got.LastMessage == nil) != (stored.LastMessage == nil) || got.Context != planned.ContextView {
				t.Errorf("after %s: shown %q with %d messages and %+v, stored %+v, planned %+v", what, got.Title, got.MessageCount, got.Context, stored, planned)
			}
			written := must(store.AppendJSON(nil, got))(t)
			var plain, fields map[string]any
			if err := json.Unmarshal(written, &plain); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(must(json.Marshal(got))(t), &fields); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(fields, plain); diff != "" {
				t.Errorf("after %s: -fields +written:\n%s", what, diff)
			}
		}
	}
}
