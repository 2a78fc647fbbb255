package api

import "github.com/parley-app/parley/store"

// This file says who may do what, and nothing else does. Every function returns
// the record, or not_found to those who may not know of it, or forbidden to
// those who see it but may not do this.

// A right is what somebody wants to do with a record.
type right int

const (
	toRead  right = iota
	toWrite       // change it, or add to it
	toOwn         // delete it, or change who sees it
)

// roleRights is the most that each role in a project allows.
var roleRights = map[string]right{
	store.ProjectOwner:  toOwn,
	store.ProjectEditor: toWrite,
	store.ProjectViewer: toRead,
}

func forbidden(what string) error { return store.Errorf(store.CodeForbidden, "you may not %s", what) }

// signedIn is the check of verbs that are about the caller alone.
func (who Actor) signedIn() error {
	if who.IsNobody() {
		return signInFirst()
	}
	return nil
}

// inPerson is signedIn for what an API key will not do: whoever finds one must not
// be able to take the account over, or to lock its owner out.
func (who Actor) inPerson() error {
	if err := who.signedIn(); err != nil || who.KeyID.IsZero() {
		return err
	}
	return forbidden("do this with an API key: sign in")
}

// admin is the check of verbs that are about the whole instance.
func (who Actor) admin() error {
	if err := who.signedIn(); err != nil || who.Admin {
		return err
	}
	return forbidden("do what only administrators may")
}

// A projectAccess is a project and the caller's part in it.
type projectAccess struct {
	*store.Project
	Role string
}

func (who Actor) project(tx *store.Tx, id store.ID, need right) (projectAccess, error) {
	if err := who.signedIn(); err != nil {
		return projectAccess{}, err
	}
	m, err := tx.Member(id, who.UserID) // first: that a project is damaged is not for everybody
	if err != nil {
		return projectAccess{}, err
	}
	if m == nil {
		return projectAccess{}, store.Errorf(store.CodeNotFound, "project not found")
	}
	p, err := tx.Project(id)
	switch {
	case err != nil:
		return projectAccess{}, err
	case roleRights[m.Role] < need:
		return projectAccess{}, forbidden("change this project")
	}
	return projectAccess{p, m.Role}, nil
}

// membership is project for who is in it, which administrators may see and change
// too: without a role they see nothing else of it.
func (who Actor) membership(tx *store.Tx, id store.ID, need right) (projectAccess, error) {
	p, err := who.project(tx, id, need)
	if code := store.CodeOf(err); !who.Admin || code != store.CodeNotFound && code != store.CodeForbidden {
		return p, err
	}
	found, err := tx.Project(id)
	return projectAccess{found, ""}, err
}

// A threadAccess is a thread, its project, and the caller's part in that.
type threadAccess struct {
	*store.Thread
	Project projectAccess
}

func (who Actor) thread(tx *store.Tx, id store.ID, need right) (threadAccess, error) {
	if err := who.signedIn(); err != nil {
		return threadAccess{}, err
	}
	t, damage := tx.Thread(id)
	if store.IsDamaged(damage) {
		var err error
		if t, err = tx.PlaceOfThread(id); err != nil {
			return threadAccess{}, err
		}
	} else if damage != nil {
		return threadAccess{}, damage
	}
	p, err := who.project(tx, t.ProjectID, toRead)
	if store.CodeOf(err) == store.CodeNotFound || t.IsPrivate && t.UserID != who.UserID {
		return threadAccess{}, store.Errorf(store.CodeNotFound, "thread not found")
	}
	if err := orElse(damage, err); err != nil {
		return threadAccess{}, err
	}
	// Who made the thread has no more than their role gives: who was made a viewer
	// only reads, their own threads too.
	if roleRights[p.Role] < min(need, toWrite) || need == toOwn && p.Role != store.ProjectOwner && t.UserID != who.UserID {
		return threadAccess{}, forbidden(threadDeeds[need])
	}
	return threadAccess{t, p}, nil
}

var threadDeeds = map[right]string{
	toWrite: "change this thread: viewers only read",
	toOwn:   "delete this thread: only who made it and the project's owners may",
}

// writable is thread for what an archived one does not allow.
func (who Actor) writable(tx *store.Tx, id store.ID) (threadAccess, error) {
	t, err := who.thread(tx, id, toWrite)
	return t, orElse(err, t.mustBeOpen())
}

// mustBeOpen refuses what an archived thread does not allow; the zero access
// passes.
func (t threadAccess) mustBeOpen() error {
	if t.Thread == nil || !t.IsArchived() {
		return nil
	}
	return store.Errorf(store.CodeThreadArchived, "this thread is archived: un-archive it first")
}

// A messageAccess is a message and its thread.
type messageAccess struct {
	*store.Message
	Thread threadAccess
}

func (who Actor) message(tx *store.Tx, id store.ID) (messageAccess, error) {
	if err := who.signedIn(); err != nil {
		return messageAccess{}, err
	}
	m, err := tx.Message(id)
	if store.IsDamaged(err) {
		return messageAccess{}, who.damaged(tx, "message", id, tx.ThreadOfMessage, err)
	}
	if err != nil {
		return messageAccess{}, err
	}
	t, err := who.thread(tx, m.ThreadID, toRead)
	if store.CodeOf(err) == store.CodeNotFound {
		err = store.Errorf(store.CodeNotFound, "message not found")
	}
	return messageAccess{m, t}, err
}

