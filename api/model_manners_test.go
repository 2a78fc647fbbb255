package api_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/api/llm/llmtest"
	"github.com/parley-app/parley/store"
)

// strict is what the most particular model takes.
var strict = llmtest.Manners{NoSystem: true, Alternate: true, Parameters: []string{"temperature", "stream_options"}, MaxTokens: 500}

// TestAStrictModelAnswersWhateverHappened: questions, titles and summaries reach a
// model that refuses nearly everything, after answers that failed, were stopped, or
// were deleted with their questions.
func TestAStrictModelAnswersWhateverHappened(t *testing.T) {
	w := newWorldWith(t, titled)
	w.model.Manners = strict
	ann := w.as("ann")
	p := must(w.api.CreateProject(t.Context(), ann, api.CreateProjectInput{Name: "Garden", Instructions: "Be brief."}))(t)
	th := must(w.api.CreateThread(t.Context(), ann, api.CreateThreadInput{ProjectID: p.ID}))(t)
	screen := w.watch(ann, th.ID)
	complete := func(text string) *api.SentMessage {
		t.Helper()
		s := w.ask(ann, th.ID, text)
		if s.Answer.Status != store.StatusComplete {
			t.Fatalf("%s: %s, %+v", text, s.Answer.Status, s.Answer.Error)
		}
		return s
	}
	w.model.Next(say("Hello."), say("A greeting"))
	complete("hello")
	screen.titleOf("A greeting")
	w.model.Next(func(c *llmtest.Call) { c.Refuse(500, `{"error":{"message":"out of memory"}}`) })
	if a := w.ask(ann, th.ID, "fail me").Answer; a.Status != store.StatusFailed {
		t.Errorf("%+v", a)
	}
	w.model.Next(say("Next."), say("Now."))
	next := complete("next")
	if told := w.told(); !strings.Contains(told, "Be brief.") || !strings.Contains(told, "fail me") || !strings.Contains(told, "next") {
		t.Errorf("told %s", told)
	}
	complete("and now")
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: next.Answer.ID}))(t)
	complete("after a deleted answer")
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: next.Message.ID}))(t)
	last := complete("after a deleted question")
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: last.Message.ID}))(t)
	complete("after two answers in a row")
	before := len(w.model.Calls())
	complete("what it refuses is known")
	if n := len(w.model.Calls()) - before; n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// TestASlowQuestionClosesTheServerForNobody: neither questions that time out nor a busy
// server keep the next question away.
func TestASlowQuestionClosesTheServerForNobody(t *testing.T) {
	for name, play := range map[string]llmtest.Play{
		"silent":           (*llmtest.Call).Stall,
		"silent in stream": func(c *llmtest.Call) { c.Open(); c.Stall() },
		"busy":             func(c *llmtest.Call) { c.Refuse(503, `{"error":"Server busy"}`) },
		"too many":         func(c *llmtest.Call) { c.Refuse(429, `{}`) },
		"gateway timeout":  func(c *llmtest.Call) { c.Refuse(504, `<html>`) },
		"broken off":       func(c *llmtest.Call) { c.Open(); c.Cut() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newHearingWorld(t, make(chan struct{}), 200*time.Millisecond)
			ann, ben := w.as("ann"), w.as("ben")
			th := w.thread(ann)
			for range 4 {
				w.model.Next(play, play, play)
				if a := w.ask(ann, th.ID, "a long question").Answer; a.Status != store.StatusFailed {
					t.Fatalf("%+v", a)
				}
				w.model.Drop() // what was not needed
			}
			if a := w.ask(ben, w.thread(ben).ID, "quick").Answer; a.Status != store.StatusComplete {
				t.Errorf("%s, %+v", a.Status, a.Error)
			}
			if w.api.ModelStats()[0].IsOpen {
				t.Error("the breaker is open")
			}
		})
	}
}

// TestSignsOfLifeAreWaitedFor lets a slow prompt take longer than the first-token
// timeout, as long as something comes.
func TestSignsOfLifeAreWaitedFor(t *testing.T) {
	for _, signs := range []string{"[[keep-alives 8 every 250ms]]", "[[progress 8 every 250ms]]"} {
		for _, d := range []llmtest.Dialect{llmtest.LlamaCPP, llmtest.LMStudio} {
			w := newWorldWith(t, func(o *api.Options) {
				p, err := llm.NewOpenAI(llm.OpenAIOptions{BaseURL: modelURL(o), Dial: (&net.Dialer{}).DialContext, FirstTokenTimeout: time.Second})
				if err != nil {
					t.Fatal(err)
				}
				o.Providers = []llm.Provider{p}
			})
			w.model.Dialect = d
			ann := w.as("ann")
			if a := w.ask(ann, w.thread(ann).ID, signs).Answer; a.Status != store.StatusComplete || a.Content != llmtest.Answer(signs) {
				t.Errorf("%s, %s: %s, %+v", d, signs, a.Status, a.Error)
			}
		}
	}
}

// modelURL is where the world's model server is.
func modelURL(o *api.Options) string { return o.Providers[0].(*llm.OpenAI).BaseURL() }

// TestWhatAPersonSees of answers that end in other ways than they should.
func TestWhatAPersonSees(t *testing.T) {
	for word, want := range map[string]struct {
		status, reason, code, says string
	}{
		"[[finish early]]": {store.StatusComplete, "stop", "", ""},
		"[[late error]]":   {store.StatusComplete, "stop", "", ""},
		"[[length]]":       {store.StatusComplete, "length", "", ""},
		"[[filter]]":       {store.StatusComplete, "content_filter", "", ""},
		"[[cut]]":          {store.StatusFailed, "error", "model_error", "broke off"},
		"[[quota]]":        {store.StatusFailed, "error", "model_error", "quota used up"},
		"[[context]]":      {store.StatusFailed, "error", "context_exceeded", "Summarise"},
		"[[empty]]":        {store.StatusFailed, "error", "model_error", "nothing"},
		"[[think]]":        {store.StatusComplete, "stop", "", ""},
	} {
		w := newWorld(t)
		ann := w.as("ann")
		a := w.ask(ann, w.thread(ann).ID, word).Answer
		code, says := "", ""
		if a.Error != nil {
			code, says = string(a.Error.Code), a.Error.Message
		}
		if a.Status != want.status || a.FinishReason != want.reason || code != want.code || !strings.Contains(says, want.says) {
			t.Errorf("%s: %s, %s, %s %q", word, a.Status, a.FinishReason, code, says)
		}
		if strings.Contains(a.Content, "think>") || word == "[[think]]" && a.Reasoning != llmtest.Thoughts {
			t.Errorf("%s: content %.100q, reasoning %q", word, a.Content, a.Reasoning)
		}
	}
}
