package hub_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/parley-app/parley/api/hub"
)

var topic = hub.ThreadTopic("t")

func TestPublishReachesSubscribersInOrder(t *testing.T) {
	h := newHub(0)
	in, out := &reader{conn: h.Connect(hub.Label{})}, &reader{conn: h.Connect(hub.Label{})}
	defer in.conn.Close()
	defer out.conn.Close()
	h.Publish(topic, numbered(0)) // nobody listens yet
	in.conn.Subscribe(topic)
	for n := 1; n <= 3; n++ {
		h.Publish(topic, numbered(n))
	}
	in.conn.Unsubscribe(topic)
	h.Publish(topic, numbered(4))
	for _, r := range []*reader{in, out} {
		if err := r.drain(); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]int{1, 2, 3}, in.numbered); diff != "" {
		t.Errorf("subscriber (-want +got):\n%s", diff)
	}
	if len(out.numbered) > 0 || out.snaps > 0 {
		t.Errorf("a connection that did not subscribe got %v and %d snapshots", out.numbered, out.snaps)
	}
}

func TestSubscribedFrame(t *testing.T) {
	for name, tt := range map[string]struct {
		topic string
		begin bool
		want  string
	}{
		"quiet thread":      {topic, false, `{"type":"subscribed","thread_id":"t","streaming":null}`},
		"answer is running": {topic, true, `{"type":"subscribed","thread_id":"t","streaming":{"message_id":"m","model":"m\"1","content":"a \"quoted\"\nline\u0001","next_index":2,"reasoning":"\"hm\" so","reasoning_next_index":2}}`},
		"user":              {hub.UserTopic("u"), false, ``},
	} {
		t.Run(name, func(t *testing.T) {
			h := hub.New(hub.Options{})
			if tt.begin {
				a := begin(t, h, "m")
				defer a.End(nil)
				a.AppendReasoning(`"hm"`)
				a.AppendReasoning(" so")
				a.Append("a \"quoted\"\n")
				a.Append("line\x01")
			}
			c := h.Connect(hub.Label{})
			defer c.Close()
			c.Subscribe(tt.topic)
			c.Send(nil) // so that there is something to read
			got, err := c.Next()
			if string(got) != tt.want || err != nil {
				t.Errorf("got %s (%v), want %s", got, err, tt.want)
			}
		})
	}
}

