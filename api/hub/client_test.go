package hub_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/parley-app/parley/api/hub"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lengthHeader frames as four bytes of length, so that a test can take a
// batch apart.
func lengthHeader(dst []byte, n int) []byte { return binary.BigEndian.AppendUint32(dst, uint32(n)) }

func newHub(queueBytes int) *hub.Hub {
	return hub.New(hub.Options{QueueBytes: queueBytes, Header: lengthHeader})
}

// frame is what a client knows of the wire.
type frame struct {
	Type      string  `json:"type"`
	ThreadID  *string `json:"thread_id"`
	MessageID string  `json:"message_id"`
	Chunk     string  `json:"chunk"`
	First     int     `json:"chunk_index"`
	Next      int     `json:"next_index"`
	Final     bool    `json:"is_final"`
	Streaming *struct {
		MessageID string `json:"message_id"`
		Content   string `json:"content"`
		Next      int    `json:"next_index"`
		Model     string `json:"model"`
		Reasoning string `json:"reasoning"`
		Thought   int    `json:"reasoning_next_index"`
	} `json:"streaming"`
	Content string `json:"content"` // of the final frame
	N       int    `json:"n"`       // of a numbered frame
}

// split takes the frames out of b, and returns the bytes of one that is not whole.
func split(b []byte) (frames []frame, rest []byte, err error) {
	for len(b) >= 4 {
		n := int(binary.BigEndian.Uint32(b))
		if len(b) < 4+n {
			break
		}
		var f frame
		if err := json.Unmarshal(b[4:4+n], &f); err != nil {
			return nil, nil, fmt.Errorf("%w in %q", err, b[4:4+n])
		}
		frames, b = append(frames, f), b[4+n:]
	}
	return frames, b, nil
}

// A reader is a client that follows wire.md to the letter and fails when the
// server does not.
type reader struct {
	conn *hub.Conn
	rest []byte

	message  string // of the answer that it is reading, "" for none
	text     string
	next     int
	thoughts string
	thought  int    // the index of the next chunk of thoughts
	final    string // content of the last final frame
	finals   int
	snaps    int
	numbered []int
	others   []frame
}

// drain reads all that waits.
func (r *reader) drain() error {
	for {
		b, err := r.conn.Next()
		if err != nil {
			return err
		}
		if len(b) == 0 {
			return r.whole()
		}
		if err := r.take(b); err != nil {
			return err
		}
	}
}

// whole says whether the bytes so far end with a frame's end.
func (r *reader) whole() error {
	if len(r.rest) > 0 {
		return fmt.Errorf("the bytes end inside a frame: %q", r.rest)
	}
	return nil
}

func (r *reader) take(b []byte) error {
	frames, rest, err := split(append(r.rest, b...))
	if err != nil {
		return err
	}
	r.rest = append([]byte(nil), rest...)
	for _, f := range frames {
		if err := r.apply(f); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) apply(f frame) error {
	switch {
	case f.Type == "subscribed":
		r.snaps++
		r.message, r.text, r.next, r.thoughts, r.thought = "", "", 0, "", 0
		if s := f.Streaming; s != nil {
			r.message, r.text, r.next, r.thoughts, r.thought = s.MessageID, s.Content, s.Next, s.Reasoning, s.Thought
		}
	case f.Type == "assistant_message_start":
		if r.message != "" {
			return fmt.Errorf("%s starts inside %s", f.MessageID, r.message)
		}
		r.message, r.text, r.next, r.thoughts, r.thought = f.MessageID, "", 0, "", 0
	case f.Type == "stream_chunk" && f.Final:
		if f.MessageID != r.message {
			return fmt.Errorf("%s ends inside %q", f.MessageID, r.message)
		}
		if f.Content != r.text {
			return fmt.Errorf("%s ends with %q, read %q", f.MessageID, f.Content, r.text)
		}
		r.message, r.final = "", f.Content
		r.finals++
	case f.Type == "stream_chunk":
		if f.MessageID != r.message || f.First != r.next || f.Next <= f.First {
			return fmt.Errorf("chunk %d–%d of %s, expected %d of %q", f.First, f.Next, f.MessageID, r.next, r.message)
		}
		r.text += f.Chunk
		r.next = f.Next
	case f.Type == "reasoning_chunk":
		if f.MessageID != r.message || f.First != r.thought || f.Next <= f.First {
			return fmt.Errorf("thoughts %d–%d of %s, expected %d of %q", f.First, f.Next, f.MessageID, r.thought, r.message)
		}
		r.thoughts += f.Chunk
		r.thought = f.Next
	case f.Type == "numbered":
		r.numbered = append(r.numbered, f.N)
	default:
		r.others = append(r.others, f)
	}
	return nil
}

func start(message string) func() []byte {
	return func() []byte {
		return fmt.Appendf(nil, `{"type":"assistant_message_start","thread_id":"t","message_id":%q}`, message)
	}
}

func final(message, text string) func() []byte {
	return func() []byte {
		b, _ := json.Marshal(map[string]any{
			"type": "stream_chunk", "thread_id": "t", "message_id": message, "is_final": true, "content": text,
		})
		return b
	}
}

func numbered(n int) []byte { return fmt.Appendf(nil, `{"type":"numbered","n":%d}`, n) }

func begin(t testing.TB, h *hub.Hub, message string) *hub.Answer {
	t.Helper()
	a, err := h.Begin(hub.AnswerInfo{ThreadID: "t", MessageID: message, Model: `m"1`}, start(message))
	if err != nil {
		t.Fatalf("begin %s: %v", message, err)
	}
	return a
}

// waiting returns a Next that waits until there is something.
func waiting(c *hub.Conn) (next func() ([]byte, error)) {
	ready := make(chan struct{}, 1)
	c.OnReady(func() bool {
		select {
		case ready <- struct{}{}:
		default:
		}
		return false
	})
	return func() ([]byte, error) {
		for {
			if b, err := c.Next(); len(b) > 0 || err != nil {
				return b, err
			}
			<-ready
		}
	}
}
