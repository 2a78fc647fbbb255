package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm/llmtest"
	"github.com/parley-app/parley/api/search"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// found is what a search shows somebody, in order, as kinds and titles.
func (w *world) found(who api.Actor, q string) string {
	w.t.Helper()
	r := must(w.api.Search(w.t.Context(), who, api.SearchInput{Q: q}))(w.t)
	var list []string
	for _, x := range r.Results {
		list = append(list, x.Kind+" "+x.Title)
	}
	if r.Total != len(r.Results) || r.HasMore {
		w.t.Errorf("%q: total %d, more %t, of %d", q, r.Total, r.HasMore, len(r.Results))
	}
	return strings.Join(list, ", ")
}

// A library of somebody's that has everything that can be found.
func TestSearch(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.as("ann"), w.as("bob")
	p := must(w.api.CreateProject(t.Context(), ann, api.CreateProjectInput{Name: "Garden"}))(t)
	roses := must(w.api.CreateThread(t.Context(), ann, api.CreateThreadInput{ProjectID: p.ID, Title: new("Pruning roses")}))(t)
	tea := must(w.api.CreateThread(t.Context(), ann, api.CreateThreadInput{ProjectID: p.ID, Title: new("お茶 and Crème brûlée")}))(t)
	secret := must(w.api.CreateThread(t.Context(), ann, api.CreateThreadInput{ProjectID: p.ID, Title: new("Surprise for roses"), IsPrivate: true}))(t)
	w.model.Next(say("Roses are pruned in **March**. Roses, roses."), say("京都の抹茶"))
	question := w.ask(ann, roses.ID, "When do I prune the Röschen?").Message
	w.ask(ann, tea.ID, "Which tea?")
	must(w.api.CreateSummary(t.Context(), ann, api.CreateSummaryInput{ThreadID: tea.ID, SummaryText: "It was about matcha.", KeyTopics: []string{"Kyoto"}}))(t)
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		id, err := tx.NewID()
		if err != nil {
			return err
		}
		return tx.PutAttachment(&store.Attachment{ID: id, ThreadID: roses.ID, UserID: ann.UserID, Name: "Gärtner-Plan 2026.pdf", CreatedAt: tx.Now})
	})
	for q, want := range map[string]string{
		"roses":         "thread Surprise for roses, thread Pruning roses, message Pruning roses",
		"roses march":   "message Pruning roses",
		"MARCH pru":     "message Pruning roses",
		"pruned roses ": "message Pruning roses",
		"pru ":          "",
		"roschen":       "message Pruning roses",
		"creme BRULEE":  "thread お茶 and Crème brûlée",
		"抹茶":            "message お茶 and Crème brûlée",
		"茶":             "thread お茶 and Crème brûlée, message お茶 and Crème brûlée",
		"kyoto":         "summary お茶 and Crème brûlée",
		"gartner plan":  "attachment Gärtner-Plan 2026.pdf",
		"zebra":         "",
		"!!!":           "",
	} {
		if got := w.found(ann, q); got != want {
			t.Errorf("%q: %s; want %s", q, got, want)
		}
		if got := w.found(bob, q); got != "" {
			t.Errorf("%q shows a stranger %s", q, got)
		}
	}
	r := must(w.api.Search(t.Context(), ann, api.SearchInput{Q: "march", ProjectID: p.ID}))(t).Results[0]
	if r.SnippetHTML != "Roses are pruned in <mark>March</mark>. Roses, roses." || r.ThreadID != roses.ID || r.ProjectID != p.ID || r.CreatedAt.IsZero() {
		t.Errorf("result %+v", r)
	}
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		return tx.PutMember(&store.Member{ProjectID: p.ID, UserID: bob.UserID, Role: store.ProjectViewer})
	})
	if got := w.found(bob, "surprise"); got != "" {
		t.Errorf("a private thread is found by others: %s", got)
	}
	if got := w.found(bob, "roses"); got != "thread Pruning roses, message Pruning roses" {
		t.Errorf("a viewer finds %s", got)
	}
	// Pages.
	page := must(w.api.Search(t.Context(), ann, api.SearchInput{Q: "roses", Limit: 1, Offset: 1}))(t)
	if page.Total != 3 || !page.HasMore || len(page.Results) != 1 || page.Results[0].ID != roses.ID {
		t.Errorf("page %+v", page)
	}
	// What is changed is found by its new words alone, as soon as the answer is there.
	must(w.api.UpdateThread(t.Context(), ann, api.UpdateThreadInput{ID: tea.ID, Title: new("Only tea")}))(t)
	must(w.api.UpdateMessage(t.Context(), ann, api.UpdateMessageInput{ID: question.ID, Content: "When do I prune tulips?", Regenerate: new(false)}))(t)
	for q, want := range map[string]string{"brulee": "", "only tea": "thread Only tea", "roschen": "", "tulips": "message Pruning roses"} {
		if got := w.found(ann, q); got != want {
			t.Errorf("after the edit, %q: %s; want %s", q, got, want)
		}
	}
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: question.ID}))(t)
	must(w.api.DeleteThread(t.Context(), ann, api.IDInput{ID: secret.ID}))(t)
	for _, q := range []string{"tulips", "surprise"} {
		if got := w.found(ann, q); got != "" {
			t.Errorf("deleted, %q finds %s", q, got)
		}
	}
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		m, err := tx.Member(p.ID, bob.UserID)
		if err == nil {
			err = tx.DeleteMember(m)
		}
		return err
	})
	if got := w.found(bob, "roses"); got != "" {
		t.Errorf("removed from the project, bob finds %s", got)
	}
	_, err := w.api.Search(t.Context(), bob, api.SearchInput{Q: "roses", ProjectID: p.ID})
	wantCode(t, err, store.CodeNotFound)
	_, err = w.api.Search(t.Context(), api.Actor{}, api.SearchInput{Q: "roses"})
	wantCode(t, err, store.CodeUnauthorized)
}

