package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// MaxAttachments is how many attachments a message may have.
const MaxAttachments = 20

// GetAttachment returns what is known of an attachment.
func (a *API) GetAttachment(ctx context.Context, who Actor, in IDInput) (*store.Attachment, error) {
	var f attachmentAccess
	err := a.store.View(ctx, func(tx *store.Tx) (err error) {
		f, err = who.attachment(tx, in.ID)
		return err
	})
	return f.Attachment, err
}

// OpenAttachment returns an attachment and its bytes, which the caller closes. It
// refuses those that no scanner has found clean, where there is a scanner.
func (a *API) OpenAttachment(ctx context.Context, who Actor, in IDInput) (*store.Attachment, io.ReadSeekCloser, error) {
	f, err := a.GetAttachment(ctx, who, in)
	if err == nil {
		err = a.readable(f)
	}
	if err != nil {
		return nil, nil, err
	}
	bytes, size, err := a.o.Blobs.Open(f.SHA256)
	if err == nil && size != f.Size {
		err = errors.Join(fmt.Errorf("attachment %s has %d bytes, its blob %d", f.ID, f.Size, size), bytes.Close())
		err = &store.Error{Code: store.CodeDamaged, Message: "the bytes of this attachment are damaged; the administrator's \"parley check\" names them", Err: err}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = &store.Error{Code: store.CodeNotFound, Message: "the bytes of this attachment are lost; the administrator's \"parley check\" names them", Err: err}
	}
	if err != nil {
		return nil, nil, err
	}
	return f, bytes, nil
}

// readable says why the bytes of an attachment may not be read, or nil.
func (a *API) readable(f *store.Attachment) error {
	switch {
	case a.o.Blobs == nil:
		return noUploads()
	case f.Scan.Status == store.ScanClean:
		return nil
	case f.Scan.Status == store.ScanSkipped && a.o.Scanner == nil:
		return nil
	case f.Scan.Status == store.ScanInfected:
		return store.Errorf(store.CodeQuarantined, "a virus was found in “%s” (%s): it is kept in quarantine", f.Name, f.Scan.Signature)
	case f.Scan.Status == store.ScanFailed:
		return store.Errorf(store.CodeScanFailed, "“%s” could not be scanned for viruses, so nobody may open it: %s", f.Name, f.Scan.Signature)
	}
	return store.Errorf(store.CodeScanPending, "“%s” waits to be scanned for viruses: try again in a moment", f.Name)
}

// DeleteAttachment removes an attachment for good, from its message too.
func (a *API) DeleteAttachment(ctx context.Context, who Actor, in IDInput) (*Nothing, error) {
	return &Nothing{}, a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		f, err := who.removableAttachment(tx, in.ID)
		if err != nil {
			return err
		}
		if err := tx.DeleteAttachment(f.Attachment); err != nil {
			return err
		}
		return a.emitMessageOf(tx, f.Attachment)
	})
}

// emitMessageOf tells the thread that the message of an attachment changed.
func (a *API) emitMessageOf(tx *store.Tx, f *store.Attachment) error {
	if f.MessageID.IsZero() {
		return nil
	}
	m, err := tx.Message(f.MessageID)
	if err != nil || m.IsDeleted {
		return err
	}
	if err := a.fileChanged(tx, f.ThreadID); err != nil {
		return err
	}
	return a.emitMessage(tx, m)
}

// fileChanged notes that a thread says something else than before, and tells.
func (a *API) fileChanged(tx *store.Tx, thread store.ID) error {
	t, err := tx.Thread(thread)
	if err != nil {
		return err
	}
	p, err := tx.Project(t.ProjectID)
	if err != nil {
		return err
	}
	t.Rewrites++
	if err := tx.PutThread(t); err != nil {
		return err
	}
	return a.emitThread(tx, "thread_updated", threadAccess{t, projectAccess{p, ""}})
}

// emitAttachment tells the thread that an attachment changed, or came.
func (a *API) emitAttachment(tx *store.Tx, f *store.Attachment) error {
	err := a.emit(tx, hub.ThreadTopic(f.ThreadID.String()), "attachment_updated", fields{"thread_id": f.ThreadID, "attachment": f})
	if err != nil {
		return err
	}
	return a.emitMessageOf(tx, f)
}

// attach puts attachments into a question that was just written, and into what
// the caller holds of it.
func (a *API) attach(tx *store.Tx, who Actor, t threadAccess, question *store.Message, ids []store.ID) error {
	for i, id := range ids {
		f, err := who.sendableAttachment(tx, t, id)
		if err != nil {
			return err
		}
		if err := a.readable(f); err != nil {
			return err
		}
		if i >= MaxAttachments {
			return store.Invalid("body.attachment_ids", fmt.Sprintf("must have at most %d items", MaxAttachments))
		}
		f.MessageID = question.ID
		if err := tx.PutAttachment(f); err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		return nil
	}
	stored, err := tx.Message(question.ID)
	if err == nil {
		question.Attachments = stored.Attachments
	}
	return err
}

// detachAll removes the attachments of a message that is being deleted.
func detachAll(tx *store.Tx, m *store.Message) error {
	list, err := tx.AttachmentsIn(m.ID)
	for _, f := range list {
		if err == nil {
			err = tx.DeleteAttachment(f)
		}
	}
	m.Attachments = []store.Attachment{}
	return err
}