// damaged returns that a record of a thread is damaged to those who may see the thread,
// and not_found, as of an id that nothing has, to all others.
func (who Actor) damaged(tx *store.Tx, noun string, id store.ID, threadOf func(store.ID) (store.ID, error), damage error) error {
	thread, err := threadOf(id)
	if err == nil {
		_, err = who.thread(tx, thread, toRead)
	}
	if store.CodeOf(err) == store.CodeNotFound {
		return store.Errorf(store.CodeNotFound, "%s not found", noun)
	}
	return orElse(err, damage)
}

// notTheirs is the answer for a record that is somebody else's, or may be because it is
// damaged: that of an id that nothing has.
func notTheirs(noun string, err error) error {
	if err != nil && !store.IsDamaged(err) {
		return err
	}
	return store.Errorf(store.CodeNotFound, "%s not found", noun)
}

// ownMessage is a message that only its author may change.
func (who Actor) ownMessage(tx *store.Tx, id store.ID) (messageAccess, error) {
	m, err := who.message(tx, id)
	if err == nil && (!m.IsUser || m.UserID != who.UserID || !m.Thread.mayWrite()) {
		err = forbidden("edit this message: only its author may")
	}
	return m.mustBeWritable(err)
}

// mayWrite says whether the caller's role allows more than reading.
func (t threadAccess) mayWrite() bool { return roleRights[t.Project.Role] >= toWrite }

// removableMessage is a message that may go, or an answer that may be made anew:
// by who asked for it, and by the owners of the project. UserID of an answer is
// who asked.
func (who Actor) removableMessage(tx *store.Tx, id store.ID) (messageAccess, error) {
	m, err := who.message(tx, id)
	if err == nil && (m.UserID != who.UserID || !m.Thread.mayWrite()) && m.Thread.Project.Role != store.ProjectOwner {
		err = forbidden("do this: only the author and the project's owners may")
	}
	return m.mustBeWritable(err)
}

func (m messageAccess) mustBeWritable(err error) (messageAccess, error) {
	switch {
	case err != nil:
		return messageAccess{}, err
	case m.IsDeleted && !m.Thread.IsArchived():
		return messageAccess{}, store.Errorf(store.CodeConflict, "this message was deleted")
	}
	return m, m.Thread.mustBeOpen()
}

// An attachmentAccess is an attachment and its thread.
type attachmentAccess struct {
	*store.Attachment
	Thread threadAccess
}

func (who Actor) attachment(tx *store.Tx, id store.ID) (attachmentAccess, error) {
	if err := who.signedIn(); err != nil {
		return attachmentAccess{}, err
	}
	f, err := tx.Attachment(id)
	if store.IsDamaged(err) {
		return attachmentAccess{}, who.damaged(tx, "attachment", id, tx.ThreadOfAttachment, err)
	}
	if err != nil {
		return attachmentAccess{}, err
	}
	t, err := who.thread(tx, f.ThreadID, toRead)
	if store.CodeOf(err) == store.CodeNotFound {
		err = store.Errorf(store.CodeNotFound, "attachment not found")
	}
	return attachmentAccess{f, t}, err
}

// removableAttachment is an attachment that may go: by who brought it, and by the
// owners of the project.
func (who Actor) removableAttachment(tx *store.Tx, id store.ID) (attachmentAccess, error) {
	f, err := who.attachment(tx, id)
	switch {
	case err != nil:
		return attachmentAccess{}, err
	case f.UserID != who.UserID && f.Thread.Project.Role != store.ProjectOwner:
		return attachmentAccess{}, forbidden("delete this attachment: only who brought it and the project's owners may")
	case f.Thread.IsArchived():
		return attachmentAccess{}, store.Errorf(store.CodeThreadArchived, "this thread is archived: un-archive it first")
	}
	return f, nil
}

// sendableAttachment is one that the caller brought into the thread, that was
// looked at and is in no message. What else there may be by that id is not told.
func (who Actor) sendableAttachment(tx *store.Tx, t threadAccess, id store.ID) (*store.Attachment, error) {
	f, err := tx.Attachment(id)
	if store.CodeOf(err) == store.CodeNotFound || store.IsDamaged(err) || err == nil && (f.ThreadID != t.ID || f.UserID != who.UserID) {
		return nil, store.Invalid("body.attachment_ids", "names an attachment that is not there: "+id.String())
	}
	if err == nil && !f.MessageID.IsZero() {
		return nil, store.Invalid("body.attachment_ids", "names an attachment that was sent already: "+id.String())
	}
	return f, err
}

// summary returns a summary and its thread; to change it, the thread must be open.
func (who Actor) summary(tx *store.Tx, id store.ID, need right) (*store.Summary, threadAccess, error) {
	if err := who.signedIn(); err != nil {
		return nil, threadAccess{}, err
	}
	s, err := tx.Summary(id)
	if store.IsDamaged(err) {
		return nil, threadAccess{}, who.damaged(tx, "summary", id, tx.ThreadOfSummary, err)
	}
	if err != nil {
		return nil, threadAccess{}, err
	}
	t, err := who.thread(tx, s.ThreadID, need)
	if store.CodeOf(err) == store.CodeNotFound {
		err = store.Errorf(store.CodeNotFound, "summary not found")
	}
	if err == nil && need > toRead {
		err = t.mustBeOpen()
	}
	return s, t, err
}
