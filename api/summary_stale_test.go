package api_test

import (
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm/llmtest"
	"github.com/parley-app/parley/store"
)

// What was said in a message that is deleted or edited is told by no summary any
// more, to nobody; see docs/decisions/0015.
func TestASummaryForgetsWhatWasTakenBack(t *testing.T) {
	takeBack := map[string]func(w *world, who api.Actor, m *store.Message) error{
		"deleted": func(w *world, who api.Actor, m *store.Message) error {
			_, err := w.api.DeleteMessage(w.t.Context(), who, api.IDInput{ID: m.ID})
			return err
		},
		"edited": func(w *world, who api.Actor, m *store.Message) error {
			_, err := w.api.UpdateMessage(w.t.Context(), who, api.UpdateMessageInput{ID: m.ID, Content: "never mind"})
			return err
		},
	}
	for name, do := range takeBack {
		t.Run("made by a program, "+name, func(t *testing.T) {
			w := newWorld(t)
			ann := w.as("ann")
			th := w.thread(ann)
			w.ask(ann, th.ID, "hello")
			w.ask(ann, th.ID, "more")
			w.model.Next(say("They greet."))
			before := w.summary(ann, must(w.api.Summarize(t.Context(), ann, api.SummarizeInput{ThreadID: th.ID}))(t).SummaryID)
			w.model.Next(say("I see."))
			secret := w.ask(ann, th.ID, "the code is swordfish")
			w.ask(ann, th.ID, "thanks")
			w.model.Next(say("The code is swordfish."))
			made := w.summary(ann, must(w.api.Summarize(t.Context(), ann, api.SummarizeInput{ThreadID: th.ID}))(t).SummaryID)
			if err := do(w, ann, secret.Message); err != nil {
				t.Fatal(err)
			}
			if v := must(w.api.GetThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t); v.SummaryCount != 1 {
				t.Errorf("%d summaries", v.SummaryCount)
			}
			_, err := w.api.GetSummary(t.Context(), ann, api.IDInput{ID: made.ID})
			wantCode(t, err, store.CodeNotFound)
			found := must(w.api.Search(t.Context(), ann, api.SearchInput{Q: "swordfish"}))(t)
			if len(found.Results) != 0 {
				t.Errorf("search finds %+v", found.Results[0])
			}
			if got := w.summarized(ann, th.ID); !strings.HasPrefix(got, "ss") || strings.Contains(got[2:], "s") {
				t.Errorf("summarized %s: the summary %s of what came before is not touched", got, before.ID)
			}
			w.model.Next(say("an answer"))
			w.ask(ann, th.ID, "and now?")
			if told := w.told(); strings.Contains(told, "swordfish") || !strings.Contains(told, "They greet.") {
				t.Errorf("told %q", told)
			}
		})
		t.Run("written by a person, "+name, func(t *testing.T) {
			w := newWorld(t)
			ann := w.as("ann")
			th := w.thread(ann)
			w.model.Next(say("I see."))
			secret := w.ask(ann, th.ID, "the code is swordfish")
			w.ask(ann, th.ID, "more")
			s := must(w.api.CreateSummary(t.Context(), ann, api.CreateSummaryInput{ThreadID: th.ID, SummaryText: "A code was named: swordfish."}))(t)
			screen := w.watch(ann, th.ID)
			if err := do(w, ann, secret.Message); err != nil {
				t.Fatal(err)
			}
			if f := screen.until("summary_available"); f["summary"].(map[string]any)["is_stale"] != true {
				t.Errorf("told %v", f)
			}
			if got := w.summarized(ann, th.ID); strings.Contains(got, "s") {
				t.Errorf("summarized %s", got)
			}
			w.model.Next(say("an answer"))
			w.ask(ann, th.ID, "and now?")
			if told := w.told(); strings.Contains(told, "swordfish") || !strings.Contains(told, "more") {
				t.Errorf("told %q", told)
			}
			edited := must(w.api.UpdateSummary(t.Context(), ann, api.UpdateSummaryInput{ID: s.ID, SummaryText: new("A code was named.")}))(t)
			if edited.IsStale {
				t.Error("who writes it anew answers for it")
			}
			w.model.Next(say("an answer"))
			w.ask(ann, th.ID, "and then?")
			if told := w.told(); !strings.Contains(told, "A code was named.") {
				t.Errorf("told %q", told)
			}
		})
	}
}

// A message that is deleted while the model sums it up is in no summary either.
func TestASummaryThatIsBeingMadeForgetsToo(t *testing.T) {
	w := newClockwork(t, api.Summaries{})
	ann := w.as("ann")
	th := w.thread(ann)
	w.model.Next(say("I see."))
	secret := w.ask(ann, th.ID, "the code is swordfish")
	w.ask(ann, th.ID, "more")
	asked, goOn := make(chan struct{}), make(chan struct{})
	w.model.Next(func(c *llmtest.Call) {
		close(asked)
		<-goOn
		c.Text("The code is swordfish.")
		c.End()
	}, say("They greet."))
	status := must(w.api.Summarize(t.Context(), ann, api.SummarizeInput{ThreadID: th.ID}))(t)
	<-asked
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: secret.Message.ID}))(t)
	close(goOn)
	s := w.summary(ann, status.SummaryID)
	if told := w.told(); s.SummaryText != "They greet." || strings.Contains(told, "swordfish") {
		t.Errorf("made %q, told %q", s.SummaryText, told)
	}
}
