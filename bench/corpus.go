package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-app/parley/api/search"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// A Corpus names what a loaded store holds: a team whose members chat at the same
// time, in projects that all of them see.
type Corpus struct {
	Users    []store.ID
	Projects []store.ID
	Threads  []store.ID // perThread messages each
	Long     store.ID   // a thread of half of all messages, at most longThread
	Messages int        // in all
}

const (
	teamSize   = 50
	projects   = 20
	perThread  = 100
	longThread = 100_000
	// atOnce is how many threads are chatted in at the same time: their messages
	// come in turn, as they do in a team, and not thread by thread.
	atOnce = 400
	// batch is how many messages one transaction loads, within its limits.
	batch = 80
)

// content is that of every message: some 350 bytes.
var content = strings.Repeat("Prune the roses in March, before they bud. ", 8)

// Loaded returns what the data folder dir holds, and first fills it with about n
// messages if it is new. The store lies in dir/parley.db, closed, and what is in
// it in dir/corpus.json.
func Loaded(ctx context.Context, dir string, n int) (*Corpus, error) {
	note := filepath.Join(dir, "corpus.json")
	b, err := os.ReadFile(note)
	if errors.Is(err, fs.ErrNotExist) {
		return load(ctx, dir, note, n)
	}
	if err != nil {
		return nil, err
	}
	c := new(Corpus)
	return c, json.Unmarshal(b, c)
}

func load(ctx context.Context, dir, note string, n int) (*Corpus, error) {
	s, err := openStore(ctx, dir, nil)
	if err != nil {
		return nil, err
	}
	c := new(Corpus)
	err = errors.Join(c.fill(ctx, s, n), s.Close())
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return c, os.WriteFile(note, b, 0o600)
}

// openStore opens the store in dir, with wrap, if it is not nil, around its engine.
func openStore(ctx context.Context, dir string, wrap func(kv.Engine) kv.Engine) (*store.Store, error) {
	b, err := bolt.Open(filepath.Join(dir, "parley.db"), bolt.Options{AppendOrdered: store.AppendOrdered()})
	if err != nil {
		return nil, err
	}
	var e kv.Engine = b
	if wrap != nil {
		e = wrap(b)
	}
	s, err := store.Open(ctx, e, store.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return s, nil
}

func (c *Corpus) fill(ctx context.Context, s *store.Store, n int) error {
	for _, step := range []func(context.Context, *store.Store, int) error{c.addTeam, c.addProjects, c.addThreads, c.addMessages} {
		if err := step(ctx, s, n); err != nil {
			return err
		}
	}
	return nil
}

func (c *Corpus) addTeam(ctx context.Context, s *store.Store, _ int) error {
	return s.Update(ctx, func(tx *store.Tx) error {
		c.Users = nil
		for i := range teamSize {
			id, err := tx.NewID()
			if err != nil {
				return err
			}
			c.Users = append(c.Users, id)
			name := fmt.Sprintf("user%02d", i)
			u := &store.User{ID: id, Username: name, Email: name + "@example.org", Role: store.RoleMember, PasswordHash: "!", CreatedAt: tx.Now, UpdatedAt: tx.Now}
			if err := tx.PutUser(u); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *Corpus) addProjects(ctx context.Context, s *store.Store, _ int) error {
	for range projects {
		var p *store.Project
		err := s.Update(ctx, func(tx *store.Tx) (err error) {
			p = &store.Project{UserID: c.Users[0], Name: "Garden", Color: "slate", Tags: []string{}, CreatedAt: tx.Now, UpdatedAt: tx.Now}
			if p.ID, err = tx.NewID(); err != nil {
				return err
			}
			if err := tx.PutProject(p); err != nil {
				return err
			}
			for _, u := range c.Users {
				if err := tx.PutMember(&store.Member{ProjectID: p.ID, UserID: u, Role: store.ProjectOwner, CreatedAt: tx.Now}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		c.Projects = append(c.Projects, p.ID)
	}
	return nil
}

func (c *Corpus) addThreads(ctx context.Context, s *store.Store, n int) error {
	long := min(n/2, longThread)
	all := max((n-long)/perThread, 100) + 1
	var err error
	c.Threads, err = c.makeThreads(ctx, s, all, func(i int) store.ID { return c.Projects[i%projects] })
	if err != nil {
		return err
	}
	c.Long, c.Threads = c.Threads[0], c.Threads[1:]
	return nil
}

// makeThreads makes n threads without messages.
func (c *Corpus) makeThreads(ctx context.Context, s *store.Store, n int, in func(i int) store.ID) (ids []store.ID, err error) {
	for len(ids) < n {
		var made []store.ID
		err := s.Update(ctx, func(tx *store.Tx) error {
			made = nil
			for i := len(ids); i < min(n, len(ids)+batch); i++ {
				id, err := tx.NewID()
				if err != nil {
					return err
				}
				made = append(made, id)
				t := &store.Thread{
					ID: id, ProjectID: in(i), UserID: c.Users[i%teamSize], Title: fmt.Sprint("thread ", i),
					TitleFrom: store.TitleFromPerson, CreatedAt: tx.Now, UpdatedAt: tx.Now, LastActivityAt: tx.Now,
				}
				if err := tx.CreateThread(t); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		ids = append(ids, made...)
	}
	return ids, nil
}

// AddThreads makes n threads more, without messages, in the store that c is of, in
// dir: not in its first project, of which pages are measured.
func (c *Corpus) AddThreads(ctx context.Context, dir string, n int) ([]store.ID, error) {
	s, err := openStore(ctx, dir, nil)
	if err != nil {
		return nil, err
	}
	ids, err := c.makeThreads(ctx, s, n, func(i int) store.ID { return c.Projects[1+i%(projects-1)] })
	return ids, errors.Join(err, s.Close())
}

// Index brings the search index of the loaded store in dir up to date: a server would
// do that in the background of what is measured.
func Index(ctx context.Context, dir string) error {
	s, err := openStore(ctx, dir, nil)
	if err != nil {
		return err
	}
	return errors.Join(search.Drain(ctx, s), s.Close())
}

func (c *Corpus) addMessages(ctx context.Context, s *store.Store, n int) error {
	long := min(n/2, longThread)
	for c.Messages < n {
		from := c.Messages
		err := s.Update(ctx, func(tx *store.Tx) error {
			for i := from; i < min(from+batch, n); i++ {
				thread := c.Long
				if i >= long {
					thread = c.inTurn(i - long)
				}
				if err := Send(tx, thread, c.Users[i%teamSize]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		c.Messages = min(from+batch, n)
	}
	return nil
}

// inTurn is the thread of the i-th message beside the long one.
func (c *Corpus) inTurn(i int) store.ID {
	window := i / (atOnce * perThread) * atOnce
	size := min(atOnce, len(c.Threads)-window%len(c.Threads))
	return c.Threads[(window+i%size)%len(c.Threads)]
}

// Send is what the store does for one message of a person.
func Send(tx *store.Tx, thread, user store.ID) error {
	t, err := tx.Thread(thread)
	if err != nil {
		return err
	}
	id, err := tx.NewID()
	if err != nil {
		return err
	}
	return tx.SaveMessage(t, &store.Message{
		ID: id, ThreadID: thread, UserID: user, IsUser: true, Content: content, ContentHTML: "<p>" + content + "</p>\n",
		Status: store.StatusComplete, Alternatives: []store.ID{}, Attachments: []store.Attachment{}, TokenCount: 80, CreatedAt: tx.Now,
	})
}
