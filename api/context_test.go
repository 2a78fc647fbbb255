package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm/llmtest"
	"github.com/parley-app/parley/store"
)

// newSmallWorld is a world whose model server lists a context of so many tokens.
func newSmallWorld(t *testing.T, context int) *world {
	t.Helper()
	w := newWorld(t)
	w.model.Context, w.model.Dialect = context, llmtest.VLLM
	if err := w.api.RefreshModels(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) context(who api.Actor, thread store.ID) *api.ThreadContext {
	w.t.Helper()
	return must(w.api.ThreadContext(w.t.Context(), who, api.ThreadContextInput{ThreadID: thread}))(w.t)
}

// lastSent is how many messages the model was sent with its last question, without the
// instructions and the question.
func (w *world) lastSent() (history int) {
	calls := w.model.Calls()
	for _, m := range calls[len(calls)-1].Messages {
		if m.Role != "system" {
			history++
		}
	}
	return history - 1
}

// checkSums checks that the parts add up to what the meter says.
func checkSums(t *testing.T, c *api.ThreadContext) {
	t.Helper()
	used, left := 0, api.LeftOut{}
	for _, p := range c.Parts {
		if p.Included {
			used += p.Tokens
			left.Tokens += p.CutTokens
		} else {
			left.Tokens += p.Tokens
		}
		switch isLeft := !p.Included || p.CutTokens > 0; {
		case isLeft && p.Kind == api.PartAttachment:
			left.Attachments++
		case isLeft:
			left.Messages++
		}
	}
	if used != c.Used || left != c.LeftOut || c.Used > c.Budget || c.Percent != c.Used*100/c.Budget {
		t.Errorf("the parts have %d tokens and leave out %+v; the meter says %+v", used, left, c.ContextView)
	}
	if (c.LeftOut.Messages+c.LeftOut.Attachments > 0) && c.Severity != api.SeverityCritical {
		t.Errorf("%+v is left out, and the severity is %s", c.LeftOut, c.Severity)
	}
}

func TestTheMeterCountsWhatIsSentAndWhatIsLeftOut(t *testing.T) {
	w := newSmallWorld(t, 1000)
	ann := w.as("ann")
	th := w.thread(ann)
	question := "Is it so?" + strings.Repeat(" word", 60)
	leftOut := false
	for i := range 14 {
		before := w.context(ann, th.ID)
		checkSums(t, before)
		w.model.Next(say("It is so," + strings.Repeat(" yes", 20)))
		w.ask(ann, th.ID, question)
		// The question itself takes room, so one turn more than was said may go.
		sent := w.lastSent()
		if most := 2*i - before.LeftOut.Messages; sent > most || sent < most-2 {
			t.Errorf("question %d: %d messages were sent; the meter said %d of %d", i, sent, most, 2*i)
		}
		list := must(w.api.ListThreads(t.Context(), ann, api.ListThreadsInput{}))(t).Threads[0].Context
		now := w.context(ann, th.ID)
		if one := must(w.api.GetThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t).Context; one != list || now.ContextView != list {
			t.Errorf("the list says %+v, the thread %+v, the panel %+v", list, one, now.ContextView)
		}
		if now.Limit != 1000 || now.LimitSource != api.LimitServer || now.Budget != 750 {
			t.Errorf("limit %+v", now.ContextView)
		}
		if before.LeftOut.Messages == 0 && before.Percent >= 95 && before.Severity != api.SeverityCritical {
			t.Errorf("%d%% is %s", before.Percent, before.Severity)
		}
		leftOut = leftOut || now.LeftOut.Messages > 0
	}
	if !leftOut {
		t.Error("nothing was ever left out: the test proves nothing")
	}
}

func TestTheAnswersShareIsAskedFor(t *testing.T) {
	w := newSmallWorld(t, 1000)
	ann := w.as("ann")
	th := w.thread(ann)
	w.ask(ann, th.ID, "Is it so?")
	if got := w.model.Calls()[0].MaxTokens; got != 250 {
		t.Errorf("max_tokens is %d, want the share 250", got)
	}
	assumed := newWorld(t) // its server tells nothing: a guess cuts no answer
	bob := assumed.as("bob")
	assumed.ask(bob, assumed.thread(bob).ID, "Is it so?")
	if got := assumed.model.Calls()[0].MaxTokens; got != 0 {
		t.Errorf("max_tokens is %d though the limit is only assumed", got)
	}
}

func TestOnlyTheNewestAlternativeCounts(t *testing.T) {
	w := newSmallWorld(t, 4000)
	ann := w.as("ann")
	th := w.thread(ann)
	first := w.ask(ann, th.ID, "one")
	before := w.context(ann, th.ID).Used
	for range 10 {
		w.settled(ann, must(w.api.Regenerate(t.Context(), ann, api.RegenerateInput{ID: first.Message.ID}))(t).ID)
	}
	for i := range 5 {
		must(w.api.UpdateMessage(t.Context(), ann, api.UpdateMessageInput{ID: first.Message.ID, Content: "one" + strings.Repeat("!", i+1)}))(t)
		w.quiet(ann, th.ID)
	}
	if after := w.context(ann, th.ID).Used; after > before+20 {
		t.Errorf("used grew from %d to %d by alternatives and edits", before, after)
	}
	w.ask(ann, th.ID, "two")
	if n := w.lastSent(); n != 2 {
		t.Errorf("%d messages before the question were sent, want 2", n)
	}
}

// quiet waits until no answer is being written in a thread.
func (w *world) quiet(who api.Actor, thread store.ID) {
	w.t.Helper()
	list := must(listMessages(w.t.Context(), w.api, who, api.ListMessagesInput{ThreadID: thread}))(w.t)
	w.settled(who, list.Messages[len(list.Messages)-1].ID)
}

// An answer made anew later than the next question still stands with its own.
func TestALateAnswerStandsWithItsQuestion(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	w.model.Next(say("A1"), say("A2"), say("B1"), say("C"))
	first := w.ask(ann, th.ID, "Q1")
	w.ask(ann, th.ID, "Q2")
	w.settled(ann, must(w.api.Regenerate(t.Context(), ann, api.RegenerateInput{ID: first.Message.ID}))(t).ID)
	w.ask(ann, th.ID, "Q3")
	if got, want := w.told(), "user: Q1 | assistant: B1 | user: Q2 | assistant: A2 | user: Q3"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestAnAnswerWhoseQuestionIsGoneIsStillSent(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	w.model.Next(say("A1"), say("A2"))
	first := w.ask(ann, th.ID, "Q1")
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: first.Message.ID}))(t)
	checkSums(t, w.context(ann, th.ID))
	w.ask(ann, th.ID, "Q2")
	if got, want := w.told(), "user: (This message was deleted.) | assistant: A1 | user: Q2"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestAttachmentsAreCountedAndCutsAreTold(t *testing.T) {
	d := newDesk(t, nil, func(o *api.Options) { o.ContextTokens = 4000 })
	file := d.bring("notes.txt", strings.Repeat("word ", 2500))
	if err := d.send(file); err != nil {
		t.Fatal(err)
	}
	d.quiet(d.ann, d.thread.ID)
	c := d.context(d.ann, d.thread.ID)
	checkSums(t, c)
	if c.LimitSource != api.LimitSetting || c.LeftOut.Attachments != 1 || c.Used < 2000 {
		t.Errorf("context %+v", c.ContextView)
	}
	list := must(listMessages(t.Context(), d.api, d.ann, api.ListMessagesInput{ThreadID: d.thread.ID}))(t)
	warning := list.Messages[1].ContextWarning
	calls := d.model.Calls()
	sent := strings.Count(calls[len(calls)-1].Last(), "word")
	if warning == nil || warning.Kind != store.WarningAttachmentCut || warning.AttachmentID != file.ID ||
		warning.SentTokens < sent-20 || warning.SentTokens > sent+20 || warning.AllTokens < 2490 || warning.AllTokens > 2510 {
		t.Errorf("warning %+v, %d words were sent", warning, sent)
	}
	if list.Messages[0].ContextWarning != nil {
		t.Errorf("the question has a warning: %+v", list.Messages[0].ContextWarning)
	}
	must(d.api.DeleteAttachment(t.Context(), d.ann, api.IDInput{ID: file.ID}))(t)
	after := d.context(d.ann, d.thread.ID)
	if shown := must(d.api.GetThread(t.Context(), d.ann, api.IDInput{ID: d.thread.ID}))(t).Context; after.Used > 300 || shown != after.ContextView {
		t.Errorf("without the file the panel says %+v, the thread %+v", after.ContextView, shown)
	}
}

