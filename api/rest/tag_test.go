package rest

import (
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// What a list of messages or of threads is polled with tells everything that happens
// to it, although it is not made of the whole list.
func TestTagsTellEveryChange(t *testing.T) {
	w := newWorld(t, Options{})
	w.setUp()
	ann, bob := w.user("ben", "member"), storetest.User(t, w.store, "bob")
	p := storetest.Project(t, w.store, ann, "p")
	storetest.Member(t, w.store, p, bob, store.ProjectEditor)
	th := storetest.Thread(t, w.store, p, ann, "t")
	token, _ := w.signIn(ann.Username)
	question := storetest.Message(t, w.store, th.ID, bob, "What is the plan?")
	base, thread := "/api/v1/messages/"+question.ID.String(), "/api/v1/threads/"+th.ID.String()
	change := func(m string, path, body string) func() {
		return func() { w.do(ask{method: m, path: path, token: token, body: body}) }
	}
	stored := func(f func(tx *store.Tx, m *store.Message)) func() {
		return func() {
			storetest.Update(t, w.store, func(tx *store.Tx) error {
				m, err := tx.Message(question.ID)
				if err != nil {
					return err
				}
				f(tx, m)
				return tx.PutDraft(m)
			})
		}
	}
	lists := []string{thread + "/messages", "/api/v1/threads?project_id=" + p.ID.String(), "/api/v1/threads"}
	tags, bodies := map[string]string{}, map[string]string{}
	for _, step := range []struct {
		what  string
		do    func()
		shown []string // where it changes something
	}{
		{"a question", change(post, thread+"/messages?wait=true", `{"content":"And then?"}`), lists},
		{"another text of the same size", stored(func(_ *store.Tx, m *store.Message) { m.Content = "What is the plot?" }), lists[:1]},
		{"back again", stored(func(_ *store.Tx, m *store.Message) { m.Content = "What is the plan?" }), lists[:1]},
		{"a state", stored(func(_ *store.Tx, m *store.Message) { m.Status = store.StatusStopped }), lists[:1]},
		{"a summary", func() { storetest.Summary(t, w.store, th.ID, "plans") }, lists},
		{"a new title", change(patch, thread, `{"title":"Plans"}`), lists[1:]},
		{"instructions", change(patch, "/api/v1/projects/"+p.ID.String(), `{"instructions":"Answer in verse, and be brief about it."}`), lists[1:]},
		{"one more thread", change(post, "/api/v1/threads", `{"project_id":"`+p.ID.String()+`"}`), lists[1:]},
		{"an author who left", func() {
			storetest.Update(t, w.store, func(tx *store.Tx) error { return tx.DeleteUser(bob) })
			if err := w.store.Reap(t.Context()); err != nil {
				t.Error(err)
			}
		}, lists[:1]},
		{"a deletion", change(remove, base, ""), lists[:1]},
		{"archived", change(patch, thread, `{"is_archived":true}`), lists[1:]},
	} {
		for _, list := range lists {
			a := ask{method: get, path: list, token: token}
			first := w.do(a).is(200)
			tags[list], bodies[list] = first.header.Get("ETag"), first.body
			a.header = map[string]string{"If-None-Match": tags[list]}
			w.do(a).is(304)
		}
		step.do()
		for _, list := range step.shown {
			got := w.do(ask{method: get, path: list, token: token, header: map[string]string{"If-None-Match": tags[list]}})
			if got.status != 200 || got.body == bodies[list] {
				t.Errorf("%s: %s answers %d with the body of before: %v", step.what, list, got.status, got.body == bodies[list])
			}
		}
	}
}
