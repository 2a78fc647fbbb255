package hub_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parley-app/parley/api/hub"
	"pgregory.net/rapid"
)

// TestReaderNeverSeesAGap drives one topic and some readers that read at random
// moments, lag, overflow, leave and come back. Whatever happens, each holds a
// prefix of the answer; the reader itself fails on a gap or a repetition.
func TestReaderNeverSeesAGap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{T: t, hub: newHub(rapid.SampledFrom([]int{1, 300, 2000, 1 << 20}).Draw(t, "queue"))}
		for range rapid.IntRange(1, 3).Draw(t, "readers") {
			w.readers = append(w.readers, &reader{conn: w.hub.Connect(hub.Label{})})
		}
		t.Repeat(map[string]func(*rapid.T){
			"append":      w.append,
			"think":       w.think,
			"end":         w.end,
			"publish":     w.publish,
			"send":        w.send,
			"subscribe":   w.subscribe,
			"unsubscribe": w.unsubscribe,
			"read":        w.read,
		})
		w.finish()
	})
}

type world struct {
	*rapid.T
	hub     *hub.Hub
	readers []*reader
	answer  *hub.Answer
	count   int
}

var token = rapid.OneOf(
	rapid.StringN(1, 20, 60),
	rapid.SampledFrom([]string{"\xe2", "\x82", "\xac", "\xf0\x9f", "\x98\x80", "\"\\\n\x00", "x"}),
	rapid.Map(rapid.IntRange(1, 20000), func(n int) string { return strings.Repeat("long ", n/5+1) }),
)

func (w *world) append(t *rapid.T) {
	w.begin(t)
	before, _ := w.answer.Snapshot()
	w.answer.Append(token.Draw(t, "token"))
	if after, _ := w.answer.Snapshot(); !strings.HasPrefix(after, before) {
		t.Fatalf("the text changed from %q to %q", before, after)
	}
}

func (w *world) think(t *rapid.T) {
	w.begin(t)
	w.answer.AppendReasoning(token.Draw(t, "token"))
}