func TestFilesThatNoModelReadsAreSaidSo(t *testing.T) {
	d := newDesk(t, nil)
	zip, text := d.bring("data.zip", zipOf(t)), d.bring("notes.txt", "a word")
	unsent := d.context(d.ann, d.thread.ID).Unsent
	if len(unsent) != 2 || unsent[0].ReadableBy["fake-model"] || !unsent[1].ReadableBy["fake-model"] {
		t.Errorf("unsent %+v", unsent)
	}
	if err := d.send(zip, text); err != nil {
		t.Fatal(err)
	}
	d.quiet(d.ann, d.thread.ID)
	c := d.context(d.ann, d.thread.ID)
	checkSums(t, c)
	for _, p := range c.Parts {
		if p.Kind == api.PartAttachment && p.ReadableBy["fake-model"] != (p.Title == "notes.txt") {
			t.Errorf("part %+v", p)
		}
	}
	if c.LeftOut != (api.LeftOut{}) || len(c.Unsent) != 0 {
		t.Errorf("left out %+v, unsent %+v", c.LeftOut, c.Unsent)
	}
}

func TestWhereTheLimitComesFrom(t *testing.T) {
	listed := newSmallWorld(t, 3000)
	set := newWorldWith(t, func(o *api.Options) { o.ContextTokens = 3000 })
	for want, w := range map[string]*world{api.LimitAssumed: newWorld(t), api.LimitServer: listed, api.LimitSetting: set} {
		ann := w.as("ann")
		c := w.context(ann, w.thread(ann).ID)
		models := must(w.api.ListModels(t.Context(), ann, api.NamedPageInput{}))(t).Models
		if c.LimitSource != want || models[0].ContextSource != want || models[0].ContextTokens != c.Limit {
			t.Errorf("the source is %s, and %s in the list; want %s", c.LimitSource, models[0].ContextSource, want)
		}
	}
}

