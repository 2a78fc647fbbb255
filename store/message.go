package store

import (
	"encoding/json"

	"github.com/parley-app/parley/store/kv"
)

// States of a message. A person's is complete, or queued.
const (
	StatusComplete    = "complete"
	StatusQueued      = "queued" // a question that waits for the answers before it
	StatusStreaming   = "streaming"
	StatusStopped     = "stopped"     // by a person
	StatusInterrupted = "interrupted" // by a crash or restart
	StatusFailed      = "failed"      // by the model server
)

// A Message is one turn of a person or of the model. It is stored as the wire
// shows it, so that a page of messages is spliced from stored bytes.
type Message struct {
	ID           ID            `json:"id"`
	ThreadID     ID            `json:"thread_id"`
	UserID       ID            `json:"user_id" nullable:"true"` // who wrote or asked; null once their account is deleted
	Author       *Author       `json:"author,omitempty" doc:"The person who wrote it, also if their account is deleted; not of answers"`
	StoppedBy    *Author       `json:"stopped_by,omitempty" doc:"The person who stopped this answer"`
	IsUser       bool          `json:"is_user"`
	Content      string        `json:"content"`
	ContentHTML  string        `json:"content_html"`           // sanitised; "" for very long ones
	Reasoning    string        `json:"reasoning,omitempty"`    // what the model wrote before its answer
	ReasoningMS  int           `json:"reasoning_ms,omitempty"` // for how long, in milliseconds
	Status       string        `json:"status" enum:"complete,queued,streaming,stopped,interrupted,failed"`
	ParentID     ID            `json:"parent_id" nullable:"true"` // of an answer: the message it answers
	Alternatives []ID          `json:"alternatives"`
	Attachments  []Attachment  `json:"attachments"`
	TokenCount   int           `json:"token_count"`
	ModelUsed    string        `json:"model_used"`
	FinishReason string        `json:"finish_reason"`
	Error        *MessageError `json:"error,omitempty"`
	// Of an answer: what the model did not read, although it was expected to.
	ContextWarning *ContextWarning `json:"context_warning"`
	IsEdited       bool            `json:"is_edited"`
	EditedAt       Time            `json:"edited_at" nullable:"true"`
	EditCount      int             `json:"edit_count"`
	IsDeleted      bool            `json:"is_deleted"`
	DeletedAt      Time            `json:"deleted_at" nullable:"true"`
	IsSummarized   bool            `json:"is_summarized"`
	SummaryID      ID              `json:"summary_id" nullable:"true"`
	CreatedAt      Time            `json:"created_at"`
}

// Kinds of a ContextWarning.
const (
	WarningTruncated     = "truncated_by_server" // the model server read less than it was sent
	WarningAttachmentCut = "attachment_cut"      // a file was not sent whole
)

// A ContextWarning is what a model did not read before it answered. Tokens are
// estimates where the server does not count them.
type ContextWarning struct {
	Kind         string `json:"kind" enum:"truncated_by_server,attachment_cut"`
	AttachmentID ID     `json:"attachment_id,omitzero" doc:"The file that was cut"`
	SentTokens   int    `json:"sent_tokens" doc:"What the server was sent, or was sent of the file"`
	ReadTokens   int    `json:"read_tokens,omitempty" doc:"What the server says that the model read"`
	AllTokens    int    `json:"all_tokens,omitempty" doc:"Of the whole file"`
}

// A MessageError says why an answer failed, in a code and in a sentence.
type MessageError struct {
	Code       Code   `json:"code"`
	Message    string `json:"message"`
	RetryAfter int    `json:"retry_after,omitempty"` // seconds, if the model server said
}

// Messages of a thread lie side by side, so a page of them is one range scan
// whatever the size of the store.
var messages = &table[Message]{
	space: "messages", noun: "message",
	key:  messageKey,
	id:   func(m *Message) ID { return m.ID },
	byID: "id",
	flags: func(m *Message) byte {
		if m.IsDeleted {
			return flagHidden
		}
		return 0
	},
	indexes: []index[Message]{
		{name: "id", unique: true, key: func(m *Message) []byte { return kv.IDs(m.ID) }},
		{name: "streaming", key: func(m *Message) []byte {
			if m.Status != StatusStreaming {
				return nil
			}
			return kv.Key(m.ID)
		}},
	},
	refs: []reference[Message]{
		{name: "thread_id", to: "threads", id: func(m *Message) ID { return m.ThreadID }, then: cascade},
		{name: "user_id", to: "users", id: func(m *Message) ID { return m.UserID }, then: setNull, keep: keepAuthor, clear: func(m *Message) { m.UserID = ID{} }, swept: true},
	},
}

func messageKey(m *Message) []byte { return kv.IDs(m.ThreadID, m.ID) }

// Message returns the message with id, or not_found.
func (tx *Tx) Message(id ID) (*Message, error) {
	m, err := messages.by(tx, "id", kv.Key(id))
	if err == nil && m == nil {
		err = notFound(messages.noun)
	}
	return m, err
}

// ThreadOfMessage returns the thread of the message with id, also of one that is damaged;
// zero if it is not there.
func (tx *Tx) ThreadOfMessage(id ID) (ID, error) {
	key, err := tx.get1(messages.index("id").space, kv.Key(id))
	if err != nil || len(key) != 2*len(ID{}) {
		return ID{}, err
	}
	return ID(key[:16]), nil
}

