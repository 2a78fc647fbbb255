package store

import "github.com/parley-app/parley/store/kv"

// People is a number that is another one once a user or a session that was there has
// changed or gone, before the Update that did it returns. Who remembers what they say
// asks for it before it reads them, and again before it believes what it remembers.
func (s *Store) People() uint64 { return s.people.Load() }

// peopleChanged notes that what is remembered of people may not be so any more.
func (tx *Tx) peopleChanged() error {
	return tx.AfterCommit(func() { tx.store.people.Add(1) })
}

func userMoved(tx *Tx, old, u *User) error {
	if old == nil || u != nil && u.Username == old.Username && u.DisplayName == old.DisplayName && u.Role == old.Role && u.IsDisabled == old.IsDisabled {
		return nil
	}
	return tx.peopleChanged()
}

func sessionMoved(tx *Tx, old, s *Session) error {
	if old == nil || s != nil && s.UserID == old.UserID {
		return nil
	}
	return tx.peopleChanged()
}

// Members is a number that is another one once who is in which project has changed.
// It is for Updates, in which nobody else changes that: what is read of it after this
// number was, holds as long as the number does.
func (tx *Tx) Members() uint64 { return tx.store.members.Load() }

// membersMoved counts the change, and once more when the transaction ends: it may
// have been undone.
func (tx *Tx) membersMoved() {
	tx.moved = true
	tx.store.members.Add(1)
}

// memberMoved is membersMoved, unless the role alone changes.
func (tx *Tx) memberMoved(old, m *Member) error {
	if old == nil || m == nil {
		tx.membersMoved()
	}
	return nil
}

// change runs fn in an Update.
func (s *Store) change(t kv.Tx, fn func(*Tx) error) error {
	tx := s.tx(t)
	tx.proven = new(proof)
	defer func() {
		if tx.moved {
			s.members.Add(1)
		}
	}()
	return fn(tx)
}
