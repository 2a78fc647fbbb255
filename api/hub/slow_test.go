package hub_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/parley-app/parley/api/hub"
)

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestReaderThatNeverReads(t *testing.T) {
	const limit, readers = 64 << 10, 100
	h := newHub(limit)
	var stuck []*reader
	for range readers {
		r := &reader{conn: h.Connect(hub.Label{})}
		defer r.conn.Close()
		r.conn.Subscribe(topic)
		r.conn.Subscribe(hub.UserTopic("u"))
		stuck = append(stuck, r)
	}
	before := heap()
	a := begin(t, h, "m")
	for range 2000 {
		a.Append("a token ")
		h.Publish(topic, []byte(strings.Repeat("x", 1000)))
	}
	// The frames are shared, the rest is what the items cost.
	if grown := heap() - before; grown > 4*limit+readers*limit/2 {
		t.Errorf("%d bytes wait for %d readers with a limit of %d", grown, readers, limit)
	}
	r := stuck[0]
	if err := r.drain(); err != nil {
		t.Fatal(err)
	}
	text, next := a.Snapshot()
	if r.text != text || r.next != next || r.snaps != 1 {
		t.Errorf("came back with %d bytes, next %d, %d snapshots; want %d, %d, one", len(r.text), r.next, r.snaps, len(text), next)
	}
	a.End(final("m", text))
	if err := r.drain(); err != nil || r.finals != 1 {
		t.Errorf("%d finals, %v", r.finals, err)
	}
	if s := h.Stats(); s.Dropped == 0 || s.Resyncs != 1 {
		t.Errorf("dropped %d, resynced %d", s.Dropped, s.Resyncs)
	}
}

func TestOverflowKeepsWhatNoSnapshotReplaces(t *testing.T) {
	h := newHub(500)
	r := &reader{conn: h.Connect(hub.Label{})}
	defer r.conn.Close()
	r.conn.Subscribe(topic)
	r.conn.Subscribe(hub.UserTopic("u"))
	h.Publish(hub.UserTopic("u"), numbered(1))
	for range 10 {
		h.Publish(topic, []byte(`{"type":"other"}`))
	}
	r.conn.Send(numbered(2))
	if err := r.drain(); err != nil {
		t.Fatal(err)
	}
	if len(r.numbered) != 2 || len(r.others) != 0 || r.snaps != 1 {
		t.Errorf("got %v, %d others, %d snapshots", r.numbered, len(r.others), r.snaps)
	}
	h.Publish(topic, []byte(`{"type":"other"}`))
	if err := r.drain(); err != nil || len(r.others) != 1 {
		t.Errorf("after the snapshot %d frames arrive, %v", len(r.others), err)
	}
}

func TestOneFrameMayExceedTheLimit(t *testing.T) {
	h := newHub(500)
	r := &reader{conn: h.Connect(hub.Label{})}
	defer r.conn.Close()
	r.conn.Subscribe(topic)
	a := begin(t, h, "m")
	text := strings.Repeat("€", 400_000)
	a.Append(text[:1_000_000])
	a.Append(text[1_000_000:])
	if err := r.drain(); err != nil {
		t.Fatal(err)
	}
	a.End(final("m", text))
	if err := r.drain(); err != nil || r.final != text {
		t.Errorf("read %d bytes of %d, %v", len(r.final), len(text), err)
	}
}

func TestAskingWithoutReading(t *testing.T) {
	h := newHub(5000)
	r := &reader{conn: h.Connect(hub.Label{})}
	defer r.conn.Close()
	sent := 0
	for ; !r.conn.Kicked(); sent++ {
		r.conn.Send(numbered(sent))
		r.conn.Subscribe(topic)
		if sent > 5000 {
			t.Fatal("it may ask for ever")
		}
	}
	var closed *hub.ClosedError
	if err := r.drain(); !errors.As(err, &closed) || closed.Code != hub.CodeTooMany {
		t.Errorf("ended with %v", err)
	}
	if len(r.numbered) != sent-1 {
		t.Errorf("of %d frames %d arrived", sent, len(r.numbered))
	}
}

func TestIdleConnectionHoldsLittle(t *testing.T) {
	const n = 2000
	h := newHub(0)
	before := heap()
	conns := make([]*reader, n)
	for i := range conns {
		conns[i] = &reader{conn: h.Connect(hub.Label{})}
		conns[i].conn.Subscribe(topic)
		conns[i].conn.Subscribe(hub.UserTopic(strings.Repeat("u", i%7+1)))
	}
	a := begin(t, h, "m")
	for _, r := range conns {
		for range 200 {
			r.conn.Send(numbered(1))
		}
	}
	a.Append(strings.Repeat("x", 100_000))
	a.End(nil)
	for _, r := range conns {
		for {
			if b, err := r.conn.Next(); err != nil {
				t.Fatal(err)
			} else if len(b) == 0 {
				break
			}
		}
	}
	if each := (heap() - before) / n; each > 3000 {
		t.Errorf("%d bytes for each idle connection", each)
	}
	for _, r := range conns {
		r.conn.Close()
	}
}

func TestUserTopicThatNobodyReads(t *testing.T) {
	h := newHub(5000)
	slow, other := &reader{conn: h.Connect(hub.Label{})}, &reader{conn: h.Connect(hub.Label{})}
	kicked := false
	slow.conn.OnKick(func() { kicked = true })
	for _, r := range []*reader{slow, other} {
		defer r.conn.Close()
		r.conn.Subscribe(hub.UserTopic("u"))
		r.conn.Subscribe(topic)
	}
	sent := 0
	for ; !kicked && sent < 1000; sent++ {
		h.Publish(hub.UserTopic("u"), numbered(sent))
		if err := other.drain(); err != nil {
			t.Fatal(err)
		}
	}
	var closed *hub.ClosedError
	if err := slow.drain(); !errors.As(err, &closed) || closed.Code != hub.CodeTryLater {
		t.Errorf("ended with %v", err)
	}
	if len(slow.numbered) != sent-1 || len(other.numbered) != sent {
		t.Errorf("of %d frames %d and %d arrived", sent, len(slow.numbered), len(other.numbered))
	}
	if topics := slow.conn.Topics(); len(topics) > 0 {
		t.Errorf("it is still subscribed to %v", topics)
	}
}