func TestWaitingChunksBecomeOneFrame(t *testing.T) {
	h := hub.New(hub.Options{})
	c := h.Connect(hub.Label{})
	defer c.Close()
	a := begin(t, h, "m")
	c.Subscribe(topic)
	read := func() string {
		b, err := c.Next()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	read()
	a.Append("one ")
	if got, want := read(), `{"type":"stream_chunk","thread_id":"t","message_id":"m","chunk":"one ","chunk_index":0,"next_index":1,"is_final":false}`; got != want {
		t.Errorf("one token:\n got %s\nwant %s", got, want)
	}
	a.Append("two ")
	a.Append("three ")
	c.Send([]byte(`{"type":"ack"}`)) // of no topic: does not keep chunks apart
	a.Append("four")
	if got, want := read(), `{"type":"stream_chunk","thread_id":"t","message_id":"m","chunk":"two three four","chunk_index":1,"next_index":4,"is_final":false}{"type":"ack"}`; got != want {
		t.Errorf("three tokens:\n got %s\nwant %s", got, want)
	}
	a.Append("five")
	h.Publish(topic, numbered(1))
	a.Append("six")
	a.End(final("m", "x"))
	got := read()
	at := []int{strings.Index(got, "five"), strings.Index(got, "numbered"), strings.Index(got, "six"), strings.Index(got, "is_final\":true")}
	for i := 1; i < len(at); i++ {
		if at[i-1] < 0 || at[i] < at[i-1] {
			t.Fatalf("frames of a topic changed places: %s", got)
		}
	}
	if s := h.Stats(); s.Merged != 2 {
		t.Errorf("merged %d, want 2", s.Merged)
	}
}

func TestOneAnswerPerTopic(t *testing.T) {
	h := newHub(0)
	a := begin(t, h, "m1")
	if _, err := h.Begin(hub.AnswerInfo{ThreadID: "t"}, nil); !errors.Is(err, hub.ErrAnswering) {
		t.Errorf("second answer: %v", err)
	}
	if h.Answer("t") != a || a.Info().MessageID != "m1" {
		t.Error("the running answer is not found")
	}
	a.Append("text")
	a.End(nil)
	a.End(func() []byte { return []byte("twice") })
	if size := a.Append(" after"); size != 4 {
		t.Errorf("an ended answer grew to %d", size)
	}
	if text, next := a.Snapshot(); text != "text" || next != 1 {
		t.Errorf("snapshot after the end: %q, %d", text, next)
	}
	if h.Answer("t") != nil {
		t.Error("an ended answer is still running")
	}
	begin(t, h, "m2").End(nil)
	if s := h.Stats(); s.Topics != 0 || s.Answers != 0 {
		t.Errorf("left behind: %+v", s)
	}
}

func TestSplitRunes(t *testing.T) {
	for name, tt := range map[string]struct {
		tokens []string
		want   string
		chunks int
	}{
		"every byte alone":        {[]string{"\xe2", "\x82", "\xac", " ", "\xf0", "\x9f", "\x98", "\x80"}, "€ 😀", 3},
		"rune over two tokens":    {[]string{"a\xe2\x82", "\xacb"}, "a€b", 2},
		"only part of a rune":     {[]string{"\xf0\x9f", "\x98", "\x80"}, "😀", 1},
		"never becomes whole":     {[]string{"a\xe2\x82", "b"}, "a\uFFFDb", 2},
		"broken byte":             {[]string{"a\xffb"}, "a\uFFFDb", 1},
		"lone continuation":       {[]string{"\x80"}, "\uFFFD", 1},
		"cut off at the end":      {[]string{"a", "\xe2\x82"}, "a", 1},
		"two beginnings":          {[]string{"\xe2", "\xe2", "\x82\xac"}, "\uFFFD€", 2},
		"whole after broken":      {[]string{"\xff\xe2\x82", "\xac"}, "\uFFFD€", 2},
		"surrogate half in UTF-8": {[]string{"\xed\xa0\x80x"}, "\uFFFDx", 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(0)
			r := &reader{conn: h.Connect(hub.Label{})}
			defer r.conn.Close()
			r.conn.Subscribe(topic)
			a := begin(t, h, "m")
			for _, token := range tt.tokens {
				a.Append(token)
				if err := r.drain(); err != nil {
					t.Fatal(err)
				}
			}
			text, next := a.Snapshot()
			a.End(final("m", text))
			if err := r.drain(); err != nil {
				t.Fatal(err)
			}
			if text != tt.want || next != tt.chunks || r.finals != 1 {
				t.Errorf("got %q in %d chunks and %d finals, want %q in %d", text, next, r.finals, tt.want, tt.chunks)
			}
		})
	}
}

func TestKickHandsOutWhatWaits(t *testing.T) {
	h := newHub(0)
	r := &reader{conn: h.Connect(hub.Label{UserID: "u", SessionID: "s"})}
	defer r.conn.Close()
	kicks := 0
	r.conn.OnKick(func() { kicks++ })
	r.conn.Subscribe(topic)
	h.Publish(topic, numbered(1))
	if n := h.KickWhere(func(l hub.Label) bool { return l.SessionID == "s" }, 4401, "signed out"); n != 1 {
		t.Errorf("kicked %d", n)
	}
	h.Publish(topic, numbered(2))
	r.conn.Send(numbered(3))
	r.conn.Kick(4403, "second")
	var closed *hub.ClosedError
	if err := r.drain(); !errors.As(err, &closed) || closed.Code != 4401 || closed.Reason != "signed out" {
		t.Errorf("ended with %v", err)
	}
	if diff := cmp.Diff([]int{1}, r.numbered); diff != "" {
		t.Errorf("handed out (-want +got):\n%s", diff)
	}
	r.conn.Subscribe(topic)
	if topics := r.conn.Topics(); len(topics) > 0 || h.Stats().Topics > 0 {
		t.Errorf("a kicked connection has topics %v, the hub %d", topics, h.Stats().Topics)
	}
	r.conn.OnKick(func() { kicks++ })
	if kicks != 2 {
		t.Errorf("OnKick ran %d times, want once for each function", kicks)
	}
}

