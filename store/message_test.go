package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// world is a user with a project and a thread in it.
func world(t *testing.T) (*store.Store, *store.User, *store.Project, *store.Thread) {
	t.Helper()
	s := storetest.New(t)
	ann := storetest.User(t, s, "ann")
	p := storetest.Project(t, s, ann, "Garden")
	return s, ann, p, storetest.Thread(t, s, p, ann, "Roses")
}

func contents(t *testing.T, page []store.StoredMessage) (out []string) {
	t.Helper()
	for _, raw := range page {
		m, err := raw.Decode()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m.Content)
	}
	return out
}

func TestListMessages(t *testing.T) {
	s, ann, p, th := world(t)
	other := storetest.Thread(t, s, p, ann, "Beside it")
	var ids []store.ID
	for i := range 10 {
		ids = append(ids, storetest.Message(t, s, th.ID, ann, fmt.Sprint("m", i)).ID)
		storetest.Message(t, s, other.ID, ann, "of another thread")
	}
	for name, tt := range map[string]struct {
		page store.Page
		want string
		more bool
	}{
		"no cursor is the newest page, oldest first": {store.Page{Limit: 3}, "m7 m8 m9", true},
		"before is the page just older":              {store.Page{Limit: 3, Before: ids[7]}, "m4 m5 m6", true},
		"before, at the end of the list":             {store.Page{Limit: 3, Before: ids[2]}, "m0 m1", false},
		"before the first":                           {store.Page{Limit: 3, Before: ids[0]}, "", false},
		"after is the page just newer":               {store.Page{Limit: 3, After: ids[2]}, "m3 m4 m5", true},
		"after, at the end of the list":              {store.Page{Limit: 3, After: ids[6]}, "m7 m8 m9", false},
		"offset skips of the newest":                 {store.Page{Limit: 3, Offset: 2}, "m5 m6 m7", true},
		"exactly all":                                {store.Page{Limit: 10}, "m0 m1 m2 m3 m4 m5 m6 m7 m8 m9", false},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.View(t, s, func(tx *store.Tx) error {
				page, more, err := tx.ListMessages(th.ID, tt.page, false)
				if got := strings.Join(contents(t, page), " "); got != tt.want || more != tt.more {
					t.Errorf("got %q, more %t; want %q, more %t", got, more, tt.want, tt.more)
				}
				return err
			})
		})
	}
	t.Run("a cursor of another thread", func(t *testing.T) {
		err := s.View(t.Context(), func(tx *store.Tx) error {
			_, _, err := tx.ListMessages(other.ID, store.Page{Limit: 3, After: ids[0]}, false)
			return err
		})
		if store.CodeOf(err) != store.CodeUnknownCursor {
			t.Errorf("got %v", err)
		}
	})
}

func TestDeletedMessagesLeaveListsAndCounters(t *testing.T) {
	s, ann, _, th := world(t)
	storetest.Message(t, s, th.ID, ann, "first")
	last := storetest.Message(t, s, th.ID, ann, "second")
	storetest.Update(t, s, func(tx *store.Tx) error {
		th, err := tx.Thread(th.ID)
		if err != nil {
			return err
		}
		m, err := tx.Message(last.ID)
		if err != nil {
			return err
		}
		m.IsDeleted, m.Content, m.TokenCount = true, "", 0
		return tx.SaveMessage(th, m)
	})
	storetest.View(t, s, func(tx *store.Tx) error {
		page, _, err := tx.ListMessages(th.ID, store.Page{Limit: 10}, false)
		if err != nil {
			return err
		}
		all, _, err := tx.ListMessages(th.ID, store.Page{Limit: 10}, true)
		if err != nil {
			return err
		}
		if got := contents(t, page); !cmp.Equal(got, []string{"first"}) || len(all) != 2 {
			t.Errorf("listed %q, and with the deleted %d", got, len(all))
		}
		got, err := tx.Thread(th.ID)
		if err != nil {
			return err
		}
		if got.MessageCount != 1 || got.RowCount != 2 || got.TotalTokens != len("first") || got.LastMessage.Content != "first" {
			t.Errorf("thread says %+v, last %+v", got, got.LastMessage)
		}
		return nil
	})
}

