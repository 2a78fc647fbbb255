package store_test

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/parley-app/parley/store"
)

func openThread(op operation, tx *store.Tx, m *model) error {
	p, ok := pick(m.projects, op.a)
	u, there := pick(m.users, op.b)
	id, err := m.newID(tx)
	if err != nil || !ok || !there {
		return err
	}
	t := store.Thread{ID: id, ProjectID: p.ID, UserID: u.ID, Title: op.text, IsPrivate: op.yes, CreatedAt: tx.Now, UpdatedAt: tx.Now, LastActivityAt: tx.Now}
	m.threads[id] = t
	return tx.CreateThread(&t)
}

func renameThread(op operation, tx *store.Tx, m *model) error {
	t, ok := pick(m.threads, op.a)
	if !ok {
		return nil
	}
	t.Title, t.UpdatedAt = op.text, tx.Now
	m.threads[t.ID] = t
	return change(tx.Thread, t.ID, tx.PutThread, func(s *store.Thread) { s.Title, s.UpdatedAt = t.Title, t.UpdatedAt })
}

func archiveThread(op operation, tx *store.Tx, m *model) error {
	t, ok := pick(m.threads, op.a)
	if !ok {
		return nil
	}
	if t.ArchivedAt = (store.Time{}); op.yes {
		t.ArchivedAt = tx.Now
	}
	m.threads[t.ID] = t
	return change(tx.Thread, t.ID, tx.PutThread, func(s *store.Thread) { s.ArchivedAt = t.ArchivedAt })
}

func deleteThread(op operation, tx *store.Tx, m *model) error {
	t, ok := pick(m.threads, op.a)
	if !ok || op.b > 3 {
		return nil
	}
	m.deleteThread(t.ID)
	m.doomed = true
	s, err := tx.Thread(t.ID)
	if err != nil {
		return err
	}
	return tx.DeleteThread(s)
}

// save writes messages of one thread.
func (m *model) save(tx *store.Tx, list ...store.Message) error {
	t, err := tx.Thread(list[0].ThreadID)
	if err != nil {
		return err
	}
	for _, x := range list {
		m.messages[x.ID] = x
		if err := tx.SaveMessage(t, &x); err != nil {
			return err
		}
	}
	return nil
}

// ask writes a question and the answer that is to be written.
func ask(op operation, tx *store.Tx, m *model) error {
	t, ok := pick(m.threads, op.a)
	u, _ := pick(m.users, op.b)
	question, err1 := m.newID(tx)
	answer, err2 := m.newID(tx)
	if err := cmp.Or(err1, err2); err != nil || !ok {
		return err
	}
	list := []store.Message{
		{ID: question, ThreadID: t.ID, UserID: u.ID, IsUser: true, Content: op.text, Status: store.StatusComplete, TokenCount: len(op.text), CreatedAt: tx.Now},
		{ID: answer, ThreadID: t.ID, UserID: u.ID, ParentID: question, Status: store.StatusStreaming, CreatedAt: tx.Now},
	}
	for i := range list {
		list[i].Attachments = []store.Attachment{}
	}
	return m.save(tx, list[:1+op.c%2]...)
}

// pickMessage returns one of the messages that are as wanted.
func (m *model) pickMessage(n int, want func(store.Message) bool) (store.Message, bool) {
	some := map[store.ID]store.Message{}
	for id, x := range m.messages {
		if want(x) {
			some[id] = x
		}
	}
	return pick(some, n)
}

func streaming(x store.Message) bool { return x.Status == store.StatusStreaming }

func draft(op operation, tx *store.Tx, m *model) error {
	x, ok := m.pickMessage(op.a, streaming)
	if !ok {
		return nil
	}
	x.Content = op.text
	m.messages[x.ID] = x
	return change(tx.Message, x.ID, tx.PutDraft, func(s *store.Message) { s.Content = x.Content })
}

