//go:build torture

package crashtest

import (
	"context"
	"fmt"
	"testing"

	"github.com/parley-app/parley/store"
)

// A crowd fills a project of its own with messages.
type crowd struct {
	s       *store.Store
	user    store.ID
	project store.ID
	threads []store.ID
	sent    int
}

func newCrowd(t testing.TB, s *store.Store, name string) *crowd {
	t.Helper()
	c := &crowd{s: s}
	must(t, s.Update(context.Background(), func(tx *store.Tx) error {
		if err := found(tx, name, name); err != nil {
			return err
		}
		u, p, err := projectOf(tx, name)
		if err == nil {
			c.user, c.project = u.ID, p.ID
		}
		return err
	}))
	return c
}

const (
	perThread = 1000 // messages of a thread
	perLoad   = 50   // messages of a transaction
)

// load adds n messages, of which some were edited.
func (c *crowd) load(t testing.TB, n int) {
	t.Helper()
	for range n / perLoad {
		if c.sent%perThread == 0 {
			c.threads = append(c.threads, c.open(t))
		}
		must(t, c.s.Update(context.Background(), func(tx *store.Tx) error { return c.sendMany(tx) }))
		c.sent += perLoad
	}
}

func (c *crowd) open(t testing.TB) (id store.ID) {
	t.Helper()
	must(t, c.s.Update(context.Background(), func(tx *store.Tx) (err error) {
		if id, err = tx.NewID(); err != nil {
			return err
		}
		return tx.CreateThread(&store.Thread{ID: id, ProjectID: c.project, UserID: c.user, Title: id.String(), CreatedAt: tx.Now, UpdatedAt: tx.Now, LastActivityAt: tx.Now})
	}))
	return id
}

func (c *crowd) sendMany(tx *store.Tx) error {
	t, err := tx.Thread(c.threads[len(c.threads)-1])
	if err != nil {
		return err
	}
	for i := range perLoad {
		text := fmt.Sprintf("message %d. %0200d", c.sent+i, 0)
		m, err := say(tx, t, text)
		if err != nil {
			return err
		}
		if i == 0 {
			if err := edit(tx, t, m, "edited"); err != nil {
				return err
			}
		}
	}
	return nil
}

// say sends one message.
func say(tx *store.Tx, t *store.Thread, text string) (m *store.Message, err error) {
	m = &store.Message{ThreadID: t.ID, UserID: t.UserID, IsUser: true, Content: text, TokenCount: len(text), Status: store.StatusComplete, CreatedAt: tx.Now}
	if m.ID, err = tx.NewID(); err != nil {
		return nil, err
	}
	return m, tx.SaveMessage(t, m)
}

func (c *crowd) deleteProject(t testing.TB) {
	t.Helper()
	must(t, c.s.Update(context.Background(), func(tx *store.Tx) error {
		p, err := tx.Project(c.project)
		if err != nil {
			return err
		}
		return tx.DeleteProject(p)
	}))
}
