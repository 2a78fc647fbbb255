package store_test

import (
	"slices"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// TestLosses makes each change that takes a right from somebody, and some that take
// none.
func TestLosses(t *testing.T) {
	s := storetest.New(t)
	ann, ben := storetest.User(t, s, "ann"), storetest.User(t, s, "ben")
	p := storetest.Project(t, s, ann, "P")
	var got []store.Loss
	s.OnLoss(func(l store.Loss) { got = append(got, l) })
	member := func(role string) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			return tx.PutMember(&store.Member{ProjectID: p.ID, UserID: ben.ID, Role: role, CreatedAt: tx.Now})
		}
	}
	user := func(change func(*store.User)) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			u, err := tx.User(ben.ID)
			if err != nil {
				return err
			}
			change(u)
			return tx.PutUser(u)
		}
	}
	th := storetest.Thread(t, s, p, ann, "T")
	thread := func(change func(*store.Thread)) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			v, err := tx.Thread(th.ID)
			if err != nil {
				return err
			}
			change(v)
			return tx.PutThread(v)
		}
	}
	session := &store.Session{UserID: ben.ID, RefreshHash: []byte("x")}
	key := &store.APIKey{UserID: ben.ID, Name: "k", Hash: []byte("h"), Scopes: []string{store.ScopeRead, store.ScopeWrite}}
	storetest.Update(t, s, func(tx *store.Tx) (err error) {
		if session.ID, err = tx.NewID(); err == nil {
			key.ID, err = tx.NewID()
		}
		return err
	})
	for _, step := range []struct {
		name string
		do   func(*store.Tx) error
		want []store.Loss
	}{
		{"a new member", member(store.ProjectOwner), nil},
		{"the same again", member(store.ProjectOwner), nil},
		{"fewer rights", member(store.ProjectViewer), []store.Loss{{Project: p.ID, User: ben.ID}}},
		{"more rights", member(store.ProjectEditor), nil},
		{"no member", func(tx *store.Tx) error { return tx.DeleteMember(&store.Member{ProjectID: p.ID, UserID: ben.ID}) }, []store.Loss{{Project: p.ID, User: ben.ID}}},
		{"a new session", func(tx *store.Tx) error { return tx.PutSession(session) }, nil},
		{"its renewal", func(tx *store.Tx) error { return tx.PutSession(session) }, nil},
		{"its end", func(tx *store.Tx) error { return tx.DeleteSession(session) }, []store.Loss{{Session: session.ID}}},
		{"a new key", func(tx *store.Tx) error { return tx.PutAPIKey(key) }, nil},
		{"its end", func(tx *store.Tx) error { return tx.DeleteAPIKey(key) }, []store.Loss{{Key: key.ID}}},
		{"promoted", user(func(u *store.User) { u.Role = store.RoleAdmin }), nil},
		{"renamed", user(func(u *store.User) { u.Username = "benjamin" }), nil},
		{"demoted", user(func(u *store.User) { u.Role = store.RoleMember }), []store.Loss{{User: ben.ID}}},
		{"disabled", user(func(u *store.User) { u.IsDisabled = true }), []store.Loss{{User: ben.ID}}},
		{"enabled", user(func(u *store.User) { u.IsDisabled = false }), nil},
		{"renamed thread", thread(func(v *store.Thread) { v.Title = "U" }), nil},
		{"private", thread(func(v *store.Thread) { v.IsPrivate = true }), []store.Loss{{Thread: th.ID}}},
		{"public again", thread(func(v *store.Thread) { v.IsPrivate = false }), nil},
		{"no thread", func(tx *store.Tx) error { return tx.DeleteThread(th) }, []store.Loss{{Thread: th.ID}}},
		{"no project", func(tx *store.Tx) error { return tx.DeleteProject(p) }, []store.Loss{{Project: p.ID}}},
	} {
		got = nil
		storetest.Update(t, s, step.do)
		if !slices.Equal(got, step.want) {
			t.Errorf("%s: lost %v, want %v", step.name, got, step.want)
		}
	}
}

// TestWhatIsUndoneLosesNothing fails a transaction after it took something.
func TestWhatIsUndoneLosesNothing(t *testing.T) {
	s := storetest.New(t)
	ann := storetest.User(t, s, "ann")
	p := storetest.Project(t, s, ann, "P")
	s.OnLoss(func(l store.Loss) { t.Errorf("lost %v", l) })
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		if err := tx.DeleteProject(p); err != nil {
			return err
		}
		return store.Errorf(store.CodeConflict, "no")
	})
	if store.CodeOf(err) != store.CodeConflict {
		t.Errorf("got %v", err)
	}
	s.OnLoss(nil)
	storetest.Update(t, s, func(tx *store.Tx) error { return tx.DeleteProject(p) })
}
