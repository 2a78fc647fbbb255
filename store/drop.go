package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parley-app/parley/store/kv"
)

// DropDamaged removes every record that is damaged, and returns one sentence for each:
// what it was and what can still be read of it. A user, a project and a thread hold
// what others need to be read: they are written anew from their index entries and what
// can be read of them. An audit entry gets one in its place that says that it is lost, so
// that the chain goes on. Nobody else may use the store meanwhile; Repair and Reap come
// afterwards.
func (s *Store) DropDamaged(ctx context.Context) (done []string, err error) {
	r := &repairer{ctx: InReserve(ctx), store: s}
	for _, c := range checkers {
		if err := c.drop(r); err != nil {
			return r.done, err
		}
	}
	return r.done, nil
}

// drop does it for one table.
func (t *table[T]) drop(r *repairer) error {
	var keys [][]byte
	err := r.each(t.space, func(_ *Tx, e kv.Entry) error {
		if _, err := t.decode(e.Key, e.Value); isDamage(err) {
			keys = append(keys, bytes.Clone(e.Key))
		}
		return nil
	})
	for _, key := range keys {
		if err != nil {
			return err
		}
		said := len(r.done)
		err = r.store.Update(r.ctx, func(tx *Tx) error {
			r.done = r.done[:said] // it may run more than once
			v, err := tx.get1(t.space, key)
			if err != nil || v == nil {
				return err
			}
			if _, err := t.decode(key, v); !isDamage(err) {
				return err
			}
			return t.dropOne(tx, r, key, bytes.Clone(v))
		})
	}
	return err
}

func (t *table[T]) dropOne(tx *Tx, r *repairer, key, v []byte) error {
	what := t.noun
	if id, ok := lastID(key); ok {
		what += " " + id.String()
	} else {
		what += fmt.Sprintf(" %x", key)
	}
	if t.space == messages.space && len(key) == 2*len(ID{}) {
		what += " of thread " + ID(key[:16]).String()
	}
	text := readable(v)
	if t.recover == nil {
		r.say("%s: damaged, and removed; it said: %s", what, text)
		return t.forget(tx, key)
	}
	record, err := t.recover(tx, key, t.lenient(key, v))
	if err != nil {
		return err
	}
	if record == nil {
		r.say("%s: damaged, and left as it is: nothing tells what it belonged to", what)
		return nil
	}
	fresh, err := encode(key, 0, record)
	if err != nil {
		return err
	}
	r.say("%s: damaged, and written anew from what could be read; it said: %s", what, text)
	return tx.kv.Put(t.space, key, fresh)
}

// forget removes the record of a key that cannot be read, and notes what hangs from it.
// Its index entries are those of no record now, which Repair removes.
func (t *table[T]) forget(tx *Tx, key []byte) error {
	tx.dropped(t.space)
	if err := tx.kv.Delete(t.space, key); err != nil || t.id == nil || len(referrers[t.space]) == 0 {
		return err
	}
	id, ok := lastID(key)
	if !ok {
		return nil
	}
	return tx.kv.Put(doomedSpace, doomedKey(t.space, id), []byte{})
}

// lenient reads a damaged value as far as it is JSON of its table and of its key; else
// it returns nil.
func (t *table[T]) lenient(key, v []byte) *T {
	r := new(T)
	if len(v) < valueHead || json.Unmarshal(v[valueHead:], r) != nil || !bytes.Equal(t.key(r), key) {
		return nil
	}
	return r
}

// maxReadable is the most that is quoted of a damaged record, in bytes.
const maxReadable = 2000

// secrets are the names of fields that nobody is told.
var secrets = []string{"password_hash", "refresh_hash", "exchange_hash", "refresh_salt", "hash", "private", "key", "token", "secret"}

