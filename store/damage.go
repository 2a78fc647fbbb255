package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/parley-app/parley/store/kv"
)

// A damageError says that a stored value is not what was once written.
type damageError struct {
	space kv.Space
	key   []byte
	err   error
}

// Error implements the error interface.
func (e *damageError) Error() string { return fmt.Sprintf("store: %s %x: %v", e.space, e.key, e.err) }

// Unwrap implements the interface of package errors.
func (e *damageError) Unwrap() error { return e.err }

// finding returns the sentence of Check.
func (e *damageError) finding() string { return fmt.Sprintf("%s %x: %v", e.space, e.key, e.err) }

func corrupt(space kv.Space, key []byte, format string, args ...any) error {
	d := &damageError{space, slices.Clone(key), fmt.Errorf(format, args...)}
	return &Error{Code: CodeDamaged, Message: "the " + d.name() + " is damaged and cannot be shown; \"parley check\" says more", Err: d}
}

// name names the record in words for people.
func (e *damageError) name() string {
	noun := string(e.space)
	if t, ok := targets[e.space]; ok {
		noun = t.noun
	}
	if id, ok := lastID(e.key); ok {
		return noun + " " + id.String()
	}
	return noun
}

// lastID returns the id with which the key of a record ends.
func lastID(key []byte) (ID, bool) {
	if len(key) == 0 || len(key)%len(ID{}) != 0 {
		return ID{}, false
	}
	return ID(key[len(key)-len(ID{}):]), true
}

func isDamage(err error) bool {
	_, ok := errors.AsType[*damageError](err)
	return ok
}

// IsDamaged reports whether err says that a record is damaged.
func IsDamaged(err error) bool { return isDamage(err) }

// ignoreDamage returns err unless it says that a record is damaged.
func ignoreDamage(err error) error {
	if isDamage(err) {
		return nil
	}
	return err
}

// A damageLog remembers which records reads found damaged.
type damageLog struct {
	mu    sync.Mutex
	found map[string]*damageError
}

// maxDamageLog bounds the log; beyond it, the number of records is "at least".
const maxDamageLog = 1000

// met notes that a read found a damaged record, and logs the first time.
func (s *Store) met(err error) {
	d, ok := errors.AsType[*damageError](err)
	if !ok || s == nil {
		return
	}
	key := string(d.space) + "\x00" + string(d.key)
	s.damage.mu.Lock()
	known := s.damage.found[key] != nil || len(s.damage.found) >= maxDamageLog
	if !known {
		if s.damage.found == nil {
			s.damage.found = map[string]*damageError{}
		}
		s.damage.found[key] = d
	}
	s.damage.mu.Unlock()
	if !known {
		s.log.Error("a damaged record was read", "finding", d.finding())
	}
}

// Damage returns what is wrong with records that were read since the store was opened
// and are still damaged, one sentence each, in the form of Check.
func (s *Store) Damage(ctx context.Context) (findings []string, err error) {
	s.damage.mu.Lock()
	list := make([]*damageError, 0, len(s.damage.found))
	for _, d := range s.damage.found {
		list = append(list, d)
	}
	s.damage.mu.Unlock()
	err = s.View(ctx, func(tx *Tx) error {
		findings = nil
		for _, d := range list {
			v, err := tx.get1(d.space, d.key)
			if err != nil {
				return err
			}
			if v == nil {
				s.healed(d)
				continue
			}
			if _, _, err := open(d.key, v); err == nil && errors.Is(d, errChecksum) {
				s.healed(d)
				continue
			}
			findings = append(findings, d.finding())
		}
		return nil
	})
	slices.Sort(findings)
	return findings, err
}

func (s *Store) healed(d *damageError) {
	s.damage.mu.Lock()
	delete(s.damage.found, string(d.space)+"\x00"+string(d.key))
	s.damage.mu.Unlock()
}

// listed reads one record of a list. One that is damaged must not keep the others from
// being read: it is nil, or what the table shows in its place.
func (t *table[T]) listed(tx *Tx, key, v []byte, decode func(key, v []byte) (*T, error)) (*T, error) {
	r, err := decode(key, v)
	if !isDamage(err) {
		return r, err
	}
	tx.store.met(err)
	if t.damaged == nil {
		return nil, nil
	}
	return t.damaged(key), nil
}

// DamagedText is what is shown in place of a message that is damaged.
const DamagedText = "This message is damaged and can't be shown"

// DamagedSummaryText is what is shown in place of a summary that is damaged.
const DamagedSummaryText = "This summary is damaged and can't be shown"

// IsDamaged reports whether m stands for a message that is damaged.
func (m *Message) IsDamaged() bool { return m.Error != nil && m.Error.Code == CodeDamaged }

// damagedMessage stands for the message of a key in the list of its thread.
func damagedMessage(key []byte) (StoredMessage, error) {
	m := Message{
		Status: StatusFailed, Alternatives: []ID{}, Attachments: []Attachment{},
		Error: &MessageError{Code: CodeDamaged, Message: DamagedText},
	}
	if len(key) == 2*len(ID{}) {
		m.ThreadID, m.ID = ID(key[:16]), ID(key[16:])
		m.CreatedAt = m.ID.madeAt()
	}
	b, err := AppendJSON(nil, &m)
	return StoredMessage(b), err
}

// madeAt returns the time in an id of NewID.
func (id ID) madeAt() Time {
	return TimeOf(time.UnixMilli(int64(binary.BigEndian.Uint64(append([]byte{0, 0}, id[:6]...)))))
}

// What lists show in place of records that are damaged. They are told by a mark in a
// field whose text no stored record has, and are never stored.
const damagedMark = "\x00damaged"

// IsDamaged reports whether t stands for a thread that is damaged.
func (t *Thread) IsDamaged() bool { return t.TitleFrom == damagedMark }

// IsDamaged reports whether u stands for a user whose record is damaged.
func (u *User) IsDamaged() bool { return u.PasswordHash == damagedMark }

// IsDamaged reports whether s stands for a summary that is damaged.
func (s *Summary) IsDamaged() bool { return s.ModelUsed == damagedMark }

// IsDamaged reports whether p stands for a project that is damaged.
func (p *Project) IsDamaged() bool { return p.TemplateID == damagedMark }

func damagedThread(key []byte) *Thread {
	t := &Thread{TitleFrom: damagedMark, Title: "Damaged chat"}
	if id, ok := lastID(key); ok {
		t.ID, t.CreatedAt = id, id.madeAt()
		t.UpdatedAt, t.LastActivityAt = t.CreatedAt, t.CreatedAt
	}
	return t
}

func damagedUser(key []byte) *User {
	u := &User{PasswordHash: damagedMark, IsDisabled: true, Role: RoleMember}
	if id, ok := lastID(key); ok {
		u.ID, u.CreatedAt, u.UpdatedAt = id, id.madeAt(), id.madeAt()
	}
	return u
}

func damagedSummary(key []byte) *Summary {
	s := &Summary{ModelUsed: damagedMark, SummaryText: DamagedSummaryText, KeyTopics: []string{}}
	if id, ok := lastID(key); ok {
		s.ID, s.CreatedAt = id, id.madeAt()
	}
	return s
}

// DamagedProject stands for a project that is damaged.
func DamagedProject(id ID) *Project {
	return &Project{ID: id, TemplateID: damagedMark, Name: "Damaged project", Color: "slate", Tags: []string{}, CreatedAt: id.madeAt(), UpdatedAt: id.madeAt()}
}

// DamagedUser stands for a user whose record is damaged.
func DamagedUser(id ID) *User {
	u := damagedUser(kv.Key(id))
	u.Username = "damaged account"
	return u
}
