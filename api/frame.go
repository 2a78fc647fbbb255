package api

import (
	"maps"
	"slices"
	"strconv"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// frame makes the JSON of a socket frame; see docs and wire: type, then f.
func frame(kind string, f fields) []byte {
	b := append(make([]byte, 0, usualFrame), `{"type":"`...)
	b = append(append(b, kind...), '"')
	for _, name := range slices.Sorted(maps.Keys(f)) {
		b = append(append(append(b, `,"`...), name...), `":`...)
		var err error
		if b, err = appendField(b, f[name]); err != nil {
			panic("api: frame " + kind + ": " + err.Error()) // our own types always encode
		}
	}
	return append(b, '}')
}

// usualFrame is for how many bytes a frame makes room at once.
const usualFrame = 1 << 10

// appendField appends a value, whose kind most often is one that needs no reflection.
func appendField(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return store.AppendJSON(b, &v)
	case store.ID:
		return store.AppendJSON(b, &v)
	case bool:
		return strconv.AppendBool(b, v), nil
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	default:
		return store.AppendJSON(b, v)
	}
}

// emit publishes a frame to a topic once tx has committed. It is made then, if
// anybody listens. Records in f are shown as they are now.
func (a *API) emit(tx *store.Tx, topic, kind string, f fields) error {
	return a.emitTo(tx, []string{topic}, kind, f)
}

// emitTo is emit to several topics.
func (a *API) emitTo(tx *store.Tx, topics []string, kind string, f fields) error {
	for name, v := range f {
		switch r := v.(type) {
		case *store.Message:
			named, err := tx.Named(r)
			if err != nil {
				return err
			}
			f[name] = named
		case *store.Attachment:
			f[name] = new(*r)
		}
	}
	return tx.AfterCommit(func() { a.hub.PublishAll(topics, func() []byte { return frame(kind, f) }) })
}

// emitToReaders publishes a frame to everyone who may see t, wherever in the
// page they are.
func (a *API) emitToReaders(tx *store.Tx, t *store.Thread, kind string, f fields) error {
	topics, err := a.readersOf(tx, t)
	if err != nil {
		return err
	}
	return a.emitTo(tx, topics, kind, f)
}

// readersOf returns the topics of everyone who may see t.
func (a *API) readersOf(tx *store.Tx, t *store.Thread) ([]string, error) {
	if t.IsPrivate {
		return []string{hub.UserTopic(t.UserID.String())}, nil
	}
	return a.audiences.of(tx, t.ProjectID)
}

// emitToMembers publishes a frame to every member of a project.
func (a *API) emitToMembers(tx *store.Tx, project store.ID, kind string, f fields) error {
	topics, err := a.audiences.of(tx, project)
	if err != nil {
		return err
	}
	return a.emitTo(tx, topics, kind, f)
}

// emitThread tells everyone who may see t that it changed, or is new.
func (a *API) emitThread(tx *store.Tx, kind string, t threadAccess) error {
	t.Thread = new(*t.Thread)
	topics, err := a.readersOf(tx, t.Thread)
	if err != nil {
		return err
	}
	told := &toldThread{api: a, thread: t}
	if a.hub.IsHeard(topics) { // it is made here: nothing is read once tx has committed
		if told.view, err = a.threadView(tx, t); err != nil {
			return err
		}
	}
	return a.emitTo(tx, topics, kind, fields{"thread": told})
}

// A toldThread is a thread as frames show it; it is written when somebody listens.
type toldThread struct {
	api    *API
	thread threadAccess
	view   *ThreadView // nil: nobody listened when the thread changed
}

// AppendJSON implements store.Appender.
func (t *toldThread) AppendJSON(dst []byte) ([]byte, error) {
	view := t.view
	if view == nil { // somebody began to listen in the same moment
		view = t.api.lastKnown(t.thread)
	}
	return view.AppendJSON(dst)
}

// emitMessage tells those who look at its thread that m has changed.
func (a *API) emitMessage(tx *store.Tx, m *store.Message) error {
	marked, err := tx.Summarized(m)
	if err != nil {
		return err
	}
	return a.emit(tx, hub.ThreadTopic(m.ThreadID.String()), "message_updated", fields{"message": marked})
}
