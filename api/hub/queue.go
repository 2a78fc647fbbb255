package hub

// An item is one frame that waits. Its body is ready to be written; only when
// chunks have been merged, and for a snapshot, the body is made of its text when
// it is taken.
type item struct {
	sub         *sub // nil: for this connection alone
	kind        kind
	body        []byte // shared with other receivers
	answer      *Answer
	stream      *stream // a chunk's
	text        []byte  // the part of the escaped text that it carries
	first, next int     // the chunk's indexes

	reasoning     []byte // a snapshot's other text
	reasoningNext int
}

type kind uint8

const (
	aFrame    kind = iota // body says it all
	aChunk                // text is the stream's of the indexes first to next-1
	aSnapshot             // text is the answer's content from the beginning to next-1
)

// itemCost is about what an item costs beside its bytes.
const itemCost = 128

// cost is what an item counts against the limit. A snapshot's texts count nothing:
// they are the answer's own and replace whatever they grow by.
func (i *item) cost() int {
	switch i.kind {
	case aChunk:
		return itemCost + len(i.text)
	case aSnapshot:
		return itemCost
	default:
		return itemCost + len(i.body)
	}
}

type outcome uint8

const (
	wasDropped outcome = iota
	wasQueued
	wasMerged
	wasTooMuch // and may not be lost: the connection has to end
)

// offer queues an item of a topic, and says whether the caller has to give the
// connection to the pump. The topic's lock is held.
func (c *Conn) offer(s *sub, it *item) (o outcome, rouse bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o = c.queueFor(s, *it)
	return o, o == wasQueued && c.toRouse()
}

// queueFor queues an item of a topic. Both locks are held; the caller has to rouse c.
func (c *Conn) queueFor(s *sub, it item) outcome {
	switch {
	case c.end != nil:
		return wasDropped
	case s.lost:
		c.hub.count.dropped.Add(1)
		return wasDropped
	case c.merge(s, &it):
		return wasMerged
	case !s.topic.isThread && c.own >= c.hub.limit:
		return wasTooMuch
	case s.topic.isThread && c.size >= c.hub.limit:
		c.overflow(s)
		return wasDropped
	}
	it.sub = s
	s.tail, s.round = len(c.queue), c.round
	if s.topic.isThread {
		c.size += it.cost()
	} else {
		c.own += it.cost()
	}
	c.queue = append(c.queue, it)
	return wasQueued
}

// merge adds a chunk to the frame of the same answer that waits already, unless
// another frame of the topic, or of the answer's other text, has to come between them.
func (c *Conn) merge(s *sub, it *item) bool {
	if it.kind != aChunk || s.round != c.round {
		return false
	}
	last := &c.queue[s.tail]
	if last.answer != it.answer || last.kind == aChunk && last.stream != it.stream {
		return false
	}
	all := it.stream.escaped
	if last.kind == aSnapshot && it.stream == &it.answer.reasoning {
		last.reasoning, last.reasoningNext = all, it.next
		return true
	}
	if last.kind == aChunk {
		if c.size >= c.hub.limit {
			return false // it overflows, as it would unmerged
		}
		c.size += len(it.text)
	}
	// The longer text, from the array that it lies in now.
	last.text = all[len(all)-len(it.text)-len(last.text):]
	last.next, last.body = it.next, nil
	return true
}

// overflow drops all that waits from threads; their subs get a snapshot when the
// writer comes back.
func (c *Conn) overflow(s *sub) {
	kept := c.queue[:0]
	dropped := uint64(1)
	for _, it := range c.queue {
		if it.sub == nil || !it.sub.topic.isThread {
			kept = append(kept, it)
			continue
		}
		it.sub.lost = true
		dropped++
	}
	clear(c.queue[len(kept):])
	c.queue, c.size = kept, 0
	s.lost, c.lagging = true, true
	c.hub.count.dropped.Add(dropped)
}

// toRouse says whether onReady has to be called, which the caller must see to.
// c.mu is held.
func (c *Conn) toRouse() bool {
	if c.roused || c.onReady == nil {
		return false
	}
	c.roused = true
	return true
}

// rouse has onReady called, if it has to be. c.mu is held.
func (c *Conn) rouse() {
	if c.toRouse() {
		c.hub.pump.add(c)
	}
}

// take moves what waits to c.writing, or returns it, if it is one item whose body is
// made. It returns false if nothing waits, and the *ClosedError once there will be no more.
func (c *Conn) take() (only []byte, some bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.lagging {
		c.mu.Unlock()
		c.catchUp()
		c.mu.Lock()
	}
	if len(c.queue) == 0 {
		if c.end != nil {
			return nil, false, c.end
		}
		c.roused = false
		return nil, false, nil
	}
	c.round++
	c.size, c.own = 0, 0
	if only = c.queue[0].body; only != nil && len(c.queue) == 1 {
		c.queue[0] = item{}
		c.queue = c.queue[:0]
		return only, true, nil
	}
	c.queue = c.writing.swap(c.queue)
	return nil, true, nil
}

// catchUp queues a snapshot for every thread that lost something.
func (c *Conn) catchUp() {
	c.mu.Lock()
	var lost []*sub
	if c.lagging && c.end == nil {
		for _, s := range c.subs {
			if s.lost {
				lost = append(lost, s)
			}
		}
	}
	c.lagging = false
	c.mu.Unlock()
	for _, s := range lost {
		s.topic.mu.Lock()
		c.mu.Lock()
		if s.lost && c.subs[s.topic.name] == s {
			c.resync(s)
			c.hub.count.resyncs.Add(1)
		}
		c.mu.Unlock()
		s.topic.mu.Unlock()
	}
}
