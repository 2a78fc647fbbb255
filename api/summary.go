package api

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
)

// MaxSummary is how many characters a summary may have.
const MaxSummary = 20_000

// A SummaryView is a summary as the wire shows it.
type SummaryView struct {
	ID             store.ID   `json:"id"`
	ThreadID       store.ID   `json:"thread_id"`
	SummaryText    string     `json:"summary_text" doc:"Markdown"`
	KeyTopics      []string   `json:"key_topics" maxItems:"5"`
	MessageCount   int        `json:"message_count" doc:"Messages that it stands for"`
	StartMessageID store.ID   `json:"start_message_id" nullable:"true" doc:"The first of them"`
	EndMessageID   store.ID   `json:"end_message_id" nullable:"true" doc:"The last of them"`
	TokenCount     int        `json:"token_count"`
	ModelUsed      string     `json:"model_used" doc:"Empty if a person wrote it"`
	IsEdited       bool       `json:"is_edited"`
	IsStale        bool       `json:"is_stale" doc:"A message that it stands for was edited or deleted since: the model is not told it, until a person edits it"`
	SourceThreadID store.ID   `json:"source_thread_id" nullable:"true" doc:"Of a copy with which a thread begins: the thread that it sums up"`
	CreatedAt      store.Time `json:"created_at"`
	IsDamaged      bool       `json:"is_damaged,omitempty" doc:"The summary is damaged: only its id is known"`
}

func viewSummary(s *store.Summary) *SummaryView {
	if s.IsDamaged() {
		return &SummaryView{ID: s.ID, ThreadID: s.ThreadID, SummaryText: s.SummaryText, StartMessageID: s.StartMessageID, EndMessageID: s.EndMessageID, KeyTopics: []string{}, CreatedAt: s.CreatedAt, IsDamaged: true}
	}
	return &SummaryView{
		s.ID, s.ThreadID, s.SummaryText, topicsOf(s), s.MessageCount, s.StartMessageID, s.EndMessageID,
		s.TokenCount, s.ModelUsed, s.IsEdited, s.IsStale, s.SourceThreadID, s.CreatedAt, false,
	}
}

// topicsOf returns the topics of a summary, never nil.
func topicsOf(s *store.Summary) []string { return append([]string{}, s.KeyTopics...) }

// ListSummariesInput selects summaries of a thread.
type ListSummariesInput struct {
	ThreadID store.ID `path:"id"`
	PageInput
}

// SummaryList is a page of the summaries of a thread, the newest first.
type SummaryList struct {
	Summaries []*SummaryView `json:"summaries"`
	Total     int            `json:"total"`
	HasMore   bool           `json:"has_more"`
}

// ListSummaries returns a page of the summaries of a thread.
func (a *API) ListSummaries(ctx context.Context, who Actor, in ListSummariesInput) (out *SummaryList, err error) {
	all := func(tx *store.Tx, p store.Page) ([]*store.Summary, int, bool, error) {
		t, err := who.thread(tx, in.ThreadID, toRead)
		if err != nil {
			return nil, 0, false, err
		}
		list, more, err := tx.ListSummaries(t.ID, p)
		if err == nil {
			err = placeDamaged(tx, t.ID, list)
		}
		return list, t.SummaryCount, more, err
	}
	view := func(_ *store.Tx, s *store.Summary) (*SummaryView, error) { return viewSummary(s), nil }
	out = &SummaryList{}
	out.Summaries, out.Total, out.HasMore, err = listed(ctx, a, in.PageInput, all, view)
	return out, err
}

// placeDamaged has those of the summaries of a thread that are damaged say where they stand,
// as the index tells.
func placeDamaged(tx *store.Tx, thread store.ID, list []*store.Summary) error {
	for _, s := range list {
		if !s.IsDamaged() {
			continue
		}
		spans, err := tx.Spans(thread)
		if err != nil {
			return err
		}
		s.ThreadID = thread
		if i := slices.IndexFunc(spans, func(span store.Span) bool { return span.SummaryID == s.ID }); i >= 0 {
			s.StartMessageID, s.EndMessageID = spans[i].Start, spans[i].End
		}
	}
	return nil
}

// CreateSummaryInput is a summary that a person writes.
type CreateSummaryInput struct {
	ThreadID       store.ID `path:"id" json:"-"`
	SummaryText    string   `json:"summary_text" minLength:"1" maxLength:"20000" doc:"Markdown"`
	KeyTopics      []string `json:"key_topics,omitempty" maxItems:"5"`
	StartMessageID store.ID `json:"start_message_id,omitempty" doc:"The first message that it stands for; by default the thread's first"`
	EndMessageID   store.ID `json:"end_message_id,omitempty" doc:"The last one; by default the thread's last"`
	ClientID       store.ID `json:"client_id,omitempty" doc:"A UUID of the client's making: repeated, the first result is answered"`
}

