package hub

import "slices"

// OnAudience has f told the name of every topic that somebody has joined or left,
// after the fact. f must not block, must be safe for concurrent use, and may use
// the hub. It is to be set before the first Connect.
func (h *Hub) OnAudience(f func(topic string)) { h.changed = f }

// Audience returns the labels of the topic's subscribers, one for each connection,
// in no order.
func (h *Hub) Audience(topic string) []Label {
	t := h.lock(topic, false)
	if t == nil {
		return nil
	}
	defer t.mu.Unlock()
	out := make([]Label, len(t.subs))
	for i, s := range t.subs {
		out[i] = s.conn.label
	}
	return out
}

// Threads returns the ids of the threads that have a subscriber or an answer.
func (h *Hub) Threads() []string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var out []string
	for _, t := range h.topics {
		if t.isThread {
			out = append(out, t.thread)
		}
	}
	return out
}

// Remove takes the subscribers whose label satisfies where (nil: all of them) from
// the topic. Their connections stay open, and what waits for them is still sent.
func (h *Hub) Remove(topic string, where func(Label) bool) {
	for _, c := range h.subscribers(topic, where) {
		c.Unsubscribe(topic)
	}
}

// Revoke is Remove for those who may not hear the topic any more: what waits of it
// for them is dropped. Instead, each is sent the frame farewell. It says how many
// there were.
func (h *Hub) Revoke(topic string, where func(Label) bool, farewell []byte) (n int) {
	for _, c := range h.subscribers(topic, where) {
		if c.leaveTopic(topic, c.drop) {
			c.Send(farewell)
			n++
		}
	}
	return n
}

func (h *Hub) subscribers(topic string, where func(Label) bool) (list []*Conn) {
	t := h.lock(topic, false)
	if t == nil {
		return nil
	}
	defer t.mu.Unlock()
	for _, s := range t.subs {
		if where == nil || where(s.conn.label) {
			list = append(list, s.conn)
		}
	}
	return list
}

// drop forgets what waits of a sub. c.mu is held. What the writer has taken already
// is on its way.
func (c *Conn) drop(gone *sub) {
	c.queue = slices.DeleteFunc(c.queue, func(it item) bool {
		if it.sub == gone && gone.topic.isThread {
			c.size -= it.cost()
		} else if it.sub == gone {
			c.own -= it.cost()
		}
		return it.sub == gone
	})
	for _, s := range c.subs { // their last item has moved
		s.round = 0
	}
}
