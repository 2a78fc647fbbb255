package api

import (
	"encoding/json"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// frame makes the JSON of a socket frame; see docs and wire: type, then f.
func frame(kind string, f fields) []byte {
	f["type"] = kind
	b, err := json.Marshal(f)
	if err != nil {
		panic("api: frame " + kind + ": " + err.Error()) // our own types always encode
	}
	return b
}

// emit publishes a frame to a topic once tx has committed.
func (a *API) emit(tx *store.Tx, topic, kind string, f fields) error {
	payload := frame(kind, f)
	return tx.AfterCommit(func() { a.hub.Publish(topic, payload) })
}

// emitToReaders publishes a frame to everyone who may see t, wherever in the
// page they are.
func (a *API) emitToReaders(tx *store.Tx, t *store.Thread, kind string, f fields) error {
	if t.IsPrivate {
		return a.emit(tx, hub.UserTopic(t.UserID.String()), kind, f)
	}
	return a.emitToMembers(tx, t.ProjectID, kind, f)
}

// emitToMembers publishes a frame to every member of a project.
func (a *API) emitToMembers(tx *store.Tx, project store.ID, kind string, f fields) error {
	list, err := tx.MembersOf(project)
	if err != nil {
		return err
	}
	payload, topics := frame(kind, f), make([]string, len(list))
	for i, m := range list {
		topics[i] = hub.UserTopic(m.UserID.String())
	}
	return tx.AfterCommit(func() { a.hub.PublishAll(topics, payload) })
}

// emitThread tells everyone who may see t that it changed, or is new.
func (a *API) emitThread(tx *store.Tx, kind string, t threadAccess) error {
	return a.emitToReaders(tx, t.Thread, kind, fields{"thread": a.threadView(t)})
}

// emitMessage tells those who look at its thread that m has changed.
func (a *API) emitMessage(tx *store.Tx, m *store.Message) error {
	marked, err := tx.Summarized(m)
	if err != nil {
		return err
	}
	return a.emit(tx, hub.ThreadTopic(m.ThreadID.String()), "message_updated", fields{"message": marked})
}
