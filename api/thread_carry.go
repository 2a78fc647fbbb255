package api

import (
	"github.com/parley-app/parley/store"
)

// A carried is the copy of a summary with which a new thread begins; nil: there is none.
type carried store.Summary

// carriedSummary returns a copy of the summary that in names. What is copied from a
// private thread stays private.
func (who Actor) carriedSummary(tx *store.Tx, in CreateThreadInput, t *store.Thread) (*carried, error) {
	if in.SummaryID.IsZero() {
		return nil, nil
	}
	s, from, err := who.summary(tx, in.SummaryID, toRead)
	switch {
	case store.CodeOf(err) == store.CodeNotFound:
		return nil, store.Invalid("body.summary_id", "is not a summary that you may read")
	case err != nil:
		return nil, err
	case from.ProjectID != in.ProjectID:
		return nil, store.Invalid("body.summary_id", "is of a thread in another project")
	}
	t.IsPrivate = t.IsPrivate || from.IsPrivate
	return &carried{
		SourceThreadID: from.ID, SourceEndID: s.EndMessageID, SummaryText: s.SummaryText, KeyTopics: s.KeyTopics, TokenCount: s.TokenCount,
		ModelUsed: s.ModelUsed, IsEdited: s.IsEdited, CreatedAt: tx.Now,
	}, nil
}

// begin gives the copy its place before all messages of t: a span of no message.
func (c *carried) begin(tx *store.Tx, t *store.Thread) (err error) {
	if c == nil {
		return nil
	}
	c.ThreadID = t.ID
	if c.ID, err = tx.NewID(); err != nil {
		return err
	}
	c.StartMessageID, err = tx.NewID()
	c.EndMessageID = c.StartMessageID
	return err
}

// write stores the copy with t, which was just written.
func (c *carried) write(tx *store.Tx, t *store.Thread) error {
	if c == nil {
		return nil
	}
	return tx.SaveSummary(t, (*store.Summary)(c))
}
