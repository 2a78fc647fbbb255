package api

import (
	"context"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// rewritten sees to it that no summary goes on telling what a message said that was
// edited or deleted in this transaction; see docs/decisions/0015.
func (a *API) rewritten(tx *store.Tx, m messageAccess) error {
	r, err := tx.Rewritten(m.Thread.Thread, m.ID)
	if err != nil {
		return err
	}
	if err := a.copiesStale(tx, m); err != nil {
		return err
	}
	if r.Removed > 0 && a.o.Summaries.Interval > 0 {
		if err := a.putOff(tx, m.ThreadID, false); err != nil {
			return err
		}
	}
	for _, s := range r.Stale {
		if err := a.emit(tx, hub.ThreadTopic(s.ThreadID.String()), "summary_available", fields{"thread_id": s.ThreadID, "summary": viewSummary(s)}); err != nil {
			return err
		}
	}
	if !r.More {
		return nil
	}
	thread, message := m.ThreadID, m.ID
	return tx.AfterCommit(func() { a.beside.run(func(ctx context.Context) { a.rewriteRest(ctx, thread, message) }) })
}

// copiesStale marks as stale the summaries with which other threads began and that
// tell of a message that was edited or deleted.
func (a *API) copiesStale(tx *store.Tx, m messageAccess) error {
	copies, err := tx.CopiesOf(m.ThreadID)
	if err != nil {
		return err
	}
	for _, s := range copies {
		if s.SourceEndID.Compare(m.ID) < 0 {
			continue
		}
		t, err := tx.Thread(s.ThreadID)
		if store.CodeOf(err) == store.CodeNotFound {
			continue
		}
		if err != nil {
			return err
		}
		p, err := tx.Project(t.ProjectID)
		if err != nil {
			return err
		}
		s.IsStale = true
		t.Rewrites++
		if err := a.saveSummary(tx, threadAccess{t, projectAccess{p, ""}}, s); err != nil {
			return err
		}
	}
	return nil
}

// rewriteRest goes on where one transaction would have been too large.
func (a *API) rewriteRest(ctx context.Context, thread, message store.ID) {
	for more := true; more; {
		err := a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
			t, err := tx.Thread(thread)
			if err != nil {
				return err
			}
			r, err := tx.Rewritten(t, message)
			more = r.More
			return err
		})
		if err != nil {
			if store.CodeOf(err) != store.CodeNotFound && ctx.Err() == nil {
				a.log.Error("summaries of a message that was changed could not be withdrawn", "thread", thread, "message", message, "err", err)
			}
			return
		}
	}
}