// readable returns what can be read of a damaged value: its JSON, without secrets, or
// the text in it.
func readable(v []byte) string {
	if len(v) < valueHead {
		return "nothing can be read"
	}
	fields := map[string]json.RawMessage{}
	if json.Unmarshal(v[valueHead:], &fields) == nil {
		for _, name := range secrets {
			delete(fields, name)
		}
		delete(fields, "content_html") // says the same as content
		if b, err := json.Marshal(fields); err == nil {
			v = append(make([]byte, valueHead), b...)
		}
	} else if hasSecret(v) {
		return "nothing that may be shown"
	}
	text := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return '·'
		}
		return r
	}, string(v[valueHead:]))
	if len(text) > maxReadable {
		text = Head(text, maxReadable) + "…"
	}
	if text == "" {
		return "nothing can be read"
	}
	return text
}

func hasSecret(v []byte) bool {
	for _, name := range secrets {
		if bytes.Contains(v, []byte(name+`"`)) {
			return true
		}
	}
	return false
}

// What records that others need are written anew as. What decides who may see
// something comes from the indexes, or is the least that it can be.

// entryOf returns the entry of an index that names the record of key, nil if none does.
func (t *table[T]) entryOf(tx *Tx, name string, key []byte) (entry []byte, err error) {
	err = kv.Walk(tx.kv, t.index(name).space, kv.Range{}, func(e kv.Entry) error {
		if bytes.Equal(e.Value, key) {
			entry = bytes.Clone(e.Key)
			return kv.Stop
		}
		return nil
	})
	return entry, err
}

func recoverThread(tx *Tx, key []byte, read *Thread) (*Thread, error) {
	scope, err := threads.entryOf(tx, "activity", key)
	if err != nil || len(scope) < 2*len(ID{})+1 {
		return nil, err
	}
	title, err := threads.entryOf(tx, "title", key)
	if err != nil {
		return nil, err
	}
	t := damagedThread(key)
	t.Title, t.TitleFrom = "", TitleFromPerson
	if read != nil {
		t = read
	} else if len(title) > 2*len(ID{})+1+len(key) {
		t.Title = string(bytes.TrimSuffix(title[2*len(ID{})+1:len(title)-len(key)], []byte{0, 1}))
	}
	archived := t.ArchivedAt
	t.IsPrivate, t.ArchivedAt = false, Time{}
	user := t.UserID
	t.place(scope[:2*len(ID{})+1])
	if !t.IsPrivate {
		t.UserID = user
		if there, err := users.has(tx, user); err != nil || !there {
			t.UserID = ID{}
		}
	}
	if t.IsArchived() && !archived.IsZero() {
		t.ArchivedAt = archived
	}
	if t.CreatedAt.IsZero() {
		t.CreatedAt = t.ID.madeAt()
	}
	if t.Title == "" {
		t.Title = "Recovered chat"
	}
	return t, nil
}

func recoverProject(tx *Tx, key []byte, read *Project) (*Project, error) {
	p := read
	if p == nil {
		p = DamagedProject(ID(key))
		p.TemplateID, p.Name = "", "Recovered project"
	}
	owner, err := projects.entryOf(tx, "user", key)
	if err != nil {
		return nil, err
	}
	if p.UserID = (ID{}); len(owner) == 2*len(ID{}) {
		p.UserID = ID(owner[:16])
	}
	return p, nil
}

func recoverUser(tx *Tx, key []byte, read *User) (*User, error) {
	name, err := users.entryOf(tx, "username", key)
	if err != nil {
		return nil, err
	}
	email, err := users.entryOf(tx, "email", key)
	if err != nil {
		return nil, err
	}
	u := read
	if u == nil { // nobody knows whether they might sign in: an administrator does
		u = damagedUser(key)
		u.PasswordHash = "!"
	}
	// A name is changed only where it says something else than the index does.
	is := func(text *string, entry []byte) {
		if entry != nil && !bytes.Equal(loginKey(*text), entry) {
			*text = string(bytes.TrimSuffix(entry, []byte{0, 1}))
		}
	}
	is(&u.Username, name)
	is(&u.Email, email)
	if u.Role != RoleAdmin {
		u.Role = RoleMember
	}
	if u.Username == "" {
		return nil, nil
	}
	return u, nil
}
