package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm/llmtest"
	"github.com/parley-app/parley/store"
)

func TestATurn(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	screen := w.watch(ann, th.ID)
	w.model.Next(func(c *llmtest.Call) { c.Text("Prune ", "them **in", " March**."); c.End() })
	sent := w.ask(ann, th.ID, "When do I prune roses?")

	a := sent.Answer
	if a.Status != store.StatusComplete || a.Content != "Prune them **in March**." || a.FinishReason != "stop" || a.ParentID != sent.Message.ID {
		t.Errorf("stored %+v", a)
	}
	if want := "<p>Prune them <strong>in March</strong>.</p>\n"; a.ContentHTML != want {
		t.Errorf("html %q, want %q", a.ContentHTML, want)
	}
	if a.TokenCount != 3 || a.ModelUsed != w.model.Model {
		t.Errorf("%d tokens by %q", a.TokenCount, a.ModelUsed)
	}
	screen.until("subscribed")
	if f := screen.until("new_message"); f["message"].(map[string]any)["id"] != sent.Message.ID.String() {
		t.Errorf("new_message %v", f)
	}
	if f := screen.until("assistant_message_start"); f["message_id"] != a.ID.String() || f["parent_id"] != sent.Message.ID.String() {
		t.Errorf("start %v", f)
	}
	text, next := "", 0.0
	for {
		f := screen.until("stream_chunk")
		if f["is_final"] == true {
			if m := f["message"].(map[string]any); m["content"] != a.Content || text != a.Content || m["content_html"] != a.ContentHTML {
				t.Errorf("shown %q, final %v", text, m)
			}
			break
		}
		if f["chunk_index"] != next {
			t.Errorf("chunk %v, want %v", f["chunk_index"], next)
		}
		text, next = text+f["chunk"].(string), f["next_index"].(float64)
	}
	got := must(w.api.GetThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t)
	if got.Title != "When do I prune roses?" || got.MessageCount != 2 || got.LastMessage.Content != "Prune them in March." {
		t.Errorf("thread %+v, last %+v", got, got.LastMessage)
	}
}

func TestServerThatCountsNoTokens(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	long := strings.Repeat("some words ", 3000)
	for range 5 { // each more than half of what the model reads at once
		w.model.Next(func(c *llmtest.Call) { c.Text(long); c.End() }) // counts one token
		if a := w.ask(ann, th.ID, "go on").Answer; a.TokenCount < len(long)/16 {
			t.Fatalf("%d bytes have %d tokens", len(long), a.TokenCount)
		}
	}
	calls := w.model.Calls()
	sent := 0
	for _, m := range calls[len(calls)-1].Messages {
		sent += len(m.Content)
	}
	if sent > 2*len(long) {
		t.Errorf("the last prompt has %d bytes", sent)
	}
}

func TestWhatTheModelIsTold(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	p := must(w.api.CreateProject(t.Context(), ann, api.CreateProjectInput{Name: "P", Instructions: "Be brief."}))(t)
	th := must(w.api.CreateThread(t.Context(), ann, api.CreateThreadInput{ProjectID: p.ID}))(t)
	say := func(s string) llmtest.Play { return func(c *llmtest.Call) { c.Text(s); c.End() } }
	w.model.Next(say("bad answer"), say("good answer"), say("third"))
	first := w.ask(ann, th.ID, "one")
	again := must(w.api.Regenerate(t.Context(), ann, api.RegenerateInput{ID: first.Answer.ID}))(t)
	w.settled(ann, again.ID)
	w.ask(ann, th.ID, "two")
	var told []string
	for _, m := range w.model.Calls()[2].Messages {
		told = append(told, m.Role+": "+m.Content)
	}
	if got, want := strings.Join(told, " | "), "system: Be brief. | user: one | assistant: good answer | user: two"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

// settled waits until an answer is no longer being written, and returns it.
func (w *world) settled(who api.Actor, id store.ID) *store.Message {
	w.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		if m := must(w.api.GetMessage(w.t.Context(), who, api.IDInput{ID: id}))(w.t); m.Status != store.StatusStreaming {
			return m
		}
		time.Sleep(time.Millisecond)
	}
	w.t.Fatal("the answer does not end")
	return nil
}

func TestRegeneratingKeepsTheOldAnswer(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	first := w.ask(ann, th.ID, "one").Answer
	second := w.settled(ann, must(w.api.Regenerate(t.Context(), ann, api.RegenerateInput{ID: first.ID}))(t).ID)
	old := must(w.api.GetMessage(t.Context(), ann, api.IDInput{ID: first.ID}))(t)
	if len(second.Alternatives) != 2 || len(old.Alternatives) != 2 || old.Alternatives[1] != second.ID || old.Content != first.Content {
		t.Errorf("alternatives %v and %v", old.Alternatives, second.Alternatives)
	}
}

