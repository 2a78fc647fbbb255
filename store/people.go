package store

// People is a number that is another one once a user or a session that was there has
// changed or gone, before the Update that did it returns. Who remembers what they say
// asks for it before it reads them, and again before it believes what it remembers.
func (s *Store) People() uint64 { return s.people.Load() }

// peopleChanged notes that what is remembered of people may not be so any more.
func (tx *Tx) peopleChanged() error {
	return tx.AfterCommit(func() { tx.store.people.Add(1) })
}

func userMoved(tx *Tx, old, u *User) error {
	if old == nil || u != nil && u.Username == old.Username && u.Role == old.Role && u.IsDisabled == old.IsDisabled {
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
