package api_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm/llmtest"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// says answers with text at once.
func says(text string) llmtest.Play {
	return func(c *llmtest.Call) { c.Text(text); c.End() }
}

// held answers with text once ready is closed.
func held(text string, ready <-chan struct{}) llmtest.Play {
	return func(c *llmtest.Call) {
		c.Open()
		if c.Await(ready) {
			c.Text(text)
			c.End()
		}
	}
}

func (w *world) send(who api.Actor, thread store.ID, content string) *store.Message {
	w.t.Helper()
	return must(w.api.SendMessage(w.t.Context(), who, api.SendMessageInput{ThreadID: thread, Content: content}))(w.t).Message
}

// talk returns the thread's messages in their order, each with its status where that
// is not complete.
func (w *world) talk(who api.Actor, thread store.ID) string {
	w.t.Helper()
	var out []string
	for _, m := range must(listMessages(w.t.Context(), w.api, who, api.ListMessagesInput{ThreadID: thread}))(w.t).Messages {
		text := m.Content
		if m.Status != store.StatusComplete {
			text += " (" + m.Status + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, " | ")
}

// idle waits until nothing is being answered in a thread, and nothing waits.
func (w *world) idle(who api.Actor, thread store.ID) string {
	w.t.Helper()
	for range 100_000 {
		talk := w.talk(who, thread)
		if !strings.Contains(talk, "(queued)") && !strings.Contains(talk, "(streaming)") {
			return talk
		}
		time.Sleep(time.Millisecond)
	}
	w.t.Fatalf("it does not end: %s", w.talk(who, thread))
	return ""
}

// lastPrompt is what the model was told last, a line each.
func lastPrompt(w *world, at int) string {
	var told []string
	for _, m := range w.model.Calls()[at].Messages {
		told = append(told, m.Role+": "+m.Content)
	}
	return strings.Join(told, " | ")
}

func TestQuestionsWaitInOrderWhileAnAnswerIsWritten(t *testing.T) {
	w := newWorld(t)
	ann, ben, th := w.team()
	look := w.watch(ann, th.ID)
	ready := make(chan struct{})
	w.model.Next(held("A1", ready), says("A2"), says("A3"))
	w.send(ann, th.ID, "Q1")
	w.model.Call(t)
	second, third := w.send(ben, th.ID, "Q2"), w.send(ann, th.ID, "Q3")
	for i, m := range []*store.Message{second, third} {
		if m.Status != store.StatusQueued {
			t.Errorf("question %d is %s", i+2, m.Status)
		}
		f := look.until("message_queued")
		if got := f["message"].(map[string]any); got["id"] != m.ID.String() || f["queue_position"] != float64(i+1) || authorIn(f) == "" {
			t.Errorf("frame %v", f)
		}
	}
	if got, want := w.talk(ben, th.ID), "Q1 |  (streaming) | Q2 (queued) | Q3 (queued)"; got != want {
		t.Errorf("meanwhile: %q, want %q", got, want)
	}
	close(ready)
	if got, want := w.idle(ann, th.ID), "Q1 | A1 | Q2 | A2 | Q3 | A3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for at, want := range []string{"user: Q1", "user: Q1 | assistant: A1 | user: Q2", "user: Q1 | assistant: A1 | user: Q2 | assistant: A2 | user: Q3"} {
		if got := lastPrompt(w, at); got != want {
			t.Errorf("prompt %d: %q, want %q", at+1, got, want)
		}
	}
	if f := look.until("message_updated")["message"].(map[string]any); f["id"] != second.ID.String() || f["status"] != store.StatusComplete {
		t.Errorf("that a question is asked is told as %v", f)
	}
}

func TestAtMostTenQuestionsWait(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	w.model.Next(func(c *llmtest.Call) { c.Open(); c.Stall() })
	w.send(ann, th.ID, "Q0")
	var last *store.Message
	for n := range store.MaxQueued {
		last = w.send(ann, th.ID, fmt.Sprint("Q", n+1))
	}
	_, err := w.api.SendMessage(t.Context(), ann, api.SendMessageInput{ThreadID: th.ID, Content: "one too many"})
	wantCode(t, err, store.CodeGenerating)
	if err == nil || !strings.Contains(err.Error(), "10 questions") {
		t.Errorf("the error says %v", err)
	}
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: last.ID}))(t)
	w.send(ann, th.ID, "in its place")
	if talk := w.talk(ann, th.ID); strings.Contains(talk, "one too many") {
		t.Errorf("what was refused is there: %s", talk)
	}
}

