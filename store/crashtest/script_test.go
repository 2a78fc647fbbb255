//go:build torture

package crashtest

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/parley-app/parley/store"
)

// A person uses the store in a test. What he does next follows from his seed and
// from what he did before. What he sees is what the store must show him.
type person struct {
	name  string
	size  int // of his longest texts, in bytes
	rng   *rand.Rand
	steps int

	founded int    // projects, so far
	opened  int    // threads, so far
	upload  string // bytes that the step just taken keeps as a blob before its transaction
	Sees    view
}

// A view is all that one person has in a store.
type view struct {
	Project string   // "" is none
	Threads []thread // the oldest first
}

type thread struct {
	Title     string
	Archived  bool
	Messages  []message
	Summaries []string
	Files     []file
}

type file struct{ Name, Bytes string }

type message struct {
	Asks    bool // a question; else an answer
	Text    string
	Status  string
	Deleted bool
	Edits   int
	Before  []string // earlier texts, the newest first
}

// newPerson returns a person who has taken the given number of steps.
func newPerson(seed uint64, name string, size, steps int) *person {
	h := fnv.New64a()
	h.Write([]byte(name))
	p := &person{name: name, size: size, rng: rand.New(rand.NewPCG(seed, h.Sum64()))}
	for range steps {
		p.next()
	}
	return p
}

// A deed does one step in the store, in one transaction.
type deed func(tx *store.Tx, name string) error

// next takes a step: it changes what p must see, and returns what makes it so.
func (p *person) next() deed {
	p.steps++
	p.upload = ""
	if p.Sees.Project == "" {
		return p.found()
	}
	if len(p.Sees.Threads) == 0 {
		return p.open()
	}
	i := p.rng.IntN(len(p.Sees.Threads))
	switch n := p.rng.IntN(100); {
	case n < 8:
		return p.open()
	case n < 12:
		return p.drop(i)
	case n < 14:
		return p.leave()
	case n < 20:
		return p.reap()
	case n < 26:
		return p.rename(i)
	case n < 32:
		return p.archive(i)
	case n < 38:
		return p.summarise(i)
	case n < 44:
		return p.attach(i)
	default:
		return p.talk(i)
	}
}

// text is unlike any other text of any person.
func (p *person) text() string {
	const word = "the quick brown fox jumps over the lazy dog "
	n := p.rng.IntN(200)
	if p.rng.IntN(5) == 0 {
		n = p.rng.IntN(p.size)
	}
	return fmt.Sprintf("%s, step %d: ", p.name, p.steps) + strings.Repeat(word, n/len(word)+1)[:n]
}

func (p *person) found() deed {
	p.founded++
	name := fmt.Sprintf("%s's project %d", p.name, p.founded)
	p.Sees = view{Project: name}
	return func(tx *store.Tx, person string) error { return found(tx, person, name) }
}

func (p *person) leave() deed {
	p.Sees = view{}
	return leave
}

func (p *person) reap() deed {
	return func(tx *store.Tx, _ string) error { _, err := tx.ReapSome(); return err }
}

func (p *person) open() deed {
	p.opened++
	title, text := fmt.Sprint("thread ", p.opened), p.text()
	p.Sees.Threads = append(p.Sees.Threads, thread{Title: title, Messages: asked(text)})
	return func(tx *store.Tx, person string) error { return open(tx, person, title, text) }
}

func (p *person) drop(i int) deed {
	p.Sees.Threads = slices.Delete(p.Sees.Threads, i, i+1)
	return inThread(i, (*store.Tx).DeleteThread)
}

func (p *person) rename(i int) deed {
	title := fmt.Sprint("renamed in step ", p.steps)
	p.Sees.Threads[i].Title = title
	return inThread(i, func(tx *store.Tx, t *store.Thread) error {
		t.Title, t.UpdatedAt = title, tx.Now
		return tx.PutThread(t)
	})
}

func (p *person) archive(i int) deed {
	t := &p.Sees.Threads[i]
	t.Archived = !t.Archived
	archived := t.Archived
	return inThread(i, func(tx *store.Tx, t *store.Thread) error {
		if t.ArchivedAt = (store.Time{}); archived {
			t.ArchivedAt = tx.Now
		}
		return tx.PutThread(t)
	})
}

func (p *person) summarise(i int) deed {
	t, text := &p.Sees.Threads[i], p.text()
	t.Summaries = append(t.Summaries, text)
	return inThread(i, func(tx *store.Tx, t *store.Thread) error { return summarise(tx, t, text) })
}

func (p *person) attach(i int) deed {
	t, f := &p.Sees.Threads[i], file{fmt.Sprintf("step %d.pdf", p.steps), p.text()}
	t.Files = append(t.Files, f)
	p.upload = f.Bytes
	return inThread(i, func(tx *store.Tx, t *store.Thread) error { return attach(tx, t, f) })
}

// talk goes on with the conversation, or changes what was said.
func (p *person) talk(i int) deed {
	t := &p.Sees.Threads[i]
	last := len(t.Messages) - 1
	if k := p.rng.IntN(last + 1); p.rng.IntN(4) == 0 && !t.Messages[k].Deleted && t.Messages[k].Status == store.StatusComplete {
		if t.Messages[k].Asks && p.rng.IntN(3) > 0 {
			return p.edit(i, k)
		}
		t.Messages[k] = message{Asks: t.Messages[k].Asks, Status: store.StatusComplete, Edits: t.Messages[k].Edits, Deleted: true}
		return inMessage(i, k, remove)
	}
	text := p.text()
	if t.Messages[last].Status != store.StatusStreaming {
		t.Messages = append(t.Messages, asked(text)...)
		return inThread(i, func(tx *store.Tx, t *store.Thread) error { return ask(tx, t, text) })
	}
	if t.Messages[last].Text = text; p.rng.IntN(2) == 0 {
		return inMessage(i, last, func(tx *store.Tx, _ *store.Thread, m *store.Message) error { return draft(tx, m, text) })
	}
	t.Messages[last].Status = store.StatusComplete
	return inMessage(i, last, func(tx *store.Tx, t *store.Thread, m *store.Message) error { return complete(tx, t, m, text) })
}

func (p *person) edit(i, k int) deed {
	m, text := &p.Sees.Threads[i].Messages[k], p.text()
	m.Before = bounded(slices.Insert(m.Before, 0, m.Text))
	m.Text, m.Edits = text, m.Edits+1
	return inMessage(i, k, func(tx *store.Tx, t *store.Thread, m *store.Message) error { return edit(tx, t, m, text) })
}

// asked is a question and the answer that is being written.
func asked(text string) []message {
	return []message{{Asks: true, Text: text, Status: store.StatusComplete}, {Status: store.StatusStreaming}}
}

// bounded is what the store keeps of the earlier versions of a message.
func bounded(texts []string) []string {
	size := 0
	for i, text := range texts {
		if size += len(text); i == store.MaxVersions || size > store.MaxVersionBytes {
			return texts[:i]
		}
	}
	return texts
}
