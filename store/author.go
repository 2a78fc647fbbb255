package store

import (
	"bytes"
	"hash/maphash"

	"github.com/parley-app/parley/store/kv"
)

// An Author is a person as messages name them. It is no part of a stored message
// while the account exists: names are looked up when a message is shown, so a new
// name shows everywhere at once. Only what a deleted user wrote carries its author.
type Author struct {
	ID   ID     `json:"id"`
	Name string `json:"name" doc:"The display name"`
}

// A FormerUser is the name of a deleted user. It exists until every message that
// they wrote carries it.
type FormerUser struct {
	ID   ID     `json:"id"`
	Name string `json:"name"`
}

var formerUsers = &table[FormerUser]{
	space: "former_users", noun: "former user",
	key: func(f *FormerUser) []byte { return kv.IDs(f.ID) },
}

// Author returns the person with this user id: nil for no id, and for a user who was
// deleted and whose name is kept nowhere or cannot be read.
func (tx *Tx) Author(id ID) (*Author, error) {
	if id.IsZero() {
		return nil, nil
	}
	u, err := users.find(tx, kv.IDs(id))
	if err != nil {
		return nil, ignoreDamage(err)
	}
	if u != nil {
		return &Author{id, u.Name()}, nil
	}
	f, err := formerUsers.find(tx, kv.IDs(id))
	if err != nil || f == nil {
		return nil, ignoreDamage(err)
	}
	return &Author{id, f.Name}, nil
}

// Named returns a copy of m that names its author, if a person wrote it, and the
// person who stopped it, as they are called now.
func (tx *Tx) Named(m *Message) (*Message, error) {
	named := *m
	if m.IsUser && !m.UserID.IsZero() {
		author, err := tx.Author(m.UserID)
		if err != nil {
			return nil, err
		}
		named.Author = author
	}
	if m.StoppedBy != nil {
		now, err := tx.Author(m.StoppedBy.ID)
		if err != nil {
			return nil, err
		}
		if now != nil {
			named.StoppedBy = now
		}
	}
	return &named, nil
}

// Shown returns m as people see it: Named, with the summary that stands for it.
func (tx *Tx) Shown(m *Message) (*Message, error) {
	marked, err := tx.Summarized(m)
	if err != nil {
		return nil, err
	}
	return tx.Named(marked)
}

// keepAuthor makes m carry the name of its author, who was deleted.
func keepAuthor(tx *Tx, m *Message) (err error) {
	if m.IsUser {
		m.Author, err = tx.Author(m.UserID)
	}
	return err
}

// AppendMessages appends the messages of a page to dst, with commas between them, as
// Named would return them. It adds the names to sum, unless that is nil.
func (tx *Tx) AppendMessages(dst []byte, page []StoredMessage, sum *maphash.Hash) (_ []byte, err error) {
	names := names{tx: tx, sum: sum}
	for i, m := range page {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = names.appendMessage(dst, m); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// names finds the authors of a page.
type names struct {
	tx  *Tx
	sum *maphash.Hash
}

// author returns the JSON of the person whose id is text, or nil. It is shared, and
// not to be changed.
func (n *names) author(text []byte) (json []byte, err error) {
	if json = n.tx.store.authors.get(n.tx, text); json == nil {
		if json, err = n.read(text); err != nil {
			return nil, err
		}
		n.tx.store.authors.put(n.tx, text, json)
	}
	if n.sum != nil {
		_, _ = n.sum.Write(json)
	}
	return json, nil
}

func (n *names) read(text []byte) (json []byte, err error) {
	id, err := ParseID(string(text))
	if err != nil {
		return nil, err
	}
	a, err := n.tx.Author(id)
	if err != nil || a == nil {
		return nil, err
	}
	return AppendJSON(nil, a)
}

// Where the parts of a stored message are that name a person. AppendJSON writes ids
// and the names of fields with a constant length.
const (
	idLength  = 36
	userField = `,"user_id":`
	userAt    = len(`{"id":"`) + idLength + len(`","thread_id":"`) + idLength + len(`"`) + len(userField)
	afterUser = userAt + idLength + 2

	questionField = `,"is_user":true`
	stoppedField  = `,"stopped_by":`
	stoppedID     = stoppedField + `{"id":"`
	stoppedName   = `","name":`
)

// appendMessage appends m with the names that belong to it.
func (n *names) appendMessage(dst []byte, m StoredMessage) ([]byte, error) {
	if len(m) < afterUser || string(m[userAt-len(userField):userAt]) != userField {
		return n.appendDecoded(dst, m)
	}
	switch {
	case m[userAt] == '"' && bytes.HasPrefix(m[afterUser:], []byte(questionField)):
		author, err := n.author(m[userAt+1 : afterUser-1])
		if err != nil || author == nil {
			return append(dst, m...), err
		}
		dst = append(append(dst, m[:afterUser]...), `,"author":`...)
		return append(append(dst, author...), m[afterUser:]...), nil
	case bytes.HasPrefix(m[afterUser:], []byte(stoppedID)):
		return n.appendStopped(dst, m, afterUser)
	case bytes.HasPrefix(m[userAt:], []byte("null"+stoppedID)):
		return n.appendStopped(dst, m, userAt+len("null"))
	default:
		return append(dst, m...), nil
	}
}

// appendStopped appends an answer that a person stopped; stoppedField begins at at.
func (n *names) appendStopped(dst []byte, m StoredMessage, at int) ([]byte, error) {
	id := at + len(stoppedID)
	r := jsonReader{b: m, i: id + idLength}
	if len(m) < r.i || !r.word(stoppedName) {
		return n.appendDecoded(dst, m)
	}
	if _, ok := r.quoted(); !ok || !r.word("}") {
		return n.appendDecoded(dst, m)
	}
	now, err := n.author(m[id : id+idLength])
	if err != nil || now == nil {
		return append(dst, m...), err
	}
	dst = append(append(dst, m[:at]...), stoppedField...)
	return append(append(dst, now...), m[r.i:]...), nil
}

// appendDecoded appends a message that is not written as messages are today.
func (n *names) appendDecoded(dst []byte, s StoredMessage) ([]byte, error) {
	m, err := s.Decode()
	if err != nil {
		return append(dst, s...), nil //nolint:nilerr // as it is stored; Check names what is damaged
	}
	if m, err = n.tx.Named(m); err != nil {
		return dst, err
	}
	if n.sum != nil {
		for _, a := range []*Author{m.Author, m.StoppedBy} {
			if a != nil {
				_, _ = n.sum.WriteString(a.Name)
			}
		}
	}
	return AppendJSON(dst, m)
}