func answer(op operation, tx *store.Tx, m *model) error {
	x, ok := m.pickMessage(op.a, streaming)
	if !ok {
		return nil
	}
	x.Content, x.TokenCount = op.text, op.b
	x.Status = []string{store.StatusComplete, store.StatusStopped, store.StatusFailed}[op.c%3]
	return m.save(tx, x)
}

func edit(op operation, tx *store.Tx, m *model) error {
	x, ok := m.pickMessage(op.a, func(x store.Message) bool { return x.IsUser && !x.IsDeleted })
	if !ok {
		return nil
	}
	for range 1 + op.b*op.c { // some histories grow past the limit
		x.EditCount++
		v := store.Version{MessageID: x.ID, Number: uint32(x.EditCount), Content: x.Content, EditedAt: tx.Now}
		m.versions[x.ID] = boundedVersions(append([]store.Version{v}, m.versions[x.ID]...))
		if err := tx.AddVersion(&v); err != nil {
			return err
		}
		x.Content = fmt.Sprint(op.text, x.EditCount)
	}
	x.TokenCount, x.IsEdited, x.EditedAt = len(x.Content), true, tx.Now
	return m.save(tx, x)
}

func boundedVersions(list []store.Version) []store.Version {
	size := 0
	for i, v := range list {
		if size += len(v.Content); i == store.MaxVersions || size > store.MaxVersionBytes {
			return list[:i]
		}
	}
	return list
}

func remove(op operation, tx *store.Tx, m *model) error {
	x, ok := m.pickMessage(op.a, func(x store.Message) bool { return !x.IsDeleted && !streaming(x) })
	if !ok {
		return nil
	}
	x.Content, x.TokenCount, x.IsDeleted, x.DeletedAt = "", 0, true, tx.Now
	delete(m.versions, x.ID)
	if err := tx.DeleteVersions(x.ID); err != nil {
		return err
	}
	return m.save(tx, x)
}

func summarise(op operation, tx *store.Tx, m *model) error {
	t, ok := pick(m.threads, op.a)
	id, err := m.newID(tx)
	if err != nil || !ok {
		return err
	}
	s := store.Summary{ID: id, ThreadID: t.ID, SummaryText: op.text, KeyTopics: []string{op.text}, TokenCount: op.b, SourceTokens: 2 * op.c, CreatedAt: tx.Now}
	if op.yes {
		s.ModelUsed = "model"
	}
	if list := m.messagesOf(t.ID, true); len(list) > 0 {
		first := op.b % len(list)
		s.StartMessageID, s.EndMessageID = list[first].ID, list[first+op.c%(len(list)-first)].ID
	}
	m.summaries[id] = s
	thread, err := tx.Thread(t.ID)
	if err != nil {
		return err
	}
	return tx.SaveSummary(thread, &s)
}

// rewrite says that a message was changed, which is its own business.
func rewrite(op operation, tx *store.Tx, m *model) error {
	x, ok := m.pickMessage(op.a, func(store.Message) bool { return true })
	if !ok {
		return nil
	}
	t := m.threads[x.ThreadID]
	t.Rewrites++
	m.threads[t.ID] = t
	for _, s := range m.summariesOf(t.ID) {
		if s.IsStale || s.StartMessageID.IsZero() || !(store.Span{Start: s.StartMessageID, End: s.EndMessageID}).Has(x.ID) {
			continue
		}
		if s.IsStale = s.IsByHand(); s.IsStale {
			m.summaries[s.ID] = s
		} else {
			delete(m.summaries, s.ID)
		}
	}
	stored, err := tx.Thread(t.ID)
	if err != nil {
		return err
	}
	_, err = tx.Rewritten(stored, x.ID)
	return err
}

func deleteSummary(op operation, tx *store.Tx, m *model) error {
	s, ok := pick(m.summaries, op.a)
	if !ok {
		return nil
	}
	delete(m.summaries, s.ID)
	t, err := tx.Thread(s.ThreadID)
	if err != nil {
		return err
	}
	return tx.DeleteSummary(t, &s)
}