// What is deleted has left the index before the answer, without any help of who
// keeps it up to date; the words too are gone from the store.
func TestDeletedTextsLeaveTheIndexAtOnce(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	w.model.Next(say("I see."))
	m := w.ask(ann, th.ID, "the password is swordfish").Message
	if err := search.Drain(t.Context(), w.store); err != nil {
		t.Fatal(err)
	}
	postings := func() int {
		n := 0
		storetest.View(t, w.store, func(tx *store.Tx) error {
			list, _, err := tx.Postings(store.SearchScope{Project: th.ProjectID}, "swordfish", false, 10)
			n = len(list)
			return err
		})
		return n
	}
	if got := postings(); got != 2 { // the title has it too
		t.Fatalf("%d postings", got)
	}
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: m.ID}))(t)
	must(w.api.UpdateThread(t.Context(), ann, api.UpdateThreadInput{ID: th.ID, Title: new("Other")}))(t)
	if got := postings(); got != 0 {
		t.Errorf("%d postings after deleting", got)
	}
}

// A text of very many words is put in, changed and taken out in bounded steps, and
// is found only as a whole.
func TestVeryLongTextsAreFound(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	var b strings.Builder
	for i := range 9000 {
		fmt.Fprintf(&b, "word%d ", i)
	}
	w.model.Next(func(c *llmtest.Call) { c.Text(b.String()); c.End() })
	answer := w.ask(ann, th.ID, "many words").Answer
	if err := search.Drain(t.Context(), w.store); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"word0 word8999 ", "word4500 "} {
		if got := w.found(ann, q); got != "message many words" {
			t.Errorf("%q: %q", q, got)
		}
	}
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: answer.ID}))(t)
	for _, q := range []string{"word0 ", "word8999 "} {
		if got := w.found(ann, q); got != "" {
			t.Errorf("deleted, %q finds %s", q, got)
		}
	}
	if err := search.Drain(t.Context(), w.store); err != nil {
		t.Fatal(err)
	}
}
