package hub

import (
	"fmt"
	"maps"
	"slices"
	"sync"
)

// The close codes that the hub uses itself.
const (
	CodeGoingAway = 1001 // Shutdown
	CodeTryLater  = 1013 // it lost what no snapshot replaces
	CodeTooMany   = 4429 // it asks more than it reads
)

// A Label says whose connection it is. The hub does not look into it.
type Label struct {
	UserID    string
	SessionID string // or of the API key, whichever it was opened with
	ByKey     bool   // SessionID is that of an API key
	Username  string // of the user
	Name      string // of the user, as other people see it
}

// A ClosedError is why a connection ends; Next returns it.
type ClosedError struct {
	Code   int
	Reason string // for a person; short
}

// Error returns the code and the reason.
func (c *ClosedError) Error() string { return fmt.Sprintf("hub: closed with %d: %s", c.Code, c.Reason) }

// A Conn is the queue of one connection. Its methods are safe for concurrent use,
// but for Next, which belongs to OnReady's function.
type Conn struct {
	hub   *Hub
	label Label

	onReady func() (more bool) // set before the first call of the pump, and never again

	mu      sync.Mutex
	subs    map[string]*sub
	queue   []item
	round   uint64 // counts the queues, from 1
	size    int    // what waits of threads
	own     int    // what waits and must not be lost
	lagging bool   // some sub has lost something
	roused  bool   // onReady is about to be called, or has not found everything taken yet
	end     *ClosedError
	onKick  func()

	writing batch // of who calls Next
}

// Label returns what Connect was told.
func (c *Conn) Label() Label { return c.label }

// Subscribe joins the topic: in one instant it queues the frame subscribed, with the
// running answer or null, and lets everything follow that is published after it. For
// a topic that is no thread nothing is queued. Subscribing again queues a fresh
// snapshot. On an ended connection it does nothing.
func (c *Conn) Subscribe(topic string) {
	if c.join(topic) {
		c.hub.changed(topic)
	}
}

// join is Subscribe, and says whether it was not subscribed before.
func (c *Conn) join(topic string) (first bool) {
	t := c.hub.lock(topic, true)
	defer t.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.subs[topic]
	if s == nil {
		if c.end != nil {
			t.forget()
			return false
		}
		s = &sub{topic: t, conn: c}
		c.subs[topic] = s
		t.add(s)
		first = true
	}
	if t.isThread {
		c.resync(s)
	}
	return first
}

// resync queues a fresh snapshot. Both locks are held.
func (c *Conn) resync(s *sub) {
	s.lost = false
	queued := uint64(0)
	for _, it := range s.topic.snapshot() {
		if c.queueFor(s, it) == wasQueued {
			queued++
		}
	}
	c.hub.count.queued.Add(queued)
	c.rouse()
}

// Unsubscribe leaves the topic. What was published before still arrives.
func (c *Conn) Unsubscribe(topic string) { c.leaveTopic(topic, nil) }

// leaveTopic is Unsubscribe; while nothing can be published to the topic it calls
// then, unless that is nil, with c.mu held. It says whether it was subscribed.
func (c *Conn) leaveTopic(topic string, then func(*sub)) bool {
	t := c.hub.lock(topic, false)
	if t == nil {
		return false
	}
	c.mu.Lock()
	s := c.subs[topic]
	delete(c.subs, topic)
	if s != nil && then != nil {
		then(s)
	}
	c.mu.Unlock()
	if s != nil {
		t.remove(s)
	}
	t.mu.Unlock()
	if s != nil {
		c.hub.changed(topic)
	}
	return s != nil
}

// Topics returns the names of what it is subscribed to, sorted.
func (c *Conn) Topics() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.subs))
}

// Send queues payload, one JSON object, for this connection alone. It never waits.
// A connection for which more than Options.QueueBytes of these wait is kicked
// with CodeTooMany.
func (c *Conn) Send(payload []byte) { c.SendRaw(c.hub.ready(payload)) }

