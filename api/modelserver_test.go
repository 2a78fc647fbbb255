package api_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/api/llm/llmtest"
	"github.com/parley-app/parley/store"
)

// TestADeadModelServerAnswersAtOnce and slows nothing else: another one answers as
// if nothing were, and the dead one is found when it is back.
func TestADeadModelServerAnswersAtOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close() // nobody listens there
	at := clockAt(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC))
	w := newWorldWith(t, func(o *api.Options) {
		o.Now = at.Now
		dead, err := llm.NewOpenAI(llm.OpenAIOptions{BaseURL: "http://" + address, Model: "gone", Dial: (&net.Dialer{}).DialContext, Name: "dead"})
		if err != nil {
			t.Fatal(err)
		}
		o.Providers = append([]llm.Provider{dead}, o.Providers...)
		o.MaxConcurrent = 1
	})
	ann := w.as("ann")
	th := w.thread(ann)
	stats := func() api.ModelStats { return w.api.ModelStats()[0] }
	for n := range uint64(3) { // a question counts once, however often it was tried
		if s := stats(); s.IsOpen {
			t.Errorf("after %d questions %+v", n, s)
		}
		a := w.ask(ann, th.ID, "hello").Answer
		if a.Status != store.StatusFailed || a.Error.Code != store.CodeModelUnavailable {
			t.Fatalf("%s, %+v", a.Status, a.Error)
		}
	}
	if s := stats(); !s.IsOpen || s.Retried != 6 || s.Failed != 3 {
		t.Errorf("after three questions %+v", s)
	}
	again := w.ask(ann, th.ID, "hello?").Answer
	if again.Error == nil || again.Error.Code != store.CodeModelUnavailable || again.Error.RetryAfter < 1 || !strings.Contains(again.Error.Message, "asked again in") {
		t.Errorf("%+v", again.Error)
	}
	if s := stats(); s.Refused != 1 || s.Retried != 6 {
		t.Errorf("after the fourth %+v: it was asked", s)
	}
	if c := must(w.api.CheckHealth(t.Context()))(t).Checks["model"]; c.Status != api.HealthDegraded || !strings.Contains(c.Detail, "dead does not answer; it is asked again in") {
		t.Errorf("health says %+v", c)
	}
	other := must(w.api.SendMessage(t.Context(), ann, api.SendMessageInput{ThreadID: th.ID, Content: "and you?", Model: w.model.Model, Wait: true}))(t)
	if other.Answer.Status != store.StatusComplete {
		t.Errorf("the other server: %+v", other.Answer.Error)
	}

	back, err := llmtest.Start(address)
	if err != nil {
		t.Fatal(err)
	}
	back.Pace, back.Model = 0, "gone"
	defer back.Close()
	at.add(5 * time.Second)
	if a := w.ask(ann, th.ID, "are you back?").Answer; a.Status != store.StatusComplete {
		t.Errorf("%s, %+v", a.Status, a.Error)
	}
	if s := stats(); s.IsOpen || s.Answered != 1 {
		t.Errorf("in the end %+v", s)
	}
}

// TestRetriesOnlyBeforeTheFirstToken fails in ways that pass, before and after it.
func TestRetriesOnlyBeforeTheFirstToken(t *testing.T) {
	good := func(c *llmtest.Call) { c.Text("good"); c.End() }
	unavailable := func(c *llmtest.Call) { c.Refuse(503, "<html>") }
	var heard chan struct{}
	for name, tt := range map[string]struct {
		plays  []llmtest.Play
		text   string
		status string
		asked  int
	}{
		"not there for a moment":        {[]llmtest.Play{unavailable, good}, "good", store.StatusComplete, 2},
		"reset twice before a token":    {[]llmtest.Play{func(c *llmtest.Call) { c.Open(); c.Reset() }, func(c *llmtest.Call) { c.Reset() }, good}, "good", store.StatusComplete, 3},
		"not there at all":              {[]llmtest.Play{unavailable, unavailable, unavailable, good}, "", store.StatusFailed, 3},
		"reset after a token":           {[]llmtest.Play{func(c *llmtest.Call) { c.Text("half "); <-heard; c.Reset() }, good}, "half ", store.StatusFailed, 1},
		"reset after a thought":         {[]llmtest.Play{func(c *llmtest.Call) { c.Reasoning("hm "); <-heard; c.Reset() }, good}, "", store.StatusFailed, 1},
		"says when to come back":        {[]llmtest.Play{func(c *llmtest.Call) { c.Refuse(503, "{}", "Retry-After", "30") }, good}, "", store.StatusFailed, 1},
		"too busy":                      {[]llmtest.Play{func(c *llmtest.Call) { c.Refuse(429, "{}") }, good}, "", store.StatusFailed, 1},
		"fails with what it was asked":  {[]llmtest.Play{func(c *llmtest.Call) { c.Refuse(500, "{}") }, good}, "", store.StatusFailed, 1},
		"refuses what it was asked":     {[]llmtest.Play{func(c *llmtest.Call) { c.Refuse(400, "{}") }, good}, "", store.StatusFailed, 1},
		"accepts and then says nothing": {[]llmtest.Play{func(c *llmtest.Call) { c.Open(); c.Stall() }, good}, "", store.StatusFailed, 1},
	} {
		t.Run(name, func(t *testing.T) {
			heard = make(chan struct{}, 1)
			patience := time.Minute
			if name == "accepts and then says nothing" {
				patience = time.Second
			}
			w := newHearingWorld(t, heard, patience)
			ann := w.as("ann")
			w.model.Next(tt.plays...)
			a := w.ask(ann, w.thread(ann).ID, "hello").Answer
			if a.Status != tt.status || a.Content != tt.text || len(w.model.Calls()) != tt.asked {
				t.Errorf("%s with %q after %d questions, %+v", a.Status, a.Content, len(w.model.Calls()), a.Error)
			}
		})
	}
}

