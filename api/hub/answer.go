package hub

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// ErrAnswering is what Begin returns for a thread whose answer has not ended.
var ErrAnswering = errors.New("hub: the thread has a running answer")

// AnswerInfo says which message an answer becomes.
type AnswerInfo struct {
	ThreadID  string
	MessageID string
	Model     string
}

// An Answer is a text that is being written to a thread's topic. Its methods are safe for
// concurrent use; tokens keep the order in which Append was called. Whoever began
// it must End it.
type Answer struct {
	info  AnswerInfo
	topic *topic
	whole []byte // the head of its snapshots; nil while none was needed

	// Under topic.mu, as the making of the heads.
	content, reasoning stream
	waiting            []byte // what is said of it before its first token; nil: nothing
	ended              bool
}

// A stream is one text of an answer that grows by tokens. escaped only grows, until Reset begins
// another, and what it holds never changes: queues keep parts of it and read them without the lock.
type stream struct {
	text    strings.Builder
	escaped []byte
	held    string // the beginning of a rune whose other bytes have not come
	next    int    // the index of the next token
	head    []byte // of its chunks' frames; nil while none was needed
}

// Begin starts an answer in the topic of info's thread and publishes what start makes
// (nil: nothing) there in the same instant, if anybody listens. start must not use the
// hub. It returns ErrAnswering while another one runs.
func (h *Hub) Begin(info AnswerInfo, start func() []byte) (*Answer, error) {
	t := h.lock(ThreadTopic(info.ThreadID), true)
	defer t.unlock()
	if t.answer != nil {
		return nil, ErrAnswering
	}
	t.answer = &Answer{info: info, topic: t}
	h.count.answers.Add(1)
	t.sendMade(start)
	return t.answer, nil
}

// Answer returns the answer that is being written in the thread, or nil.
func (h *Hub) Answer(threadID string) *Answer {
	t := h.lock(ThreadTopic(threadID), false)
	if t == nil {
		return nil
	}
	defer t.mu.Unlock()
	return t.answer
}

// Info returns what Begin was told.
func (a *Answer) Info() AnswerInfo { return a.info }

// Append adds one token of the model to the text and sends it to every subscriber, in
// one instant. A rune that is split between tokens is held back until it is whole;
// bytes that cannot become one are replaced by U+FFFD. It returns how many bytes the text has now. After
// End it does nothing else.
func (a *Answer) Append(token string) (size int) { return a.append(&a.content, token) }

// AppendReasoning is Append for what the model thinks before it answers: a text of its
// own, with indexes of its own.
func (a *Answer) AppendReasoning(token string) (size int) { return a.append(&a.reasoning, token) }

func (a *Answer) append(s *stream, token string) (size int) {
	t := a.topic
	t.mu.Lock()
	defer t.unlock()
	token = s.wholeRunes(token)
	if a.ended || token == "" {
		return s.text.Len()
	}
	start, first := len(s.escaped), s.next
	s.text.WriteString(token)
	s.escaped = appendEscaped(s.escaped, token)
	s.next++
	if len(t.subs) > 0 {
		t.send(a.part(s, start, first))
	}
	return s.text.Len()
}

// Reset empties the text, and sends every subscriber a snapshot of it as it is
// then: what was said so far was no part of the answer. After End it does nothing.
func (a *Answer) Reset() {
	t := a.topic
	t.mu.Lock()
	defer t.unlock()
	if a.ended || a.content.next == 0 {
		return
	}
	c := &a.content
	c.text.Reset()
	c.escaped, c.held = nil, ""
	c.next++ // so that a client knows the snapshot for the newer
	if len(t.subs) > 0 {
		t.send(a.snapshot())
	}
}

// begun reports whether the model has written anything. topic.mu is held.
func (a *Answer) begun() bool { return a.content.next > 0 || a.reasoning.next > 0 }

// Await publishes frame, which says that the answer has not begun to speak, such as
// its place in a line. Until it does, whoever subscribes is sent frame too; a
// later call replaces it. After the first token, or End, Await does nothing.
func (a *Answer) Await(frame []byte) {
	it := item{body: a.topic.hub.ready(frame)}
	t := a.topic
	t.mu.Lock()
	defer t.unlock()
	if a.ended || a.begun() {
		return
	}
	a.waiting = it.body
	t.send(it)
}

// part is the chunk of s that begins at byte start, with index first, as a frame that
// is ready for all receivers that have nothing else of this answer waiting.
func (a *Answer) part(s *stream, start, first int) item {
	if s.head == nil { // most answers of a script have no reader
		s.head = chunkHead(a.info, s == &a.reasoning)
	}
	it := item{kind: aChunk, answer: a, stream: s, text: s.escaped[start:], first: first, next: s.next}
	it.body = it.whole(a.topic.hub)
	return it
}

func (a *Answer) snapshot() item {
	if a.whole == nil {
		a.whole = snapshotHead(a.info)
	}
	return item{
		kind: aSnapshot, answer: a, text: a.content.escaped, next: a.content.next,
		reasoning: a.reasoning.escaped, reasoningNext: a.reasoning.next,
	}
}

// wholeRunes returns what of the held bytes and token is whole UTF-8, and holds the rest.
func (st *stream) wholeRunes(token string) string {
	s := st.held + token
	st.held = ""
	if utf8.ValidString(s) {
		return s
	}
	for i := max(0, len(s)-utf8.UTFMax+1); i < len(s); i++ {
		if utf8.RuneStart(s[i]) && !utf8.FullRuneInString(s[i:]) {
			s, st.held = s[:i], strings.Clone(s[i:])
			break
		}
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// Snapshot returns the text so far, which is what every subscriber has been sent, and
// the index that the next chunk will have. It costs no copy and works after End.
func (a *Answer) Snapshot() (text string, next int) {
	a.topic.mu.Lock()
	defer a.topic.mu.Unlock()
	return a.content.text.String(), a.content.next
}

// Reasoning returns what the model thought so far. It costs no copy and works after End.
func (a *Answer) Reasoning() string {
	a.topic.mu.Lock()
	defer a.topic.mu.Unlock()
	return a.reasoning.text.String()
}

// End publishes the final frame, which final makes (nil: none) if anybody listens, and
// forgets the answer, in one instant: whoever subscribes before gets the text and this
// frame, whoever subscribes after gets neither. final must not use the hub. The bytes of
// a rune that never became whole are dropped. A second End does nothing.
func (a *Answer) End(final func() []byte) {
	t := a.topic
	t.mu.Lock()
	defer t.unlock()
	if a.ended {
		return
	}
	a.ended = true
	t.answer = nil
	t.hub.count.answers.Add(-1)
	t.sendMade(final)
	t.forget()
}
