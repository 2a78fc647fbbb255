package bench

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
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

// BenchmarkHostile is how late tokens are with 50 readers, while nobody disturbs, while
// hostile clients do all they can, and while nobody disturbs again: "x-p99" is the one
// against the mean of the others, "x-calm" the one calm turn against the other: what
// x-p99 is unsure by. Both are medians of the rounds. Server and hostile clients are
// processes of their own, but share the machine: what the work of the hostile ones
// costs themselves is in the figure.
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
	var calm, hostile, ratio, unsure []float64
	for b.Loop() {
		first := p99(delays(b, s, model))
		stop := attack(b, s)
		during := p99(delays(b, s, model))
		stop()
		second := p99(delays(b, s, model))
		calm, hostile = append(calm, (first+second)/2), append(hostile, during)
		ratio = append(ratio, during/((first+second)/2))
		unsure = append(unsure, max(first, second)/min(first, second))
	}
	b.ReportMetric(middle(hostile), "p99-us")
	b.ReportMetric(middle(calm), "calm-p99-us")
	b.ReportMetric(middle(ratio), "x-p99")
	b.ReportMetric(middle(unsure), "x-calm")
	b.ReportMetric(0, "ns/op")
}

// p99 is that of some delays, in microseconds.
func p99(all []time.Duration) float64 {
	slices.Sort(all)
	return max(float64(all[int(0.99*float64(len(all)-1))].Microseconds()), 1)
}

func middle(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
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

// attackOn is set to a server's address and a token for this program to be the hostile
// clients of that server, until it is told nothing more.
const attackOn = "PARLEY_BENCH_ATTACK"

func beHostile() {
	at := os.Getenv(attackOn)
	if at == "" {
		return
	}
	url, token, _ := strings.Cut(at, " ")
	if err := attackServer(&livetest.Server{URL: url, Token: token}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// attack starts the hostile clients.
func attack(b *testing.B, s *livetest.Server) (stop func()) {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), attackOn+"="+s.URL+" "+s.Token)
	cmd.Stderr = os.Stderr
	end, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return func() {
		_ = end.Close()
		if err := cmd.Wait(); err != nil {
			b.Error("the hostile clients: ", err)
		}
	}
}

// attackServer has clients do what no page does, each again as soon as it is closed, but
// not more than 20 times a second together, until the standard input ends.
func attackServer(s *livetest.Server) error {
	done := make(chan struct{})
	deeds := [][]byte{
		livetest.Frame(livetest.TextFrame, `{"type":"heartbeat","x":"`+strings.Repeat("x", 1<<20)+`"}`),
		livetest.Frame(livetest.BinaryFrame, `{"type":"heartbeat"}`),
		livetest.Frame(livetest.TextFrame, "{\"type\":\"\xff\"}"),
		livetest.Frame(livetest.TextFrame, strings.Repeat(`{"a":[`, 20_000)),
		{livetest.TextFrame, 2, '{', '}'},
		nil, // never says anything, nor reads
	}
	failed := make(chan error, len(deeds))
	for i, deed := range deeds {
		go func() { failed <- repeat(s, deed, time.Duration(200+50*i)*time.Millisecond, done) }()
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	close(done)
	for range deeds {
		err = errors.Join(err, <-failed)
	}
	return err
}

// repeat opens a socket, writes to it and leaves it open for a while, again and again.
func repeat(s *livetest.Server, deed []byte, every time.Duration, done <-chan struct{}) error {
	for {
		x, err := livetest.OpenRaw(s, "/ws", 4<<10)
		if err != nil {
			return err
		}
		_, _ = x.Write(deed)
		select {
		case <-time.After(every):
			_ = x.Close()
		case <-done:
			return x.Close()
		}
	}
}
