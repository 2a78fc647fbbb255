package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/api/llm/llmtest"
	"github.com/parley-app/parley/store"
)

func say(s string) llmtest.Play { return func(c *llmtest.Call) { c.Text(s); c.End() } }

// told is what the model was told with its last question.
func (w *world) told() string {
	calls := w.model.Calls()
	var told []string
	for _, m := range calls[len(calls)-1].Messages {
		told = append(told, m.Role+": "+m.Content)
	}
	return strings.Join(told, " | ")
}

// summarized says which of the messages of a thread are.
func (w *world) summarized(who api.Actor, thread store.ID) string {
	w.t.Helper()
	list := must(listMessages(w.t.Context(), w.api, who, api.ListMessagesInput{ThreadID: thread}))(w.t)
	var b strings.Builder
	for _, m := range list.Messages {
		if one := must(w.api.GetMessage(w.t.Context(), who, api.IDInput{ID: m.ID}))(w.t); one.IsSummarized != m.IsSummarized || one.SummaryID != m.SummaryID {
			w.t.Errorf("the list says %t %s, the message %t %s", m.IsSummarized, m.SummaryID, one.IsSummarized, one.SummaryID)
		}
		if m.IsSummarized != !m.SummaryID.IsZero() {
			w.t.Errorf("summarized %t by %s", m.IsSummarized, m.SummaryID)
		}
		b.WriteByte("-s"[map[bool]int{true: 1}[m.IsSummarized]])
	}
	return b.String()
}

// API-3: a summary by hand from its making to its end: what is stored, what
// messages say, what the model is told, what the context counts.
func TestAPI3ASummaryByHand(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	var sent []*api.SentMessage
	for i := range 3 {
		sent = append(sent, w.ask(ann, th.ID, fmt.Sprint("question ", i, strings.Repeat(" word", 50))))
	}
	before := must(w.api.GetThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t)
	screen := w.watch(ann, th.ID)
	in := api.CreateSummaryInput{
		ThreadID: th.ID, SummaryText: " Roses were **pruned**. ", KeyTopics: []string{"roses", "shears"}, EndMessageID: sent[1].Answer.ID, ClientID: store.ID{9},
	}
	s := must(w.api.CreateSummary(t.Context(), ann, in))(t)
	if s.SummaryText != "Roses were **pruned**." || s.MessageCount != 4 || s.StartMessageID != sent[0].Message.ID || s.EndMessageID != sent[1].Answer.ID ||
		s.TokenCount == 0 || s.ModelUsed != "" || s.IsEdited || !slices.Equal(s.KeyTopics, in.KeyTopics) {
		t.Errorf("made %+v", s)
	}
	if again := must(w.api.CreateSummary(t.Context(), ann, in))(t); again.ID != s.ID {
		t.Errorf("repeated with its client_id, it made %s beside %s", again.ID, s.ID)
	}
	if f := screen.until("summary_available"); f["thread_id"] != th.ID.String() || f["summary"].(map[string]any)["id"] != s.ID.String() {
		t.Errorf("frame %v", f)
	}
	if got := w.summarized(ann, th.ID); got != "ssss--" {
		t.Errorf("summarized %s", got)
	}
	v := must(w.api.GetThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t)
	if v.SummaryCount != 1 || v.LastSummaryAt.IsZero() || v.Context.Used >= before.Context.Used || v.TotalTokens != before.TotalTokens {
		t.Errorf("thread %+v, before %+v", v, before)
	}
	w.model.Next(say("an answer"))
	w.ask(ann, th.ID, "and now?")
	if told := w.told(); !strings.HasPrefix(told, "system: What was said before in this conversation, summed up:\n\nRoses were **pruned**. | user: question 2") {
		t.Errorf("told %q", told)
	}
	edited := must(w.api.UpdateSummary(t.Context(), ann, api.UpdateSummaryInput{ID: s.ID, SummaryText: new("Tulips.")}))(t)
	if !edited.IsEdited || edited.SummaryText != "Tulips." || edited.EndMessageID != s.EndMessageID || edited.TokenCount >= s.TokenCount || len(edited.KeyTopics) != 2 {
		t.Errorf("edited %+v", edited)
	}
	list := must(w.api.ListSummaries(t.Context(), ann, api.ListSummariesInput{ThreadID: th.ID}))(t)
	if list.Total != 1 || len(list.Summaries) != 1 || list.HasMore {
		t.Errorf("list %+v", list)
	}
	must(w.api.DeleteSummary(t.Context(), ann, api.IDInput{ID: s.ID}))(t)
	if got := w.summarized(ann, th.ID); strings.Contains(got, "s") {
		t.Errorf("after deleting, summarized %s", got)
	}
	_, err := w.api.GetSummary(t.Context(), ann, api.IDInput{ID: s.ID})
	wantCode(t, err, store.CodeNotFound)
	if v := must(w.api.GetThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t); v.SummaryCount != 0 || !v.LastSummaryAt.IsZero() {
		t.Errorf("thread %+v", v)
	}
	w.model.Next(say("an answer"))
	w.ask(ann, th.ID, "and without it?")
	if told := w.told(); !strings.HasPrefix(told, "user: question 0") {
		t.Errorf("told %q", told)
	}
}