// CreateSummary writes a summary by hand. From the next question on, the model is
// told it instead of the messages that it stands for.
func (a *API) CreateSummary(ctx context.Context, who Actor, in CreateSummaryInput) (*SummaryView, error) {
	s := store.Summary{ThreadID: in.ThreadID}
	if err := setSummary(&s, &in.SummaryText, &in.KeyTopics); err != nil {
		return nil, err
	}
	span, err := a.spanOf(ctx, who, in)
	if err != nil {
		return nil, err
	}
	var v *SummaryView
	err = a.store.Update(ctx, func(tx *store.Tx) error {
		t, err := who.thread(tx, in.ThreadID, toWrite)
		if err != nil {
			return err
		}
		if first, err := tx.Request(who.UserID, in.ClientID); err != nil || first != nil {
			if err == nil {
				v, err = repeatedSummary(tx, first, t)
			}
			return err
		}
		if err := t.mustBeOpen(); err != nil {
			return err
		}
		made := s
		span.put(&made)
		if err := a.addSummary(tx, t, &made); err != nil {
			return err
		}
		v = viewSummary(&made)
		return who.remember(tx, in.ClientID, made.ID)
	})
	return v, err
}

func repeatedSummary(tx *store.Tx, first *store.Request, t threadAccess) (*SummaryView, error) {
	s, err := tx.Summary(first.ResultID)
	switch {
	case store.CodeOf(err) == store.CodeNotFound || err == nil && s.ThreadID != t.ID:
		return nil, store.Errorf(store.CodeConflict, "client_id was used for something else, or what it made is gone: make a new one")
	case err != nil:
		return nil, err
	}
	return viewSummary(s), nil
}

// addSummary writes a new summary, and tells.
func (a *API) addSummary(tx *store.Tx, t threadAccess, s *store.Summary) (err error) {
	if s.ID.IsZero() {
		if s.ID, err = tx.NewID(); err != nil {
			return err
		}
	}
	s.CreatedAt = tx.Now
	if err := tx.DeleteSummaryTask(t.ID); err != nil {
		return err
	}
	return a.saveSummary(tx, t, s)
}

// saveSummary writes a summary, new or edited, and tells.
func (a *API) saveSummary(tx *store.Tx, t threadAccess, s *store.Summary) error {
	if err := tx.SaveSummary(t.Thread, s); err != nil {
		return err
	}
	if err := a.emit(tx, hub.ThreadTopic(t.ID.String()), "summary_available", fields{"thread_id": t.ID, "summary": viewSummary(s)}); err != nil {
		return err
	}
	return a.emitThread(tx, "thread_updated", t)
}

// setSummary puts what a person wrote into s, where it is given.
func setSummary(s *store.Summary, text *string, topics *[]string) error {
	if text != nil {
		s.SummaryText = strings.TrimSpace(*text)
		if n := utf8.RuneCountInString(s.SummaryText); n == 0 || n > MaxSummary {
			return store.Invalid("body.summary_text", "must have 1 to 20,000 characters")
		}
		s.TokenCount = llm.CountTokens(s.SummaryText)
	}
	if topics == nil {
		return nil
	}
	s.KeyTopics = []string{}
	for i, topic := range *topics {
		topic, err := title("body.key_topics["+itoa(i)+"]", topic, 100)
		if err != nil {
			return err
		}
		s.KeyTopics = append(s.KeyTopics, topic)
	}
	if len(s.KeyTopics) > store.MaxTopics {
		return store.Invalid("body.key_topics", "must have at most 5 topics")
	}
	return nil
}

// GetSummary returns one summary.
func (a *API) GetSummary(ctx context.Context, who Actor, in IDInput) (*SummaryView, error) {
	var v *SummaryView
	err := a.store.View(ctx, func(tx *store.Tx) error {
		s, _, err := who.summary(tx, in.ID, toRead)
		if err == nil {
			v = viewSummary(s)
		}
		return err
	})
	return v, err
}

// UpdateSummaryInput changes what is given.
type UpdateSummaryInput struct {
	ID          store.ID  `path:"id" json:"-"`
	SummaryText *string   `json:"summary_text,omitempty" minLength:"1" maxLength:"20000"`
	KeyTopics   *[]string `json:"key_topics,omitempty" maxItems:"5"`
}

// UpdateSummary edits a summary, whoever or whatever made it.
func (a *API) UpdateSummary(ctx context.Context, who Actor, in UpdateSummaryInput) (*SummaryView, error) {
	var tried store.Summary // outside the transaction, which counting tokens would hold up
	if err := setSummary(&tried, in.SummaryText, in.KeyTopics); err != nil {
		return nil, err
	}
	var v *SummaryView
	err := a.store.Update(ctx, func(tx *store.Tx) error {
		s, t, err := who.summary(tx, in.ID, toWrite)
		if err != nil {
			return err
		}
		if in.SummaryText != nil {
			s.SummaryText, s.TokenCount = tried.SummaryText, tried.TokenCount
		}
		if in.KeyTopics != nil {
			s.KeyTopics = tried.KeyTopics
		}
		s.IsEdited = s.IsEdited || in.SummaryText != nil || in.KeyTopics != nil
		s.IsStale = s.IsStale && in.SummaryText == nil // who writes it anew answers for what it says
		v = viewSummary(s)
		t.Rewrites++ // what the model is sent has changed
		return a.saveSummary(tx, t, s)
	})
	return v, err
}

// DeleteSummary removes a summary and makes the messages that it stood for
// unsummarised again.
func (a *API) DeleteSummary(ctx context.Context, who Actor, in IDInput) (*Nothing, error) {
	err := a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		s, t, err := who.summary(tx, in.ID, toWrite)
		if err != nil {
			return err
		}
		if err := tx.DeleteSummary(t.Thread, s); err != nil {
			return err
		}
		return a.emitThread(tx, "thread_updated", t)
	})
	return &Nothing{}, err
}
