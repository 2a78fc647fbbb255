package store

import "github.com/parley-app/parley/store/kv"

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
	ModelUsed      string   `json:"model_used"`
	IsEdited       bool     `json:"is_edited"`
	CreatedAt      Time     `json:"created_at"`
}

var summaries = &table[Summary]{
	space: "summaries", noun: "summary",
	key:     func(s *Summary) []byte { return kv.Key(s.ID) },
	id:      func(s *Summary) ID { return s.ID },
	indexes: []index[Summary]{{name: "thread", key: func(s *Summary) []byte { return kv.Key(s.ThreadID) }}},
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

// SaveSummary writes s and keeps the count of its thread t in step. The caller
// holds t as this transaction read it, and t is written too.
func (tx *Tx) SaveSummary(t *Thread, s *Summary) error {
	old, err := summaries.find(tx, kv.Key(s.ID))
	if err != nil {
		return err
	}
	if old == nil {
		t.SummaryCount++
		t.LastSummaryAt = s.CreatedAt
	}
	if err := summaries.put(tx, s); err != nil {
		return err
	}
	return threads.put(tx, t)
}

// DeleteSummary removes s from its thread t, and makes the messages that it
// stands for unsummarised again; those beyond a batch are left to ReapSome.
func (tx *Tx) DeleteSummary(t *Thread, s *Summary) error {
	if err := summaries.destroy(tx, s); err != nil {
		return err
	}
	t.SummaryCount--
	left, err := tx.SummariesOf(t.ID)
	if err != nil {
		return err
	}
	if t.LastSummaryAt = (Time{}); len(left) > 0 {
		t.LastSummaryAt = left[0].CreatedAt
	}
	return threads.put(tx, t)
}