// A question can be taken out of the queue by its author and by owners, and changed
// by its author. Stop ends the running answer alone.
func TestTheQueueCanBeChanged(t *testing.T) {
	w := newWorld(t)
	ann, ben, th := w.team()
	cleo := w.as("cleo")
	w.join(ann, th.ProjectID, cleo, store.ProjectEditor)
	w.model.Next(func(c *llmtest.Call) { c.Text("A1"); c.Stall() })
	look := w.watch(ann, th.ID)
	w.send(ann, th.ID, "Q1")
	look.until("stream_chunk")
	gone, owned, edited := w.send(ben, th.ID, "gone"), w.send(ben, th.ID, "removed by the owner"), w.send(ben, th.ID, "edit me")
	_, err := w.api.DeleteMessage(t.Context(), cleo, api.IDInput{ID: gone.ID})
	wantCode(t, err, store.CodeForbidden)
	_, err = w.api.UpdateMessage(t.Context(), cleo, api.UpdateMessageInput{ID: edited.ID, Content: "x"})
	wantCode(t, err, store.CodeForbidden)
	_, err = w.api.Regenerate(t.Context(), ben, api.RegenerateInput{ID: edited.ID})
	if err == nil {
		t.Error("a question that waits is asked twice")
	}
	must(w.api.DeleteMessage(t.Context(), ben, api.IDInput{ID: gone.ID}))(t)
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: owned.ID}))(t)
	yes := true
	m := must(w.api.UpdateMessage(t.Context(), ben, api.UpdateMessageInput{ID: edited.ID, Content: "Q2", Regenerate: &yes}))(t)
	if m.Status != store.StatusQueued {
		t.Errorf("after the edit it is %s", m.Status)
	}
	w.model.Next(says("A2"))
	if s := must(w.api.StopGeneration(t.Context(), ben, api.IDInput{ID: th.ID}))(t); !s.Stopped {
		t.Error("nothing was stopped")
	}
	if got, want := w.idle(ann, th.ID), "Q1 | A1 (stopped) | Q2 | A2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	page := must(listMessages(t.Context(), w.api, ann, api.ListMessagesInput{ThreadID: th.ID}))(t)
	if by := page.Messages[1].StoppedBy; by == nil || by.Name != "ben" || by.ID != ben.UserID {
		t.Errorf("stopped by %v", by)
	}
	final := look.until("stream_chunk")
	for final["is_final"] != true {
		final = look.until("stream_chunk")
	}
	if by, _ := final["message"].(map[string]any)["stopped_by"].(map[string]any); by["name"] != "ben" {
		t.Errorf("the last frame says %v", by)
	}
}