// API-3: what is refused.
func TestAPI3SummariesThatMakeNoSense(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th, other := w.thread(ann), w.thread(ann)
	first, second := w.ask(ann, th.ID, "one"), w.ask(ann, th.ID, "two")
	foreign := w.ask(ann, other.ID, "elsewhere")
	for name, in := range map[string]api.CreateSummaryInput{
		"nothing":                 {SummaryText: " \n"},
		"too long":                {SummaryText: strings.Repeat("ä", api.MaxSummary+1)},
		"six topics":              {SummaryText: "x", KeyTopics: []string{"1", "2", "3", "4", "5", "6"}},
		"an empty topic":          {SummaryText: "x", KeyTopics: []string{" "}},
		"a foreign start":         {SummaryText: "x", StartMessageID: foreign.Message.ID},
		"an end that is not":      {SummaryText: "x", EndMessageID: store.ID{1}},
		"an end before the start": {SummaryText: "x", StartMessageID: second.Message.ID, EndMessageID: first.Message.ID},
	} {
		in.ThreadID = th.ID
		if _, err := w.api.CreateSummary(t.Context(), ann, in); store.CodeOf(err) != store.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(w.api.ArchiveThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t)
	_, err := w.api.Summarize(t.Context(), ann, api.SummarizeInput{ThreadID: th.ID})
	wantCode(t, err, store.CodeThreadArchived)
	empty := w.thread(ann)
	_, err = w.api.Summarize(t.Context(), ann, api.SummarizeInput{ThreadID: empty.ID, Force: true})
	wantCode(t, err, store.CodeConflict)
}

// summary waits for a summary that is being made.
func (w *world) summary(who api.Actor, id store.ID) *api.SummaryView {
	w.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if s, err := w.api.GetSummary(w.t.Context(), who, api.IDInput{ID: id}); err == nil {
			return s
		}
	}
	w.t.Fatal("the summary does not come")
	return nil
}

