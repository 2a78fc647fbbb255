package bench

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/parley-app/parley/api/livetest"
	"github.com/parley-app/parley/api/llm/llmtest"
)

// BenchmarkHostile is how late tokens are with 50 readers, while nobody disturbs and
// while hostile clients do all they can, by turns: "x-p99" is the one against the
// other. The server is a process of its own; the hostile ones share the machine
// with it, so what their own work costs is in the figure.
func BenchmarkHostile(b *testing.B) {
	program, err := livetest.Build(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	model, err := llmtest.Start("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer model.Close()
	s := livetest.New(b, program, livetest.Settings{
		"OPENAI_BASE_URL": model.URL, "OPENAI_MODEL": model.Model, "PARLEY_HEARTBEAT_INTERVAL": "1s", "PARLEY_HEARTBEAT_TIMEOUT": "3s",
	})
	var late [2][]time.Duration
	for b.Loop() {
		for hostile := range 2 {
			stop := func() {}
			if hostile == 1 {
				stop = attack(b, s)
			}
			late[hostile] = append(late[hostile], delays(b, s, model)...)
			stop()
		}
	}
	at := func(i int, q float64) float64 {
		slices.Sort(late[i])
		return float64(late[i][int(q*float64(len(late[i])-1))].Microseconds())
	}
	b.ReportMetric(at(1, 0.5), "p50-us")
	b.ReportMetric(at(0, 0.5), "calm-p50-us")
	b.ReportMetric(at(1, 0.99), "p99-us")
	b.ReportMetric(at(0, 0.99), "calm-p99-us")
	b.ReportMetric(at(1, 0.99)/max(at(0, 0.99), 1), "x-p99")
	b.ReportMetric(0, "ns/op")
}

// delays has 50 clients read an answer of 300 tokens, one each 10 ms, that say when
// they were said.
func delays(b *testing.B, s *livetest.Server, model *llmtest.Server) (all []time.Duration) {
	b.Helper()
	thread := s.NewThread()
	var mu sync.Mutex
	var reading sync.WaitGroup
	failed := make(chan error, 50)
	for n := range 50 {
		c := &livetest.Client{Name: fmt.Sprint("reader ", n), URL: s.URL, Token: s.Token, Thread: thread, Server: s}
		c.Heard = func(chunk string) {
			now := time.Now().UnixNano()
			words := strings.Fields(chunk)
			said, err := strconv.ParseInt(words[len(words)-1], 10, 64)
			if err != nil {
				return
			}
			mu.Lock()
			all = append(all, time.Duration(now-said))
			mu.Unlock()
		}
		if err := c.Open(); err != nil {
			b.Fatal(err)
		}
		reading.Go(func() {
			defer c.Drop(true)
			failed <- c.Follow(func(c *livetest.Client) bool { return c.Has(2) })
		})
	}
	model.Next(func(c *llmtest.Call) {
		for range 300 {
			c.Text(fmt.Sprintf("%d ", time.Now().UnixNano()))
			c.Wait(10 * time.Millisecond)
		}
		c.End()
	})
	if err := s.Ask(thread, "when?", uuid.NewString()); err != nil {
		b.Fatal(err)
	}
	reading.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			b.Fatal(err)
		}
	}
	return all
}

// attack has clients do what no page does, each again as soon as it is closed, but
// not more than 20 times a second together.
func attack(b *testing.B, s *livetest.Server) (stop func()) {
	b.Helper()
	done := make(chan struct{})
	var running sync.WaitGroup
	deeds := [][]byte{
		livetest.Frame(livetest.TextFrame, `{"type":"heartbeat","x":"`+strings.Repeat("x", 1<<20)+`"}`),
		livetest.Frame(livetest.BinaryFrame, `{"type":"heartbeat"}`),
		livetest.Frame(livetest.TextFrame, "{\"type\":\"\xff\"}"),
		livetest.Frame(livetest.TextFrame, strings.Repeat(`{"a":[`, 20_000)),
		{livetest.TextFrame, 2, '{', '}'},
		nil, // never says anything, nor reads
	}
	for i, deed := range deeds {
		running.Go(func() {
			for {
				x, err := livetest.OpenRaw(s, "/ws", 4<<10)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = x.Write(deed)
				select {
				case <-time.After(time.Duration(200+50*i) * time.Millisecond):
					_ = x.Close()
				case <-done:
					_ = x.Close()
					return
				}
			}
		})
	}
	return func() {
		close(done)
		running.Wait()
	}
}
