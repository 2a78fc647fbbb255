package livetest_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/parley-app/parley/api/livetest"
)

// TestTheCableIsPulled cuts the line of clients that read, and of one that idles: no
// word comes from them any more, not even that they are gone. They are closed by
// the heartbeat; who is still there notices nothing.
func TestTheCableIsPulled(t *testing.T) {
	network := livetest.NewNetwork(t)
	const timeout = 8 * time.Second // for which a busy machine may hold up the one that is still there
	inside := network.Dialer(network.Server)
	s := livetest.NewAt(t, livetest.Place{
		Host: network.Address, Wrap: []string{"ip", "netns", "exec", network.Server}, Dial: inside,
	}, program(t), livetest.Settings{"PARLEY_HEARTBEAT_INTERVAL": "1s", "PARLEY_HEARTBEAT_TIMEOUT": timeout.String()})
	busy, quiet := s.NewThread(), s.NewThread()
	client := func(name, thread string, dial livetest.Dialer) *livetest.Client {
		c := &livetest.Client{Name: name, URL: s.URL, Token: s.Token, Thread: thread, Server: s, Dial: dial}
		if err := c.Open(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	far := network.Dialer(network.Client)
	began := time.Now()
	client("far and busy", busy, far)
	client("far and idle", quiet, far)
	near := client("near", busy, inside)
	if got := s.Metric("parley_live_sockets"); got != 3 {
		t.Fatalf("%v sockets are open", got)
	}
	network.Cut()
	cut := time.Now()
	// The built-in model answers, which the far one is sent in vain.
	if err := s.Ask(busy, "hello", uuid.NewString()); err != nil {
		t.Fatal(err)
	}
	if err := near.Follow(func(c *livetest.Client) bool { return c.Has(2) }); err != nil {
		t.Fatal(err)
	}
	seen := make(chan error, 1)
	stop := make(chan struct{})
	go func() { // a client that lives answers pings, for which it has to read
		seen <- near.Follow(func(*livetest.Client) bool {
			select {
			case <-stop:
				return true
			default:
				return near.Send(`{"type":"heartbeat"}`) != nil
			}
		})
	}()
	for s.Metric("parley_live_sockets") != 1 {
		if time.Since(cut) > livetest.Patience {
			t.Fatalf("they are still open\n%s", s.Log())
		}
		time.Sleep(50 * time.Millisecond) // nothing tells of it: there is nobody
	}
	closed := time.Now()
	close(stop)
	if err := <-seen; err != nil {
		t.Error(err)
	}
	if took := closed.Sub(began); took < timeout { // they have said nothing since they subscribed
		t.Errorf("they were given up after %v already", took)
	}
	t.Logf("closed %v after the cut, with a time-out of %v", closed.Sub(cut), timeout)
	if n := s.Metric(`parley_live_closed_total{code="4408",reason="no sign of life"}`); n != 2 {
		t.Errorf("%v are counted", n)
	}
	near.Drop(true)
}