func (w *world) begin(t *rapid.T) {
	if w.answer == nil {
		w.count++
		id := fmt.Sprint("m", w.count)
		var err error
		if w.answer, err = w.hub.Begin(hub.AnswerInfo{ThreadID: "t", MessageID: id}, start(id)); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) end(*rapid.T) {
	if w.answer != nil {
		text, _ := w.answer.Snapshot()
		w.answer.End(final(w.answer.Info().MessageID, text))
		w.answer = nil
	}
}

func (w *world) publish(t *rapid.T) {
	w.hub.Publish(topic, fmt.Appendf(nil, `{"type":"other","x":%q}`, strings.Repeat("-", rapid.IntRange(0, 500).Draw(t, "size"))))
}

func (w *world) send(t *rapid.T)        { w.some(t).conn.Send([]byte(`{"type":"ack"}`)) }
func (w *world) subscribe(t *rapid.T)   { w.some(t).conn.Subscribe(topic) }
func (w *world) unsubscribe(t *rapid.T) { w.some(t).conn.Unsubscribe(topic) }

func (w *world) some(t *rapid.T) *reader { return rapid.SampledFrom(w.readers).Draw(t, "reader") }

func (w *world) read(t *rapid.T) {
	r := w.some(t)
	if r.conn.Kicked() {
		return // it asked more than it read
	}
	if err := r.drain(); err != nil {
		t.Fatal(err)
	}
	w.check(t, r)
}

// check holds what r has, which is all that it was sent, against the truth.
func (w *world) check(t *rapid.T, r *reader) {
	if len(r.conn.Topics()) == 0 {
		return
	}
	var message, text, thoughts string
	var next int
	if w.answer != nil {
		message = w.answer.Info().MessageID
		text, next = w.answer.Snapshot()
		thoughts = w.answer.Reasoning()
	}
	if r.message != message || (message != "" && (r.text != text || r.next != next || r.thoughts != thoughts)) {
		t.Fatalf("reader has %q, %q, %d, %q; the truth is %q, %q, %d, %q", r.message, r.text, r.next, r.thoughts, message, text, next, thoughts)
	}
}

func (w *world) finish() {
	for _, r := range w.readers {
		r.conn.Subscribe(topic)
	}
	w.end(w.T)
	for _, r := range w.readers {
		if !r.conn.Kicked() {
			if err := r.drain(); err != nil {
				w.Fatal(err)
			}
			w.check(w.T, r)
		}
		r.conn.Close()
	}
	if s := w.hub.Stats(); s.Connections+s.Topics+s.Answers != 0 {
		w.Fatalf("left behind: %+v", s)
	}
}

// TestManyReadersAtOnce is the same under real concurrency: a thousand readers of
// every temper, and one answer after the other.
func TestManyReadersAtOnce(t *testing.T) {
	const readers, answers, tokens = 1000, 3, 100
	h := newHub(2000)
	var joined, done sync.WaitGroup
	for n := range readers {
		joined.Add(1)
		done.Go(func() { follow(t, h, &joined, uint64(n), answers) })
	}
	joined.Wait()
	text := strings.Repeat("Fünf 😀 \"Zeilen\"\n", tokens)
	for n := range answers {
		a := begin(t, h, fmt.Sprint("m", n))
		for i := 0; i < len(text); i += 17 { // cuts runes
			a.Append(text[i:min(i+17, len(text))])
			if i%5 == 0 {
				runtime.Gosched() // let some read in between
			}
		}
		got, _ := a.Snapshot()
		if got != text {
			t.Errorf("the answer is %q", got)
		}
		a.End(final(fmt.Sprint("m", n), got))
	}
	h.Publish(topic, []byte(`{"type":"over"}`))
	h.Each(func(c *hub.Conn) { c.Send([]byte(`{"type":"over"}`)) })
	done.Wait()
	if s := h.Stats(); s.Connections+s.Topics+s.Answers != 0 {
		t.Errorf("left behind: %+v", s)
	}
}

// follow reads until it is told that all is over, now at once and now late.
func follow(t *testing.T, h *hub.Hub, joined *sync.WaitGroup, seed uint64, answers int) {
	r := &reader{conn: h.Connect(hub.Label{})}
	defer r.conn.Close()
	r.conn.Subscribe(topic)
	joined.Done()
	next, random := waiting(r.conn), rand.New(rand.NewPCG(seed, 1))
	for len(r.others) == 0 || r.others[len(r.others)-1].Type != "over" {
		b, err := next()
		if err == nil {
			err = r.take(b)
		}
		if err != nil {
			t.Error(err)
			return
		}
		if random.IntN(20) == 0 {
			r.conn.Subscribe(topic)
		}
		for range random.IntN(5) * int(seed%50) {
			runtime.Gosched()
		}
	}
	// What was lost just before that it gets a snapshot for, when it reads again.
	if err := r.drain(); err != nil {
		t.Error(err)
	}
	if r.message != "" || r.finals > answers {
		t.Errorf("in the end it reads %q, after %d finals", r.message, r.finals)
	}
}

// TestTopicsComeAndGo has a topic forgotten and made again by many at once.
func TestTopicsComeAndGo(t *testing.T) {
	h := newHub(1 << 30)
	var done sync.WaitGroup
	for n := range 8 {
		done.Go(func() {
			r := &reader{conn: h.Connect(hub.Label{})}
			defer r.conn.Close()
			for i := range 500 {
				r.conn.Subscribe(topic)
				h.Publish(topic, numbered(n*1000+i))
				if a, err := h.Begin(hub.AnswerInfo{ThreadID: "t", MessageID: fmt.Sprint(n, "-", i)}, start(fmt.Sprint(n, "-", i))); err == nil {
					a.Append("text")
					a.End(final(fmt.Sprint(n, "-", i), "text"))
				}
				r.conn.Unsubscribe(topic)
				if err := r.drain(); err != nil {
					t.Error(err)
					return
				}
				if !slices.Contains(r.numbered, n*1000+i) {
					t.Errorf("its own frame %d did not arrive", n*1000+i)
					return
				}
				r.numbered, r.message = nil, ""
			}
		})
	}
	done.Wait()
	if s := h.Stats(); s.Connections+s.Topics+s.Answers != 0 {
		t.Errorf("left behind: %+v", s)
	}
}
