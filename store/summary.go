package store

import (
	"slices"

	"github.com/parley-app/parley/store/kv"
)

// MaxTopics is how many key topics a summary names.
const MaxTopics = 5

// A Summary stands for a run of messages of a thread, for readers and for the
// model. It dies with its thread.
type Summary struct {
	ID             ID       `json:"id"`
	ThreadID       ID       `json:"thread_id"`
	SummaryText    string   `json:"summary_text"`
	KeyTopics      []string `json:"key_topics"`
	MessageCount   int      `json:"message_count"`
	StartMessageID ID       `json:"start_message_id"` // the first and the last message it stands for:
	EndMessageID   ID       `json:"end_message_id"`   // a range in time, which outlives its ends
	TokenCount     int      `json:"token_count"`
	SourceTokens   int      `json:"source_tokens,omitempty"` // of the messages it stands for, when it was made
	ModelUsed      string   `json:"model_used"`
	IsEdited       bool     `json:"is_edited"`
	SourceThreadID ID       `json:"source_thread_id"`   // of a copy: the thread that the original is of,
	SourceEndID    ID       `json:"source_end_id"`      // and the last message that it stands for
	IsStale        bool     `json:"is_stale,omitempty"` // a message in it was changed since: it stands for nothing, see Rewritten
	CreatedAt      Time     `json:"created_at"`
}

var summaries = &table[Summary]{
	space: "summaries", noun: "summary", damaged: damagedSummary,
	key: func(s *Summary) []byte { return kv.Key(s.ID) },
	id:  func(s *Summary) ID { return s.ID },
	indexes: []index[Summary]{
		{name: "thread", key: func(s *Summary) []byte { return kv.Key(s.ThreadID) }},
		{name: "source", key: func(s *Summary) []byte { return idKey(s.SourceThreadID) }},
		{name: "span", key: func(s *Summary) []byte {
			if s.StartMessageID.IsZero() {
				return nil // of an empty thread
			}
			if s.IsStale {
				return nil
			}
			return kv.Key(s.ThreadID, s.StartMessageID, s.EndMessageID)
		}},
	},
	refs: []reference[Summary]{
		{name: "thread_id", to: "threads", id: func(s *Summary) ID { return s.ThreadID }, then: cascade, index: "thread"},
	},
}

// Summary returns the summary with id, or not_found.
func (tx *Tx) Summary(id ID) (*Summary, error) { return summaries.get(tx, kv.Key(id)) }

// SummariesOf returns the summaries of a thread, the newest first, at most
// kv.MaxPage.
func (tx *Tx) SummariesOf(thread ID) ([]*Summary, error) {
	return summaries.list(tx, "thread", kv.Key(thread), true)
}

// CopiesOf returns the summaries with which other threads began that are copied from
// one of thread and are not stale, at most kv.MaxPage.
func (tx *Tx) CopiesOf(thread ID) ([]*Summary, error) {
	list, err := summaries.list(tx, "source", kv.Key(thread), false)
	return slices.DeleteFunc(list, func(s *Summary) bool { return s.IsStale }), err
}

// ListSummaries returns a page of the summaries of a thread, the newest first.
func (tx *Tx) ListSummaries(thread ID, p Page) (page []*Summary, more bool, err error) {
	return summaries.newestBy(tx, "thread", kv.Key(thread), p)
}

// newestSummary returns the newest summary of a thread that is whole, or nil.
func (tx *Tx) newestSummary(thread ID) (*Summary, error) {
	for p := (Page{Limit: 1}); ; {
		page, more, err := tx.ListSummaries(thread, p)
		if err != nil || len(page) == 0 {
			return nil, err
		}
		if last := page[len(page)-1]; !last.IsDamaged() || !more {
			return wholeOrNil(last), nil
		}
		p.After = page[len(page)-1].ID
	}
}

func wholeOrNil(s *Summary) *Summary {
	if s.IsDamaged() {
		return nil
	}
	return s
}

// SaveSummary writes s and keeps what its thread t says of its summaries in step.
// The caller holds t as this transaction read it, and t is written too.
func (tx *Tx) SaveSummary(t *Thread, s *Summary) error {
	old, err := summaries.find(tx, kv.Key(s.ID))
	if err != nil {
		return err
	}
	if old == nil {
		t.SummaryCount++
	}
	if err := summaries.put(tx, s); err != nil {
		return err
	}
	return tx.summarized(t)
}

// DeleteSummary removes s from its thread t. The messages that it stands for are
// unsummarised by that, unless another summary has them too: they do not say so
// themselves, see MarkSummarized.
func (tx *Tx) DeleteSummary(t *Thread, s *Summary) error {
	if err := summaries.destroy(tx, s); err != nil {
		return err
	}
	t.SummaryCount--
	return tx.summarized(t)
}

// summarized sets what t says of its newest summary, and writes t.
func (tx *Tx) summarized(t *Thread) error {
	newest, err := tx.newestSummary(t.ID)
	if err != nil {
		return err
	}
	t.LastSummaryAt, t.SavedTokens = newest.tells()
	return threads.put(tx, t)
}

// tells is what a thread says of its newest summary; of nil if it has none.
func (s *Summary) tells() (at Time, saved int) {
	if s == nil {
		return Time{}, 0
	}
	if s.IsStale {
		return s.CreatedAt, 0
	}
	return s.CreatedAt, max(0, s.SourceTokens-s.TokenCount)
}
