package hub_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/api/hub"
)

func join(t *testing.T, h *hub.Hub, user string) *reader {
	t.Helper()
	r := &reader{conn: h.Connect(hub.Label{UserID: user})}
	t.Cleanup(r.conn.Close)
	r.conn.Subscribe(topic)
	return r
}

func TestAudience(t *testing.T) {
	h := newHub(0)
	moves := 0
	h.OnAudience(func(name string) {
		if name == topic {
			moves++
		}
	})
	one, two := join(t, h, "ann"), join(t, h, "ben")
	one.conn.Subscribe(topic) // once more: nobody has come
	var users []string
	for _, l := range h.Audience(topic) {
		users = append(users, l.UserID)
	}
	if slices.Sort(users); !slices.Equal(users, []string{"ann", "ben"}) || moves != 2 {
		t.Errorf("%v listen after %d moves", users, moves)
	}
	if ids := h.Threads(); !slices.Equal(ids, []string{"t"}) {
		t.Errorf("threads %v", ids)
	}
	one.conn.Unsubscribe(topic)
	one.conn.Unsubscribe(topic)
	two.conn.Close()
	if n := len(h.Audience(topic)); n != 0 || moves != 4 || len(h.Threads()) != 0 {
		t.Errorf("%d listen after %d moves", n, moves)
	}
}

// TestRevoke takes the topic from a reader for whom much of it waits.
func TestRevoke(t *testing.T) {
	h := newHub(0)
	ann, ben := join(t, h, "ann"), join(t, h, "ben")
	ben.conn.Subscribe("thread:other")
	a := begin(t, h, "m")
	a.Append("secret ")
	h.Publish(topic, []byte(`{"type":"other"}`))
	other, err := h.Begin(hub.AnswerInfo{ThreadID: "other", MessageID: "n"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	other.Append("open ")
	if n := h.Revoke(topic, func(l hub.Label) bool { return l.UserID == "ben" }, numbered(7)); n != 1 {
		t.Errorf("%d lost it", n)
	}
	other.Append("text")
	a.Append("more")
	for _, f := range drainFrames(t, ben.conn) {
		switch {
		case f.MessageID == "m", f.Type == "other", strings.Contains(f.Chunk, "secret"):
			t.Errorf("ben is sent %+v", f)
		case f.Type == "numbered" && f.N != 7:
			t.Errorf("told %d", f.N)
		case f.Type == "stream_chunk" && f.MessageID != "n":
			t.Errorf("a chunk of %s", f.MessageID)
		}
	}
	if err := ann.drain(); err != nil || ann.text != "secret more" {
		t.Errorf("ann reads %q, %v", ann.text, err)
	}
	other.End(nil)
	a.End(nil)
}

func drainFrames(t *testing.T, c *hub.Conn) (all []frame) {
	t.Helper()
	var bytes []byte
	for {
		b, err := c.Next()
		if len(b) == 0 || err != nil {
			break
		}
		bytes = append(bytes, b...)
	}
	all, rest, err := split(bytes)
	if err != nil || len(rest) > 0 {
		t.Fatalf("%v, rest %q", err, rest)
	}
	return all
}

// TestAwait shows the place in a line to who comes later, until the first token.
func TestAwait(t *testing.T) {
	h := newHub(0)
	a := begin(t, h, "m")
	a.Await(numbered(3))
	a.Await(numbered(2))
	r := join(t, h, "ann")
	if err := r.drain(); err != nil || !slices.Equal(r.numbered, []int{2}) || r.message != "m" {
		t.Errorf("the newcomer is told %v of %q, %v", r.numbered, r.message, err)
	}
	a.Append("text")
	a.Await(numbered(1))
	late := join(t, h, "ben")
	if err := late.drain(); err != nil || len(late.numbered) != 0 || late.text != "text" {
		t.Errorf("told %v, reads %q, %v", late.numbered, late.text, err)
	}
	if err := r.drain(); err != nil || len(r.numbered) != 1 || r.text != "text" {
		t.Errorf("told %v, reads %q, %v", r.numbered, r.text, err)
	}
	a.End(nil)
	a.Await(numbered(0))
}

func TestAnnounce(t *testing.T) {
	h := newHub(0)
	r := join(t, h, "ann")
	if h.Leaving() {
		t.Error("it leaves before it is told to")
	}
	h.Announce(func() []byte { return numbered(1) })
	if err := r.drain(); err != nil || !slices.Equal(r.numbered, []int{1}) || !h.Leaving() || r.conn.Kicked() {
		t.Errorf("told %v, kicked %v, %v", r.numbered, r.conn.Kicked(), err)
	}
	h.Publish(topic, numbered(2))
	if err := r.drain(); err != nil || len(r.numbered) != 2 {
		t.Errorf("after that %v, %v", r.numbered, err)
	}
}

func TestPublishAll(t *testing.T) {
	h := newHub(0)
	r := join(t, h, "ann")
	r.conn.Subscribe(hub.UserTopic("ann"))
	made := 0
	five := func() []byte { made++; return numbered(5) }
	h.PublishAll([]string{topic, hub.UserTopic("nobody"), hub.UserTopic("ann")}, five)
	h.PublishAll([]string{hub.UserTopic("nobody"), hub.UserTopic("ben")}, five)
	if made != 1 {
		t.Errorf("made %d times", made)
	}
	if err := r.drain(); err != nil || !slices.Equal(r.numbered, []int{5, 5}) {
		t.Errorf("heard %v, %v", r.numbered, err)
	}
}

// What nobody hears is not made.
func TestAnswerWithoutAudienceMakesNothing(t *testing.T) {
	h := newHub(0)
	never := func() []byte { t.Error("made for nobody"); return nil }
	a, err := h.Begin(hub.AnswerInfo{ThreadID: "t", MessageID: "m"}, never)
	if err != nil {
		t.Fatal(err)
	}
	a.Append("a word")
	a.End(never)
}
