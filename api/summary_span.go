package api

import (
	"context"

	"github.com/parley-app/parley/store"
)

// A summarySpan is the run of messages that a summary is to stand for.
type summarySpan struct {
	start, end       store.ID
	messages, tokens int
}

func (p summarySpan) put(s *store.Summary) {
	s.StartMessageID, s.EndMessageID, s.MessageCount, s.SourceTokens = p.start, p.end, p.messages, p.tokens
}

// add takes one more message to the end.
func (p *summarySpan) add(m *store.Message) {
	if p.start.IsZero() {
		p.start = m.ID
	}
	p.end = m.ID
	p.messages++
	p.tokens += m.TokenCount
}

// spanOf finds what a summary by hand stands for: from the first to the last
// message that is written, or what the input names.
func (a *API) spanOf(ctx context.Context, who Actor, in CreateSummaryInput) (span summarySpan, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) error {
		if _, err := who.thread(tx, in.ThreadID, toWrite); err != nil {
			return err
		}
		for location, id := range map[string]store.ID{"body.start_message_id": in.StartMessageID, "body.end_message_id": in.EndMessageID} {
			if id.IsZero() {
				continue
			}
			m, err := tx.Message(id)
			if store.CodeOf(err) == store.CodeNotFound || err == nil && m.ThreadID != in.ThreadID {
				return store.Invalid(location, "is not a message of this thread")
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return span, err
	}
	if !in.EndMessageID.IsZero() && in.StartMessageID.Compare(in.EndMessageID) > 0 {
		return span, store.Invalid("body.end_message_id", "is before the first message of the summary")
	}
	err = a.walkOn(ctx, in.ThreadID, in.StartMessageID, in.EndMessageID, func(m *store.Message) error {
		if m.Status != store.StatusStreaming && m.Status != store.StatusQueued {
			span.add(m)
		}
		return nil
	})
	return span, err
}

// walkPage bounds what walkOn has in memory: messages may be large.
const walkPage = 10

// walkOn calls fn for the messages of a thread from one to another, both included
// (zero: from the first, to the last), the oldest first. Deleted ones are left out.
// No transaction outlives a page.
func (a *API) walkOn(ctx context.Context, thread, from, to store.ID, fn func(*store.Message) error) error {
	for next := from; ; {
		var page []*store.Message
		err := a.store.View(ctx, func(tx *store.Tx) (err error) {
			page, next, err = tx.MessagesFrom(thread, next, walkPage)
			return err
		})
		if err != nil {
			return err
		}
		for _, m := range page {
			if m.IsDamaged() {
				continue
			}
			if !to.IsZero() && m.ID.Compare(to) > 0 {
				return nil
			}
			if err := fn(m); err != nil {
				return err
			}
		}
		if next.IsZero() {
			return nil
		}
	}
}
