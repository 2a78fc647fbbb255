package llmtest

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Question is what a client asks of /v1/chat/completions.
type Question struct {
	Model    string    `json:"model"`
	Messages []Message `json:"messages"`
	Stream   bool      `json:"stream"`
	Options  *struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	MaxTokens           int      `json:"max_tokens"`
	MaxCompletionTokens int      `json:"max_completion_tokens"`
	Temperature         *float64 `json:"temperature"`
}

// A Message is one turn of a Question.
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Last returns the content of the last message of a user.
func (q Question) Last() string {
	for _, m := range slices.Backward(q.Messages) {
		if m.Role == "user" {
			return m.Content
		}
	}
	return ""
}

// A Call is one question and its answer. The methods that answer are for its
// Play alone; after the client has left they do nothing.
type Call struct {
	Question
	Dialect Dialect
	Header  http.Header
	Body    []byte
	Began   time.Time
	Remote  string // the address of the client: one for each connection

	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	gz      *gzip.Writer
	opened  bool
	greeted bool
	dead    bool // hijacked: nothing more can be written

	mu    sync.Mutex
	end   time.Time
	left  bool
	words int
	ended chan struct{}
}

// Gone is closed when the client closes the connection, or the response ends.
func (c *Call) Gone() <-chan struct{} { return c.r.Context().Done() }

// Ended is closed when the answer is over, for whatever reason.
func (c *Call) Ended() <-chan struct{} { return c.ended }

// Left says, of an answer that is over, whether the client closed the connection
// before it was, and when it was over.
func (c *Call) Left() (bool, time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left, c.end
}

func (c *Call) finished() {
	c.mu.Lock()
	c.end = time.Now()
	c.left = c.left || c.r.Context().Err() != nil && !c.dead
	c.mu.Unlock()
	close(c.ended)
}

// Open sends status 200 and the headers of a stream, before its first event.
func (c *Call) Open() {
	if c.opened || c.dead {
		return
	}
	c.opened = true
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	if c.s.Gzip {
		h.Set("Content-Encoding", "gzip")
		c.gz = gzip.NewWriter(c.w)
	}
	c.w.WriteHeader(http.StatusOK)
	c.flush()
}

// Text sends deltas of the answer, one for each piece.
func (c *Call) Text(pieces ...string) {
	for _, p := range pieces {
		c.greet()
		c.data(c.Dialect.delta(c, "content", p))
		c.mu.Lock()
		c.words++
		c.mu.Unlock()
	}
}

// Reasoning sends deltas of what the model thinks, under the dialect's name.
func (c *Call) Reasoning(pieces ...string) {
	for _, p := range pieces {
		c.greet()
		c.data(c.Dialect.delta(c, c.Dialect.reasoning(), p))
	}
}

// greet sends the delta with the role alone, where the dialect has one.
func (c *Call) greet() {
	if !c.greeted {
		c.greeted = true
		if d := c.Dialect.greeting(c); d != "" {
			c.data(d)
		}
	}
}

// Finish sends the delta with the finish reason.
func (c *Call) Finish(reason string) {
	c.greet()
	c.data(c.Dialect.finish(c, reason))
}

// Usage sends the chunk with the usage and no choices.
func (c *Call) Usage(prompt, completion int) { c.data(c.Dialect.usage(c, prompt, completion)) }

// Done sends the event that ends the stream.
func (c *Call) Done() {
	switch c.s.Framing {
	case Events:
		c.Raw(c.Dialect.done())
	case JSONLines:
	default:
		c.data("[DONE]")
	}
}

// End sends all that follows the last token: the finish reason "stop", the usage
// if it was asked for, and [DONE].
func (c *Call) End() {
	c.Finish("stop")
	if c.Options != nil && c.Options.IncludeUsage {
		c.mu.Lock()
		n := c.words
		c.mu.Unlock()
		c.Usage(len(c.Body)/4, n)
	}
	c.Done()
}

// Comment sends a keep-alive.
func (c *Call) Comment(s string) { c.Raw(": " + s + "\n\n") }

// Fail sends an error in mid-stream, as the dialect does. Ollama then says
// nothing at all: the stream just ends.
func (c *Call) Fail(message string) {
	c.Open()
	c.Raw(c.Dialect.midStream(c, message))
}

// Raw sends what it is given, with line ends and writes as the server is set.
func (c *Call) Raw(s string) {
	c.Open()
	if c.s.CRLF {
		s = strings.ReplaceAll(s, "\n", "\r\n")
	}
	size := c.s.Split
	if size <= 0 {
		size = max(len(s), 1)
	}
	for len(s) > 0 && !c.dead {
		n := min(size, len(s))
		var out io.Writer = c.w
		if c.gz != nil {
			out = c.gz
		}
		if _, err := io.WriteString(out, s[:n]); err != nil {
			return
		}
		c.flush()
		s = s[n:]
	}
}

func (c *Call) data(json string) { c.Raw(c.s.Framing.frame(json)) }

func (c *Call) flush() {
	if c.gz != nil {
		_ = c.gz.Flush()
	}
	_ = http.NewResponseController(c.w).Flush()
}

func (c *Call) closeGzip() {
	if c.gz != nil && !c.dead {
		_ = c.gz.Close()
	}
}

// Refuse answers with an error of HTTP in place of a stream. Headers come in
// pairs.
func (c *Call) Refuse(status int, body string, headers ...string) {
	c.opened = true
	c.w.Header().Set("Content-Type", "application/json")
	if strings.HasPrefix(body, "<") {
		c.w.Header().Set("Content-Type", "text/html")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		c.w.Header().Set(headers[i], headers[i+1])
	}
	c.w.WriteHeader(status)
	_, _ = io.WriteString(c.w, body)
	c.flush()
}

// Whole answers without a stream, as a server does that ignores "stream".
func (c *Call) Whole(text string) {
	t, _ := json.Marshal(text)
	c.Refuse(http.StatusOK, fmt.Sprintf(`{"id":"chatcmpl-1","object":"chat.completion","created":%d,"model":%q,"choices":[{"index":0,"message":{"role":"assistant","content":%s},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12}}`,
		created, c.Model, t))
}

// Wait pauses, and says whether the client is still there.
func (c *Call) Wait(d time.Duration) bool {
	if d <= 0 {
		return c.r.Context().Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.Gone():
	case <-c.s.stop:
	}
	return false
}

// Stall falls silent until the client leaves or the server closes.
func (c *Call) Stall() { c.Await(nil) }

// Await falls silent until ready closes, and says whether it did before the
// client left and the server closed.
func (c *Call) Await(ready <-chan struct{}) bool {
	select {
	case <-ready:
		return true
	case <-c.Gone():
		c.mu.Lock()
		c.left = true
		c.mu.Unlock()
	case <-c.s.stop:
	}
	return false
}

// Reset breaks the connection with a TCP reset, after what was sent.
func (c *Call) Reset() { c.hangUp(0) }

// Cut closes the connection in the middle of the response.
func (c *Call) Cut() { c.hangUp(-1) }

func (c *Call) hangUp(linger int) {
	conn, _, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		return
	}
	c.dead = true
	if t, ok := conn.(*net.TCPConn); ok && linger >= 0 {
		_ = t.SetLinger(linger)
	}
	_ = conn.Close()
}
