package api

import (
	"context"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// A thread answers one question at a time. Those that are asked meanwhile wait in the
// store, in the thread's own queue, and are answered in order: after the running
// answer ended in whatever way, and after a restart.

// enqueue writes a question that waits, and tells the thread.
func (a *API) enqueue(tx *store.Tx, who Actor, t threadAccess, said text, files []store.ID, model string) (question *store.Message, err error) {
	if a.turns.isClosed() {
		return nil, a.turns.refusal()
	}
	if question, err = newQuestion(tx, who, t, said, store.StatusQueued); err != nil {
		return nil, err
	}
	answer, err := tx.NewID()
	if err != nil {
		return nil, err
	}
	err = tx.Enqueue(&store.Queued{ThreadID: t.ID, MessageID: question.ID, AnswerID: answer, Model: model, CreatedAt: tx.Now})
	if err != nil {
		return nil, err
	}
	if err := tx.AddMessages(t.Thread, question); err != nil {
		return nil, err
	}
	if err := a.attach(tx, who, t, question, files); err != nil {
		return nil, err
	}
	waiting, err := tx.QueueOf(t.ID)
	if err != nil {
		return nil, err
	}
	thread := t.ID
	if err := tx.AfterCommit(func() { a.hasSaid(thread, who.UserID); go a.advance(thread) }); err != nil {
		return nil, err
	}
	f := fields{"message": question, "queue_position": len(waiting)}
	if err := a.emit(tx, hub.ThreadTopic(t.ID.String()), "message_queued", f); err != nil {
		return nil, err
	}
	return question, a.emitThread(tx, "thread_updated", t)
}

// dequeue takes a question that was deleted out of its queue.
func (a *API) dequeue(tx *store.Tx, m *store.Message) error {
	q, err := tx.QueuedIn(m.ThreadID, m.ID)
	if err != nil {
		return err
	}
	if q != nil {
		if err := tx.Dequeue(q); err != nil {
			return err
		}
	}
	m.Status = store.StatusComplete
	return tx.AfterCommit(a.turns.nudge)
}

// advance answers the next question that waits in a thread, unless one is being
// answered there: then the end of that one calls advance again.
func (a *API) advance(thread store.ID) {
	t := a.turns.claimNext(thread)
	if t == nil {
		return
	}
	for {
		begun, more, err := a.beginQueued(t)
		switch {
		case err != nil:
			a.log.Error("the next question of a thread could not be answered; it is tried again", "thread", thread, "err", err)
			a.turns.release(t)
			return
		case begun:
			a.turns.advanceAfter(t)
			a.turns.run(a, t)
			return
		case !more:
			a.turns.release(t)
			return
		}
	}
}

// beginQueued takes the first question out of the queue of t's thread and makes t
// ready to run. A question that may not be asked any more gets a failed answer
// instead; more reports that there may be others behind it.
func (a *API) beginQueued(t *turn) (begun, more bool, err error) {
	err = a.store.Update(store.InReserve(t.ctx), func(tx *store.Tx) error {
		begun, more = false, false
		waiting, err := tx.QueueOf(t.threadID)
		if err != nil || len(waiting) == 0 {
			return err
		}
		q := waiting[0]
		thread, err := tx.Thread(q.ThreadID)
		if store.CodeOf(err) == store.CodeNotFound || err == nil && thread.IsArchived() {
			return nil // it is being taken down; or the questions wait until it is restored
		}
		if err != nil {
			return err
		}
		more = true
		if err := tx.Dequeue(q); err != nil {
			return err
		}
		question, err := tx.Message(q.MessageID)
		if store.CodeOf(err) == store.CodeNotFound || store.IsDamaged(err) || err == nil && question.Status != store.StatusQueued {
			return nil // those behind it must not wait for it
		}
		if err != nil {
			return err
		}
		begun, err = a.askQueued(tx, t, q, question, thread)
		return err
	})
	if err != nil {
		return false, false, err
	}
	return begun, more, nil
}

// askQueued writes a question that waited as asked, and the place of its answer.
func (a *API) askQueued(tx *store.Tx, t *turn, q *store.Queued, question *store.Message, thread *store.Thread) (begun bool, err error) {
	project, err := tx.Project(thread.ProjectID)
	if err != nil {
		return false, err
	}
	access := threadAccess{thread, projectAccess{project, ""}}
	who := Actor{UserID: question.UserID}
	refusal, err := mayStillAsk(tx, who, thread)
	if err != nil {
		return false, err
	}
	question.Status = store.StatusComplete
	if err := tx.SaveMessage(thread, question); err != nil {
		return false, err
	}
	answer, err := a.newAnswerAt(q.AnswerID, tx, who, t, access, question, q.Model)
	if err != nil {
		return false, err
	}
	if refusal != nil {
		answer.Status, answer.FinishReason, answer.Error = store.StatusFailed, "error", refusal
	}
	if author, err := tx.Author(question.UserID); err != nil {
		return false, err
	} else if author == nil || refusal != nil && refusal.Code == store.CodeNotFound {
		answer.UserID = store.ID{}
	}
	if err := tx.AddMessages(thread, answer); err != nil {
		return false, err
	}
	if err := a.emitMessage(tx, question); err != nil {
		return false, err
	}
	if refusal != nil {
		if err := a.emitMessage(tx, answer); err != nil {
			return false, err
		}
		return false, a.emitThread(tx, "thread_updated", access)
	}
	if err := tx.AfterCommit(func() { a.announce(t) }); err != nil {
		return false, err
	}
	return true, a.emitThread(tx, "thread_updated", access)
}

// mayStillAsk returns why the author of a question that waited may not have it
// answered any more, or nil.
func mayStillAsk(tx *store.Tx, who Actor, t *store.Thread) (*store.MessageError, error) {
	u, err := tx.User(who.UserID)
	switch {
	case store.CodeOf(err) == store.CodeNotFound:
		return &store.MessageError{Code: store.CodeNotFound, Message: "This question was not asked: the account of its author was deleted."}, nil
	case store.IsDamaged(err):
		return &store.MessageError{Code: store.CodeInternal, Message: "This question was not asked: the account of its author is damaged. Ask an administrator."}, nil
	case err != nil:
		return nil, err
	case u.IsDisabled:
		return &store.MessageError{Code: store.CodeForbidden, Message: "This question was not asked: the account of its author is disabled."}, nil
	}
	_, err = who.thread(tx, t.ID, toWrite)
	if code := store.CodeOf(err); code == store.CodeNotFound || code == store.CodeForbidden || store.IsDamaged(err) {
		return &store.MessageError{Code: store.CodeForbidden, Message: "This question was not asked: its author may no longer write in this chat."}, nil
	}
	return nil, err
}

// AnswerQueued has the questions answered that wait in threads where nothing is being
// answered: after a start, and after a failure of the store. A job calls it.
func (a *API) AnswerQueued(ctx context.Context) error {
	const page = 100
	for after := (store.ID{}); ; {
		var threads []store.ID
		err := a.store.View(ctx, func(tx *store.Tx) (err error) {
			threads, err = tx.QueuedThreads(after, page)
			return err
		})
		if err != nil {
			return err
		}
		for _, thread := range threads {
			a.advance(thread)
		}
		if len(threads) < page {
			return nil
		}
		after = threads[len(threads)-1]
	}
}

// awaitAnswer returns the first answer to a question once it has ended, or nil if there
// is none: with repeated, the question was asked before, and it or its answer may have
// been deleted since.
func (a *API) awaitAnswer(ctx context.Context, who Actor, question *store.Message, repeated bool) (*store.Message, error) {
	for {
		changed := a.turns.nextChange()
		q, answer, err := a.firstAnswer(ctx, who, question.ID)
		switch {
		case err != nil:
			return nil, err
		case q.IsDeleted && !repeated:
			return nil, store.Errorf(store.CodeConflict, "this question was removed from the queue")
		case q.Status != store.StatusQueued && (answer == nil || answer.Status != store.StatusStreaming):
			return answer, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, store.Errorf(store.CodeUnavailable, "the answer takes longer than this request may; it goes on in the thread")
		}
	}
}

// firstAnswer returns a question as it is now, and the first of its answers that was
// not deleted, or nil.
func (a *API) firstAnswer(ctx context.Context, who Actor, id store.ID) (question, answer *store.Message, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) error {
		question, answer = nil, nil
		m, err := who.message(tx, id)
		if err != nil {
			return err
		}
		question = m.Message
		later, err := tx.MessagesAfter(question)
		if err != nil {
			return err
		}
		if answers := answersTo(question.ID, later); len(answers) > 0 {
			answer, err = tx.Shown(answers[0])
		}
		return err
	})
	return question, answer, err
}
