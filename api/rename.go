package api

import (
	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// renamed publishes the new names of u, who was was before: to the members of their
// projects, to their own pages, and to the threads that they are looking at. Messages
// need no change, because their authors are looked up when they are shown.
func (a *API) renamed(tx *store.Tx, was, u *store.User) error {
	if was.Username == u.Username && was.Name() == u.Name() {
		return nil
	}
	list, err := tx.MembershipsOf(u.ID)
	if err != nil {
		return err
	}
	own := hub.UserTopic(u.ID.String())
	topics, known := []string{own}, map[string]bool{own: true}
	for _, m := range list {
		members, err := a.audiences.of(tx, m.ProjectID)
		if err != nil {
			return err
		}
		for _, topic := range members {
			if !known[topic] {
				known[topic] = true
				topics = append(topics, topic)
			}
		}
	}
	if err := a.emitTo(tx, topics, "user_updated", fields{"user": &Person{u.ID, u.Username, u.Name()}}); err != nil {
		return err
	}
	id, names := u.ID, callName{u.Username, u.Name()}
	return tx.AfterCommit(func() { a.presence.rename(id, names) })
}

// A callName is how a person with an open socket is called now.
type callName struct{ username, display string }

// rename makes presence and typing use the new names of a user. Connections keep the
// label that they were opened with.
func (p *presence) rename(user store.ID, names callName) {
	p.mu.Lock()
	p.renamed[user.String()] = names
	for _, r := range p.rooms {
		if t := r.typing[user]; t != nil {
			t.name = names
		}
	}
	topics := make([]string, 0, len(p.rooms))
	for topic := range p.rooms {
		topics = append(topics, topic)
	}
	p.mu.Unlock()
	for _, topic := range topics {
		p.move(topic)
	}
}

// nameOf returns the names of a user whose connection was opened with those in names.
// p.mu is held.
func (p *presence) nameOf(user string, names callName) callName {
	if now, ok := p.renamed[user]; ok {
		return now
	}
	return names
}
