package store_test

import (
	"encoding/json"
	"errors"
	"hash/maphash"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// shown returns a thread's messages as a page shows them, and the sum of the names.
func shown(t *testing.T, s *store.Store, thread store.ID) (page []*store.Message, sum uint64) {
	t.Helper()
	var h maphash.Hash
	h.SetSeed(seed)
	storetest.View(t, s, func(tx *store.Tx) error {
		list, _, err := tx.ListMessages(thread, store.Page{Limit: 100}, true)
		if err != nil {
			return err
		}
		text, err := tx.AppendMessages([]byte("["), list, &h)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(append(text, ']'), &page); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for i, stored := range list { // one by one they say the same
			m, err := stored.Decode()
			if err != nil {
				return err
			}
			named, err := tx.Named(m)
			if err != nil {
				return err
			}
			if diff := cmp.Diff(named, page[i]); diff != "" {
				t.Errorf("message %d (-Named +AppendMessages):\n%s", i, diff)
			}
		}
		return nil
	})
	return page, h.Sum64()
}

var seed = maphash.MakeSeed()

func authors(page []*store.Message) string {
	var names []string
	for _, m := range page {
		switch {
		case m.StoppedBy != nil:
			names = append(names, "stopped by "+m.StoppedBy.Name)
		case m.Author != nil:
			names = append(names, m.Author.Name)
		default:
			names = append(names, "-")
		}
	}
	return strings.Join(names, ", ")
}

func rename(t *testing.T, s *store.Store, u *store.User, name string) {
	t.Helper()
	storetest.Update(t, s, func(tx *store.Tx) error { u.DisplayName = name; return tx.PutUser(u) })
}

func TestMessagesNameTheirAuthorsAsTheyAreCalledNow(t *testing.T) {
	s, ann, _, th := world(t)
	ben := storetest.User(t, s, "ben")
	storetest.Message(t, s, th.ID, ann, "one")
	storetest.Message(t, s, th.ID, ben, "two")
	storetest.Update(t, s, func(tx *store.Tx) error {
		id, err := tx.NewID()
		if err != nil {
			return err
		}
		owner, err := tx.Thread(th.ID)
		if err != nil {
			return err
		}
		return tx.SaveMessage(owner, &store.Message{
			ID: id, ThreadID: th.ID, UserID: ann.ID, Status: store.StatusStopped, StoppedBy: &store.Author{ID: ben.ID, Name: "ben"},
			Alternatives: []store.ID{}, Attachments: []store.Attachment{}, CreatedAt: tx.Now,
		})
	})
	page, before := shown(t, s, th.ID)
	if got, want := authors(page), "ann, ben, stopped by ben"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	rename(t, s, ben, `Ben "the 2nd" Çelik`)
	page, after := shown(t, s, th.ID)
	if got, want := authors(page), `ann, Ben "the 2nd" Çelik, stopped by Ben "the 2nd" Çelik`; got != want {
		t.Errorf("after the rename: got %q, want %q", got, want)
	}
	if before == after {
		t.Error("the sum of the page does not change with a name")
	}
	if page[0].Author.ID != ann.ID || page[1].Author.ID != ben.ID {
		t.Error("authors have other ids than users")
	}
}

func TestMessagesKeepTheNameOfADeletedUser(t *testing.T) {
	s, ann, p, th := world(t)
	ben := storetest.User(t, s, "ben")
	storetest.Member(t, s, p, ben, store.ProjectEditor)
	rename(t, s, ben, "Ben Cole")
	storetest.Message(t, s, th.ID, ann, "one")
	storetest.Message(t, s, th.ID, ben, "two")
	storetest.Update(t, s, func(tx *store.Tx) error { return tx.DeleteUser(ben) })
	for _, when := range []string{"at once", "once the rest of the user is taken down"} {
		page, _ := shown(t, s, th.ID)
		if got, want := authors(page), "ann, Ben Cole"; got != want {
			t.Errorf("%s: got %q, want %q", when, got, want)
		}
		if err := s.Reap(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	page, _ := shown(t, s, th.ID)
	if m := page[1]; !m.UserID.IsZero() || m.Author.ID != ben.ID {
		t.Errorf("user_id %v, author %v; want none, and the id that the user had", m.UserID, m.Author)
	}
	storetest.View(t, s, func(tx *store.Tx) error {
		a, err := tx.Author(ben.ID)
		if a != nil {
			t.Errorf("the name of a deleted user is kept beside their messages too: %v", a)
		}
		return err
	})
	if findings, err := s.Check(t.Context()); err != nil || len(findings) > 0 {
		t.Errorf("check: %v %v", findings, err)
	}
}

// Whatever way a message is written, its page names the author.
func TestAMessageInAnotherJSONFormIsNamed(t *testing.T) {
	s, ann, _, th := world(t)
	m := storetest.Message(t, s, th.ID, ann, "one")
	indented, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	storetest.View(t, s, func(tx *store.Tx) error {
		var h maphash.Hash
		text, err := tx.AppendMessages(nil, []store.StoredMessage{indented}, &h)
		if !strings.Contains(string(text), `"name":"ann"`) {
			t.Errorf("got %s", text)
		}
		return err
	})
}

func TestNoSnapshotLeavesAnOldNameBehind(t *testing.T) {
	s, ann, _, th := world(t)
	storetest.Message(t, s, th.ID, ann, "one")
	storetest.View(t, s, func(tx *store.Tx) error {
		rename(t, s, ann, "Ann Cole")
		list, _, err := tx.ListMessages(th.ID, store.Page{Limit: 100}, true)
		if err != nil {
			return err
		}
		text, err := tx.AppendMessages(nil, list, nil)
		if !strings.Contains(string(text), `"name":"ann"`) {
			t.Errorf("the snapshot of before says %s", text)
		}
		return err
	})
	if page, _ := shown(t, s, th.ID); authors(page) != "Ann Cole" {
		t.Errorf("after it: got %q, want %q", authors(page), "Ann Cole")
	}
}

func TestAnUpdateThatFailsLeavesNoNameBehind(t *testing.T) {
	s, ann, _, th := world(t)
	m := storetest.Message(t, s, th.ID, ann, "one")
	stored, err := store.AppendJSON(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	failed := errors.New("undone")
	err = s.Update(t.Context(), func(tx *store.Tx) error {
		changed := *ann
		changed.DisplayName = "Never"
		if err := tx.PutUser(&changed); err != nil {
			return err
		}
		text, err := tx.AppendMessages(nil, []store.StoredMessage{stored}, nil)
		if err != nil || !strings.Contains(string(text), `"name":"Never"`) {
			t.Errorf("the update itself sees %s, %v", text, err)
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if page, _ := shown(t, s, th.ID); authors(page) != "ann" {
		t.Errorf("after it: got %q, want %q", authors(page), "ann")
	}
}