// After a crash or a restart the questions that waited are answered.
func TestTheQueueSurvivesAStart(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	w.model.Next(func(c *llmtest.Call) { c.Open(); c.Stall() }, says("A2"), says("A3"))
	w.send(ann, th.ID, "Q1")
	w.model.Call(t)
	w.send(ann, th.ID, "Q2")
	w.send(ann, th.ID, "Q3")
	if err := w.store.Close(); err != nil { // as far as the file can tell, the process is gone
		t.Fatal(err)
	}
	w.start()
	if got, want := w.talk(ann, th.ID), "Q1 |  (interrupted) | Q2 (queued) | Q3 (queued)"; got != want {
		t.Errorf("after the start: %q, want %q", got, want)
	}
	if err := w.api.AnswerQueued(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := w.idle(ann, th.ID), "Q1 |  (interrupted) | Q2 | A2 | Q3 | A3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// In an archived thread questions wait until it is restored.
func TestTheQueueOfAnArchivedThreadWaits(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	ready := make(chan struct{})
	w.model.Next(held("A1", ready), says("A2"))
	first := must(w.api.SendMessage(t.Context(), ann, api.SendMessageInput{ThreadID: th.ID, Content: "Q1"}))(t)
	w.model.Call(t)
	w.send(ann, th.ID, "Q2")
	must(w.api.ArchiveThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t)
	close(ready)
	page := must(listMessages(t.Context(), w.api, ann, api.ListMessagesInput{ThreadID: th.ID, After: first.Message.ID}))(t)
	w.settled(ann, page.Messages[0].ID)
	if err := w.api.AnswerQueued(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := w.talk(ann, th.ID), "Q1 | A1 | Q2 (queued)"; got != want {
		t.Errorf("archived: %q, want %q", got, want)
	}
	must(w.api.UnarchiveThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t)
	if got, want := w.idle(ann, th.ID), "Q1 | A1 | Q2 | A2"; got != want {
		t.Errorf("restored: %q, want %q", got, want)
	}
}

// Questions of people who may not ask any more fail with a reason, and those behind
// them are answered.
func TestTheQueueGoesOnWhenPeopleLeave(t *testing.T) {
	w := newWorld(t)
	ann, ben, th := w.team()
	cleo, dora := w.as("cleo"), w.as("dora")
	for _, who := range []api.Actor{cleo, dora} {
		w.join(ann, th.ProjectID, who, store.ProjectEditor)
	}
	ready := make(chan struct{})
	w.model.Next(held("A1", ready), says("A5"))
	w.send(ann, th.ID, "Q1")
	w.model.Call(t)
	w.send(ben, th.ID, "of a former member")
	w.send(cleo, th.ID, "of a viewer")
	w.send(dora, th.ID, "of a deleted account")
	w.send(ann, th.ID, "Q5")
	must(w.api.DeleteMember(t.Context(), ann, api.MemberInput{ProjectID: th.ProjectID, UserID: ben.UserID}))(t)
	w.join(ann, th.ProjectID, cleo, store.ProjectViewer)
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		u, err := tx.User(dora.UserID)
		return errors.Join(err, tx.DeleteUser(u))
	})
	close(ready)
	want := "Q1 | A1 | of a former member |  (failed) | of a viewer |  (failed) | of a deleted account |  (failed) | Q5 | A5"
	if got := w.idle(ann, th.ID); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, m := range must(listMessages(t.Context(), w.api, ann, api.ListMessagesInput{ThreadID: th.ID}))(t).Messages {
		if m.Status == store.StatusFailed && !strings.HasPrefix(m.Error.Message, "This question was not asked: ") {
			t.Errorf("the error says %q", m.Error.Message)
		}
	}
	if n := len(w.model.Calls()); n != 2 {
		t.Errorf("the model was asked %d times", n)
	}
}

// Each question gets the failure of its own answer; nothing waits for ever.
func TestTheQueueGoesOnWhenAnswersFail(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	ready := make(chan struct{})
	fails := func(c *llmtest.Call) { c.Refuse(500, `{"error":{"message":"out of memory"}}`) }
	w.model.Next(held("A1", ready), fails, fails, says("A4"))
	w.send(ann, th.ID, "Q1")
	w.model.Call(t)
	for _, q := range []string{"Q2", "Q3", "Q4"} {
		w.send(ann, th.ID, q)
	}
	close(ready)
	if got, want := w.idle(ann, th.ID), "Q1 | A1 | Q2 |  (failed) | Q3 |  (failed) | Q4 | A4"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWaitingForTheAnswerToAQuestionThatWaits(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	ready := make(chan struct{})
	w.model.Next(held("A1", ready), says("A2"))
	w.send(ann, th.ID, "Q1")
	w.model.Call(t)
	client := newID(t, w.store)
	type result struct {
		sent *api.SentMessage
		err  error
	}
	ask := func(content string, client store.ID) <-chan result {
		got := make(chan result, 1)
		go func() {
			sent, err := w.api.SendMessage(t.Context(), ann, api.SendMessageInput{ThreadID: th.ID, Content: content, ClientID: client, Wait: true})
			got <- result{sent, err}
		}()
		for !strings.Contains(w.talk(ann, th.ID), content) {
			time.Sleep(time.Millisecond)
		}
		return got
	}
	answered, removed := ask("Q2", client), ask("Q3", store.ID{})
	again := must(w.api.SendMessage(t.Context(), ann, api.SendMessageInput{ThreadID: th.ID, Content: "Q2", ClientID: client}))(t)
	page := must(listMessages(t.Context(), w.api, ann, api.ListMessagesInput{ThreadID: th.ID}))(t)
	if page.Total != 4 || again.Message.Status != store.StatusQueued {
		t.Errorf("repeated with its client_id it is %s, and the thread has %d messages", again.Message.Status, page.Total)
	}
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: page.Messages[3].ID}))(t)
	if r := <-removed; store.CodeOf(r.err) != store.CodeConflict {
		t.Errorf("the removed question: %v", r.err)
	}
	close(ready)
	if r := <-answered; r.err != nil || r.sent.Answer == nil || r.sent.Answer.Content != "A2" || r.sent.Answer.ParentID != again.Message.ID {
		t.Errorf("waited for %+v, %v", r.sent, r.err)
	}
}

