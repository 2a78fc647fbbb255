//go:build torture

package crashtest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/blob"
)

// The deeds find what they work on by its place, as a person would: whoever goes
// on after a crash knows no ids.

func found(tx *store.Tx, person, name string) error {
	u, err := tx.UserByLogin(person)
	if err != nil {
		return err
	}
	if u == nil {
		u = &store.User{Username: person, Email: person + "@example.org", Role: store.RoleMember, PasswordHash: "!", CreatedAt: tx.Now, UpdatedAt: tx.Now}
		if u.ID, err = tx.NewID(); err != nil {
			return err
		}
		if err := tx.PutUser(u); err != nil {
			return err
		}
	}
	p := &store.Project{UserID: u.ID, Name: name, Tags: []string{}, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	if p.ID, err = tx.NewID(); err != nil {
		return err
	}
	if err := tx.PutProject(p); err != nil {
		return err
	}
	if err := tx.AddAudit(&store.AuditEntry{UserID: u.ID, Username: person, Action: "project_created", SubjectID: p.ID}); err != nil {
		return err
	}
	return tx.PutMember(&store.Member{ProjectID: p.ID, UserID: u.ID, Role: store.ProjectOwner, CreatedAt: tx.Now})
}

// projectOf returns the one project that a person has, or nil.
func projectOf(tx *store.Tx, person string) (*store.User, *store.Project, error) {
	u, err := tx.UserByLogin(person)
	if err != nil || u == nil {
		return nil, nil, err
	}
	list, err := tx.MembershipsOf(u.ID)
	for _, m := range list {
		p, err := tx.Project(m.ProjectID)
		if store.CodeOf(err) != store.CodeNotFound {
			return u, p, err
		}
	}
	return u, nil, err
}

func leave(tx *store.Tx, person string) error {
	u, p, err := projectOf(tx, person)
	if err != nil {
		return err
	}
	if err := tx.AddAudit(&store.AuditEntry{UserID: u.ID, Username: person, Action: "project_deleted", SubjectID: p.ID}); err != nil {
		return err
	}
	return tx.DeleteProject(p)
}

func open(tx *store.Tx, person, title, text string) error {
	u, p, err := projectOf(tx, person)
	if err != nil {
		return err
	}
	t := &store.Thread{ProjectID: p.ID, UserID: u.ID, Title: title, TitleFrom: store.TitleFromPerson, CreatedAt: tx.Now, UpdatedAt: tx.Now, LastActivityAt: tx.Now}
	if t.ID, err = tx.NewID(); err != nil {
		return err
	}
	if err := tx.CreateThread(t); err != nil {
		return err
	}
	return ask(tx, t, text)
}

// threadsOf returns the threads of a person, the oldest first.
func threadsOf(tx *store.Tx, person string) ([]*store.Thread, error) {
	u, p, err := projectOf(tx, person)
	if err != nil || p == nil {
		return nil, err
	}
	list, total, more, err := tx.ListThreads(store.ThreadQuery{Projects: []store.ID{p.ID}, Viewer: u.ID, Sort: "created", Page: store.Page{Limit: 1000}})
	if err == nil && (more || total != len(list) || total != p.ThreadCount) {
		err = fmt.Errorf("%s: the list has %d threads, says %d, more %t, and the project says %d", p.Name, len(list), total, more, p.ThreadCount)
	}
	slices.SortFunc(list, func(a, b *store.Thread) int { return a.ID.Compare(b.ID) })
	return list, err
}

// inThread does something in the i-th thread of a person.
func inThread(i int, do func(*store.Tx, *store.Thread) error) deed {
	return func(tx *store.Tx, person string) error {
		list, err := threadsOf(tx, person)
		if err != nil {
			return err
		}
		return do(tx, new(*list[i])) // the list is shared, and do may change its thread
	}
}

func ask(tx *store.Tx, t *store.Thread, text string) error {
	question := store.Message{ThreadID: t.ID, UserID: t.UserID, IsUser: true, Content: text, TokenCount: len(text), Status: store.StatusComplete, CreatedAt: tx.Now}
	answer := store.Message{ThreadID: t.ID, UserID: t.UserID, Status: store.StatusStreaming, CreatedAt: tx.Now}
	for _, m := range []*store.Message{&question, &answer} {
		var err error
		if m.ID, err = tx.NewID(); err != nil {
			return err
		}
		if err := tx.SaveMessage(t, m); err != nil {
			return err
		}
	}
	return nil
}

func summarise(tx *store.Tx, t *store.Thread, text string) (err error) {
	s := &store.Summary{ThreadID: t.ID, SummaryText: text, CreatedAt: tx.Now}
	if s.ID, err = tx.NewID(); err != nil {
		return err
	}
	return tx.SaveSummary(t, s)
}

func attach(tx *store.Tx, t *store.Thread, f file) (err error) {
	a := &store.Attachment{ThreadID: t.ID, UserID: t.UserID, Name: f.Name, Size: int64(len(f.Bytes)), SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(f.Bytes))), CreatedAt: tx.Now}
	if a.ID, err = tx.NewID(); err != nil {
		return err
	}
	return tx.PutAttachment(a)
}

