package hub

import "sync"

// A topic is who listens and what is being written. It exists while it has a
// subscriber or an answer.
type topic struct {
	hub      *Hub
	name     string
	thread   string // its id,
	isThread bool   // for only a thread has an answer and a snapshot

	mu     sync.Mutex
	subs   []*sub // in no order
	answer *Answer
	behind []*Conn // to be kicked once the lock is free
	roused []*Conn // send's own
	dead   bool    // forgotten by the hub: look it up again
}

// A sub is one connection's place in one topic.
type sub struct {
	topic *topic
	conn  *Conn
	at    int // its index in topic.subs; under topic.mu

	// Under conn.mu:
	tail  int    // index of this sub's last item in the queue
	round uint64 // of the round that this is; of another one it has none there
	lost  bool   // something was dropped: nothing more until a snapshot
}

// unlock ends a send: it kicks those who lost what no snapshot replaces.
func (t *topic) unlock() {
	behind := t.behind
	t.behind = nil
	t.mu.Unlock()
	for _, c := range behind {
		c.Kick(CodeTryLater, "too far behind")
	}
}

func (t *topic) add(s *sub) {
	s.at = len(t.subs)
	t.subs = append(t.subs, s)
}

func (t *topic) remove(s *sub) {
	last := t.subs[len(t.subs)-1]
	last.at = s.at
	t.subs[s.at] = last
	t.subs[len(t.subs)-1] = nil
	t.subs = t.subs[:len(t.subs)-1]
	t.forget()
}

// forget takes the topic out of the hub when nothing needs it. t.mu is held.
func (t *topic) forget() {
	if len(t.subs) > 0 || t.answer != nil {
		return
	}
	t.dead = true
	t.hub.mu.Lock()
	defer t.hub.mu.Unlock()
	delete(t.hub.topics, t.name)
}

// send queues it for every subscriber. t.mu is held.
func (t *topic) send(it item) {
	var queued, merged uint64
	for _, s := range t.subs {
		o, rouse := s.conn.offer(s, &it)
		if rouse {
			t.roused = append(t.roused, s.conn)
		}
		switch o {
		case wasQueued:
			queued++
		case wasMerged:
			merged++
		case wasTooMuch:
			t.behind = append(t.behind, s.conn)
		}
	}
	t.hub.pump.add(t.roused...)
	clear(t.roused)
	t.roused = t.roused[:0]
	t.hub.count.published.Add(1)
	t.hub.count.queued.Add(queued)
	t.hub.count.merged.Add(merged)
}

// sendMade is send of what payload makes (nil: nothing), if anybody listens. t.mu is held.
func (t *topic) sendMade(payload func() []byte) {
	if payload != nil && len(t.subs) > 0 {
		t.send(item{body: t.hub.ready(payload())})
	}
}

// snapshot is a thread as of now: the frame subscribed with the running answer's
// text, or none, and what else is to be said of an answer that has not begun to
// speak. t.mu is held.
func (t *topic) snapshot() []item {
	switch a := t.answer; {
	case a == nil:
		return []item{{body: t.hub.ready(appendSubscribed(nil, t.thread))}}
	case a.waiting != nil && !a.begun():
		return []item{a.snapshot(), {body: a.waiting}}
	default:
		return []item{a.snapshot()}
	}
}