// API-3: one that the model makes, merged with the one before, with its topics
// from the same call; the newest turn stays word for word.
func TestAPI3ASummaryByTheModel(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	w.ask(ann, th.ID, "one")
	w.ask(ann, th.ID, "two")
	w.model.Next(say("Ann counts.\n\n**Topics:** counting, `numbers`, , one, two, three, four"))
	asked := must(w.api.Summarize(t.Context(), ann, api.SummarizeInput{ThreadID: th.ID}))(t)
	if asked.Status != api.SummaryPending {
		t.Errorf("status %+v", asked)
	}
	s := w.summary(ann, asked.SummaryID)
	if s.SummaryText != "Ann counts." || strings.Join(s.KeyTopics, "|") != "counting|numbers|one|two|three" || s.ModelUsed != w.model.Model || s.MessageCount != 2 {
		t.Errorf("made %+v", s)
	}
	if got := w.summarized(ann, th.ID); got != "ss--" {
		t.Errorf("summarized %s", got)
	}
	if told := w.told(); !strings.Contains(told, "ann: one") || strings.Contains(told, "ann: two") {
		t.Errorf("told %q", told)
	}
	// Everything that is new is one turn, which is then summed up too.
	w.model.Next(say("Ann still counts.\nTopics: numbers"))
	next := w.summary(ann, must(w.api.Summarize(t.Context(), ann, api.SummarizeInput{ThreadID: th.ID}))(t).SummaryID)
	if next.MessageCount != 4 || next.StartMessageID != s.StartMessageID || next.SummaryText != "Ann still counts." {
		t.Errorf("merged %+v with %+v", next, s)
	}
	if told := w.told(); !strings.Contains(told, "Ann counts.") || !strings.Contains(told, "ann: two") || strings.Contains(told, "ann: one") {
		t.Errorf("told %q", told)
	}
	if current := must(w.api.Summarize(t.Context(), ann, api.SummarizeInput{ThreadID: th.ID}))(t); current.SummaryID != next.ID || current.Status != api.SummaryCurrent {
		t.Errorf("with nothing new: %+v", current)
	}
	w.model.Next(say("Anew."))
	anew := w.summary(ann, must(w.api.Summarize(t.Context(), ann, api.SummarizeInput{ThreadID: th.ID, Force: true}))(t).SummaryID)
	if told := w.told(); anew.MessageCount != 2 || !strings.Contains(told, "ann: one") || strings.Contains(told, "Ann still counts") {
		t.Errorf("forced %+v, told %q", anew, told)
	}
	if len(anew.KeyTopics) == 0 {
		t.Error("a model that names no topics leaves none")
	}
	// The newest has the last word on what both stand for; the one before has the rest.
	must(w.api.DeleteSummary(t.Context(), ann, api.IDInput{ID: anew.ID}))(t)
	if got := w.summarized(ann, th.ID); got != "ssss" {
		t.Errorf("summarized %s", got)
	}
}

// API-3: without a model, or with one that fails, the built-in summariser does it
// and says so.
func TestAPI3ASummaryWithoutAModel(t *testing.T) {
	for name, builtin := range map[string]bool{"no model is connected": true, "the model fails": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorldWith(t, func(o *api.Options) {
				if builtin {
					o.Providers = []llm.Provider{&llm.Builtin{}}
				}
			})
			ann := w.as("ann")
			th := w.thread(ann)
			w.ask(ann, th.ID, "The roses are pruned in March every year.")
			w.ask(ann, th.ID, "ok")
			w.model.Next(func(c *llmtest.Call) { c.Refuse(500, "no") }, func(c *llmtest.Call) { c.Refuse(500, "no") }, func(c *llmtest.Call) { c.Refuse(500, "no") })
			s := w.summary(ann, must(w.api.Summarize(t.Context(), ann, api.SummarizeInput{ThreadID: th.ID}))(t).SummaryID)
			if s.ModelUsed != llm.BuiltinName || !strings.Contains(s.SummaryText, "The roses are pruned in March every year.") || len(s.KeyTopics) == 0 {
				t.Errorf("made %+v", s)
			}
		})
	}
}

// A conversation that is longer than the model reads is summed up part by part,
// and the cut stands before a question.
func TestALongConversationIsSummedUpInParts(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	for i := range 12 {
		w.model.Next(say(strings.Repeat("answer ", 40)))
		w.ask(ann, th.ID, fmt.Sprint("question ", i, strings.Repeat(" word", 1200)))
	}
	asked := len(w.model.Calls())
	s := w.summary(ann, must(w.api.Summarize(t.Context(), ann, api.SummarizeInput{ThreadID: th.ID}))(t).SummaryID)
	if n := len(w.model.Calls()) - asked; n < 2 {
		t.Errorf("%d calls", n)
	}
	got := w.summarized(ann, th.ID)
	if kept := strings.TrimLeft(got, "s"); len(kept) == 0 || len(kept) > 6 || len(kept)%2 != 0 || s.MessageCount != len(got)-len(kept) {
		t.Errorf("summarized %s, %d messages", got, s.MessageCount)
	}
}
