package livetest_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/parley-app/parley/api/livetest"
	"github.com/parley-app/parley/api/llm/llmtest"
)

var (
	historyTime = flag.Duration("history", 10*time.Second, "how long TestHistory goes on")
	historySeed = flag.Int("history.seed", 0, "the first seed of TestHistory; 0 takes one at random")
)

// A history is what happens in one round of TestHistory.
type history struct {
	Questions [][]question // by thread
	Clients   []script
	Restarts  []restart
}

// A restart is a stop as systemd does it, or kill -9.
type restart struct {
	After  int // milliseconds after the one before
	Killed bool
}

type question struct {
	Words, Pace, Size int // of the answer; milliseconds between them; bytes of each
}

func (q question) word(n int) string { return fmt.Sprintf("w%0*d ", max(q.Size-2, 4), n) }

// say streams the answer that the question describes, as a model server.
func say(w http.ResponseWriter, r *http.Request) {
	var in llmtest.Question
	var q question
	err := json.NewDecoder(r.Body).Decode(&in)
	if _, scan := fmt.Sscanf(in.Last(), "question %d %d %d", &q.Words, &q.Pace, &q.Size); errors.Join(err, scan) != nil {
		http.Error(w, "not understood", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	tell := func(delta string) {
		_, _ = fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,%s}]}\n\n", delta)
		_ = flush.Flush()
	}
	for n := range q.Words {
		tell(fmt.Sprintf(`"delta":{"content":%q}`, q.word(n+1)))
		select {
		case <-time.After(time.Duration(q.Pace) * time.Millisecond): // the model's own pace
		case <-r.Context().Done():
			return
		}
	}
	tell(`"delta":{},"finish_reason":"stop"`)
	_, _ = fmt.Fprint(w, "data: [DONE]\n\n")
}

// A script is what one client does; then it follows to the end.
type script struct {
	Thread int
	Buffer int
	Steps  []step
}

type step struct {
	Read   int // frames, before it
	Do     string
	Linger int // milliseconds
}

func histories() *rapid.Generator[history] {
	return rapid.Custom(func(t *rapid.T) history {
		threads := rapid.IntRange(1, 3).Draw(t, "threads")
		asked := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) question {
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				return question{Words: rapid.IntRange(300, 500).Draw(t, "words"), Size: 2000} // more than a queue holds
			case 1:
				return question{rapid.IntRange(300, 500).Draw(t, "words"), 8, 6} // long enough to be saved before it ends
			default:
				return question{rapid.IntRange(0, 300).Draw(t, "words"), rapid.IntRange(0, 5).Draw(t, "pace"), 6}
			}
		}), 1, 3)
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			return step{
				rapid.IntRange(0, 40).Draw(t, "read"),
				rapid.SampledFrom([]string{"drop", "reload", "lag", "lag", "lag", "subscribe"}).Draw(t, "do"),
				rapid.IntRange(0, 1500).Draw(t, "linger"),
			}
		}), 0, 6)
		return history{
			Questions: rapid.SliceOfN(asked, threads, threads).Draw(t, "questions"),
			Clients: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) script {
				return script{rapid.IntRange(0, threads-1).Draw(t, "thread"), rapid.SampledFrom([]int{0, 32 << 10}).Draw(t, "buffer"), steps.Draw(t, "steps")}
			}), 2, 10).Draw(t, "clients"),
			Restarts: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) restart {
				return restart{rapid.IntRange(100, 2500).Draw(t, "after"), rapid.Bool().Draw(t, "killed")}
			}), 0, 2).Draw(t, "restarts"),
		}
	})
}

// TestHistory has clients come, drop, lag and reload at random while answers are
// written, on a server that is restarted and killed meanwhile. Each client checks every frame;
// in the end it must show what is stored, and nothing else.
func TestHistory(t *testing.T) {
	model := llmtest.New(t)
	model.Route("/v1/chat/completions", say)
	s := livetest.New(t, program(t), livetest.Settings{
		"OPENAI_BASE_URL": model.URL, "OPENAI_MODEL": model.Model, "PARLEY_SHUTDOWN_TIMEOUT": "1s", "PARLEY_MODEL_MAX_CONCURRENT": "2",
	})
	seed := *historySeed
	if seed == 0 {
		seed = int(rand.Int32())
	}
	rounds, resyncs, kept := 0, 0.0, 0
	for end := time.Now().Add(*historyTime); time.Now().Before(end) && !t.Failed(); seed++ {
		h := histories().Example(seed)
		n, saved, err := tell(s, h)
		resyncs, kept = resyncs+n, kept+saved
		if err != nil {
			t.Errorf("go test -run History -history.seed %d\n%+v\n%v\n%s", seed, h, err, s.Log())
		}
		rounds++
	}
	t.Logf("%d histories; %v snapshots in place of what was lost; %d unfinished answers outlived kill -9", rounds, resyncs, kept)
}

const resyncMetric = "parley_live_resyncs_total"