// A client that lost its connection while it waited asks again with the same client_id.
func TestARepeatedQuestionWaitsForItsAnswer(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	ready := make(chan struct{})
	w.model.Next(held("A1", ready), says("another"), says("A2"))
	in := api.SendMessageInput{ThreadID: th.ID, Content: "Q1", ClientID: newID(t, w.store), Wait: true}
	results := make(chan *api.SentMessage, 3)
	for range cap(results) {
		go func() {
			sent, err := w.api.SendMessage(t.Context(), ann, in)
			if err != nil {
				t.Error(err)
			}
			results <- sent
		}()
	}
	w.model.Call(t)
	close(ready)
	first := <-results
	for range cap(results) - 1 {
		if again := <-results; again.Answer == nil || again.Answer.ID != first.Answer.ID || again.Answer.Content != "A1" || again.Message.ID != first.Message.ID {
			t.Errorf("asked again while it is written: %+v, want %+v", again, first)
		}
	}
	w.settled(ann, must(w.api.Regenerate(t.Context(), ann, api.RegenerateInput{ID: first.Answer.ID}))(t).ID)
	if again := must(w.api.SendMessage(t.Context(), ann, in))(t); again.Answer == nil || again.Answer.ID != first.Answer.ID {
		t.Errorf("asked again after another answer: %+v, want the first", again.Answer)
	}
	in.Wait = false
	if again := must(w.api.SendMessage(t.Context(), ann, in))(t); again.Answer != nil || again.Message.ID != first.Message.ID {
		t.Errorf("without waiting: %+v", again)
	}
	in.Wait = true
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: first.Message.ID}))(t)
	if again := must(w.api.SendMessage(t.Context(), ann, in))(t); !again.Message.IsDeleted {
		t.Errorf("asked again after it was deleted: %+v", again)
	}
}

// A thread takes its queue along.
func TestADeletedThreadHasNoQueue(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	w.model.Next(func(c *llmtest.Call) { c.Open(); c.Stall() })
	w.send(ann, th.ID, "Q1")
	w.model.Call(t)
	w.send(ann, th.ID, "Q2")
	must(w.api.DeleteThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t)
	if err := w.api.AnswerQueued(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Reap(t.Context()); err != nil {
		t.Fatal(err)
	}
	storetest.View(t, w.store, func(tx *store.Tx) error {
		threads, err := tx.QueuedThreads(store.ID{}, 10)
		if len(threads) > 0 {
			t.Errorf("questions wait in %v", threads)
		}
		return err
	})
	if findings, err := w.store.Check(t.Context()); err != nil || len(findings) > 0 {
		t.Errorf("check: %v %v", findings, err)
	}
	if n := len(w.model.Calls()); n != 1 {
		t.Errorf("the model was asked %d times", n)
	}
}

// A summary never stands for a question that waits: its answer would be in it unread.
func TestQuestionsThatWaitAreNotSummarised(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	w.ask(ann, th.ID, "Q1")
	w.model.Next(func(c *llmtest.Call) { c.Open(); c.Stall() })
	w.send(ann, th.ID, "Q2")
	w.model.Call(t)
	waits := w.send(ann, th.ID, "Q3")
	s := must(w.api.CreateSummary(t.Context(), ann, api.CreateSummaryInput{ThreadID: th.ID, SummaryText: "all"}))(t)
	if s.EndMessageID.Compare(waits.ID) >= 0 {
		t.Error("the summary stands for a question that waits")
	}
}
