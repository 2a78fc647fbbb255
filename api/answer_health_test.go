package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm/llmtest"
	"github.com/parley-app/parley/store"
)

// TestHealthKnowsThatAnswersFail although the server lists its models, and that they
// come again.
func TestHealthKnowsThatAnswersFail(t *testing.T) {
	for name, tt := range map[string]struct {
		play   llmtest.Play
		status string
		detail string
	}{
		"the server fails":        {func(c *llmtest.Call) { c.Refuse(500, `{"error":{"message":"out of memory"}}`) }, api.HealthDegraded, "out of memory"},
		"it refuses":              {func(c *llmtest.Call) { c.Refuse(400, `{"error":{"message":"no such thing"}}`) }, api.HealthDegraded, "no such thing"},
		"it wants another key":    {func(c *llmtest.Call) { c.Refuse(401, `{"error":{"message":"bad key"}}`) }, api.HealthDegraded, "API key"},
		"it is too busy":          {func(c *llmtest.Call) { c.Refuse(429, `{"error":{"message":"quota used up"}}`) }, api.HealthDegraded, "quota used up"},
		"it says nothing":         {(*llmtest.Call).End, api.HealthDegraded, "answered with nothing"},
		"it breaks off":           {func(c *llmtest.Call) { c.Text("half"); c.Cut() }, api.HealthDegraded, "broke off"},
		"an error in a 200":       {func(c *llmtest.Call) { c.Refuse(200, `{"code":1302,"msg":"quota used up","success":false}`) }, api.HealthDegraded, "quota used up"},
		"it answers":              {say("Yes."), api.HealthOK, ""},
		"a conversation too long": {func(c *llmtest.Call) { c.Refuse(400, c.Dialect.TooLong()) }, api.HealthOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			at := clockAt(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC))
			w := newWorldWith(t, func(o *api.Options) { o.Now = at.Now })
			ann := w.as("ann")
			th := w.thread(ann)
			check := func() api.HealthCheck { return must(w.api.CheckHealth(t.Context()))(t).Checks["model"] }
			for n := range 3 {
				if c := check(); c.Status != api.HealthOK {
					t.Fatalf("after %d answers %+v", n, c)
				}
				w.model.Next(tt.play)
				w.ask(ann, th.ID, "hello")
			}
			c := check()
			if c.Status != tt.status || !strings.Contains(c.Detail, tt.detail) {
				t.Errorf("after three answers %+v", c)
			}
			if failing := w.api.ModelStats()[0].Failing; (failing == 3) != (tt.status == api.HealthDegraded) {
				t.Errorf("the figure is %d", failing)
			}
			w.model.Next(say("Yes."))
			if a := w.ask(ann, th.ID, "hello").Answer; a.Status != store.StatusComplete {
				t.Errorf("%s, %+v", a.Status, a.Error)
			}
			if c := check(); c.Status != api.HealthOK {
				t.Errorf("after an answer %+v", c)
			}
		})
	}
}

// A model that nobody offers, and somebody asks for, alarms nobody.
func TestAnUnknownModelIsNoAlarm(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	for range 4 {
		w.model.Next(func(c *llmtest.Call) { c.Refuse(404, `{"error":{"message":"model 'nope' not found"}}`) })
		must(w.api.SendMessage(t.Context(), ann, api.SendMessageInput{ThreadID: th.ID, Content: "hello", Model: "nope", Wait: true}))(t)
	}
	if c := must(w.api.CheckHealth(t.Context()))(t).Checks["model"]; c.Status != api.HealthOK {
		t.Errorf("%+v", c)
	}
}

// An alarm that nobody has seen again for an hour ends: the model may be well.
func TestAnOldAlarmEnds(t *testing.T) {
	at := clockAt(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC))
	w := newWorldWith(t, func(o *api.Options) { o.Now = at.Now })
	ann := w.as("ann")
	th := w.thread(ann)
	for range 3 {
		w.model.Next(func(c *llmtest.Call) { c.Refuse(500, "{}") })
		w.ask(ann, th.ID, "hello")
	}
	for _, want := range []string{api.HealthDegraded, api.HealthOK} {
		if c := must(w.api.CheckHealth(t.Context()))(t).Checks["model"]; c.Status != want {
			t.Errorf("%+v, want %s", c, want)
		}
		at.add(2 * time.Hour)
	}
}

// TestAnAnswerThatWasReasoning takes back what was shown, from those who look and
// from those who come later, and tells it to nobody again.
func TestAnAnswerThatWasReasoning(t *testing.T) {
	w := newWorldWith(t, titled)
	ann := w.as("ann")
	th := w.thread(ann)
	screen := w.watch(ann, th.ID)
	shown := make(chan struct{})
	w.model.Next(func(c *llmtest.Call) {
		c.Text("Eggs, ")
		<-shown
		c.Text("soft ones.\n</thi", "nk>\n\nFive", " minutes.")
		c.End()
	}, say("<think>\nA title.\n</think>\nSoft eggs"), say("Yes."))
	must(w.api.SendMessage(t.Context(), ann, api.SendMessageInput{ThreadID: th.ID, Content: "How long?"}))(t)
	if f := screen.until("stream_chunk"); f["chunk"] != "Eggs, " {
		t.Errorf("shown %v", f)
	}
	close(shown)
	var m map[string]any
	text := "Eggs, "
	for m == nil {
		f := screen.next()
		switch f["type"] {
		case "subscribed":
			text = f["streaming"].(map[string]any)["content"].(string)
		case "stream_chunk":
			if f["is_final"] == true {
				m = f["message"].(map[string]any)
				break
			}
			text += f["chunk"].(string)
		}
	}
	if m["content"] != "Five minutes." || text != "Five minutes." || m["reasoning"] != "Eggs, soft ones." || m["status"] != store.StatusComplete {
		t.Errorf("stored %v, shown %q", m, text)
	}
	screen.titleOf("Soft eggs")
	w.ask(ann, th.ID, "Really?")
	if told := w.told(); strings.Contains(told, "soft ones") || !strings.Contains(told, "Five minutes.") {
		t.Errorf("told %q", told)
	}
}
