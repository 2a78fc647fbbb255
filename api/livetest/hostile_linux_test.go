package livetest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/parley-app/parley/api/livetest"
	"github.com/parley-app/parley/api/llm/llmtest"
)

// A hostile client does one thing that no page does.
type hostile struct {
	buffer int
	do     func(x *livetest.Raw, thread string) error // goes on until it is closed
	metric string                                     // that names what became of it
}

// hostiles are all of them. Their server has a heartbeat time-out of 15 s: so long a
// well-behaved one may be held up by a busy machine.
var hostiles = map[string]hostile{
	"never reads": {4 << 10, func(x *livetest.Raw, thread string) error {
		return silent(x, subscribing(thread), 0)
	}, `parley_live_closed_total{code="4408",reason="no sign of life"}`},
	"never reads, and says that it lives": {4 << 10, func(x *livetest.Raw, thread string) error {
		return lives(x, subscribing(thread))
	}, `parley_live_closed_total{code="4408",reason="nothing was read"}`},
	"reads a byte a second": {4 << 10, func(x *livetest.Raw, thread string) error {
		go func() {
			b := make([]byte, 1)
			for {
				if _, err := io.ReadFull(x.Conn, b); err != nil {
					return
				}
				time.Sleep(time.Second) // what it is about
			}
		}()
		return lives(x, subscribing(thread))
	}, `parley_live_closed_total{code="4408",reason="nothing was read"}`},
	"sends 1 MB": {0, func(x *livetest.Raw, _ string) error {
		return ends(x, livetest.Frame(livetest.TextFrame, `{"type":"heartbeat","x":"`+strings.Repeat("x", 1<<20)+`"}`), 1009)
	}, `parley_live_closed_total{code="1009",reason="a frame has at most 256 KiB"}`},
	"sends binary": {0, func(x *livetest.Raw, _ string) error {
		return ends(x, livetest.Frame(livetest.BinaryFrame, `{"type":"heartbeat"}`), 4400)
	}, `parley_live_closed_total{code="4400",reason="only text frames are taken"}`},
	"sends broken UTF-8": {0, func(x *livetest.Raw, _ string) error {
		return ends(x, livetest.Frame(livetest.TextFrame, "{\"type\":\"\xff\"}"), 4400)
	}, `parley_live_closed_total{code="4400",reason="the text is not UTF-8"}`},
	"sends deep JSON": {0, func(x *livetest.Raw, _ string) error {
		return ends(x, livetest.Frame(livetest.TextFrame, strings.Repeat(`{"a":[`, 20_000)), 4400)
	}, `parley_live_closed_total{code="4400",reason="the JSON is nested too deeply"}`},
	"breaks the protocol": {0, func(x *livetest.Raw, _ string) error {
		return ends(x, []byte{livetest.TextFrame, 2, '{', '}'}, 1002)
	}, `parley_live_closed_total{code="1006",reason="the protocol was broken"}`},
	"is gone without a word": {0, func(x *livetest.Raw, _ string) error {
		_ = x.Conn.(*net.TCPConn).SetLinger(0)
		return x.Close()
	}, `parley_live_closed_total{code="1006",reason="the connection was lost"}`},
}

func subscribing(thread string) string {
	return fmt.Sprintf(`{"type":"subscribe","thread_id":%q}`, thread)
}

// subscribes are frames about as many threads, none of which is there.
func subscribes(n int) (all []byte) {
	for range n {
		all = append(all, livetest.Frame(livetest.TextFrame, subscribing(uuid.Must(uuid.NewV7()).String()))...)
	}
	return all
}

// silent writes a frame and then waits, without reading, for as long as it is let.
func silent(x *livetest.Raw, frame string, every time.Duration) error {
	_, err := x.Write(livetest.Frame(livetest.TextFrame, frame))
	for end := time.Now().Add(livetest.Patience); err == nil && time.Now().Before(end); {
		time.Sleep(max(every, 100*time.Millisecond))
		if every > 0 {
			_, err = x.Write(livetest.Frame(livetest.PongFrame, ""))
		} else if time.Until(end) < livetest.Patience-30*time.Second {
			return nil // it was closed long ago, and cannot know
		}
	}
	return nil
}

func lives(x *livetest.Raw, frame string) error { return silent(x, frame, 100*time.Millisecond) }

// ends writes bytes and reads on to the close frame.
func ends(x *livetest.Raw, bytes []byte, want int) error {
	if _, err := x.Write(bytes); err != nil {
		return err
	}
	got, err := x.Closed()
	if err == nil && got != want {
		err = fmt.Errorf("closed with %d, want %d", got, want)
	}
	return err
}