func messagesOf(tx *store.Tx, t *store.Thread) ([]*store.Message, error) {
	page, more, err := tx.ListMessages(t.ID, store.Page{Limit: 10_000}, true)
	if err == nil && (more || len(page) != t.RowCount) {
		err = fmt.Errorf("%s: the list has %d messages, more %t, and the thread says %d", t.Title, len(page), more, t.RowCount)
	}
	list := make([]*store.Message, len(page))
	for i, stored := range page {
		var broken error
		list[i], broken = stored.Decode()
		err = cmp.Or(err, broken)
	}
	return list, err
}

// inMessage does something with the k-th message of the i-th thread.
func inMessage(i, k int, do func(*store.Tx, *store.Thread, *store.Message) error) deed {
	return inThread(i, func(tx *store.Tx, t *store.Thread) error {
		list, err := messagesOf(tx, t)
		if err != nil {
			return err
		}
		return do(tx, t, list[k])
	})
}

func edit(tx *store.Tx, t *store.Thread, m *store.Message, text string) error {
	m.EditCount++
	if err := tx.AddVersion(&store.Version{MessageID: m.ID, Number: uint32(m.EditCount), Content: m.Content, EditedAt: tx.Now}); err != nil {
		return err
	}
	m.Content, m.TokenCount, m.IsEdited, m.EditedAt = text, len(text), true, tx.Now
	return tx.SaveMessage(t, m)
}

func remove(tx *store.Tx, t *store.Thread, m *store.Message) error {
	m.Content, m.TokenCount, m.IsDeleted, m.DeletedAt = "", 0, true, tx.Now
	if err := tx.DeleteVersions(m.ID); err != nil {
		return err
	}
	return tx.SaveMessage(t, m)
}

func draft(tx *store.Tx, m *store.Message, text string) error {
	m.Content = text
	return tx.PutDraft(m)
}

func complete(tx *store.Tx, t *store.Thread, m *store.Message, text string) error {
	m.Content, m.TokenCount, m.Status = text, len(text), store.StatusComplete
	return tx.SaveMessage(t, m)
}

// A house is a store and the blobs beside it.
type house struct {
	*store.Store
	blobs *blob.Store
}

// look returns what a person sees.
func (h house) look(person string) (v view, err error) {
	err = h.View(context.Background(), func(tx *store.Tx) (err error) {
		v, err = look(tx, h.blobs, person)
		return err
	})
	return v, err
}

func look(tx *store.Tx, blobs *blob.Store, person string) (v view, err error) {
	_, p, err := projectOf(tx, person)
	if err != nil || p == nil {
		return v, err
	}
	v.Project = p.Name
	list, err := threadsOf(tx, person)
	if err != nil {
		return v, err
	}
	for _, t := range list {
		seen, err := lookInto(tx, blobs, t)
		if err != nil {
			return v, fmt.Errorf("%s: %w", t.Title, err)
		}
		v.Threads = append(v.Threads, seen)
	}
	return v, nil
}

func lookInto(tx *store.Tx, blobs *blob.Store, t *store.Thread) (thread, error) {
	seen := thread{Title: t.Title, Archived: t.IsArchived()}
	list, err := messagesOf(tx, t)
	if err != nil {
		return seen, err
	}
	for _, m := range list {
		versions, err := tx.VersionsOf(m.ID)
		if err != nil {
			return seen, err
		}
		s := message{Asks: m.IsUser, Text: m.Content, Status: m.Status, Deleted: m.IsDeleted, Edits: m.EditCount}
		for _, v := range versions {
			s.Before = append(s.Before, v.Content)
		}
		seen.Messages = append(seen.Messages, s)
	}
	summaries, err := tx.SummariesOf(t.ID)
	if err != nil {
		return seen, err
	}
	for _, s := range slices.Backward(summaries) {
		seen.Summaries = append(seen.Summaries, s.SummaryText)
	}
	files, err := tx.AttachmentsOf(t.ID)
	for _, a := range files {
		text, broken := bytesOf(blobs, a.SHA256)
		seen.Files = append(seen.Files, file{a.Name, text})
		err = cmp.Or(err, broken)
	}
	return seen, err
}

func bytesOf(blobs *blob.Store, sum string) (string, error) {
	f, _, err := blobs.Open(sum)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(f)
	return string(b), errors.Join(err, f.Close())
}