// StreamingMessages returns the answers that are being written, at most
// kv.MaxPage: after a start, those that a crash cut off.
func (tx *Tx) StreamingMessages() ([]*Message, error) {
	return messages.list(tx, "streaming", nil, false)
}

// SaveMessage writes m and keeps the counters of its thread t and of the
// project in step. The caller holds t as this transaction read it, and t is
// written too.
func (tx *Tx) SaveMessage(t *Thread, m *Message) error {
	old, err := messages.find(tx, messageKey(m))
	if err != nil {
		return err
	}
	t.account(old, -1)
	t.account(m, +1)
	if old == nil {
		t.RowCount++
	}
	if err := messages.replace(tx, old, m); err != nil {
		return err
	}
	before := t.LastMessage
	if err := tx.refreshLast(t, m); err != nil {
		return err
	}
	t.setLastActivity()
	if err := threads.put(tx, t); err != nil {
		return err
	}
	return tx.chatted(t, before)
}

// AddMessages is SaveMessage for messages that are new, with ids of NewID: the
// thread and the project are written once for all of them.
func (tx *Tx) AddMessages(t *Thread, list ...*Message) error {
	before := t.LastMessage
	for _, m := range list {
		if err := messages.replace(tx, nil, m); err != nil {
			return err
		}
		t.add(m)
	}
	if err := threads.put(tx, t); err != nil {
		return err
	}
	return tx.chatted(t, before)
}

// add has t say that it has one message more.
func (t *Thread) add(m *Message) {
	t.account(m, +1)
	t.RowCount++
	if m.isNewestSaid(t.LastMessage) {
		t.LastMessage = lastMessage(m)
	}
	t.setLastActivity()
}

func (t *Thread) setLastActivity() {
	if t.LastActivityAt = at(t.LastMessage); t.LastMessage == nil {
		t.LastActivityAt = t.CreatedAt
	}
}

// chatted keeps the project's last_chat_at, given that t had another last
// message before. A newer one is the newest of all, almost always, unless others chat
// at the same time.
func (tx *Tx) chatted(t *Thread, before *LastMessage) error {
	was, is := at(before), at(t.LastMessage)
	if was == is {
		return nil
	}
	p, err := projects.find(tx, kv.IDs(t.ProjectID))
	switch {
	case err != nil || p == nil: // it is damaged, or being taken down, and says nothing any more
		return ignoreDamage(err)
	case is.After(p.LastChatAt.Time):
		p.LastChatAt = is
	case is.After(was.Time): // what was the newest of all still is
		return nil
	default:
		if err := tx.setLastChat(p); err != nil {
			return err
		}
	}
	return projects.put(tx, p)
}

func at(m *LastMessage) Time {
	if m == nil {
		return Time{}
	}
	return m.CreatedAt
}

// PutDraft writes an answer that is still being written: nothing that is counted
// has changed.
func (tx *Tx) PutDraft(m *Message) error { return messages.put(tx, m) }

func (t *Thread) account(m *Message, by int) {
	if m == nil || m.IsDeleted {
		return
	}
	t.MessageCount += by
	t.TotalTokens += by * m.TokenCount
}

// refreshLast keeps what lists show of the newest message, given that m was
// just written.
func (tx *Tx) refreshLast(t *Thread, m *Message) (err error) {
	switch last := t.LastMessage; {
	case m.isNewestSaid(last):
		t.LastMessage = lastMessage(m)
	case !m.isSaid() && last != nil && last.ID == m.ID:
		m, err = tx.newestSaid(t.ID)
		t.LastMessage = lastMessage(m)
	}
	return err
}

// isNewestSaid says whether lists show m rather than last, which they have shown so far.
func (m *Message) isNewestSaid(last *LastMessage) bool {
	return m.isSaid() && (last == nil || m.ID.Compare(last.ID) >= 0)
}

// isSaid says whether lists show m as the last message of its thread: not one
// that is deleted, has no words, or is still being written.
func (m *Message) isSaid() bool {
	return !m.IsDeleted && m.Content != "" && m.Status != StatusStreaming
}

// newestSaid returns the newest message that is said, or nil.
func (tx *Tx) newestSaid(thread ID) (newest *Message, err error) {
	r := kv.Prefix(kv.Key(thread))
	r.Reverse = true
	err = walkPages(tx.kv, messages.space, r, 2, func(e kv.Entry) error {
		m, err := messages.decode(e.Key, e.Value)
		if err == nil && m.isSaid() {
			newest, err = m, kv.Stop
		}
		return ignoreDamage(err)
	})
	return newest, err
}

func lastMessage(m *Message) *LastMessage {
	if m == nil {
		return nil
	}
	return &LastMessage{ID: m.ID, Content: Head(m.Content, maxPreview), IsUser: m.IsUser, CreatedAt: m.CreatedAt}
}

// A StoredMessage is a message as its stored JSON. Like all that a snapshot lends it
// lasts no longer than that; see kv.Tx.
type StoredMessage json.RawMessage

// Decode reads the message.
func (s StoredMessage) Decode() (*Message, error) {
	m := new(Message)
	return m, decodeJSON(s, m)
}

// MarshalJSON returns the stored bytes.
func (s StoredMessage) MarshalJSON() ([]byte, error) { return s, nil }
