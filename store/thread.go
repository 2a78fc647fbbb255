package store

import (
	"strings"

	"github.com/parley-app/parley/store/kv"
)

// Where a thread's title came from; a better source replaces a worse one.
const (
	TitleFromNobody = ""
	TitleFromWords  = "words" // the first words of the first message
	TitleFromModel  = "model"
	TitleFromPerson = "person" // never replaced by the program
)

// A Thread is one conversation in a project.
type Thread struct {
	ID             ID           `json:"id"`
	ProjectID      ID           `json:"project_id"`
	UserID         ID           `json:"user_id"` // who made it
	Title          string       `json:"title"`
	TitleFrom      string       `json:"title_from,omitempty"`
	IsPrivate      bool         `json:"is_private"` // seen by who made it alone
	ArchivedAt     Time         `json:"archived_at"`
	RowCount       int          `json:"row_count"`     // messages, the deleted ones included
	MessageCount   int          `json:"message_count"` // messages, without the deleted
	TotalTokens    int          `json:"total_tokens"`  // of the messages counted above
	SummaryCount   int          `json:"summary_count"`
	LastSummaryAt  Time         `json:"last_summary_at"`
	SavedTokens    int          `json:"saved_tokens,omitempty"` // that the newest summary spares the model
	Rewrites       int          `json:"rewrites,omitempty"`     // how often messages were edited or deleted, see Rewritten
	LastMessage    *LastMessage `json:"last_message"`
	CreatedAt      Time         `json:"created_at"`
	UpdatedAt      Time         `json:"updated_at"`
	LastActivityAt Time         `json:"last_activity_at"` // of the newest message; before the first, of the thread
}

// A LastMessage is what a list of threads shows of the newest message.
type LastMessage struct {
	ID        ID     `json:"id"`
	Content   string `json:"content"` // the beginning of its source; a view shows it as plain text
	IsUser    bool   `json:"is_user"`
	CreatedAt Time   `json:"created_at"`
}

// IsArchived says whether the thread is read-only.
func (t *Thread) IsArchived() bool { return !t.ArchivedAt.IsZero() }

// audience is who may see the thread: the whole project (zero) or one user.
func (t *Thread) audience() ID {
	switch {
	case !t.IsPrivate:
		return ID{}
	case t.UserID.IsZero():
		return t.ID // its only reader is gone: nobody
	default:
		return t.UserID
	}
}

// scope is the head of every index of threads: those entries that stand under
// one scope are seen by the same people in the same lists.
func (t *Thread) scope() []byte { return kv.Append(kv.IDs(t.ProjectID, t.audience()), t.IsArchived()) }

// threadOrder makes the index for one order that lists offer.
func threadOrder(name string, by func(*Thread) any) index[Thread] {
	return index[Thread]{
		name:  name,
		key:   func(t *Thread) []byte { return kv.Append(t.scope(), by(t)) },
		group: (*Thread).scope,
	}
}

var threads = &table[Thread]{
	decoded: &cache[Thread]{},
	space:   "threads", noun: "thread", damaged: damagedThread,
	key:  func(t *Thread) []byte { return kv.IDs(t.ID) },
	loss: threadLoss,
	id:   func(t *Thread) ID { return t.ID },
	indexes: []index[Thread]{
		threadOrder("activity", func(t *Thread) any { return t.LastActivityAt.Time }),
		threadOrder("created", func(t *Thread) any { return t.CreatedAt.Time }),
		threadOrder("updated", func(t *Thread) any { return t.UpdatedAt.Time }),
		threadOrder("title", func(t *Thread) any { return titleKey(t.Title) }),
		{name: "user", key: func(t *Thread) []byte { return idKey(t.UserID) }},
	},
	refs: []reference[Thread]{
		{name: "project_id", to: "projects", id: func(t *Thread) ID { return t.ProjectID }, then: cascade, index: "activity"},
		{name: "user_id", to: "users", id: func(t *Thread) ID { return t.UserID }, then: setNull, clear: func(t *Thread) { t.UserID = ID{} }, index: "user"},
	},
}

// titleKey sorts titles as people read them; 200 characters of four bytes fit a
// key with room to spare.
func titleKey(s string) string { return strings.ToLower(s) }

// Thread returns the thread with id, or not_found.
func (tx *Tx) Thread(id ID) (*Thread, error) { return threads.get(tx, kv.IDs(id)) }

// CreateThread writes a new thread with its first messages, which are new too, all
// with ids of NewID, and counts it in its project.
func (tx *Tx) CreateThread(t *Thread, first ...*Message) error {
	for _, m := range first {
		t.add(m)
	}
	if err := threads.replace(tx, nil, t); err != nil {
		return err
	}
	for _, m := range first {
		if err := messages.replace(tx, nil, m); err != nil {
			return err
		}
	}
	return tx.updateProject(t.ProjectID, func(p *Project) error {
		p.ThreadCount++
		if last := at(t.LastMessage); last.After(p.LastChatAt.Time) {
			p.LastChatAt = last
		}
		return nil
	})
}

// PutThread writes a thread that is there.
func (tx *Tx) PutThread(t *Thread) error { return threads.put(tx, t) }

// DeleteThread removes t and hides its messages at once; ReapSome then takes
// them down.
func (tx *Tx) DeleteThread(t *Thread) error {
	if err := threads.destroy(tx, t); err != nil {
		return err
	}
	return tx.updateProject(t.ProjectID, func(p *Project) error {
		p.ThreadCount--
		return tx.setLastChat(p)
	})
}

// updateProject changes what a project says of its threads. A project that is
// being taken down says nothing any more.
func (tx *Tx) updateProject(id ID, change func(*Project) error) error {
	p, err := projects.find(tx, kv.IDs(id))
	if err != nil || p == nil {
		return ignoreDamage(err)
	}
	if err := change(p); err != nil {
		return err
	}
	return projects.put(tx, p)
}

// setLastChat sets last_chat_at to the time of the newest message there is. It
// looks at the newest threads of each scope alone, from the last scope to the
// first: a step back for every scope, however many threads it has.
func (tx *Tx) setLastChat(p *Project) error {
	p.LastChatAt = Time{}
	all := kv.Prefix(kv.Key(p.ID))
	all.Reverse, all.Limit = true, 1
	for {
		t, entry, err := tx.lastByActivity(all)
		if err != nil || t == nil {
			return err
		}
		if t.LastMessage == nil { // made, and never chatted in, or damaged: it says nothing of its scope
			all.To = entry
			continue
		}
		if t.LastMessage.CreatedAt.After(p.LastChatAt.Time) {
			p.LastChatAt = t.LastMessage.CreatedAt
		}
		all.To = t.scope()
	}
}

func (tx *Tx) lastByActivity(r kv.Range) (t *Thread, entry []byte, err error) {
	page, err := tx.kv.Scan(threads.index("activity").space, r)
	if err != nil || len(page) == 0 {
		return nil, nil, err
	}
	t, err = threads.get(tx, page[0].Value)
	if isDamage(err) {
		t, err = damagedThread(page[0].Value), nil
	}
	return t, page[0].Key, err
}
