package hub

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// DefaultQueueBytes is how much may wait for one connection when Options says
// nothing else.
const DefaultQueueBytes = 256 << 10

// Options sets up a Hub. The zero value works.
type Options struct {
	// QueueBytes is how many bytes of threads' frames, and separately of all others,
	// may wait for one connection before the next one is refused. One frame may
	// exceed it. 0 means DefaultQueueBytes.
	QueueBytes int
	// Header appends to dst what the transport writes before a JSON frame of n
	// bytes, and returns the result. nil appends nothing. It must not block, and
	// be safe for concurrent use.
	Header func(dst []byte, n int) []byte
}

// ThreadTopic names the topic of a thread. Subscribers get its running answer.
func ThreadTopic(id string) string { return threadPrefix + id }

// UserTopic names the topic of what concerns one user alone.
func UserTopic(id string) string { return "user:" + id }

// ThreadOf returns the id of the thread whose topic it is, if it is one's.
func ThreadOf(topic string) (id string, ok bool) { return strings.CutPrefix(topic, threadPrefix) }

const threadPrefix = "thread:"

// A Hub connects publishers with connections. It is safe for concurrent use.
type Hub struct {
	limit   int
	header  func([]byte, int) []byte
	changed func(topic string)
	buffers sync.Pool // of *[]byte: what a batch is joined in
	pump    *pump
	count   counters

	mu     sync.RWMutex
	topics map[string]*topic
	conns  map[*Conn]struct{}
	down   bool
	bye    bool          // Announce was called
	empty  chan struct{} // closed when down and the last connection has left
}

// New makes a Hub. It needs no closing; Shutdown ends its connections.
func New(o Options) *Hub {
	if o.QueueBytes <= 0 {
		o.QueueBytes = DefaultQueueBytes
	}
	if o.Header == nil {
		o.Header = func(dst []byte, _ int) []byte { return dst }
	}
	return &Hub{
		limit:   o.QueueBytes,
		header:  o.Header,
		changed: func(string) {},
		buffers: sync.Pool{New: func() any { return new([]byte) }},
		pump:    newPump(),
		topics:  map[string]*topic{},
		conns:   map[*Conn]struct{}{},
		empty:   make(chan struct{}),
	}
}

// Connect makes the queue of one connection. The caller must Close it. After
// Shutdown began the connection is already kicked with CodeGoingAway.
func (h *Hub) Connect(label Label) *Conn {
	c := &Conn{hub: h, label: label, subs: map[string]*sub{}, round: 1}
	h.mu.Lock()
	h.conns[c] = struct{}{}
	down := h.down
	h.mu.Unlock()
	if down {
		c.Kick(CodeGoingAway, "the server is going away")
	}
	return c
}

// Publish sends payload, one JSON object, to every subscriber of the topic. It never
// waits for a receiver and keeps payload, which must not be changed afterwards.
func (h *Hub) Publish(topic string, payload []byte) {
	if h.find(topic, false) == nil {
		return // nobody listens: not worth encoding
	}
	it := item{body: h.ready(payload)}
	if t := h.lock(topic, false); t != nil {
		defer t.unlock()
		t.send(it)
	}
}

// PublishAll is Publish to several topics of what payload makes, once for all of
// them, and not at all if nobody listens. payload must not use the hub.
func (h *Hub) PublishAll(topics []string, payload func() []byte) {
	it := item{}
	for _, name := range topics {
		t := h.lock(name, false)
		if t == nil {
			continue
		}
		if it.body == nil {
			it.body = h.ready(payload())
		}
		t.send(it)
		t.unlock()
	}
}

// IsHeard reports whether anybody listens to one of the topics.
func (h *Hub) IsHeard(topics []string) bool {
	return slices.ContainsFunc(topics, func(name string) bool { return h.find(name, false) != nil })
}

// ready returns payload as the transport will write it.
func (h *Hub) ready(payload []byte) []byte {
	b := h.header(make([]byte, 0, len(payload)+maxHeader), len(payload))
	return append(b, payload...)
}

// maxHeader is room for the header of common transports; a longer one costs a
// second allocation.
const maxHeader = 10

// lock returns the topic, locked. Without create it returns nil for a topic that
// nobody subscribes to and that has no answer.
func (h *Hub) lock(name string, create bool) *topic {
	for {
		t := h.find(name, create)
		if t == nil {
			return nil
		}
		t.mu.Lock()
		if !t.dead {
			return t
		}
		t.mu.Unlock() // it was forgotten between finding and locking it
	}
}

func (h *Hub) find(name string, create bool) *topic {
	h.mu.RLock()
	t := h.topics[name]
	h.mu.RUnlock()
	if t != nil || !create {
		return t
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if t = h.topics[name]; t == nil {
		t = &topic{hub: h, name: name}
		t.thread, t.isThread = ThreadOf(name)
		h.topics[name] = t
	}
	return t
}

// KickWhere kicks every connection whose label satisfies where, and says how
// many that were. See Conn.Kick.
func (h *Hub) KickWhere(where func(Label) bool, code int, reason string) int {
	n := 0
	h.Each(func(c *Conn) {
		if where(c.label) {
			c.Kick(code, reason)
			n++
		}
	})
	return n
}

// Each calls f for every connection that was open when it was called. f may use the
// connection and the hub as it likes.
func (h *Hub) Each(f func(*Conn)) {
	h.mu.RLock()
	all := make([]*Conn, 0, len(h.conns))
	for c := range h.conns {
		all = append(all, c)
	}
	h.mu.RUnlock()
	for _, c := range all {
		f(c)
	}
}

// Shutdown sends every connection the frame that frame makes for it (nil: none), kicks it
// with CodeGoingAway, and waits until all have been closed. When ctx ends first
// it returns ctx's error. Connections that come later are kicked at once.
func (h *Hub) Shutdown(ctx context.Context, frame func() []byte) error {
	h.mu.Lock()
	if !h.down {
		h.down = true
		h.checkEmpty()
	}
	h.mu.Unlock()
	h.Each(func(c *Conn) {
		if frame != nil {
			c.Send(frame())
		}
		c.Kick(CodeGoingAway, "the server is going away")
	})
	select {
	case <-h.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Announce sends every connection the frame that frame makes for it, as word that
// Shutdown comes soon. Who connects after that finds Leaving true.
func (h *Hub) Announce(frame func() []byte) {
	h.mu.Lock()
	h.bye = true
	h.mu.Unlock()
	h.Each(func(c *Conn) { c.Send(frame()) })
}

// Leaving says whether Announce or Shutdown was called.
func (h *Hub) Leaving() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.bye || h.down
}

// checkEmpty tells Shutdown that the last connection has left. h.mu is held.
func (h *Hub) checkEmpty() {
	if !h.down || len(h.conns) > 0 {
		return
	}
	select {
	case <-h.empty:
	default:
		close(h.empty)
	}
}

func (h *Hub) leave(c *Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, c)
	h.checkEmpty()
}

// counters are what Stats reports; each is raised once per publish or batch, not
// once per receiver, so that receivers do not fight over them.
type counters struct {
	published, queued, merged, dropped, resyncs, kicked, batches, bytes atomic.Uint64
	answers                                                             atomic.Int64
}