// TestHostileClients has some of each kind at once, and half-open connections, while
// others read answers: each is closed and named, the others have all of it, and the
// memory of the program stays within bounds.
func TestHostileClients(t *testing.T) {
	const each, halfOpen, good = 3, 100, 10
	model := llmtest.New(t)
	s := livetest.New(t, program(t), livetest.Settings{
		"OPENAI_BASE_URL": model.URL, "OPENAI_MODEL": model.Model, "PARLEY_HEARTBEAT_INTERVAL": "1s", "PARLEY_HEARTBEAT_TIMEOUT": "15s",
		"GOGC": usualGOGC,
	})
	thread := s.NewThread()
	var running sync.WaitGroup
	failed := make(chan error, good+each*len(hostiles))
	stop := make(chan struct{})
	for n := range good {
		c := &livetest.Client{Name: fmt.Sprint("good ", n), URL: s.URL, Token: s.Token, Thread: thread, Server: s}
		if err := c.Open(); err != nil {
			t.Fatal(err)
		}
		running.Go(func() {
			failed <- c.Follow(func(c *livetest.Client) bool {
				select {
				case <-stop:
					return c.Finals >= 2 || c.Sockets > 1
				default:
					return false
				}
			})
			if c.Sockets != 1 {
				failed <- fmt.Errorf("%s needed %d sockets", c.Name, c.Sockets)
			}
			c.Drop(true)
		})
	}
	before := memory(t, s.PID())
	for range halfOpen {
		conn, err := net.Dial("tcp", s.Address())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: x\r\nUpg")
	}
	var attackers sync.WaitGroup
	for name, h := range hostiles {
		for range each {
			x, err := livetest.OpenRaw(s, "/ws", h.buffer)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			attackers.Go(func() {
				defer x.Close()
				if err := h.do(x, thread); err != nil {
					failed <- fmt.Errorf("%s: %w", name, err)
				}
			})
		}
	}
	gone := make(chan struct{})
	go func() {
		attackers.Wait()
		close(gone)
	}()
	talk(t, s, model, thread, gone)
	// On a slow machine one may be closed for another fault of its own first.
	for name, h := range hostiles {
		counted(t, s, name, h.metric, 1)
	}
	counted(t, s, "all", "parley_live_closed_total", each*len(hostiles))
	counted(t, s, "half-open", "parley_http_unfinished_total", halfOpen)
	if got := s.Metric("parley_live_sockets"); got != good {
		t.Errorf("%v sockets are open", got)
	}
	grown := memory(t, s.PID()) - before
	t.Logf("%d hostile clients and %d half-open connections; memory grew by %d KiB", each*len(hostiles), halfOpen, grown>>10)
	if grown > 192<<20 {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
	close(stop)
	if err := s.Ask(thread, "still there?", uuid.NewString()); err != nil {
		t.Error(err)
	}
	running.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			t.Error(err)
		}
	}
}

// TestFloodOfSubscribes has somebody read all answers to 10,000 subscribes: the limit
// of requests holds for frames too, and who does not heed it is closed.
func TestFloodOfSubscribes(t *testing.T) {
	s := livetest.New(t, program(t), livetest.Settings{"PARLEY_RATE_LIMIT_ENABLED": "true"})
	x, err := livetest.OpenRaw(s, "/ws", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = x.Write(subscribes(10_000))
	}()
	if code, err := x.Closed(); err != nil || code != 4429 {
		t.Errorf("closed with %d, %v", code, err)
	}
	_ = x.Close()
	<-sent
	counted(t, s, "flood", `parley_live_closed_total{code="4429",reason="too many frames"}`, 1)
	if n := s.Metric(`parley_live_refused_total{error_code="rate_limited"}`); n < 1000 {
		t.Errorf("%v frames are counted as refused", n)
	}
}

// talk has one long answer after another written, more than all that any queue and
// any buffer of the system holds, until the hostile ones are gone.
func talk(t *testing.T, s *livetest.Server, model *llmtest.Server, thread string, gone <-chan struct{}) {
	t.Helper()
	words := strings.Repeat("some words ", 3000)
	for end := time.Now().Add(livetest.Patience); time.Now().Before(end); {
		model.Next(func(c *llmtest.Call) {
			for range 25 {
				c.Text(words)
			}
			c.End()
		})
		if err := s.Ask(thread, "go on", uuid.NewString()); err != nil {
			t.Fatal(err)
		}
		ended(t, s, thread)
		select {
		case <-gone:
			return
		default:
		}
	}
	t.Error("some hostile clients are not closed")
}

// counted waits until a metric is as large.
func counted(t *testing.T, s *livetest.Server, name, metric string, n int) {
	t.Helper()
	for end := time.Now().Add(livetest.Patience); s.Metric(metric) < float64(n); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("%s: %v of %d are counted", name, s.Metric(metric), n)
			return
		}
	}
}

// ended waits until the newest answer of a thread is complete.
func ended(t *testing.T, s *livetest.Server, thread string) {
	t.Helper()
	for end := time.Now().Add(livetest.Patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var page struct {
			Messages []livetest.Stored `json:"messages"`
		}
		s.Call("GET", "/threads/"+thread+"/messages?limit=1", nil, &page)
		if m := page.Messages[0]; !m.IsUser && m.Status != "streaming" {
			return
		}
	}
	t.Fatal("the answer does not end")
}

// usualGOGC is for a program whose memory is measured: else it lets garbage lie about
// while it is busy (gc.go), and what its clients make it keep would not be seen beside it.
const usualGOGC = "100"

// memory is what a process has in memory of its own, in bytes: not the pages of the
// store, which the kernel lends it for as long as nobody else needs the room.
func memory(t *testing.T, pid int) int64 {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var kib int64
		if n, _ := fmt.Sscanf(lines.Text(), "RssAnon: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	t.Fatal("no RssAnon")
	return 0
}
