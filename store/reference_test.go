package store_test

import (
	"fmt"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// reap takes down everything that is doomed and says in how many steps.
func reap(t *testing.T, s *store.Store) (steps int) {
	t.Helper()
	for more := true; more; steps++ {
		storetest.Update(t, s, func(tx *store.Tx) (err error) {
			more, err = tx.ReapSome()
			return err
		})
		if findings, err := s.Check(t.Context()); err != nil || len(findings) > 0 {
			t.Fatalf("check after step %d: %v %v", steps, findings, err)
		}
	}
	return steps
}

func gone(t *testing.T, s *store.Store, what string, get func(*store.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), get); store.CodeOf(err) != store.CodeNotFound {
		t.Errorf("%s: got %v, want not_found", what, err)
	}
}

func TestDeletingAProjectTakesAllThatHangsFromIt(t *testing.T) {
	s, ann, p, th := world(t)
	kept := storetest.Message(t, s, storetest.Thread(t, s, storetest.Project(t, s, ann, "Stays"), ann, "t").ID, ann, "kept")
	var last *store.Message
	for i := range 120 {
		last = storetest.Message(t, s, th.ID, ann, fmt.Sprint(i))
	}
	storetest.Update(t, s, func(tx *store.Tx) error {
		if err := tx.AddVersion(&store.Version{MessageID: last.ID, Number: 1, Content: "before"}); err != nil {
			return err
		}
		p, err := tx.Project(p.ID)
		if err != nil {
			return err
		}
		return tx.DeleteProject(p)
	})
	gone(t, s, "the project, at once", func(tx *store.Tx) error { _, err := tx.Project(p.ID); return err })
	if steps := reap(t, s); steps < 4 {
		t.Errorf("taken down in %d steps: they are not bounded", steps)
	}
	gone(t, s, "its thread", func(tx *store.Tx) error { _, err := tx.Thread(th.ID); return err })
	gone(t, s, "its message", func(tx *store.Tx) error { _, err := tx.Message(last.ID); return err })
	storetest.View(t, s, func(tx *store.Tx) error {
		v, err := tx.VersionsOf(last.ID)
		if len(v) > 0 {
			t.Errorf("%d versions stay", len(v))
		}
		if _, err := tx.Message(kept.ID); err != nil {
			t.Errorf("the other project's message: %v", err)
		}
		return err
	})
}

// What a user wrote stays when they go, without their name, also when it lies far
// apart in a table that takes several steps to walk.
func TestRemovingAUserLeavesWhatTheyWrote(t *testing.T) {
	s, ann, p, _ := world(t)
	ben := storetest.User(t, s, "ben")
	const threads, each = 13, 90 // more messages than one step looks at
	for i := range threads {
		th := storetest.Thread(t, s, p, ann, fmt.Sprint("thread ", i))
		storetest.Update(t, s, func(tx *store.Tx) error {
			for k := range each {
				if err := say(tx, th.ID, []*store.User{ann, ben}[k%2]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	storetest.Update(t, s, func(tx *store.Tx) error {
		u, err := tx.User(ben.ID)
		if err != nil {
			return err
		}
		return tx.DeleteUser(u)
	})
	gone(t, s, "the user, at once", func(tx *store.Tx) error { _, err := tx.User(ben.ID); return err })
	if steps := reap(t, s); steps < threads*each/2/50 {
		t.Errorf("done in %d steps: they are not bounded", steps)
	}
	of := map[store.ID]int{}
	storetest.View(t, s, func(tx *store.Tx) error {
		clear(of)
		return tx.EachMessage(func(m *store.Message) { of[m.UserID]++ })
	})
	if want := threads * each / 2; of[ann.ID] != want || of[store.ID{}] != want || len(of) != 2 {
		t.Errorf("messages by user: %v, want %d of %s and as many of nobody", of, want, ann.ID)
	}
}

// say has u write a message, as part of a larger transaction.
func say(tx *store.Tx, thread store.ID, u *store.User) error {
	th, err := tx.Thread(thread)
	if err != nil {
		return err
	}
	id, err := tx.NewID()
	if err != nil {
		return err
	}
	return tx.SaveMessage(th, &store.Message{
		ID: id, ThreadID: thread, UserID: u.ID, IsUser: true, Content: "hello", Status: store.StatusComplete,
		Alternatives: []store.ID{}, Attachments: []store.Attachment{}, CreatedAt: tx.Now,
	})
}

func TestAReferenceToNothingIsRefused(t *testing.T) {
	s, ann, p, _ := world(t)
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		return tx.PutMember(&store.Member{ProjectID: ann.ID, UserID: ann.ID, Role: store.ProjectViewer})
	})
	if store.CodeOf(err) != store.CodeNotFound {
		t.Errorf("a member of no project: got %v", err)
	}
	err = s.Update(t.Context(), func(tx *store.Tx) error {
		return tx.AddVersion(&store.Version{MessageID: p.ID, Number: 1})
	})
	if store.CodeOf(err) != store.CodeNotFound {
		t.Errorf("a version of no message: got %v", err)
	}
}

func TestNamesAreUnique(t *testing.T) {
	s, _, _, _ := world(t)
	for name, u := range map[string]store.User{
		"user name, in other case": {Username: "ANN", Email: "other@example.org"},
		"email":                    {Username: "other", Email: "Ann@Example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			err := s.Update(t.Context(), func(tx *store.Tx) (err error) {
				if u.ID, err = tx.NewID(); err != nil {
					return err
				}
				return tx.PutUser(&u)
			})
			if store.CodeOf(err) != store.CodeConflict {
				t.Errorf("got %v, want a conflict", err)
			}
		})
	}
}