// A server that drops most of a prompt is found out by the tokens that it counts. What
// is learned outlives a restart.
func TestAServerThatReadsLessIsFoundOut(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	w.model.Next(func(c *llmtest.Call) { c.Text("Hm."); c.Finish("stop"); c.Usage(500, 2); c.Done() })
	a := w.ask(ann, th.ID, strings.Repeat("many words ", 3000)).Answer
	if got := a.ContextWarning; got == nil || got.Kind != store.WarningTruncated || got.ReadTokens != 500 || got.SentTokens < 5000 {
		t.Fatalf("warning %+v", got)
	}
	for range 2 {
		c := w.context(ann, th.ID)
		if c.Limit != 500 || c.LimitSource != api.LimitLearned || c.Severity != api.SeverityCritical {
			t.Errorf("context %+v", c.ContextView)
		}
		w.restart()
	}
	// What was only learned by looking refuses no question.
	w.model.Next(func(c *llmtest.Call) { c.Text("Yes."); c.Finish("stop"); c.Usage(900, 2); c.Done() })
	if a := w.ask(ann, th.ID, strings.Repeat("many words ", 450)).Answer; a.Status != store.StatusComplete || a.ContextWarning != nil {
		t.Errorf("answer %+v with %+v", a.Status, a.ContextWarning)
	}
	if c := w.context(ann, th.ID); c.LimitSource != api.LimitAssumed {
		t.Errorf("a limit that was disproved counts on: %+v", c.ContextView)
	}
}

func (w *world) restart() {
	w.t.Helper()
	w.api.Shutdown(w.t.Context())
	if err := w.store.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.start()
}