func attach(op operation, tx *store.Tx, m *model) error {
	t, ok := pick(m.threads, op.a)
	u, _ := pick(m.users, op.b)
	id, err := m.newID(tx)
	if err != nil || !ok {
		return err
	}
	a := store.Attachment{
		ID: id, ThreadID: t.ID, ProjectID: t.ProjectID, UserID: u.ID, Name: op.text, SHA256: fmt.Sprint(op.c % 3), Size: int64(op.c) * 1000,
		Scan: store.Scan{Status: store.ScanPending}, CreatedAt: tx.Now,
	}
	m.attachments[id] = a
	return tx.PutAttachment(&a)
}

func sendAttachment(op operation, tx *store.Tx, m *model) error {
	a, ok := pick(m.attachments, op.a)
	x, there := m.pickMessage(op.b, func(x store.Message) bool { return x.ThreadID == a.ThreadID })
	if !ok || !there {
		return nil
	}
	a.MessageID = x.ID
	m.attachments[a.ID] = a
	return change(tx.Attachment, a.ID, tx.PutAttachment, func(s *store.Attachment) { s.MessageID = a.MessageID })
}

// scanAttachment has one scanner or another say something of an attachment.
func scanAttachment(op operation, tx *store.Tx, m *model) error {
	a, ok := pick(m.attachments, op.a)
	if !ok {
		return nil
	}
	status := []string{store.ScanPending, store.ScanClean, store.ScanInfected, store.ScanSkipped, store.ScanFailed}[op.b%5]
	a.Scan = store.Scan{Status: status, Engine: fmt.Sprint("engine ", op.c%3), ScannedAt: tx.Now}
	m.attachments[a.ID] = a
	return change(tx.Attachment, a.ID, tx.PutAttachment, func(s *store.Attachment) { s.Scan = a.Scan })
}

func detach(op operation, tx *store.Tx, m *model) error {
	a, ok := pick(m.attachments, op.a)
	if !ok {
		return nil
	}
	delete(m.attachments, a.ID)
	return change(tx.Attachment, a.ID, tx.DeleteAttachment, func(*store.Attachment) {})
}

func wantSummary(op operation, tx *store.Tx, m *model) error {
	t, ok := pick(m.threads, op.a)
	if !ok {
		return nil
	}
	task := store.SummaryTask{ThreadID: t.ID, IsAnew: op.yes, Tries: op.c, Due: store.TimeOf(tx.Now.Add(time.Duration(op.b) * time.Second)), CreatedAt: tx.Now}
	m.tasks[t.ID] = task
	return tx.PutSummaryTask(&task)
}

func dropTask(op operation, tx *store.Tx, m *model) error {
	t, ok := pick(m.threads, op.a)
	if !ok {
		return nil
	}
	delete(m.tasks, t.ID)
	return tx.DeleteSummaryTask(t.ID)
}

func dueTasks(op operation, tx *store.Tx, m *model) error {
	now := store.TimeOf(tx.Now.Add(time.Duration(op.b) * time.Second))
	want := sorted(m.tasks, func(t store.SummaryTask) bool { return t.Due.Before(now.Time) }, func(a, b store.SummaryTask) int {
		return cmp.Or(a.Due.Compare(b.Due.Time), a.ThreadID.Compare(b.ThreadID))
	})
	got, err := tx.DueSummaryTasks(now, 1000)
	if m.doomed { // tasks of threads that are gone may be there yet
		got = slices.DeleteFunc(got, func(t *store.SummaryTask) bool { _, ok := m.tasks[t.ThreadID]; return !ok })
	}
	if err != nil || len(got) != len(want) {
		return cmp.Or(err, fmt.Errorf("%d tasks are due, want %d", len(got), len(want)))
	}
	for i := range got {
		if err := differ("due task", want[i], *got[i]); err != nil {
			return err
		}
	}
	n, err := tx.CountSummaryTasks()
	if err == nil && m.doomed && n >= len(m.tasks) {
		return nil
	}
	return cmp.Or(err, differ("tasks", len(m.tasks), n))
}
