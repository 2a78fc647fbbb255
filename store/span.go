package store

import (
	"bytes"
	"slices"

	"github.com/parley-app/parley/store/kv"
)

// A Span is the run of messages that a summary stands for, both ends included.
type Span struct{ SummaryID, Start, End ID }

// Has says whether a message is in the span.
func (s Span) Has(message ID) bool {
	return message.Compare(s.Start) >= 0 && message.Compare(s.End) <= 0
}

// Within says whether all of s is in other too.
func (s Span) Within(other Span) bool { return other.Has(s.Start) && other.Has(s.End) }

// Spans returns the spans of a thread's summaries, the newest summary's first. It
// reads the index alone: no summary is decoded. At most kv.MaxPage are seen.
func (tx *Tx) Spans(thread ID) ([]Span, error) {
	prefix := kv.Key(thread)
	entries, err := tx.kv.Scan(summaries.index("span").space, kv.Prefix(prefix))
	if err != nil {
		return nil, err
	}
	spans := make([]Span, len(entries))
	for i, e := range entries {
		ids := e.Key[len(prefix):]
		if len(ids) != 3*len(ID{}) {
			return nil, corrupt("summaries.span", e.Key, "not a span")
		}
		spans[i] = Span{Start: ID(ids[:16]), End: ID(ids[16:32]), SummaryID: ID(ids[32:])}
	}
	slices.SortFunc(spans, func(a, b Span) int { return b.SummaryID.Compare(a.SummaryID) })
	return spans, nil
}

// summaryOf returns the newest summary that stands for a message, or zero.
func summaryOf(spans []Span, message ID) ID {
	for _, s := range spans {
		if s.Has(message) {
			return s.SummaryID
		}
	}
	return ID{}
}

// MarkSummarized makes messages of a thread say which summary stands for them.
// They are stored without, so that a summary of any number of messages is one
// write, and deleting it another.
func (tx *Tx) MarkSummarized(thread ID, page []StoredMessage) error {
	spans, err := tx.Spans(thread)
	if err != nil || len(spans) == 0 {
		return err
	}
	for i, m := range page {
		if id, ok := m.id(); ok {
			page[i] = m.summarizedBy(summaryOf(spans, id))
		}
	}
	return nil
}

// Summarized returns m as MarkSummarized would have it.
func (tx *Tx) Summarized(m *Message) (*Message, error) {
	spans, err := tx.Spans(m.ThreadID)
	if err != nil {
		return nil, err
	}
	marked := *m
	marked.SummaryID = summaryOf(spans, m.ID)
	marked.IsSummarized = !marked.SummaryID.IsZero()
	return &marked, nil
}

// What a stored message begins with, and what it says of its summary, near its end.
var (
	messageHead  = []byte(`{"id":"`)
	unsummarized = []byte(`"is_summarized":false,"summary_id":null,`)
)

func (s StoredMessage) id() (ID, bool) {
	const length = 36
	text, ok := bytes.CutPrefix(s, messageHead)
	if !ok || len(text) < length {
		return ID{}, false
	}
	id, err := ParseID(string(text[:length]))
	return id, err == nil
}

func (s StoredMessage) summarizedBy(id ID) StoredMessage {
	i := bytes.LastIndex(s, unsummarized)
	if id.IsZero() || i < 0 {
		return s
	}
	return slices.Concat(s[:i], []byte(`"is_summarized":true,"summary_id":"`+id.String()+`",`), s[i+len(unsummarized):])
}
