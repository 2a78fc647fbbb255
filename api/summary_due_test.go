package api_test

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm/llmtest"
	"github.com/parley-app/parley/store"
)

// A clockwork is a world whose clock can be put forward, and that sums up by itself.
type clockwork struct {
	*world
	ahead *atomic.Int64
}

func newClockwork(t *testing.T, s api.Summaries, more ...func(*api.Options)) *clockwork {
	t.Helper()
	ahead := &atomic.Int64{}
	w := &world{t: t, path: filepath.Join(t.TempDir(), "parley.db"), model: llmtest.New(t)}
	w.change = func(o *api.Options) {
		o.Summaries = s
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		for _, change := range more {
			change(o)
		}
	}
	w.start()
	return &clockwork{w, ahead}
}

// look does what the job does, after a while.
func (c *clockwork) look(after time.Duration) {
	c.t.Helper()
	c.ahead.Add(int64(after))
	if err := c.api.SummarizeDue(c.t.Context()); err != nil {
		c.t.Error(err)
	}
}

func (c *clockwork) summaries(who api.Actor, thread store.ID) []*api.SummaryView {
	c.t.Helper()
	return must(c.api.ListSummaries(c.t.Context(), who, api.ListSummariesInput{ThreadID: thread}))(c.t).Summaries
}

func talk(c *clockwork, who api.Actor, thread store.ID, turns int) {
	for range turns {
		c.model.Next(say("It is so."))
		c.ask(who, thread, "Is it so, or is it not so"+strings.Repeat(" and why", 10))
	}
}

// BG-1: a thread that has outgrown a limit is summed up by itself, once its people
// pause, and again when it has outgrown it again.
func TestBG1SummariesByThemselves(t *testing.T) {
	for name, limits := range map[string]api.Summaries{
		"by messages":                {Messages: 6},
		"by tokens":                  {Tokens: 20},
		"by its part of the context": {ContextPercent: 1},
	} {
		t.Run(name, func(t *testing.T) {
			limits.Interval, limits.IdleAfter = time.Minute, 10*time.Minute
			c := newClockwork(t, limits, func(o *api.Options) { o.ContextTokens = 2048 })
			ann := c.as("ann")
			th := c.thread(ann)
			talk(c, ann, th.ID, 3)
			if n := c.api.SummaryStats().Waiting; n != 1 {
				t.Fatalf("%d threads want a summary", n)
			}
			c.look(9 * time.Minute)
			if list := c.summaries(ann, th.ID); len(list) > 0 {
				t.Fatalf("summed up in the middle of a talk: %+v", list[0])
			}
			c.model.Next(say("They agree.\nTopics: agreement"))
			c.look(2 * time.Minute)
			list := c.summaries(ann, th.ID)
			if len(list) != 1 || list[0].SummaryText != "They agree." || list[0].ModelUsed != c.model.Model || list[0].EndMessageID.IsZero() {
				t.Fatalf("made %+v", list)
			}
			if got := c.summarized(ann, th.ID); !strings.HasSuffix(got, "--") || !strings.HasPrefix(got, "ss") {
				t.Errorf("summarized %s: the newest turn stays", got)
			}
			asked := len(c.model.Calls())
			c.look(time.Hour)
			if len(c.model.Calls()) != asked {
				t.Error("it was summed up again though nobody said anything")
			}
			if s := c.api.SummaryStats(); s.Automatic != 1 || s.Waiting != 0 || s.Asked+s.Failed != 0 {
				t.Errorf("figures %+v", s)
			}
			talk(c, ann, th.ID, 4)
			c.model.Next(say("They still agree."))
			c.look(time.Hour)
			if list := c.summaries(ann, th.ID); len(list) != 2 || list[0].StartMessageID != list[1].StartMessageID {
				t.Errorf("then %+v", list)
			}
		})
	}
}

// BG-1: who is not to be summed up is not.
func TestBG1NoSummariesByThemselves(t *testing.T) {
	for name, tt := range map[string]struct {
		limits api.Summaries
		turns  int
		then   func(c *clockwork, who api.Actor, thread store.ID)
	}{
		"it is switched off":         {api.Summaries{Messages: 1}, 3, nil},
		"no limit is set":            {api.Summaries{Interval: time.Minute}, 3, nil},
		"it is short":                {api.Summaries{Interval: time.Minute, Messages: 10}, 3, nil},
		"all of it is the last turn": {api.Summaries{Interval: time.Minute, Messages: 1}, 1, nil},
		"it was archived": {api.Summaries{Interval: time.Minute, Messages: 1}, 3, func(c *clockwork, who api.Actor, thread store.ID) {
			must(c.api.ArchiveThread(c.t.Context(), who, api.IDInput{ID: thread}))(c.t)
		}},
		"it was deleted": {api.Summaries{Interval: time.Minute, Messages: 1}, 3, func(c *clockwork, who api.Actor, thread store.ID) {
			must(c.api.DeleteThread(c.t.Context(), who, api.IDInput{ID: thread}))(c.t)
		}},
		"somebody wrote one": {api.Summaries{Interval: time.Minute, Messages: 1}, 3, func(c *clockwork, who api.Actor, thread store.ID) {
			must(c.api.CreateSummary(c.t.Context(), who, api.CreateSummaryInput{ThreadID: thread, SummaryText: "by hand"}))(c.t)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClockwork(t, tt.limits)
			ann := c.as("ann")
			th := c.thread(ann)
			talk(c, ann, th.ID, tt.turns)
			if tt.then != nil {
				tt.then(c, ann, th.ID)
			}
			asked := len(c.model.Calls())
			c.look(time.Hour)
			if err := c.api.Reap(t.Context()); err != nil {
				t.Error(err)
			}
			if n := len(c.model.Calls()) - asked; n > 0 {
				t.Errorf("the model was asked %d times", n)
			}
			if s := c.api.SummaryStats(); s.Waiting != 0 || s.Automatic != 0 {
				t.Errorf("figures %+v", s)
			}
		})
	}
}