// TestTheLine shows the place in line, also to who comes later, and lets those in
// it stop.
func TestTheLine(t *testing.T) {
	w := newWorldWith(t, func(o *api.Options) { o.MaxConcurrent = 1 })
	ann, ben, eve := w.as("ann"), w.as("ben"), w.as("eve")
	send := func(who api.Actor) (*api.ThreadView, *watcher, string) {
		th := w.thread(who)
		c := w.watch(who, th.ID)
		must(w.api.SendMessage(t.Context(), who, api.SendMessageInput{ThreadID: th.ID, Content: "hello"}))(t)
		id, _ := c.until("assistant_message_start")["message_id"].(string)
		return th, c, id
	}
	w.model.Next(func(c *llmtest.Call) { c.Text("x"); c.Stall() })
	first, screen, _ := send(ann)
	screen.until("stream_chunk")
	second, waits, _ := send(ben)
	place := func(c *watcher, want any) {
		t.Helper()
		if f := c.until("assistant_message_start"); f["queue_position"] != want {
			t.Errorf("told %v, want place %v", f, want)
		}
	}
	place(waits, 1.0)
	third, last, id := send(eve)
	place(last, 2.0)
	late := w.watch(eve, third.ID) // the page is loaded again
	if s, _ := late.until("subscribed")["streaming"].(map[string]any); s["message_id"] != id || s["content"] != "" {
		t.Errorf("the snapshot is %v", s)
	}
	place(late, 2.0)
	if s := w.api.ModelStats()[0]; s.Running != 1 || s.Waiting != 2 {
		t.Errorf("figures %+v", s)
	}

	must(w.api.StopGeneration(t.Context(), ben, api.IDInput{ID: second.ID}))(t)
	if m := waits.until("stream_chunk")["message"].(map[string]any); m["status"] != store.StatusStopped || m["content"] != "" {
		t.Errorf("stopped in line: %v", m)
	}
	place(last, 1.0)
	must(w.api.StopGeneration(t.Context(), ann, api.IDInput{ID: first.ID}))(t)
	place(last, nil) // its turn
	if f := last.until("stream_chunk"); f["chunk"] == "" {
		t.Errorf("then %v", f)
	}
	if n := len(w.model.Calls()); n != 2 {
		t.Errorf("the model was asked %d times", n)
	}
}

// A faulty provider panics in the middle of an answer.
type faulty struct{ llm.Provider }

func (f faulty) Stream(_ context.Context, _ llm.Request, emit func(llm.Delta)) (llm.Result, error) {
	emit(llm.Delta{Text: "half "})
	panic("a fault of ours")
}

func TestAPanicEndsOneAnswer(t *testing.T) {
	w := newWorldWith(t, func(o *api.Options) {
		o.Providers = []llm.Provider{faulty{o.Providers[0]}}
		o.MaxConcurrent = 1
	})
	ann := w.as("ann")
	th := w.thread(ann)
	for range 2 { // its place in line is free again
		a := w.ask(ann, th.ID, "hello").Answer
		if a.Status != store.StatusFailed || a.Content != "half " || a.Error.Code != store.CodeInternal {
			t.Errorf("%s with %q, %+v", a.Status, a.Content, a.Error)
		}
	}
}
