package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/api/llm/llmtest"
	"github.com/parley-app/parley/store"
)

func titled(o *api.Options) { o.Titles = true }

// titleOf waits until a thread has a title, and returns it.
func (c *watcher) titleOf(want string) {
	c.t.Helper()
	for {
		if f := c.until("thread_updated"); f["thread"].(map[string]any)["title"] == want {
			return
		}
	}
}

func TestTheModelNamesAThreadAfterItsFirstAnswer(t *testing.T) {
	w := newWorldWith(t, titled)
	ann := w.as("ann")
	th := w.thread(ann)
	screen := w.watch(ann, th.ID)
	w.model.Next(say("In March."), say("**Title:** \"Pruning roses in March.\"\n\nShall I go on?"), say("Yes."))
	w.ask(ann, th.ID, "When do I prune roses?")
	screen.titleOf("Pruning roses in March")
	if told := w.told(); !strings.Contains(told, "When do I prune roses?") || !strings.Contains(told, "In March.") {
		t.Errorf("told %q", told)
	}
	w.ask(ann, th.ID, "Really?")
	if n := len(w.model.Calls()); n != 3 {
		t.Errorf("%d calls: it is named once", n)
	}
	v := must(w.api.GetThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t)
	if v.Title != "Pruning roses in March" {
		t.Errorf("title %q", v.Title)
	}
}

// Whatever the model does, the words of a person are never lost, and the turn
// knows nothing of it.
func TestTitlesThatAreNotTaken(t *testing.T) {
	for name, play := range map[string]llmtest.Play{
		"the server fails":    func(c *llmtest.Call) { c.Refuse(400, "no") },
		"it says nothing":     say(" \n\n"),
		"it says only quotes": say("\"\"\n**"),
		"it answers instead":  say(strings.Repeat("Roses are pruned in March because ", 20)),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorldWith(t, titled)
			ann := w.as("ann")
			th := w.thread(ann)
			ended := make(chan struct{})
			w.model.Next(say("In March."), func(c *llmtest.Call) { play(c); close(ended) }, say("Yes."))
			w.ask(ann, th.ID, "When do I prune roses?")
			<-ended
			w.ask(ann, th.ID, "Really?")
			if v := must(w.api.GetThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t); v.Title != "When do I prune roses?" {
				t.Errorf("title %q", v.Title)
			}
		})
	}
}

// A title that a person writes while the model thinks of one stays; and a question
// in the meantime is not kept waiting, even where one answer is written at a time.
func TestAPersonsTitleStaysAndQuestionsComeFirst(t *testing.T) {
	w := newWorldWith(t, func(o *api.Options) { o.Titles, o.MaxConcurrent = true, 1 })
	ann := w.as("ann")
	th := w.thread(ann)
	asked, again := make(chan struct{}), make(chan struct{})
	named := func(c *llmtest.Call) { <-again; c.Text("A title"); c.End() }
	w.model.Next(say("In March."), func(c *llmtest.Call) { c.Open(); close(asked); <-c.Gone() }, say("Yes."), named)
	w.ask(ann, th.ID, "When do I prune roses?")
	<-asked
	began := time.Now()
	if sent := w.ask(ann, th.ID, "Really?"); sent.Answer.Content != "Yes." {
		t.Errorf("after %v: %+v", time.Since(began), sent.Answer)
	}
	must(w.api.UpdateThread(t.Context(), ann, api.UpdateThreadInput{ID: th.ID, Title: new("Mine")}))(t)
	close(again)
	w.model.Next(say("Third."))
	w.ask(ann, th.ID, "And?")
	if v := must(w.api.GetThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t); v.Title != "Mine" {
		t.Errorf("title %q", v.Title)
	}
}

func TestTheBuiltInAnswererKeepsTheWords(t *testing.T) {
	w := newWorldWith(t, func(o *api.Options) { o.Titles, o.Providers = true, []llm.Provider{&llm.Builtin{}} })
	ann := w.as("ann")
	th := w.thread(ann)
	w.ask(ann, th.ID, "When do I prune roses?")
	must(w.api.DeleteThread(t.Context(), ann, api.IDInput{ID: w.thread(ann).ID}))(t)
	v := must(w.api.GetThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t)
	if v.Title != "When do I prune roses?" {
		t.Errorf("title %q", v.Title)
	}
	_, err := w.api.GetThread(t.Context(), ann, api.IDInput{ID: store.ID{1}})
	wantCode(t, err, store.CodeNotFound)
}
