package rest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// ask sends a question and returns the id of it.
func (w *live) ask(c *client, content string) string {
	w.Helper()
	c.send(w.fill(`{"type":"send_message","thread_id":"THREAD","content":"` + content + `","request_id":"q"}`))
	m := c.next("ack")
	question, _ := m["message"].(map[string]any)
	if m.text("request_id") != "q" || question["content"] != content {
		w.Fatalf("the ack is %v", m)
	}
	id, _ := question["id"].(string)
	return id
}

// follow reads an answer to its end, as wire.md tells a client to.
func (c *client) follow(text string, next float64) string {
	c.Helper()
	for {
		m := c.next("stream_chunk")
		if m["is_final"] == true {
			whole, _ := m["message"].(map[string]any)
			if whole["content"] != text || m.text("chunk") != "" {
				c.Fatalf("read %q, the end says %v", text, m)
			}
			return text
		}
		if m["chunk_index"] != next {
			c.Fatalf("chunk %v, expected %v", m["chunk_index"], next)
		}
		text += m.text("chunk")
		next, _ = m["next_index"].(float64)
	}
}

func TestAnswerReachesEveryTab(t *testing.T) {
	w := newLive(t)
	w.member("bob", store.ProjectViewer)
	path := "/ws/chat/" + w.thread.ID.String()
	asker, tab, reader := w.dial("ann", path), w.dial("ann", path), w.dial("bob", path)
	tab.next("subscribed")
	reader.next("subscribed")
	question := w.ask(asker, "why?")
	for _, c := range []*client{tab, reader} {
		m, _ := c.next("new_message")["message"].(map[string]any)
		if m["id"] != question {
			t.Errorf("new_message is %v", m)
		}
		if start := c.next("assistant_message_start"); start.text("parent_id") != question || start.text("thread_id") != w.thread.ID.String() {
			t.Errorf("start is %v", start)
		}
	}
	for n := range 20 {
		w.model.say <- fmt.Sprintf("tok\"%d\" 😀\n", n)
	}
	late := w.dial("bob", "/ws")
	late.send(w.fill(`{"type":"subscribe","thread_id":"THREAD"}`))
	s, _ := late.next("subscribed")["streaming"].(map[string]any)
	w.model.say <- "the end"
	close(w.model.stop)
	text, _ := s["content"].(string)
	next, _ := s["next_index"].(float64)
	want := asker.follow("", 0)
	if !strings.HasSuffix(want, "the end") {
		t.Errorf("the answer is %q", want)
	}
	for who, got := range map[string]string{"tab": tab.follow("", 0), "reader": reader.follow("", 0), "late": late.follow(text, next)} {
		if got != want {
			t.Errorf("%s read %q, want %q", who, got, want)
		}
	}
}

func TestStopClosesTheModelsConnection(t *testing.T) {
	w := newLive(t)
	c := w.dial("ann", "/ws/chat/"+w.thread.ID.String())
	w.ask(c, "why?")
	w.model.say <- "half"
	c.send(w.fill(`{"type":"stop_generation","thread_id":"THREAD","request_id":7}`))
	final := c.next("stream_chunk")
	for final["is_final"] != true {
		final = c.next("stream_chunk")
	}
	<-w.model.gone
	m, _ := final["message"].(map[string]any)
	if m["status"] != store.StatusStopped || m["content"] != "half" {
		t.Errorf("the end is %v", final)
	}
}

func TestChangingMessages(t *testing.T) {
	w := newLive(t)
	c := w.dial("ann", "/ws/chat/"+w.thread.ID.String())
	question := w.ask(c, "why?")
	w.model.say <- "so"
	w.model.stop <- struct{}{}
	c.follow("", 0)

	c.send(`{"type":"edit_message","message_id":"` + question + `","content":"how?","regenerate":false,"request_id":"e"}`)
	updated, _ := c.next("message_updated")["message"].(map[string]any)
	ack := c.next("ack")
	if m, _ := ack["message"].(map[string]any); updated["content"] != "how?" || m["edit_count"] != 1.0 || ack.text("request_id") != "e" {
		t.Errorf("edited: %v, %v", updated, ack)
	}

	c.send(`{"type":"regenerate","message_id":"` + question + `","options":{"temperature":0.5},"request_id":"r"}`)
	start := c.next("assistant_message_start")
	if m, _ := c.next("ack")["message"].(map[string]any); m["id"] != start["message_id"] || m["parent_id"] != question {
		t.Errorf("regenerated: %v, %v", start, m)
	}
	w.model.say <- "thus"
	w.model.stop <- struct{}{}
	c.follow("", 0)

	c.send(`{"type":"delete_message","message_id":"` + question + `","request_id":"d"}`)
	if m := c.next("message_deleted"); m.text("message_id") != question {
		t.Errorf("deleted: %v", m)
	}
	if diff := cmp.Diff(message{"type": "ack", "request_id": "d"}, c.next("ack")); diff != "" {
		t.Errorf("ack (-want +got):\n%s", diff)
	}
}

