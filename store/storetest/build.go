package storetest

import (
	"strings"
	"testing"

	"github.com/parley-app/parley/store"
)

// User makes a user whose email is name@example.org. The password hash fits no
// password.
func User(t testing.TB, s *store.Store, name string) *store.User {
	t.Helper()
	u := &store.User{}
	Update(t, s, func(tx *store.Tx) (err error) {
		*u = store.User{Username: name, Email: strings.ToLower(name) + "@example.org", Role: store.RoleMember, PasswordHash: "!", CreatedAt: tx.Now, UpdatedAt: tx.Now}
		if u.ID, err = tx.NewID(); err != nil {
			return err
		}
		return tx.PutUser(u)
	})
	return u
}

// Project makes a project whose owner is u.
func Project(t testing.TB, s *store.Store, u *store.User, name string) *store.Project {
	t.Helper()
	p := &store.Project{}
	Update(t, s, func(tx *store.Tx) (err error) {
		*p = store.Project{UserID: u.ID, Name: name, Color: "slate", Tags: []string{}, CreatedAt: tx.Now, UpdatedAt: tx.Now}
		if p.ID, err = tx.NewID(); err != nil {
			return err
		}
		if err := tx.PutProject(p); err != nil {
			return err
		}
		return tx.PutMember(&store.Member{ProjectID: p.ID, UserID: u.ID, Role: store.ProjectOwner, CreatedAt: tx.Now})
	})
	return p
}

// Member gives u a role in p.
func Member(t testing.TB, s *store.Store, p *store.Project, u *store.User, role string) {
	t.Helper()
	Update(t, s, func(tx *store.Tx) error {
		return tx.PutMember(&store.Member{ProjectID: p.ID, UserID: u.ID, Role: role, CreatedAt: tx.Now})
	})
}

// Thread makes a thread of u in p.
func Thread(t testing.TB, s *store.Store, p *store.Project, u *store.User, title string) *store.Thread {
	t.Helper()
	th := &store.Thread{}
	Update(t, s, func(tx *store.Tx) (err error) {
		*th = store.Thread{ProjectID: p.ID, UserID: u.ID, Title: title, TitleFrom: store.TitleFromPerson, CreatedAt: tx.Now, UpdatedAt: tx.Now, LastActivityAt: tx.Now}
		if th.ID, err = tx.NewID(); err != nil {
			return err
		}
		return tx.CreateThread(th)
	})
	return th
}

// Message makes a complete message of u in the thread.
func Message(t testing.TB, s *store.Store, thread store.ID, u *store.User, content string) *store.Message {
	t.Helper()
	m := &store.Message{}
	Update(t, s, func(tx *store.Tx) (err error) {
		th, err := tx.Thread(thread)
		if err != nil {
			return err
		}
		*m = store.Message{
			ThreadID: thread, UserID: u.ID, IsUser: true, Content: content, Status: store.StatusComplete,
			Alternatives: []store.ID{}, Attachments: []store.Attachment{}, TokenCount: len(content), CreatedAt: tx.Now,
		}
		if m.ID, err = tx.NewID(); err != nil {
			return err
		}
		return tx.SaveMessage(th, m)
	})
	return m
}

// Summary makes a summary of all that is in the thread.
func Summary(t testing.TB, s *store.Store, thread store.ID, text string) *store.Summary {
	t.Helper()
	sum := &store.Summary{}
	Update(t, s, func(tx *store.Tx) (err error) {
		th, err := tx.Thread(thread)
		if err != nil {
			return err
		}
		*sum = store.Summary{ThreadID: thread, SummaryText: text, KeyTopics: []string{}, TokenCount: len(text), SourceTokens: th.TotalTokens, CreatedAt: tx.Now}
		list, _, err := tx.MessagesFrom(thread, store.ID{}, th.MessageCount+1)
		if err != nil {
			return err
		}
		if n := len(list); n > 0 {
			sum.StartMessageID, sum.EndMessageID, sum.MessageCount = list[0].ID, list[n-1].ID, n
		}
		if sum.ID, err = tx.NewID(); err != nil {
			return err
		}
		return tx.SaveSummary(th, sum)
	})
	return sum
}