// Each way that a model server fails ends in a sentence, keeps the text that
// had come, and lets a retry work.
func TestFailingModelServers(t *testing.T) {
	var heard chan struct{}
	for name, tt := range map[string]struct {
		play llmtest.Play
		text string
		code store.Code
		says string
	}{
		"silent before the first word": {func(c *llmtest.Call) { c.Open(); c.Stall() }, "", store.CodeModelUnavailable, ""},
		"silent in the middle":         {func(c *llmtest.Call) { c.Text("half "); c.Stall() }, "half ", store.CodeModelUnavailable, ""},
		"breaks off":                   {func(c *llmtest.Call) { c.Text("half "); c.Cut() }, "half ", store.CodeModelError, ""},
		"resets the connection":        {func(c *llmtest.Call) { c.Text("half "); <-heard; c.Reset() }, "half ", store.CodeModelError, ""},
		"HTTP 500":                     {func(c *llmtest.Call) { c.Refuse(500, "<h1>oops</h1>") }, "", store.CodeModelError, ""},
		"HTTP 429":                     {func(c *llmtest.Call) { c.Refuse(429, `{"error":{"message":"slow down"}}`, "Retry-After", "7") }, "", store.CodeModelUnavailable, "slow down"},
		"context exceeded": {func(c *llmtest.Call) {
			c.Refuse(400, `{"error":{"message":"This model's maximum context length is 8192 tokens","code":"context_length_exceeded"}}`)
		}, "", store.CodeContextExceeded, ""},
		"an error in mid-stream": {func(c *llmtest.Call) { c.Text("half "); c.Fail("out of memory") }, "half ", store.CodeModelError, ""},
		"nothing at all":         {func(c *llmtest.Call) { c.End() }, "", store.CodeModelError, "nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			heard = make(chan struct{}, 1)
			patience := time.Minute
			if strings.HasPrefix(name, "silent") {
				patience = 2 * time.Second
			}
			w := newHearingWorld(t, heard, patience)
			ann := w.as("ann")
			th := w.thread(ann)
			w.model.Next(tt.play)
			a := w.ask(ann, th.ID, "hello").Answer
			if a.Status != store.StatusFailed || a.Content != tt.text || a.Error == nil || a.Error.Code != tt.code {
				t.Fatalf("status %q, text %q, error %+v", a.Status, a.Content, a.Error)
			}
			if s := a.Error.Message; !strings.Contains(s, ".") || strings.Contains(s, "llm:") || !strings.Contains(s, tt.says) {
				t.Errorf("says %q", s)
			}
			again := must(w.api.Regenerate(t.Context(), ann, api.RegenerateInput{ID: a.ID}))(t)
			if m := w.settled(ann, again.ID); m.Status != store.StatusComplete || m.Content == "" {
				t.Errorf("the retry ended %q with %q, %+v", m.Status, m.Content, m.Error)
			}
		})
	}
}

func TestStoppingClosesTheConnectionToTheModelServer(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	screen := w.watch(ann, th.ID)
	stop := func() (took time.Duration) {
		w.model.Next(func(c *llmtest.Call) { c.Text("The sea "); c.Stall() })
		sent := must(w.api.SendMessage(t.Context(), ann, api.SendMessageInput{ThreadID: th.ID, Content: "go on"}))(t)
		call := w.model.Call(t)
		screen.until("stream_chunk")
		began := time.Now()
		if s := must(w.api.StopGeneration(t.Context(), ann, api.IDInput{ID: th.ID}))(t); !s.Stopped {
			t.Error("there was nothing to stop")
		}
		<-call.Ended()
		took = time.Since(began)
		final := screen.until("stream_chunk")
		if m := final["message"].(map[string]any); m["status"] != store.StatusStopped || m["content"] != "The sea " || m["parent_id"] != sent.Message.ID.String() {
			t.Errorf("final %v", final)
		}
		if s := must(w.api.StopGeneration(t.Context(), ann, api.IDInput{ID: th.ID}))(t); s.Stopped {
			t.Error("stopped twice")
		}
		return took
	}
	// The least of some: other work on the machine only ever adds.
	took := stop()
	for range 9 {
		if took <= 250*time.Millisecond {
			return
		}
		took = stop()
	}
	t.Errorf("the model server saw it after %v", took)
}

func TestSendingTwiceWithOneClientID(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	in := api.SendMessageInput{ThreadID: th.ID, Content: "once", ClientID: th.ID}
	w.model.Next(func(c *llmtest.Call) { c.Text("a"); c.Stall() })
	first := must(w.api.SendMessage(t.Context(), ann, in))(t)
	again := must(w.api.SendMessage(t.Context(), ann, in))(t) // while it is being answered
	if first.Message.ID != again.Message.ID {
		t.Error("made two messages")
	}
	list := must(listMessages(t.Context(), w.api, ann, api.ListMessagesInput{ThreadID: th.ID}))(t)
	if list.Total != 2 {
		t.Errorf("%d messages", list.Total)
	}
}

func TestAnAnswerEndsAtItsLimit(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	w.model.Next(func(c *llmtest.Call) {
		for c.Wait(0) {
			c.Text(strings.Repeat("é", 50_000))
		}
	})
	a := w.ask(ann, th.ID, "endless").Answer
	if a.Status != store.StatusComplete || a.FinishReason != "length" || len(a.Content) > api.MaxAnswer || len(a.Content) < api.MaxAnswer-4 {
		t.Errorf("%s %s with %d bytes", a.Status, a.FinishReason, len(a.Content))
	}
}