// tell lets a history happen. resyncs counts the snapshots that took the place of
// what was lost, kept the answers that were saved unfinished when the server was killed.
func tell(s *livetest.Server, h history) (resyncs float64, kept int, err error) {
	threads := make([]string, len(h.Questions))
	for i := range threads {
		threads[i] = s.NewThread()
	}
	var running sync.WaitGroup
	resyncs = -s.Metric(resyncMetric)
	failed := make(chan error, len(threads)+len(h.Clients))
	for i, asked := range h.Questions {
		running.Go(func() { failed <- ask(s, threads[i], asked) })
	}
	killed := slices.ContainsFunc(h.Restarts, func(r restart) bool { return r.Killed })
	clients := make([]*livetest.Client, len(h.Clients))
	for i, is := range h.Clients {
		clients[i] = &livetest.Client{Name: fmt.Sprint("client ", i), URL: s.URL, Token: s.Token, Thread: threads[is.Thread], Server: s, Buffer: is.Buffer, Killed: killed}
		running.Go(func() { failed <- act(clients[i], is, 2*len(h.Questions[is.Thread])) })
	}
	var all []error
	for _, is := range h.Restarts {
		time.Sleep(time.Duration(is.After) * time.Millisecond) // when it happens, not until something has
		resyncs += s.Metric(resyncMetric)                      // a run counts from 0
		if !is.Killed {
			s.Restart()
			continue
		}
		n, err := kill(s, threads)
		kept, all = kept+n, append(all, err)
	}
	running.Wait()
	resyncs += s.Metric(resyncMetric)
	close(failed)
	for err := range failed {
		all = append(all, err)
	}
	for i, c := range clients {
		stored, err := s.Messages(threads[h.Clients[i].Thread], "")
		all = append(all, err, c.Complete(stored))
		c.Drop(true)
	}
	for i, thread := range threads {
		stored, err := s.Messages(thread, "")
		all = append(all, err, answered(stored, h.Questions[i]))
	}
	return resyncs, kept, errors.Join(all...)
}

// kill ends the server by kill -9, soon after something of an unfinished answer was
// saved if that comes, and starts it again. What was saved is there afterwards; kept
// counts the answers of which something was.
func kill(s *livetest.Server, threads []string) (kept int, err error) {
	drafts := map[string]livetest.Stored{}
	for end := time.Now().Add(2 * time.Second); len(drafts) == 0 && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for _, thread := range threads {
			list, err := s.Messages(thread, "")
			if err != nil {
				return 0, err
			}
			if n := len(list); n > 0 && list[n-1].Status == "streaming" && list[n-1].Content != "" {
				drafts[thread] = list[n-1]
			}
		}
	}
	s.Kill()
	s.Start()
	for thread, draft := range drafts {
		list, err := s.Messages(thread, "")
		if err != nil {
			return 0, err
		}
		at := slices.IndexFunc(list, func(m livetest.Stored) bool { return m.ID == draft.ID })
		if at < 0 || list[at].Status == "streaming" || !strings.HasPrefix(list[at].Content, draft.Content) {
			return 0, fmt.Errorf("of %s were %d bytes saved when the server was killed; afterwards message %d of %+.300v", draft.ID, len(draft.Content), at, list)
		}
	}
	return len(drafts), nil
}

// ask asks one question after another, again where a restart came between.
func ask(s *livetest.Server, thread string, asked []question) error {
	for _, q := range asked {
		content, id := fmt.Sprintf("question %d %d %d", q.Words, q.Pace, q.Size), uuid.Must(uuid.NewV7()).String()
		err := s.Ask(thread, content, id)
		for end := time.Now().Add(livetest.Patience); err != nil && time.Now().Before(end); err = s.Ask(thread, content, id) {
			time.Sleep(20 * time.Millisecond) // the server is away, or the answer before is being written
		}
		if err != nil {
			return err
		}
	}
	return settle(s, thread)
}

// settle waits for the end of the last answer, which perhaps no client follows.
func settle(s *livetest.Server, thread string) error {
	for end := time.Now().Add(livetest.Patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		list, err := s.Messages(thread, "") // an error: a restart came between
		if n := len(list); err == nil && n > 0 && !list[n-1].IsUser && list[n-1].Status != "streaming" {
			return nil
		}
	}
	return errors.New("the last answer does not end")
}

func act(c *livetest.Client, is script, messages int) error {
	if err := c.Return(); err != nil {
		return err
	}
	for _, do := range is.Steps {
		read := 0
		err := c.Follow(func(c *livetest.Client) bool { read++; return read > do.Read || c.Has(messages) })
		if err != nil {
			return err
		}
		switch do.Do {
		case "drop", "reload":
			c.Drop(do.Do == "reload")
			time.Sleep(time.Duration(do.Linger) * time.Millisecond)
		case "lag":
			time.Sleep(time.Duration(do.Linger) * time.Millisecond)
		case "subscribe":
			_ = c.Subscribe() // a socket that is closed is opened next
		}
	}
	return c.Follow(func(c *livetest.Client) bool { return c.Has(messages) })
}

// answered says whether each question has its answer, with all that the model
// said, or the beginning of it where a restart came between.
func answered(stored []livetest.Stored, asked []question) error {
	if len(stored) != 2*len(asked) {
		return fmt.Errorf("%d messages are stored for %d questions", len(stored), len(asked))
	}
	for i, q := range asked {
		var all strings.Builder
		for n := range q.Words {
			all.WriteString(q.word(n + 1))
		}
		m := stored[2*i+1]
		switch {
		case m.Status == "complete" && m.Content == all.String():
		case m.Status == "interrupted" && strings.HasPrefix(all.String(), m.Content):
		case m.Status == "failed" && m.Content == "" && q.Words == 0: // the model said nothing
		default:
			return fmt.Errorf("the answer to %+v is %s, with %d bytes", q, m.Status, len(m.Content))
		}
	}
	return nil
}
