package store_test

import (
	"errors"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// What was read of the members with a number of Tx.Members holds as long as that is
// the number: each change of who is there makes another, undone or not.
func TestMembersIsAnotherNumberOnceTheyChange(t *testing.T) {
	s, ann, p, _ := world(t)
	bob := storetest.User(t, s, "bob")
	number := func() (n uint64) {
		storetest.Update(t, s, func(tx *store.Tx) error { n = tx.Members(); return nil })
		return n
	}
	put := func(tx *store.Tx, role string) error {
		return tx.PutMember(&store.Member{ProjectID: p.ID, UserID: bob.ID, Role: role})
	}
	takeOut := func(tx *store.Tx) error {
		m, err := tx.Member(p.ID, bob.ID)
		if err != nil {
			return err
		}
		return tx.DeleteMember(m)
	}
	undone := errors.New("undone")
	for _, step := range []struct {
		what    string
		do      func(*store.Tx) error
		changes bool
	}{
		{"nothing", func(*store.Tx) error { return nil }, false},
		{"somebody who comes, undone", func(tx *store.Tx) error { return errors.Join(put(tx, store.ProjectViewer), undone) }, true},
		{"somebody who comes", func(tx *store.Tx) error { return put(tx, store.ProjectViewer) }, true},
		{"another role", func(tx *store.Tx) error { return put(tx, store.ProjectEditor) }, false},
		{"somebody who goes", takeOut, true},
		{"somebody who comes back", func(tx *store.Tx) error { return put(tx, store.ProjectViewer) }, true},
		{"a message", func(tx *store.Tx) error { _, err := tx.NewID(); return err }, false},
	} {
		before := number()
		var inside uint64
		err := s.Update(t.Context(), func(tx *store.Tx) error {
			err := step.do(tx)
			inside = tx.Members()
			return err
		})
		if err != nil && !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if after := number(); (inside != before) != step.changes || (after != inside) != step.changes {
			t.Errorf("%s: %d before, %d within, %d after", step.what, before, inside, after)
		}
	}
	_ = ann
}

// A deletion undoes what the same transaction has seen before.
func TestAReferenceToWhatWasJustDeletedIsRefused(t *testing.T) {
	s, ann, p, th := world(t)
	for what, del := range map[string]func(tx *store.Tx) error{
		"its thread":  func(tx *store.Tx) error { return tx.DeleteThread(th) },
		"its author":  func(tx *store.Tx) error { return tx.DeleteUser(ann) },
		"its project": func(tx *store.Tx) error { return tx.DeleteProject(p) },
	} {
		err := s.Update(t.Context(), func(tx *store.Tx) error {
			id, err := tx.NewID()
			if err != nil {
				return err
			}
			made := *th
			made.ID, made.LastMessage = id, nil
			if err := tx.CreateThread(&made); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			say := func() error {
				id, err := tx.NewID()
				if err != nil {
					return err
				}
				return tx.AddMessages(th, &store.Message{ID: id, ThreadID: th.ID, UserID: ann.ID, IsUser: true, Content: "x", Status: store.StatusComplete, CreatedAt: tx.Now})
			}
			if err := say(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if err := del(tx); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			again := made
			if again.ID, err = tx.NewID(); err != nil {
				return err
			}
			if what != "its thread" {
				return tx.CreateThread(&again)
			}
			return say()
		})
		if store.CodeOf(err) != store.CodeNotFound {
			t.Errorf("%s deleted: %v, want not_found", what, err)
		}
	}
}