// A page is full, and knows what follows, however many deleted messages lie in
// between; and none of them, nor an answer without words, is the last message.
func TestManyDeletedMessages(t *testing.T) {
	s, ann, _, th := world(t)
	var list []*store.Message
	for i := range 12 {
		list = append(list, storetest.Message(t, s, th.ID, ann, fmt.Sprint("m", i)))
	}
	storetest.Update(t, s, func(tx *store.Tx) error {
		th, err := tx.Thread(th.ID)
		if err != nil {
			return err
		}
		answer := store.Message{ThreadID: th.ID, Status: store.StatusStreaming, CreatedAt: tx.Now}
		if answer.ID, err = tx.NewID(); err != nil {
			return err
		}
		if err := tx.SaveMessage(th, &answer); err != nil {
			return err
		}
		for _, m := range list[4:] {
			m.IsDeleted, m.Content, m.TokenCount = true, "", 0
			if err := tx.SaveMessage(th, m); err != nil {
				return err
			}
		}
		return nil
	})
	storetest.View(t, s, func(tx *store.Tx) error {
		page, more, err := tx.ListMessages(th.ID, store.Page{Limit: 3}, false)
		if got := contents(t, page); !cmp.Equal(got, []string{"m2", "m3", ""}) || !more {
			t.Errorf("the newest page is %q, more %t", got, more)
		}
		th, threadErr := tx.Thread(th.ID)
		if threadErr == nil && (th.LastMessage == nil || th.LastMessage.Content != "m3") {
			t.Errorf("the last message is %+v", th.LastMessage)
		}
		return errors.Join(err, threadErr)
	})
}

func TestSendingMovesTheProjectsLastChat(t *testing.T) {
	s, ann, p, th := world(t)
	m := storetest.Message(t, s, th.ID, ann, "hello")
	storetest.View(t, s, func(tx *store.Tx) error {
		got, err := tx.Project(p.ID)
		if err == nil && (got.LastChatAt != m.CreatedAt || got.ThreadCount != 1) {
			t.Errorf("project says %v, %d threads; want %v, 1", got.LastChatAt, got.ThreadCount, m.CreatedAt)
		}
		return err
	})
}

// last_chat_at goes back with the messages, and is un-set with the last of them.
func TestTheLastChatIsSetBack(t *testing.T) {
	s, ann, p, th := world(t)
	first := storetest.Message(t, s, th.ID, ann, "first")
	second := storetest.Thread(t, s, p, ann, "Second")
	later := storetest.Message(t, s, second.ID, ann, "later")
	last := func() store.Time {
		var at store.Time
		storetest.View(t, s, func(tx *store.Tx) error {
			p, err := tx.Project(p.ID)
			if err == nil {
				at = p.LastChatAt
			}
			return err
		})
		return at
	}
	if last() != later.CreatedAt {
		t.Errorf("at first %v, want %v", last(), later.CreatedAt)
	}
	storetest.Update(t, s, func(tx *store.Tx) error {
		th, err := tx.Thread(second.ID)
		if err != nil {
			return err
		}
		m, err := tx.Message(later.ID)
		if err != nil {
			return err
		}
		m.IsDeleted, m.Content, m.TokenCount = true, "", 0
		return tx.SaveMessage(th, m)
	})
	if last() != first.CreatedAt {
		t.Errorf("after the newest was deleted %v, want %v", last(), first.CreatedAt)
	}
	storetest.Update(t, s, func(tx *store.Tx) error {
		th, err := tx.Thread(th.ID)
		if err != nil {
			return err
		}
		return tx.DeleteThread(th)
	})
	if !last().IsZero() {
		t.Errorf("with no message left %v", last())
	}
	reap(t, s)
}

func TestVersionsAreBounded(t *testing.T) {
	for name, tt := range map[string]struct{ edits, size, want int }{
		"few small ones stay":       {5, 10, 5},
		"the oldest beyond 20 goes": {25, 10, 20},
		"256 KiB together":          {10, 100 << 10, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s, ann, _, th := world(t)
			m := storetest.Message(t, s, th.ID, ann, "x")
			for i := range tt.edits {
				storetest.Update(t, s, func(tx *store.Tx) error {
					return tx.AddVersion(&store.Version{MessageID: m.ID, Number: uint32(i + 1), Content: strings.Repeat("v", tt.size)})
				})
			}
			storetest.View(t, s, func(tx *store.Tx) error {
				list, err := tx.VersionsOf(m.ID)
				if err == nil && (len(list) != tt.want || list[0].Number != uint32(tt.edits)) {
					t.Errorf("kept %d, the newest %d", len(list), list[0].Number)
				}
				return err
			})
		})
	}
}