// SendRaw is Send for bytes that the transport has framed itself, such as a ping. It
// keeps them: they must not be changed afterwards.
func (c *Conn) SendRaw(ready []byte) {
	c.mu.Lock()
	full := c.own >= c.hub.limit
	if !full && c.end == nil {
		c.own += len(ready) + itemCost
		c.queue = append(c.queue, item{body: ready})
		c.rouse()
	}
	c.mu.Unlock()
	if full {
		c.Kick(CodeTooMany, "too many answers wait to be read")
	}
}

// Kick ends the connection from this side: it leaves its topics, what waits for it
// is still handed to its writer, and then Next returns a *ClosedError with code and
// reason. The first Kick, Leave or Close counts; later ones do nothing.
func (c *Conn) Kick(code int, reason string) {
	if c.part(&ClosedError{code, reason}) {
		c.hub.count.kicked.Add(1)
	}
}

// Leave is Kick for a connection whose client ends it: OnKick's function runs too,
// but it does not count as one that the hub ended.
func (c *Conn) Leave(code int, reason string) { c.part(&ClosedError{code, reason}) }

// part ends the connection and says whether it was open.
func (c *Conn) part(end *ClosedError) bool {
	f, first := c.finish(end)
	if first {
		c.leaveTopics()
		if f != nil {
			f()
		}
	}
	return first
}

func (c *Conn) finish(end *ClosedError) (onKick func(), first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil {
		return nil, false
	}
	c.end = end
	c.rouse()
	return c.onKick, true
}

// OnKick has f called once when the connection is kicked or left, at once if it
// has been.
// f must not block: it is for shortening the deadlines of a writer that is stuck.
// Close does not call it.
func (c *Conn) OnKick(f func()) {
	c.mu.Lock()
	kicked := c.end != nil
	c.onKick = f
	c.mu.Unlock()
	if kicked {
		f()
	}
}

// End returns why the connection has ended, nil while it is open.
func (c *Conn) End() *ClosedError {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end
}

// Kicked says whether the connection has been kicked, left or closed.
func (c *Conn) Kicked() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end != nil
}

// Close ends the connection from its owner's side: nothing more is handed out, and
// the hub forgets it. Closing twice is fine.
func (c *Conn) Close() {
	c.finish(&ClosedError{Code: 1000, Reason: "closed"})
	c.leaveTopics()
	c.mu.Lock()
	c.queue, c.size, c.own = nil, 0, 0
	c.mu.Unlock()
	c.hub.leave(c)
}

func (c *Conn) leaveTopics() {
	for _, topic := range c.Topics() {
		c.Unsubscribe(topic)
	}
}

// OnReady has f called, on a goroutine of the hub's, when something waits for Next
// and whoever was told so before has found that nothing did: so one alone ever calls
// Next. f must not block, as it holds up other connections; what would block it
// hands to a goroutine that goes on in its place. When f returns true it is called
// again after the others had their turn. Once Next has returned an error f is not
// called any more. OnReady is to be called once.
func (c *Conn) OnReady(f func() (more bool)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onReady = f
	if len(c.queue) > 0 || c.end != nil || c.lagging {
		c.rouse()
	}
}

// Next returns the next bytes to write: all that waits, joined. A frame larger
// than a few KiB comes in several pieces, so the caller must write every piece,
// in order, before anything else. The bytes are valid until the next call and
// must not be changed.
//
// It does not block: while nothing waits it returns nothing. Once the connection is
// ended and all that waited was handed out, it returns a *ClosedError.
func (c *Conn) Next() ([]byte, error) {
	for {
		piece := c.writing.piece(c.hub)
		if len(piece) == 0 {
			only, some, err := c.take()
			if err != nil || !some {
				return nil, err
			}
			piece = only
		}
		if len(piece) > 0 {
			c.hub.count.batches.Add(1)
			c.hub.count.bytes.Add(uint64(len(piece)))
			return piece, nil
		}
	}
}