func TestSubscriptions(t *testing.T) {
	w := newLive(t)
	c := w.dial("ann", "/ws")
	c.send(w.fill(`{"type":"subscribe","thread_id":"THREAD","request_id":"s"}`))
	c.next("subscribed")
	c.next("ack")
	c.send(w.fill(`{"type":"typing_indicator","thread_id":"THREAD","is_typing":true}`))
	if m := c.next("typing_indicator"); m["is_typing"] != true {
		t.Errorf("got %v", m)
	}
	c.send(w.fill(`{"type":"unsubscribe","thread_id":"THREAD"}`))
	c.next("ack")
	c.send(w.fill(`{"type":"typing_indicator","thread_id":"THREAD","is_typing":true}`))
	c.send(`{"type":"heartbeat","request_id":"h"}`)
	for _, want := range []string{"heartbeat_ack", "ack"} {
		if m, err := c.read(); err != nil || m.text("type") != want {
			t.Errorf("after unsubscribing came %v, %v; want %s", m, err, want)
		}
	}
}

func TestSubscriptionsAreBounded(t *testing.T) {
	w := newLive(t)
	c := w.dial("ann", "/ws")
	for n := range maxThreads + 1 {
		th := storetest.Thread(t, w.store, w.project, w.owner, fmt.Sprint("thread ", n))
		c.send(`{"type":"subscribe","thread_id":"` + th.ID.String() + `"}`)
		m, err := c.read()
		for err == nil && m.text("type") == "thread_created" {
			m, err = c.read()
		}
		want := "subscribed"
		if n == maxThreads {
			want = "error"
		}
		if err != nil || m.text("type") != want {
			t.Fatalf("thread %d: %v, %v; want %s", n, m, err, want)
		}
	}
}

func TestErrorFrames(t *testing.T) {
	w := newLive(t)
	w.member("bob", store.ProjectViewer)
	w.user("eve")
	other := storetest.Thread(t, w.store, w.project, w.owner, "Archived")
	archived := other.ID.String()
	if _, err := w.api.ArchiveThread(t.Context(), w.actor(w.signIn("ann")), api.IDInput{ID: other.ID}); err != nil {
		t.Fatal(err)
	}
	clients := map[string]*client{"ann": w.dial("ann", "/ws"), "bob": w.dial("bob", "/ws"), "eve": w.dial("eve", "/ws")}
	const none = "01890000-0000-7000-8000-000000000000"
	for name, tt := range map[string]struct{ who, frame, code, message string }{
		"no JSON":                 {"ann", `{"type":`, "invalid_message", "not JSON"},
		"empty":                   {"ann", ``, "invalid_message", "not JSON"},
		"two objects":             {"ann", `{"type":"heartbeat"} {}`, "invalid_message", "one JSON object"},
		"a list":                  {"ann", `[1]`, "invalid_message", "one JSON object"},
		"null":                    {"ann", `null`, "invalid_message", "one JSON object"},
		"no type":                 {"ann", `{"request_id":"r"}`, "invalid_message", "type"},
		"type is a number":        {"ann", `{"type":1}`, "invalid_message", "type"},
		"type in capitals":        {"ann", `{"TYPE":"heartbeat"}`, "invalid_message", "type"},
		"unknown type":            {"ann", `{"type":"dance","request_id":"r"}`, "unknown_type", "dance"},
		"unknown field":           {"ann", `{"type":"heartbeat","x":1}`, "invalid_message", "frame.x"},
		"field given twice":       {"ann", `{"type":"heartbeat","type":"heartbeat"}`, "invalid_message", "twice"},
		"missing field":           {"ann", `{"type":"subscribe","request_id":"r"}`, "invalid_message", "frame.thread_id"},
		"field of another type":   {"ann", `{"type":"typing_indicator","thread_id":"THREAD","is_typing":"yes"}`, "invalid_message", "is_typing"},
		"null field":              {"ann", `{"type":"subscribe","thread_id":null}`, "invalid_message", "thread_id"},
		"no id":                   {"ann", `{"type":"subscribe","thread_id":"1"}`, "invalid_message", "thread_id"},
		"request_id is an object": {"ann", `{"type":"heartbeat","request_id":{}}`, "invalid_message", "request_id"},
		"request_id too long":     {"ann", `{"type":"heartbeat","request_id":"` + strings.Repeat("x", 300) + `"}`, "invalid_message", "request_id"},
		"half a surrogate":        {"ann", `{"type":"send_message","thread_id":"THREAD","content":"\ud800"}`, "invalid_message", "not JSON"},
		"missing thread":          {"ann", `{"type":"subscribe","thread_id":"` + none + `","request_id":"r"}`, "not_found", "thread"},
		"missing message":         {"ann", `{"type":"edit_message","message_id":"` + none + `","content":"x"}`, "not_found", "message"},
		"nothing to send":         {"ann", `{"type":"send_message","thread_id":"THREAD","content":" ","request_id":"r"}`, "invalid_message", "content"},
		"too long":                {"ann", `{"type":"send_message","thread_id":"THREAD","content":"` + strings.Repeat("€", 50_001) + `","request_id":"r"}`, "message_too_long", "50,000"},
		"temperature":             {"ann", `{"type":"regenerate","message_id":"` + none + `","options":{"temperature":3}}`, "invalid_message", "frame.options.temperature"},
		"unknown option":          {"ann", `{"type":"regenerate","message_id":"` + none + `","options":{"hot":1}}`, "invalid_message", "frame.options.hot"},
		"archived":                {"ann", `{"type":"send_message","thread_id":"` + archived + `","content":"x"}`, "thread_archived", "archived"},
		"viewer sends":            {"bob", `{"type":"send_message","thread_id":"THREAD","content":"x","request_id":"r"}`, "forbidden", ""},
		"viewer stops":            {"bob", `{"type":"stop_generation","thread_id":"THREAD"}`, "forbidden", ""},
		"stranger subscribes":     {"eve", `{"type":"subscribe","thread_id":"THREAD","request_id":"r"}`, "not_found", "thread"},
		"stranger sends":          {"eve", `{"type":"send_message","thread_id":"THREAD","content":"x"}`, "not_found", ""},
		"stranger types":          {"eve", `{"type":"typing_indicator","thread_id":"THREAD","is_typing":true}`, "not_found", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := clients[tt.who]
			c.TB = t
			c.send(w.fill(tt.frame))
			m, err := c.read()
			if err != nil {
				t.Fatal(err)
			}
			if m.text("type") != "error" || m.text("error_code") != tt.code || !strings.Contains(m.text("error"), tt.message) {
				t.Errorf("got %v, want %s about %q", m, tt.code, tt.message)
			}
			if _, echoed := m["request_id"]; echoed != strings.Contains(tt.frame, `"r"`) {
				t.Errorf("request_id of %s: %v", tt.frame, m)
			}
			if strings.Contains(m.text("error"), "body.") {
				t.Errorf("the message speaks of a body: %v", m)
			}
			c.stillWorks()
		})
	}
}

