package api

import (
	"context"

	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
)

// A library is what the built-in provider may quote for one turn: the thread
// itself, what the project says of itself, and the project's other open threads.
type library struct {
	a       *API
	t       *turn
	project *store.Project
}

// siblingThreads bounds how many other threads of the project are looked through.
const siblingThreads = 20

// Passages walks the thread first, then the project.
func (l *library) Passages(ctx context.Context, fn func(llm.Passage) error) error {
	if err := l.question(ctx, fn); err != nil {
		return err
	}
	if err := l.walk(ctx, l.t.threadID, l.t.questionID, "", fn); err != nil {
		return err
	}
	for _, text := range []string{l.project.Description, l.project.Instructions} {
		if text == "" {
			continue
		}
		if err := fn(llm.Passage{Source: "project " + l.project.Name, Text: text}); err != nil {
			return err
		}
	}
	others, err := l.others(ctx)
	for _, other := range others {
		if err == nil {
			err = l.walk(ctx, other.ID, store.ID{}, "“"+other.Title+"”, ", fn)
		}
	}
	return err
}

func (l *library) others(ctx context.Context) (others []*store.Thread, err error) {
	open := false
	err = l.a.store.View(ctx, func(tx *store.Tx) error {
		list, _, _, err := tx.ListThreads(store.ThreadQuery{
			Page: store.Page{Limit: siblingThreads + 1}, Projects: []store.ID{l.t.projectID}, Viewer: l.t.userID,
			Archived: &open, Sort: "activity",
		})
		others = nil
		for _, t := range list {
			if t.ID != l.t.threadID {
				others = append(others, t)
			}
		}
		return err
	})
	return others, err
}

func (l *library) walk(ctx context.Context, thread, before store.ID, prefix string, fn func(llm.Passage) error) error {
	names := map[store.ID]string{}
	var failed error
	err := l.a.walkBack(ctx, thread, before, func(m *store.Said) bool {
		if failed = l.attached(m.Attachments, prefix, fn); failed != nil {
			return false
		}
		if m.Content == "" || m.ModelUsed == llm.BuiltinName {
			return true // what it said itself is a quote already
		}
		who := m.ModelUsed
		if m.IsUser {
			who = l.name(ctx, names, m.UserID)
		}
		failed = fn(llm.Passage{Source: prefix + who + ", " + m.CreatedAt.Format("2 January 2006"), Text: m.Content})
		return failed == nil
	})
	return orElse(err, failed)
}

// question tells what came with the question itself.
func (l *library) question(ctx context.Context, fn func(llm.Passage) error) error {
	var m *store.Message
	err := l.a.store.View(ctx, func(tx *store.Tx) (err error) {
		m, err = tx.Message(l.t.questionID)
		return err
	})
	if err != nil {
		return err
	}
	return l.attached(m.Attachments, "", fn)
}

// quotedBytes bounds what is looked through of one attachment.
const quotedBytes = 256 << 10

// attached tells the text of what came with a message.
func (l *library) attached(files []store.Attachment, prefix string, fn func(llm.Passage) error) error {
	for i := range files {
		f := &files[i]
		text, _ := l.a.textOf(f, quotedBytes)
		if text == "" {
			continue
		}
		if err := fn(llm.Passage{Source: prefix + "file " + f.Name, Text: text}); err != nil {
			return err
		}
	}
	return nil
}

// formerMember stands for a person whose name is not known any more.
const formerMember = "a former member"

func (l *library) name(ctx context.Context, known map[store.ID]string, id store.ID) string {
	if name, ok := known[id]; ok {
		return name
	}
	name := formerMember
	_ = l.a.store.View(ctx, func(tx *store.Tx) error { // without a name the quote is still right
		author, err := tx.Author(id)
		if err == nil && author != nil {
			name = author.Name
		}
		return err
	})
	known[id] = name
	return name
}
