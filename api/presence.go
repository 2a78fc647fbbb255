package api

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

const (
	maxPresent    = 50              // people that a frame presence names; it counts all
	maxTyping     = 20              // people in a thread who type, as far as others are told
	typingLasts   = 6 * time.Second // for who does not say so again
	typingRepeats = 3 * time.Second // for those who came meanwhile
)

// presence knows who looks at a thread and who types there. Who looks follows from
// the sockets that hear it, so it ends with them; who types has to say so again.
// Nothing of it is stored.
type presence struct {
	mu      sync.Mutex
	rooms   map[string]*room    // by topic
	renamed map[string]callName // by user: those who got another name since the program started

	// A lock of its own: the hub may tell of a move while mu is held.
	movedMu sync.Mutex
	moved   map[string]bool // topics that somebody has joined or left since the last look
}

// A room is a thread that somebody looks at, or types in.
type room struct {
	frame  []byte // what was told last; nil: nobody was there to be told
	typing map[store.ID]*typist
}

type typist struct {
	name  callName
	until time.Time // types no more
	again time.Time // others are told again
}

func newPresence() *presence {
	return &presence{moved: map[string]bool{}, rooms: map[string]*room{}, renamed: map[string]callName{}}
}

// move notes that somebody has joined or left a topic.
func (p *presence) move(topic string) {
	if _, ok := hub.ThreadOf(topic); !ok {
		return
	}
	p.movedMu.Lock()
	defer p.movedMu.Unlock()
	p.moved[topic] = true
}

func (p *presence) takeMoved() map[string]bool {
	p.movedMu.Lock()
	defer p.movedMu.Unlock()
	moved := p.moved
	if len(moved) > 0 {
		p.moved = map[string]bool{}
	}
	return moved
}

// room returns the room of a topic. p.mu is held.
func (p *presence) room(topic string) *room {
	r := p.rooms[topic]
	if r == nil {
		r = &room{typing: map[store.ID]*typist{}}
		p.rooms[topic] = r
	}
	return r
}

// RefreshPresence tells everyone in a thread who looks at it, where that has
// changed, and who has stopped to type. A job calls it some times a second: a crowd
// that comes at once costs no more than one person, and a page that is loaded
// again does not show.
func (a *API) RefreshPresence(context.Context) error {
	p := a.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	for topic := range p.takeMoved() {
		a.look(topic)
	}
	now := a.o.Now()
	for topic, r := range p.rooms {
		a.stopTyping(topic, func(_ store.ID, t *typist) bool { return !now.Before(t.until) })
		if r.frame == nil && len(r.typing) == 0 {
			delete(p.rooms, topic)
		}
	}
	return nil
}

// look finds out who is in a topic, and tells it if it is new. p.mu is held.
func (a *API) look(topic string) {
	there := map[string]callName{}
	for _, l := range a.hub.Audience(topic) {
		there[l.UserID] = a.presence.nameOf(l.UserID, callName{l.Username, l.Name})
	}
	a.stopTyping(topic, func(id store.ID, _ *typist) bool { _, is := there[id.String()]; return !is })
	r := a.presence.room(topic)
	if len(there) == 0 {
		r.frame = nil
		return
	}
	if f := presenceFrame(topic, there); !bytes.Equal(f, r.frame) {
		r.frame = f
		a.hub.Publish(topic, f)
	}
}

// ShowPresence sends a connection that has just subscribed to a thread who looks at
// it, as far as all others have been told. If the newcomer changes that, all hear
// it soon.
func (a *API) ShowPresence(c *hub.Conn, thread store.ID) {
	p := a.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := p.rooms[hub.ThreadTopic(thread.String())]; r != nil && r.frame != nil {
		c.Send(r.frame)
	}
}

// A Present is somebody who looks at a thread.
type Present struct {
	UserID      string `json:"user_id"`
	Username    string `json:"username"`
	DisplayName string `json:"display_name"`
}

func presenceFrame(topic string, names map[string]callName) []byte {
	users := make([]Present, 0, len(names))
	for id, name := range names {
		users = append(users, Present{id, name.username, name.display})
	}
	slices.SortFunc(users, func(a, b Present) int {
		return cmp.Or(strings.Compare(a.Username, b.Username), strings.Compare(a.UserID, b.UserID))
	})
	thread, _ := hub.ThreadOf(topic)
	return frame("presence", fields{"thread_id": thread, "users": users[:min(len(users), maxPresent)], "total": len(users)})
}