func TestLeaveIsNoKick(t *testing.T) {
	h := newHub(0)
	r := &reader{conn: h.Connect(hub.Label{})}
	defer r.conn.Close()
	left := false
	r.conn.OnKick(func() { left = true })
	r.conn.Send(numbered(1))
	r.conn.Leave(1000, "bye")
	r.conn.Kick(4401, "late")
	var closed *hub.ClosedError
	if err := r.drain(); !errors.As(err, &closed) || closed.Code != 1000 || len(r.numbered) != 1 || !left {
		t.Errorf("ended with %v after %v, told %v", err, r.numbered, left)
	}
	if n := h.Stats().Kicked; n != 0 {
		t.Errorf("counted as kicked: %d", n)
	}
}

func TestRemoveLeavesTheConnectionOpen(t *testing.T) {
	h := newHub(0)
	ann, bob := &reader{conn: h.Connect(hub.Label{UserID: "ann"})}, &reader{conn: h.Connect(hub.Label{UserID: "bob"})}
	for _, r := range []*reader{ann, bob} {
		defer r.conn.Close()
		r.conn.Subscribe(topic)
	}
	h.Remove(topic, func(l hub.Label) bool { return l.UserID == "bob" })
	h.Publish(topic, numbered(1))
	h.Remove(topic, nil)
	h.Publish(topic, numbered(2))
	bob.conn.Send(numbered(3))
	for r, want := range map[*reader][]int{ann: {1}, bob: {3}} {
		if err := r.drain(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, r.numbered); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r.conn.Label().UserID, diff)
		}
	}
	if n := h.Stats().Topics; n != 0 {
		t.Errorf("%d topics left", n)
	}
}

func TestNextWaitsAndWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(0)
		c := h.Connect(hub.Label{})
		got, next := make(chan string), waiting(c)
		go func() {
			defer close(got)
			for {
				b, err := next()
				if err != nil {
					got <- err.Error()
					return
				}
				got <- string(b[4:])
			}
		}()
		synctest.Wait() // it blocks
		select {
		case s := <-got:
			t.Fatalf("something came from nothing: %s", s)
		default:
		}
		c.Send([]byte(`{"a":1}`))
		if s := <-got; s != `{"a":1}` {
			t.Errorf("got %s", s)
		}
		synctest.Wait()
		c.Close()
		if s := <-got; !strings.Contains(s, "1000") {
			t.Errorf("ended with %s", s)
		}
		<-got
	})
}

func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(0)
		for range 3 {
			r := &reader{conn: h.Connect(hub.Label{})}
			next := waiting(r.conn)
			go func() {
				defer r.conn.Close()
				for {
					b, err := next()
					if err != nil {
						var closed *hub.ClosedError
						if !errors.As(err, &closed) || closed.Code != hub.CodeGoingAway || len(r.others) != 1 {
							t.Errorf("ended with %v after %v", err, r.others)
						}
						return
					}
					if err := r.take(b); err != nil {
						t.Error(err)
					}
				}
			}()
		}
		if err := h.Shutdown(t.Context(), func() []byte { return []byte(`{"type":"server_shutdown"}`) }); err != nil {
			t.Error(err)
		}
		late := h.Connect(hub.Label{})
		if !late.Kicked() {
			t.Error("a connection was accepted after the shutdown")
		}
		late.Close()
		if s := h.Stats(); s.Connections != 0 || s.Topics != 0 {
			t.Errorf("left behind: %+v", s)
		}
	})
}

func TestShutdownGivesUpWithItsContext(t *testing.T) {
	h := newHub(0)
	stuck := h.Connect(hub.Label{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Shutdown(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	stuck.Close()
	if err := h.Shutdown(t.Context(), nil); err != nil {
		t.Errorf("second shutdown: %v", err)
	}
}
