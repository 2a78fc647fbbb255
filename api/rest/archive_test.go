package rest

import (
	"strings"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// archivedMay are the requests that change something and that an archived thread
// takes all the same, by operation.
var archivedMay = map[string]string{
	"unarchiveThread": "it undoes archiving",
	"archiveThread":   "it is archived already",
	"deleteThread":    "it goes for good",
	"stopGeneration":  "what was begun may be stopped",
}

// archivedFramesMay are the frames that an archived thread takes although they
// are no reading.
var archivedFramesMay = map[string]string{
	"stop_generation": "what was begun may be stopped",
}

func archive(t testing.TB, s *store.Store, id store.ID) {
	t.Helper()
	storetest.Update(t, s, func(tx *store.Tx) error {
		th, err := tx.Thread(id)
		if err == nil {
			th.ArchivedAt = tx.Now
			err = tx.PutThread(th)
		}
		return err
	})
}

// writesIntoThreads says whether a rule is one for what changes a thread that is
// there, or something in it.
func writesIntoThreads(rule access) bool {
	switch rule {
	case threadWriter, threadRemover, author, authorOrOwner:
		return true
	default:
		return false
	}
}

// API-1: an archived thread is read-only for every route there is.
func TestAPI1ArchivedThreadsAreReadOnlyByREST(t *testing.T) {
	w := newWorld(t, Options{})
	c := w.newCast()
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		if w.t = t; !r.changes() || !writesIntoThreads(r.access) {
			return
		}
		p, th, m, f := c.scene(w, false)
		request := c.askAbout("maker", r, p, th, m, f)
		archive(t, w.store, th.ID)
		got := w.do(request)
		if archivedMay[r.id] != "" {
			if got.status >= 300 {
				t.Errorf("got %d %s, but %s", got.status, got.body, archivedMay[r.id])
			}
			return
		}
		got.problem(409, "thread_archived")
	})
}

// API-1: and for every frame.
func TestAPI1ArchivedThreadsAreReadOnlyBySocket(t *testing.T) {
	w := newLive(t)
	client := w.dial("ann", "/ws")
	for _, f := range frameTable() {
		if !writesIntoThreads(f.access) {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			client.TB = t
			th := storetest.Thread(w, w.store, w.project, w.owner, "Thread")
			m := storetest.Message(w, w.store, th.ID, w.owner, "words")
			archive(t, w.store, th.ID)
			want := "thread_archived"
			if archivedFramesMay[f.name] != "" {
				want = ""
			}
			if got := w.outcomeOf(client, f.name, th, m); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// API-1: archiving and un-archiving by their routes and by PATCH; state, lists,
// counts and events follow.
func TestAPI1UnarchivingByREST(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	p := w.made(ask{method: post, path: "/api/v1/projects", body: `{"name":"Garden"}`, token: token})
	th := "/api/v1/threads/" + w.made(ask{method: post, path: "/api/v1/threads", body: `{"project_id":"` + p + `","title":"Roses"}`, token: token})
	lists := func(archived string) (ids int) {
		var in struct {
			Threads []struct {
				IsArchived bool `json:"is_archived"`
			}
			Total   int
			HasMore bool `json:"has_more"`
		}
		w.do(ask{method: get, path: "/api/v1/threads?archived=" + archived, token: token}).is(200).json(&in)
		if in.Total != len(in.Threads) || in.HasMore {
			t.Errorf("archived=%s: total %d of %d", archived, in.Total, len(in.Threads))
		}
		return in.Total
	}
	for _, way := range []struct{ archive, unarchive ask }{
		{ask{method: post, path: th + "/archive"}, ask{method: post, path: th + "/unarchive"}},
		{ask{method: patch, path: th, body: `{"is_archived":true}`}, ask{method: patch, path: th, body: `{"is_archived":false}`}},
		{ask{method: patch, path: th, body: `{"is_archived":true,"title":"Roses, archived"}`}, ask{method: patch, path: th, body: `{"is_archived":false,"title":"Roses"}`}},
	} {
		for _, step := range []struct {
			request  ask
			archived bool
		}{{way.archive, true}, {way.archive, true}, {way.unarchive, false}, {way.unarchive, false}} {
			step.request.token = token
			if step.archived && strings.Contains(step.request.body, "title") && lists("true") == 1 {
				w.do(step.request).problem(409, "thread_archived") // it would rename an archived one
				continue
			}
			var v struct {
				IsArchived bool    `json:"is_archived"`
				ArchivedAt *string `json:"archived_at"`
			}
			w.do(step.request).is(200).json(&v)
			if v.IsArchived != step.archived || (v.ArchivedAt != nil) != step.archived {
				t.Errorf("%s %s %s: %+v", step.request.method, step.request.path, step.request.body, v)
			}
			if f, tr, all := lists("false"), lists("true"), lists("all"); all != 1 || (tr == 1) != step.archived || (f == 1) == step.archived {
				t.Errorf("lists show %d open, %d archived, %d in all", f, tr, all)
			}
		}
	}
	w.do(ask{method: get, path: "/api/v1/threads?archived=maybe", token: token}).problem(422, "invalid")
}

// made sends a request that makes something and returns its id.
func (w *world) made(a ask) string {
	w.t.Helper()
	var v struct{ ID string }
	w.do(a).is(201).json(&v)
	return v.ID
}
