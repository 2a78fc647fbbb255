package store

// A Loss is a right that a transaction took from somebody, whoever asked for
// it and by whichever way: a verb, a reference that follows another record, or
// a command. What is not zero says what was lost:
//
//	Session            the session has ended
//	Key                the API key is void
//	User               the user is deleted, disabled or no administrator any more
//	Project            the project is deleted
//	Project and User   the user is no member of the project any more, or may do less in it
//	Thread             the thread is deleted, or seen by its creator alone from now on
type Loss struct {
	Session, Key, User, Project, Thread ID
}

// OnLoss has fn hear of every loss from now on, once it is durable, in the order
// of commits. fn must be quick and must not open a transaction. It replaces the
// one before; nil is none.
func (s *Store) OnLoss(fn func(Loss)) {
	if fn == nil {
		fn = func(Loss) {}
	}
	s.onLoss.Store(&fn)
}

// lose notes what a change from old to r, nil for none, takes from somebody.
func (t *table[T]) lose(tx *Tx, old, r *T) error {
	if t.loss == nil || old == nil {
		return nil
	}
	l := t.loss(old, r)
	if l == (Loss{}) {
		return nil
	}
	return tx.AfterCommit(func() {
		if fn := tx.store.onLoss.Load(); fn != nil {
			(*fn)(l)
		}
	})
}

func sessionLoss(old, s *Session) (l Loss) {
	if s == nil {
		l.Session = old.ID
	}
	return l
}

func apiKeyLoss(old, k *APIKey) (l Loss) {
	if k == nil || len(k.Scopes) < len(old.Scopes) {
		l.Key = old.ID
	}
	return l
}

func userLoss(old, u *User) (l Loss) {
	if u == nil || u.IsDisabled && !old.IsDisabled || old.Role == RoleAdmin && u.Role != RoleAdmin {
		l.User = old.ID
	}
	return l
}

func projectLoss(old, p *Project) (l Loss) {
	if p == nil {
		l.Project = old.ID
	}
	return l
}

// projectRank orders the roles of a project.
var projectRank = map[string]int{ProjectViewer: 1, ProjectEditor: 2, ProjectOwner: 3}

func memberLoss(old, m *Member) (l Loss) {
	if m == nil || projectRank[m.Role] < projectRank[old.Role] {
		l.Project, l.User = old.ProjectID, old.UserID
	}
	return l
}

func threadLoss(old, t *Thread) (l Loss) {
	if t == nil || t.IsPrivate && !old.IsPrivate || t.ProjectID != old.ProjectID {
		l.Thread = old.ID
	}
	return l
}