// A server whose error names its limit is asked again with what fits.
func TestALimitThatAnErrorNamesIsLearned(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	for range 4 {
		w.model.Next(say("Yes." + strings.Repeat(" word", 150)))
		w.ask(ann, th.ID, "Is it so?")
	}
	const named = `{"error":{"message":"This model's maximum context length is 700 tokens. However, your messages resulted in 905 tokens.","type":"invalid_request_error"}}`
	w.model.Next(func(c *llmtest.Call) { c.Refuse(400, named) }, say("It is."))
	if a := w.ask(ann, th.ID, "And now?").Answer; a.Status != store.StatusComplete || a.Content != "It is." {
		t.Errorf("answer %q %s %+v", a.Content, a.Status, a.Error)
	}
	if c := w.context(ann, th.ID); c.Limit != 700 || c.LimitSource != api.LimitLearned || w.lastSent() >= 8 {
		t.Errorf("context %+v, %d messages were sent", c.ContextView, w.lastSent())
	}
}

func TestFramesCarryTheContext(t *testing.T) {
	w := newSmallWorld(t, 1000)
	ann := w.as("ann")
	th := w.thread(ann)
	screen := w.watch(ann, th.ID)
	w.model.Next(say("Yes."))
	w.ask(ann, th.ID, "Is it so?"+strings.Repeat(" word", 300))
	for {
		thread := screen.until("thread_updated")["thread"].(map[string]any)
		context := thread["context"].(map[string]any)
		if context["budget"] != 750.0 || context["limit_source"] != "server" || context["left_out"] == nil {
			t.Fatalf("context %v", context)
		}
		if want := w.context(ann, th.ID); thread["last_message"].(map[string]any)["content"] == "Yes." {
			if context["used"] != float64(want.Used) {
				t.Errorf("the frame says %v, the panel %d", context["used"], want.Used)
			}
			return
		}
	}
}

// A thread that leaves messages out is summed up at once, though people go on.
func TestASummaryDoesNotWaitWhenMessagesAreLeftOut(t *testing.T) {
	c := newClockwork(t, api.Summaries{Interval: time.Hour, ContextPercent: 70, IdleAfter: time.Hour}, func(o *api.Options) { o.ContextTokens = 600 })
	ann := c.as("ann")
	th := c.thread(ann)
	screen := c.watch(ann, th.ID)
	for range 8 {
		c.model.Next(say("It is so." + strings.Repeat(" yes", 30)))
		c.ask(ann, th.ID, "Is it so, or is it not so"+strings.Repeat(" and why", 15))
	}
	screen.until("summary_available")
	before := c.context(ann, th.ID)
	checkSums(t, before)
}

func TestASummaryHoldsWhatAFileSays(t *testing.T) {
	d := newDesk(t, nil)
	if err := d.send(d.bring("notes.txt", "The turnips weigh 4711 grams.")); err != nil {
		t.Fatal(err)
	}
	d.quiet(d.ann, d.thread.ID)
	d.ask(d.ann, d.thread.ID, "And now?")
	screen := d.watch(d.ann, d.thread.ID)
	must(d.api.Summarize(t.Context(), d.ann, api.SummarizeInput{ThreadID: d.thread.ID}))(t)
	screen.until("summary_available")
	if said := d.told(); !strings.Contains(said, "4711 grams") {
		t.Errorf("the summary was made of %q", said)
	}
}