// BG-1: what was due, and what somebody asked for, is found again after a restart.
func TestBG1SummariesSurviveARestart(t *testing.T) {
	c := newClockwork(t, api.Summaries{Interval: time.Minute, Messages: 4, IdleAfter: time.Minute})
	ann := c.as("ann")
	due, wanted := c.thread(ann), c.thread(ann)
	talk(c, ann, due.ID, 2)
	talk(c, ann, wanted.ID, 2)
	reached := make(chan struct{})
	c.model.Next(func(call *llmtest.Call) { close(reached); <-call.Gone() })
	status := must(c.api.Summarize(t.Context(), ann, api.SummarizeInput{ThreadID: wanted.ID}))(t)
	<-reached
	c.api.Shutdown(t.Context())
	if err := c.store.Close(); err != nil {
		t.Fatal(err)
	}
	c.start()
	c.model.Next(say("They agree."), say("They agree."))
	c.look(2 * time.Minute)
	if s := c.summary(ann, status.SummaryID); s.SummaryText != "They agree." || s.ThreadID != wanted.ID {
		t.Errorf("what was asked for: %+v", s)
	}
	if list := c.summaries(ann, due.ID); len(list) != 1 {
		t.Errorf("what was due: %+v", list)
	}
	if s := c.api.SummaryStats(); s.Asked != 1 || s.Automatic != 1 || s.Waiting != 0 {
		t.Errorf("figures %+v", s)
	}
}

// BG-1: a model that fails is tried again, less and less often, and in the end it is
// done without; the thread is not lost, nor is the model worn out.
func TestBG1AFailureBacksOff(t *testing.T) {
	c := newClockwork(t, api.Summaries{Interval: time.Minute, Messages: 4})
	ann := c.as("ann")
	th := c.thread(ann)
	talk(c, ann, th.ID, 2)
	screen := c.watch(ann, th.ID)
	var asked, waits int
	for range 60 { // minutes
		c.model.Next(func(call *llmtest.Call) { call.Refuse(400, "no") })
		before := len(c.model.Calls())
		c.look(time.Minute)
		if len(c.model.Calls()) > before {
			asked++
		} else {
			waits++
		}
		if len(c.summaries(ann, th.ID)) > 0 {
			break
		}
	}
	list := c.summaries(ann, th.ID)
	if len(list) != 1 || list[0].ModelUsed != "builtin" {
		t.Fatalf("in the end %+v", list)
	}
	// After 1, 2, 4, 8 and 16 minutes; then it is done without.
	if asked != 6 || waits < 20 {
		t.Errorf("asked %d times, waited %d minutes", asked, waits)
	}
	if s := c.api.SummaryStats(); s.Failed != 5 || s.Automatic != 1 || s.Waiting != 0 {
		t.Errorf("figures %+v", s)
	}
	// Who looks at the thread hears of each failure, and of the end of them.
	for tries, wait := range []float64{60, 120, 240, 480, 960} {
		f := screen.until("summary_failed")
		if f["thread_id"] != th.ID.String() || f["tries"] != float64(tries+1) || f["retry_after"] != wait || f["error_code"] != string(store.CodeModelError) || f["error"] == "" {
			t.Errorf("try %d: %v", tries+1, f)
		}
	}
	screen.until("summary_available")
}

// BG-1: somebody's question does not wait for a summary, which begins again after it.
func TestBG1AQuestionGoesFirst(t *testing.T) {
	c := newClockwork(t, api.Summaries{Interval: time.Minute, Messages: 4}, func(o *api.Options) { o.MaxConcurrent = 1 })
	ann := c.as("ann")
	th, other := c.thread(ann), c.thread(ann)
	talk(c, ann, th.ID, 2)
	reached := make(chan struct{})
	c.model.Next(func(call *llmtest.Call) { close(reached); <-call.Gone() }, say("An answer."), say("They agree."))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.look(time.Minute)
	}()
	<-reached
	if sent := c.ask(ann, other.ID, "Quick!"); sent.Answer.Content != "An answer." {
		t.Errorf("answered %q", sent.Answer.Content)
	}
	<-ended
	if list := c.summaries(ann, th.ID); len(list) != 1 || list[0].SummaryText != "They agree." {
		t.Errorf("made %+v", list)
	}
}

// BG-1: a summary that went with a message is made anew by itself.
func TestBG1AWithdrawnSummaryIsMadeAgain(t *testing.T) {
	c := newClockwork(t, api.Summaries{Interval: time.Minute, Messages: 6, IdleAfter: time.Minute})
	ann := c.as("ann")
	th := c.thread(ann)
	c.model.Next(say("I see."))
	secret := c.ask(ann, th.ID, "The code is swordfish.")
	talk(c, ann, th.ID, 2)
	c.model.Next(say("The code is swordfish."))
	c.look(2 * time.Minute)
	must(c.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: secret.Message.ID}))(t)
	c.model.Next(say("They agree."))
	c.look(2 * time.Minute)
	if list := c.summaries(ann, th.ID); len(list) != 1 || list[0].SummaryText != "They agree." || strings.Contains(c.told(), "swordfish") {
		t.Errorf("made %+v, told %q", list, c.told())
	}
}