// A crash in mid-answer keeps what was saved, and says so.
func TestACrashKeepsTheText(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	screen := w.watch(ann, th.ID)
	w.model.Next(func(c *llmtest.Call) { c.Text("kept "); c.Stall() })
	must(w.api.SendMessage(t.Context(), ann, api.SendMessageInput{ThreadID: th.ID, Content: "tell"}))(t)
	id, _ := store.ParseID(screen.until("stream_chunk")["message_id"].(string))
	if err := w.api.SaveDrafts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Close(); err != nil { // as far as the file can tell, the process is gone
		t.Fatal(err)
	}
	w.start()
	m := must(w.api.GetMessage(t.Context(), ann, api.IDInput{ID: id}))(t)
	if m.Status != store.StatusInterrupted || m.Content != "kept " || m.ContentHTML == "" {
		t.Errorf("after the start: %s %q", m.Status, m.Content)
	}
	w.ask(ann, th.ID, "Please continue.")
}

func TestShutdownKeepsTheText(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	screen := w.watch(ann, th.ID)
	w.model.Next(func(c *llmtest.Call) { c.Text("kept "); c.Stall() })
	must(w.api.SendMessage(t.Context(), ann, api.SendMessageInput{ThreadID: th.ID, Content: "tell"}))(t)
	screen.until("stream_chunk")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.api.Shutdown(ctx)
	if m := screen.until("stream_chunk")["message"].(map[string]any); m["status"] != store.StatusInterrupted || m["content"] != "kept " {
		t.Errorf("final %v", m)
	}
	_, err := w.api.SendMessage(t.Context(), ann, api.SendMessageInput{ThreadID: th.ID, Content: "more"})
	if err == nil {
		t.Error("a question was taken while going down")
	}
}

func TestDeletingAThreadStopsItsAnswer(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	w.model.Next(func(c *llmtest.Call) { c.Text("x"); c.Stall() })
	must(w.api.SendMessage(t.Context(), ann, api.SendMessageInput{ThreadID: th.ID, Content: "tell"}))(t)
	call := w.model.Call(t)
	must(w.api.DeleteThread(t.Context(), ann, api.IDInput{ID: th.ID}))(t)
	<-call.Ended()
	if err := w.api.Reap(t.Context()); err != nil {
		t.Error(err)
	}
	_, err := w.api.GetThread(t.Context(), ann, api.IDInput{ID: th.ID})
	wantCode(t, err, store.CodeNotFound)
}

func TestAQuestionTooLongForTheModel(t *testing.T) {
	w := newWorld(t)
	w.model.Context = 100
	if err := w.api.RefreshModels(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.model.Dialect = llmtest.VLLM // tells its context
	if err := w.api.RefreshModels(t.Context()); err != nil {
		t.Fatal(err)
	}
	ann := w.as("ann")
	a := w.ask(ann, w.thread(ann).ID, strings.Repeat("many words ", 200)).Answer
	if a.Error == nil || a.Error.Code != store.CodeContextExceeded || len(w.model.Calls()) != 0 {
		t.Errorf("error %+v after %d calls", a.Error, len(w.model.Calls()))
	}
}

func TestEditing(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	q := w.ask(ann, th.ID, "first words").Message
	no := false
	m := must(w.api.UpdateMessage(t.Context(), ann, api.UpdateMessageInput{ID: q.ID, Content: "second words", Regenerate: &no}))(t)
	if m.Content != "second words" || !m.IsEdited || m.EditCount != 1 {
		t.Errorf("edited %+v", m)
	}
	must(w.api.UpdateMessage(t.Context(), ann, api.UpdateMessageInput{ID: q.ID, Content: "third words"}))(t) // the last question: answered anew
	h := must(w.api.MessageHistory(t.Context(), ann, api.IDInput{ID: q.ID}))(t)
	if len(h.Versions) != 2 || h.Versions[0].Content != "second words" || h.Versions[1].Content != "first words" {
		t.Errorf("history %+v", h)
	}
	list := must(listMessages(t.Context(), w.api, ann, api.ListMessagesInput{ThreadID: th.ID}))(t)
	last := list.Messages[len(list.Messages)-1]
	if list.Total != 3 || last.ParentID != q.ID || len(last.Alternatives) != 2 {
		t.Errorf("%d messages, the last %+v", list.Total, last)
	}
	w.settled(ann, last.ID)
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: q.ID}))(t)
	h = must(w.api.MessageHistory(t.Context(), ann, api.IDInput{ID: q.ID}))(t)
	m = must(w.api.GetMessage(t.Context(), ann, api.IDInput{ID: q.ID}))(t)
	if len(h.Versions) != 0 || m.Content != "" || m.ContentHTML != "" || !m.IsDeleted {
		t.Errorf("after deletion: %+v, history %+v", m, h)
	}
}