func TestAThreadBeginsWithTheSummaryOfAnother(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	w.ask(ann, th.ID, "Q1")
	w.ask(ann, th.ID, "Q2")
	screen := w.watch(ann, th.ID)
	w.model.Next(say("Roses were pruned.\nTopics: roses"))
	id := must(w.api.Summarize(t.Context(), ann, api.SummarizeInput{ThreadID: th.ID, Whole: true}))(t).SummaryID
	screen.until("summary_available")
	if got := w.summarized(ann, th.ID); got != "ssss" {
		t.Errorf("the whole thread is summed up as %q", got)
	}
	next := must(w.api.CreateThread(t.Context(), ann, api.CreateThreadInput{ProjectID: th.ProjectID, SummaryID: id}))(t)
	list := must(w.api.ListSummaries(t.Context(), ann, api.ListSummariesInput{ThreadID: next.ID}))(t).Summaries
	if len(list) != 1 || list[0].SourceThreadID != th.ID || list[0].SummaryText != "Roses were pruned." || next.SummaryCount != 1 {
		t.Fatalf("thread %+v with summaries %+v", next, list)
	}
	c := w.context(ann, next.ID)
	checkSums(t, c)
	if len(c.Parts) != 1 || c.Parts[0].Kind != api.PartSummary {
		t.Errorf("parts %+v", c.Parts)
	}
	w.ask(ann, next.ID, "Q3")
	if got := w.told(); !strings.HasPrefix(got, "system: ") || !strings.Contains(got, "Roses were pruned.") || !strings.HasSuffix(got, "user: Q3") {
		t.Errorf("told %q", got)
	}
	first := must(listMessages(t.Context(), w.api, ann, api.ListMessagesInput{ThreadID: th.ID}))(t).Messages[0]
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: first.ID}))(t)
	if w.ask(ann, next.ID, "Q4"); strings.Contains(w.told(), "Roses") {
		t.Errorf("a copy goes on telling what was deleted: %q", w.told())
	}
	if got := must(w.api.ListSummaries(t.Context(), ann, api.ListSummariesInput{ThreadID: next.ID}))(t).Summaries[0]; !got.IsStale {
		t.Error("the copy is not marked")
	}
	id = must(w.api.CreateSummary(t.Context(), ann, api.CreateSummaryInput{ThreadID: th.ID, SummaryText: "Anew."}))(t).ID
	bob := w.as("bob")
	own := must(w.api.CreateProject(t.Context(), bob, api.CreateProjectInput{Name: "Own"}))(t)
	_, err := w.api.CreateThread(t.Context(), bob, api.CreateThreadInput{ProjectID: own.ID, SummaryID: id})
	wantCode(t, err, store.CodeInvalid)
	other := must(w.api.CreateProject(t.Context(), ann, api.CreateProjectInput{Name: "Other"}))(t)
	_, err = w.api.CreateThread(t.Context(), ann, api.CreateThreadInput{ProjectID: other.ID, SummaryID: id})
	wantCode(t, err, store.CodeInvalid)
}

func TestACopyOfAPrivateThreadIsPrivate(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	p := must(w.api.CreateProject(t.Context(), ann, api.CreateProjectInput{Name: "P"}))(t)
	th := must(w.api.CreateThread(t.Context(), ann, api.CreateThreadInput{ProjectID: p.ID, IsPrivate: true}))(t)
	w.ask(ann, th.ID, "Q1")
	s := must(w.api.CreateSummary(t.Context(), ann, api.CreateSummaryInput{ThreadID: th.ID, SummaryText: "Secret."}))(t)
	if next := must(w.api.CreateThread(t.Context(), ann, api.CreateThreadInput{ProjectID: p.ID, SummaryID: s.ID}))(t); !next.IsPrivate {
		t.Error("what was private is shown to the project")
	}
}

// What is remembered of a thread's messages is right after each kind of change.
func TestTheContextFollowsEveryChange(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	sent := []*api.SentMessage{}
	check := func(what string) {
		t.Helper()
		shown := must(w.api.GetThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t).Context
		w.restart() // forgets what it remembered
		if c := w.context(ann, th.ID); c.ContextView != shown {
			t.Errorf("after %s the thread shows %+v; it is %+v", what, shown, c.ContextView)
		}
	}
	for i := range 3 {
		sent = append(sent, w.ask(ann, th.ID, fmt.Sprint("question ", i)))
		check("a question")
	}
	first := must(w.api.CreateSummary(t.Context(), ann, api.CreateSummaryInput{ThreadID: th.ID, SummaryText: "One.", EndMessageID: sent[0].Answer.ID}))(t)
	check("a summary")
	must(w.api.CreateSummary(t.Context(), ann, api.CreateSummaryInput{ThreadID: th.ID, SummaryText: "Two.", StartMessageID: sent[1].Message.ID, EndMessageID: sent[1].Answer.ID}))(t)
	check("another summary")
	longer := "One, and a lot more than that."
	must(w.api.UpdateSummary(t.Context(), ann, api.UpdateSummaryInput{ID: first.ID, SummaryText: &longer}))(t)
	check("an edit of the older summary")
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: sent[2].Answer.ID}))(t)
	check("a deleted answer")
	must(w.api.DeleteSummary(t.Context(), ann, api.IDInput{ID: first.ID}))(t)
	check("a deleted summary")
}