// What is sent while an answer is being written waits, and says so; ten questions may.
func TestQuestionsWaitForTheAnswerBeforeThem(t *testing.T) {
	w := newLive(t)
	c := w.dial("ann", "/ws/chat/"+w.thread.ID.String())
	w.ask(c, "why?")
	for n := range store.MaxQueued + 1 {
		c.send(w.fill(fmt.Sprintf(`{"type":"send_message","thread_id":"THREAD","content":"and?","request_id":%d}`, n)))
	}
	acks, queued := 0, 0
	for {
		m, err := c.read()
		if err != nil {
			t.Fatal(err)
		}
		said, _ := m["message"].(map[string]any)
		switch m.text("type") {
		case "ack":
			if acks++; said["status"] != store.StatusQueued {
				t.Errorf("ack %v", m)
			}
		case "message_queued":
			if queued++; m["queue_position"] != float64(queued) || said["status"] != store.StatusQueued {
				t.Errorf("frame %v", m)
			}
		case "error":
			if m.text("error_code") != "generation_in_progress" || m["request_id"] != float64(store.MaxQueued) {
				t.Errorf("got %v", m)
			}
			if acks != store.MaxQueued || queued != store.MaxQueued {
				t.Errorf("%d acks, %d frames", acks, queued)
			}
			return
		}
	}
}

func TestFramesAreLimited(t *testing.T) {
	w := newLive(t, func(o *Options) { o.Limits = Limits{Enabled: true, MessagesPerMinute: 2, RequestsPerMinute: 5} })
	c := w.dial("ann", "/ws") // one request
	codes := map[string]int{}
	ask := func(frame string) message {
		c.send(w.fill(frame))
		for {
			m, err := c.read()
			if err != nil {
				t.Fatal(err)
			}
			if m.text("type") == "error" || m.text("type") == "ack" {
				codes[m.text("error_code")]++
				return m
			}
		}
	}
	for range 4 {
		ask(`{"type":"send_message","thread_id":"THREAD","content":"","request_id":1}`)
	}
	if diff := cmp.Diff(map[string]int{"invalid_message": 2, "rate_limited": 2}, codes); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	clear(codes)
	for range 6 {
		ask(`{"type":"nonsense"}`)
	}
	if diff := cmp.Diff(map[string]int{"unknown_type": 4, "rate_limited": 2}, codes); diff != "" {
		t.Errorf("nonsense (-want +got):\n%s", diff)
	}
	m := ask(`{"type":"send_message","thread_id":"THREAD","content":"x","request_id":2}`)
	if after, _ := m["retry_after"].(float64); after < 1 || after > 60 || m["request_id"] != 2.0 {
		t.Errorf("got %v", m)
	}
	c.stillWorks() // a heartbeat is free
}
