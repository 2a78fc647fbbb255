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

func TestReasoningIsSentWhileItComesAndKeptWithItsTime(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	screen := w.watch(ann, th.ID)
	goOn := make(chan struct{})
	w.model.Next(func(c *llmtest.Call) {
		c.Reasoning("First ", "the weather.")
		<-goOn
		c.Text("In March.")
		c.End()
	})
	must(w.api.SendMessage(t.Context(), ann, api.SendMessageInput{ThreadID: th.ID, Content: "When?"}))(t)
	thoughts, next := "", 0.0
	for thoughts != "First the weather." {
		f := screen.until("reasoning_chunk")
		if f["chunk_index"] != next {
			t.Fatalf("chunk %v, want %v", f["chunk_index"], next)
		}
		thoughts, next = thoughts+f["chunk"].(string), f["next_index"].(float64)
		if !strings.HasPrefix("First the weather.", thoughts) {
			t.Fatalf("reasoning %q", thoughts)
		}
	}

	late := w.watch(ann, th.ID).until("subscribed")["streaming"].(map[string]any)
	if late["reasoning"] != thoughts || late["reasoning_next_index"] != next || late["content"] != "" || late["next_index"] != 0.0 {
		t.Errorf("who joins now sees %v", late)
	}
	id, _ := store.ParseID(late["message_id"].(string))
	if err := w.api.SaveDrafts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m := must(w.api.GetMessage(t.Context(), ann, api.IDInput{ID: id}))(t); m.Reasoning != thoughts {
		t.Errorf("a crash now would leave the reasoning %q", m.Reasoning)
	}

	time.Sleep(5 * time.Millisecond) // what is measured
	close(goOn)
	for {
		f := screen.until("stream_chunk")
		if f["is_final"] != true {
			continue
		}
		m := f["message"].(map[string]any)
		if took, _ := m["reasoning_ms"].(float64); m["reasoning"] != thoughts || m["content"] != "In March." || took < 5 {
			t.Errorf("stored %v", m)
		}
		return
	}
}

func TestReasoningIsCutAtItsLimitAndSaysSo(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	long := strings.Repeat("weather ", 10_000)
	w.model.Next(func(c *llmtest.Call) {
		for range 4 {
			c.Reasoning(long)
		}
		c.Text("In March.")
		c.End()
	})
	m := w.ask(ann, th.ID, "When?").Answer
	kept, note, cut := strings.Cut(m.Reasoning, "\n\n[")
	if len(kept) != 256<<10 || !cut || !strings.Contains(note, "not kept") || m.Content != "In March." {
		t.Errorf("kept %d bytes of reasoning, note %q, answer %q", len(kept), note, m.Content)
	}
}

// What a model thought is paid for, and never sent again: it is in the usage, and not in
// what the answer takes of the context.
func TestReasoningTakesNothingOfTheContext(t *testing.T) {
	for name, think := range map[string]func(c *llmtest.Call){
		"in a field of its own": func(c *llmtest.Call) { c.Reasoning("First the weather."); c.Text("In March.") },
		"in the text":           func(c *llmtest.Call) { c.Text("<think>First the weather.</think>In March.") },
	} {
		t.Run(name, func(t *testing.T) {
			for _, said := range []int{0, 500} {
				w := newWorld(t)
				ann := w.as("ann")
				th := w.thread(ann)
				screen := w.watch(ann, th.ID)
				w.model.Next(func(c *llmtest.Call) {
					think(c)
					c.Finish("stop")
					c.Usage(40, said)
					c.Done()
				})
				answer := w.ask(ann, th.ID, "When?").Answer
				if want := llm.CountTokens("In March."); answer.TokenCount != want || answer.Content != "In March." {
					t.Errorf("said %d: %q has %d tokens, want %d", said, answer.Content, answer.TokenCount, want)
				}
				spent := said
				if said == 0 {
					spent = answer.TokenCount + llm.CountTokens("First the weather.")
				}
				if got := must(w.api.Usage(t.Context(), ann, api.UsageInput{}))(t).Sum.CompletionTokens; got != spent {
					t.Errorf("said %d: the usage has %d tokens, want %d", said, got, spent)
				}
				final := screen.until("stream_chunk")
				for final["is_final"] != true {
					final = screen.until("stream_chunk")
				}
				if got := final["total_tokens"]; got != float64(40+spent) {
					t.Errorf("said %d: the last frame says %v tokens, want %d", said, got, 40+spent)
				}
			}
		})
	}
}
