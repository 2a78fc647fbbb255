package livetest_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/parley-app/parley/api/livetest"
	"github.com/parley-app/parley/api/llm/llmtest"
)

// TestRestartUnderBusySockets stops the program as systemd does while 500 clients
// read answers, and starts it again: each comes back at a time of its own and shows
// all there is. That is to take 8 s from the signal at most, beside the 8 s for answers to
// end; what it took is logged, as a busy machine may take longer.
func TestRestartUnderBusySockets(t *testing.T) { restartsUnderBusySockets(t, 500, nil, nil) }

// TestRestartUnderBusySocketsOverTLS is the same over the TLS that the program speaks
// itself, with the certificate that it keeps from one run to the next: clients that have
// seen it once take no other.
func TestRestartUnderBusySocketsOverTLS(t *testing.T) {
	var first sync.Once
	var known []byte
	pinned := &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // it is the program's own, and looked at below
		VerifyConnection: func(state tls.ConnectionState) error {
			shown := state.PeerCertificates[0].Raw
			if first.Do(func() { known = shown }); !bytes.Equal(known, shown) {
				t.Error("it shows another certificate")
			}
			return nil
		},
	}
	restartsUnderBusySockets(t, 100, livetest.Settings{"PARLEY_TLS_SELF_SIGNED": "true"}, pinned)
}

func restartsUnderBusySockets(t *testing.T, sockets int, more livetest.Settings, secure *tls.Config) {
	const threads = 10
	model := llmtest.New(t)
	manager := livetest.NewManager(t)
	settings := livetest.Settings{
		"OPENAI_BASE_URL": model.URL, "OPENAI_MODEL": model.Model, "PARLEY_SHUTDOWN_TIMEOUT": "8s",
		"PARLEY_MODEL_MAX_CONCURRENT": fmt.Sprint(threads), "NOTIFY_SOCKET": manager.Socket,
	}
	maps.Copy(settings, more)
	s := livetest.New(t, program(t), settings)
	if over := strings.HasPrefix(s.URL, "https://"); over != (secure != nil) {
		t.Fatalf("it is at %s", s.URL)
	}
	manager.Hear("READY=1")
	ids := make([]string, threads)
	for i := range ids {
		ids[i] = s.NewThread()
	}
	var opened, running sync.WaitGroup
	clients := make([]*livetest.Client, sockets)
	back, failed := make([]time.Time, sockets), make(chan error, sockets)
	for i := range clients {
		c := &livetest.Client{Name: fmt.Sprint("client ", i), URL: s.URL, Token: s.Token, Thread: ids[i%threads], Server: s, TLS: secure}
		clients[i] = c
		opened.Add(1)
		running.Go(func() {
			err := c.Return()
			opened.Done()
			if err == nil {
				err = c.Follow(func(c *livetest.Client) bool { return c.Sockets > 1 && c.Has(2) })
			}
			back[i] = time.Now()
			failed <- err
		})
	}
	opened.Wait()
	for i, id := range ids {
		words := 100_000 // longer than the stop may take
		if i%2 == 0 {
			words = 10
		}
		if err := s.Ask(id, fmt.Sprintf("[[tokens %d every 5ms]]", words), uuid.NewString()); err != nil {
			t.Fatal(err)
		}
	}
	for range ids {
		model.Call(t)
	}
	if got := s.Metric("parley_live_sockets"); got != float64(sockets) {
		t.Errorf("%v sockets are open", got)
	}
	began := time.Now()
	s.Signal(syscall.SIGTERM)
	manager.Hear("STOPPING=1")
	s.Wait()
	down := time.Since(began)
	s.Start()
	if before := manager.Hear("READY=1"); slices.Contains(before, "READY=1") {
		t.Errorf("told %q", before)
	}
	running.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			t.Error(err)
		}
	}
	t.Logf("stopped after %v, the last is back and complete after %v", down, slices.MaxFunc(back, time.Time.Compare).Sub(began))
	status := map[string]int{}
	for i, id := range ids {
		stored, err := s.Messages(id, "")
		if err != nil || len(stored) != 2 {
			t.Fatalf("%d messages, %v", len(stored), err)
		}
		if i%2 == 0 && stored[1].Status != "complete" {
			t.Errorf("a short answer was not let end: it is %s", stored[1].Status)
		}
		status[stored[1].Status]++
		for n := i; n < sockets; n += threads {
			if err := clients[n].Complete(stored); err != nil {
				t.Error(err)
			}
			clients[n].Drop(true)
		}
	}
	if status["interrupted"] != threads/2 {
		t.Errorf("the answers are %v", status)
	}
}

// TestDrain looks at each step of a stop from outside.
func TestDrain(t *testing.T) {
	model := llmtest.New(t)
	manager := livetest.NewManager(t)
	s := livetest.New(t, program(t), livetest.Settings{
		"OPENAI_BASE_URL": model.URL, "OPENAI_MODEL": model.Model, "NOTIFY_SOCKET": manager.Socket, "WATCHDOG_USEC": "300000",
		"PARLEY_SHUTDOWN_TIMEOUT": "3m", // of which it takes what the answer does
	})
	manager.Hear("READY=1")
	manager.Hear("WATCHDOG=1")
	manager.Hear("WATCHDOG=1")
	thread, other := s.NewThread(), s.NewThread()
	c := &livetest.Client{Name: "client", URL: s.URL, Token: s.Token, Thread: thread, Server: s}
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	goOn := make(chan struct{})
	model.Next(func(c *llmtest.Call) {
		c.Text("before ")
		<-goOn
		c.Text("after")
		c.End()
	})
	if err := s.Ask(thread, "why?", uuid.NewString()); err != nil {
		t.Fatal(err)
	}
	if err := c.Follow(func(c *livetest.Client) bool { return c.Chunks > 0 }); err != nil {
		t.Fatal(err)
	}
	s.Signal(syscall.SIGTERM)
	manager.Hear("STOPPING=1")
	if err := c.Follow(func(c *livetest.Client) bool { return c.After > 0 }); err != nil {
		t.Fatal(err)
	}
	if c.After < 500*time.Millisecond || c.After > 3*time.Second {
		t.Errorf("it is to come back after %v", c.After)
	}
	r, err := http.Get(s.URL + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	if _ = r.Body.Close(); r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("it is still ready: %s", r.Status)
	}
	if err := s.Ask(other, "too late", uuid.NewString()); err == nil {
		t.Error("a question was taken")
	}
	late := &livetest.Client{Name: "late", URL: s.URL, Token: s.Token, Thread: thread, Server: s}
	if err := late.Open(); err != nil {
		t.Fatal(err)
	}
	if err := late.Follow(func(c *livetest.Client) bool { return c.After > 0 }); err != nil {
		t.Fatal(err)
	}
	close(goOn)
	for _, c := range []*livetest.Client{c, late} {
		if err := c.Follow(func(c *livetest.Client) bool { return c.Has(2) }); err != nil {
			t.Fatal(err)
		}
		if code := c.Closed(); code != 1001 {
			t.Errorf("closed with %d", code)
		}
		shown := []string{c.Texts[c.Order[0]].Content, c.Texts[c.Order[1]].Content}
		if slices.Sort(shown); !slices.Equal(shown, []string{"before after", "why?"}) {
			t.Errorf("shown are %q", shown)
		}
	}
	s.Wait()
}
