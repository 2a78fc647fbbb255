package api

import (
	"context"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// TypingInput says that the caller writes in a thread, or has stopped to.
type TypingInput struct {
	ThreadID store.ID `json:"thread_id"`
	IsTyping bool     `json:"is_typing"`
}

// Typing tells the others in a thread. It has to be said again within some seconds,
// or they are told that it is over; so they are when the message is sent and when
// the caller leaves. Nothing is stored.
func (a *API) Typing(ctx context.Context, who Actor, in TypingInput) (*Nothing, error) {
	if err := a.CheckThreadRead(ctx, who, in.ThreadID); err != nil {
		return nil, err
	}
	topic := hub.ThreadTopic(in.ThreadID.String())
	a.presence.mu.Lock()
	defer a.presence.mu.Unlock()
	if in.IsTyping {
		a.startTyping(topic, who)
	} else {
		a.stopTyping(topic, func(id store.ID, _ *typist) bool { return id == who.UserID })
	}
	return &Nothing{}, nil
}

// startTyping notes that somebody types, and tells it unless the others have just
// heard it. presence.mu is held.
func (a *API) startTyping(topic string, who Actor) {
	r, now := a.presence.room(topic), a.o.Now()
	t := r.typing[who.UserID]
	if t == nil {
		if len(r.typing) >= maxTyping {
			return
		}
		t = &typist{name: a.presence.nameOf(who.UserID.String(), callName{who.Username, who.Name})}
		r.typing[who.UserID] = t
	}
	if t.until = now.Add(typingLasts); now.Before(t.again) {
		return
	}
	t.again = now.Add(typingRepeats)
	a.hub.Publish(topic, typingFrame(topic, who.UserID, t.name, true))
}

// stopTyping forgets those who type and satisfy where, and tells it. presence.mu is
// held.
func (a *API) stopTyping(topic string, where func(store.ID, *typist) bool) {
	r := a.presence.rooms[topic]
	if r == nil {
		return
	}
	for id, t := range r.typing {
		if where(id, t) {
			delete(r.typing, id)
			a.hub.Publish(topic, typingFrame(topic, id, t.name, false))
		}
	}
}

// hasSaid ends the typing of who has sent what they typed.
func (a *API) hasSaid(thread, user store.ID) {
	a.presence.mu.Lock()
	defer a.presence.mu.Unlock()
	a.stopTyping(hub.ThreadTopic(thread.String()), func(id store.ID, _ *typist) bool { return id == user })
}

func typingFrame(topic string, user store.ID, name callName, is bool) []byte {
	thread, _ := hub.ThreadOf(topic)
	return frame("typing_indicator", fields{"thread_id": thread, "user_id": user, "username": name.username, "display_name": name.display, "is_typing": is})
}
