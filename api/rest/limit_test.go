package rest

import (
	"net/netip"
	"testing"
	"time"

	"github.com/parley-app/parley/store"
)

// A clock is a time that the test moves.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newTestLimiter(l Limits) (*limiter, *clock) {
	c := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	return newLimiter(l, c.now), c
}

var (
	ann = callerUser(store.ID{1})
	bob = callerUser(store.ID{2})
)

func TestLimiterLetsABurstThroughAndThenOneAtATime(t *testing.T) {
	l, c := newTestLimiter(Limits{Enabled: true, MessagesPerMinute: 3})
	for i := range 3 {
		if v := l.take(messageClass, ann); !v.ok || v.limit != 3 || v.remaining != 2-i {
			t.Fatalf("message %d: %+v", i, v)
		}
	}
	v := l.take(messageClass, ann)
	if v.ok || v.retry != 20*time.Second || v.reset != time.Minute || v.remaining != 0 {
		t.Fatalf("the fourth: %+v", v)
	}
	if v := l.take(messageClass, bob); !v.ok {
		t.Error("one's messages count for another")
	}
	c.t = c.t.Add(19 * time.Second)
	if ok, retry := l.allow(messageClass, ann); ok || retry != time.Second {
		t.Errorf("a second early: %v, %v", ok, retry)
	}
	c.t = c.t.Add(time.Second)
	if ok, _ := l.allow(messageClass, ann); !ok {
		t.Error("refused at the time that was named")
	}
}

func TestLimiterKeepsTheKindsApart(t *testing.T) {
	l, _ := newTestLimiter(Limits{Enabled: true, RequestsPerMinute: 20, MessagesPerMinute: 1, SignInsPerMinute: 1, UploadsPerMinute: 1})
	for _, of := range []class{messageClass, signInClass, uploadClass} {
		if v := l.take(of, ann); !v.ok || v.limit != 1 {
			t.Errorf("first %v: %+v", of, v)
		}
		if v := l.take(of, ann); v.ok {
			t.Errorf("second %v passed", of)
		}
	}
	if v := l.take(readClass, ann); v.remaining != 19 {
		t.Errorf("read: %+v", v)
	}
	if v := l.take(writeClass, ann); v.remaining != 18 {
		t.Errorf("write: %+v", v)
	}
	if v := l.take(expensive, ann); v.remaining != 8 {
		t.Errorf("expensive: %+v", v)
	}
	if v := l.take(unlimited, ann); !v.ok || v.counted {
		t.Errorf("a probe is counted: %+v", v)
	}
}

func TestLimiterChangesWhileItRuns(t *testing.T) {
	l, c := newTestLimiter(Limits{Enabled: true, RequestsPerMinute: 2})
	l.take(readClass, ann)
	l.take(readClass, ann)
	l.set(Limits{Enabled: true, RequestsPerMinute: 60})
	if v := l.take(readClass, ann); v.ok {
		t.Error("what was used was forgotten")
	}
	c.t = c.t.Add(time.Second)
	if v := l.take(readClass, ann); !v.ok || v.limit != 60 {
		t.Errorf("after a second at 60 a minute: %+v", v)
	}
	l.set(Limits{Enabled: false, RequestsPerMinute: 1})
	if v := l.take(readClass, ann); !v.ok || v.counted {
		t.Errorf("switched off: %+v", v)
	}
}

func TestLimiterForgetsWhoWasQuietLongest(t *testing.T) {
	l, _ := newTestLimiter(Limits{Enabled: true, RequestsPerMinute: 1})
	l.take(readClass, ann)
	l.take(readClass, bob)
	for i := range maxCallers - 1 {
		l.take(readClass, caller{id: [16]byte{byte(i >> 8), byte(i), 0xff}})
		l.take(readClass, bob)
	}
	if n := len(l.counts["requests"].buckets); n != maxCallers {
		t.Errorf("%d callers are kept, want %d", n, maxCallers)
	}
	if v := l.take(readClass, bob); v.ok {
		t.Error("who came all the time was forgotten")
	}
	if v := l.take(readClass, ann); !v.ok {
		t.Error("who was quiet longest was kept")
	}
}

func TestCallerAt(t *testing.T) {
	at := func(s string) caller { return callerAt(netip.MustParseAddr(s)) }
	if at("10.0.0.1") != at("::ffff:10.0.0.1") {
		t.Error("one IPv4 address counts as two")
	}
	if at("10.0.0.1") == at("10.0.0.2") {
		t.Error("two IPv4 addresses count as one")
	}
	if at("2001:db8::1") != at("2001:db8::ffff:1%eth0") {
		t.Error("one IPv6 network counts as two")
	}
	if at("2001:db8:0:1::1") == at("2001:db8:0:2::1") {
		t.Error("two IPv6 networks count as one")
	}
}
