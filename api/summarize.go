package api

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
)

// States of a summary that was asked for.
const (
	SummaryPending = "pending"    // it is being made
	SummaryCurrent = "up_to_date" // there is nothing new to sum up
)

// summaryTimeout bounds how long a model may take for a summary; then the built-in
// summariser makes it.
const summaryTimeout = 10 * time.Minute

// summarizers are the summaries being made, at most one a thread.
type summarizers struct {
	mu      sync.Mutex
	threads map[store.ID]store.ID // to the summary
	summaryCounts
}

// begin notes that a summary is being made. If one of the thread is already, it
// returns that one; but not the one that plan has found, which is there already.
func (s *summarizers) begin(plan *summaryPlan) (running store.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if running, ok := s.threads[plan.thread]; ok && running != plan.newest {
		return running
	}
	if s.threads == nil {
		s.threads = map[store.ID]store.ID{}
	}
	s.threads[plan.thread] = plan.id
	return store.ID{}
}

func (s *summarizers) end(plan *summaryPlan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.threads[plan.thread] == plan.id {
		delete(s.threads, plan.thread)
	}
}

// SummarizeInput asks for a summary to be made.
type SummarizeInput struct {
	ThreadID store.ID `path:"id" json:"-"`
	Force    bool     `json:"force,omitempty" doc:"Sum up the whole thread anew, even if nothing has been said since the last summary"`
	Whole    bool     `json:"whole,omitempty" doc:"Sum up the newest messages too, which otherwise stay word for word"`
}

// A SummaryStatus says which summary is or was made.
type SummaryStatus struct {
	SummaryID store.ID `json:"summary_id"`
	Status    string   `json:"status" enum:"pending,up_to_date" doc:"While it is pending, the summary is not found yet; the socket says summary_available"`
}

// Summarize has a summary made of what has been said since the last one, merged
// with that. It returns at once. The newest part of the thread is left as it is.
func (a *API) Summarize(ctx context.Context, who Actor, in SummarizeInput) (*SummaryStatus, error) {
	plan := &summaryPlan{thread: in.ThreadID, whole: in.Whole}
	err := a.store.Update(ctx, func(tx *store.Tx) (err error) { // an id is made by writing
		if _, err = who.writable(tx, in.ThreadID); err == nil {
			plan.id, err = tx.NewID()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	switch err := a.planSummary(ctx, plan, in.Force); {
	case err != nil:
		return nil, err
	case plan.to.IsZero() && plan.previous == nil:
		return nil, store.Errorf(store.CodeConflict, "there is nothing to sum up in this thread yet")
	case plan.to.IsZero():
		return &SummaryStatus{plan.previous.ID, SummaryCurrent}, nil
	}
	return a.beginSummary(ctx, plan, in.Force)
}

// beginSummary has a planned summary made. It is noted first, so that it is made
// after a restart too.
func (a *API) beginSummary(ctx context.Context, plan *summaryPlan, force bool) (*SummaryStatus, error) {
	if running := a.digest.begin(plan); !running.IsZero() {
		return &SummaryStatus{running, SummaryPending}, nil
	}
	err := a.store.Update(ctx, func(tx *store.Tx) error {
		return tx.PutSummaryTask(&store.SummaryTask{ThreadID: plan.thread, SummaryID: plan.id, IsAnew: force, Due: tx.Now, CreatedAt: tx.Now})
	})
	if err != nil {
		a.digest.end(plan)
		return nil, err
	}
	started := a.beside.run(func(ctx context.Context) {
		defer a.digest.end(plan)
		a.makeSummary(ctx, plan, force)
	})
	if !started {
		a.digest.end(plan)
		return nil, store.Errorf(store.CodeUnavailable, "the server is going down")
	}
	return &SummaryStatus{plan.id, SummaryPending}, nil
}

// A summaryPlan is which messages are summed up, and what they are merged with.
type summaryPlan struct {
	id, thread store.ID
	previous   *store.Summary // nil: there is none, or it is made anew
	from, to   store.ID       // to is zero when there is nothing to do
	newest     store.ID       // the newest summary that there is
	auto       bool           // nobody asked for it
	whole      bool           // the newest messages too
	tries      int            // that failed
	rewrites   int            // of the thread, when its messages were read
}

// planSummary finds the cut: before a question, so that what stays word for word
// is whole turns of about a quarter of the model's context; at least the newest
// turn, unless it is the only one.
func (a *API) planSummary(ctx context.Context, plan *summaryPlan, force bool) error {
	var keep int
	plan.previous, plan.newest, plan.from, plan.to = nil, store.ID{}, store.ID{}, store.ID{}
	err := a.store.View(ctx, func(tx *store.Tx) error {
		t, err := tx.Thread(plan.thread)
		if err != nil {
			return err
		}
		p, err := tx.Project(t.ProjectID)
		if err != nil {
			return err
		}
		keep = min(a.models.limit(p.Model).tokens/4, maxKept)
		plan.rewrites = t.Rewrites
		spans, err := tx.Spans(t.ID) // not the stale ones
		if err != nil || len(spans) == 0 {
			return err
		}
		plan.newest = spans[0].SummaryID
		for _, span := range spans {
			if plan.previous, err = tx.Summary(span.SummaryID); store.IsDamaged(err) {
				plan.previous, err = nil, nil
				continue // as if it had never been made
			}
			if err == nil {
				plan.from = span.End.Next()
			}
			break
		}
		return err
	})
	if err != nil {
		return err
	}
	if plan.to, err = a.cut(ctx, plan, keep); err != nil || !plan.to.IsZero() || !force {
		return err
	}
	plan.from = store.ID{}
	if plan.to, err = a.cut(ctx, plan, keep); err == nil && !plan.to.IsZero() {
		plan.previous = nil
	}
	return err
}

// maxKept is how many tokens a summary leaves word for word at most.
const maxKept = 2048

// cut returns the last message of those from an id on that a summary takes, or
// zero if there are none. By itself the newest turn is never summed up.
func (a *API) cut(ctx context.Context, plan *summaryPlan, keep int) (to store.ID, err error) {
	var list []said // the newest first
	tokens, questions, whole := 0, 0, true
	err = a.walkBack(ctx, plan.thread, store.ID{}, func(m *store.Said) bool {
		if m.ID.Compare(plan.from) < 0 {
			return false
		}
		if m.Status == store.StatusStreaming || m.Status == store.StatusQueued {
			return true
		}
		list = append(list, said{m.ID, m.IsUser, m.TokenCount + messageOverhead})
		whole = tokens <= keep || questions == 0
		if tokens += list[len(list)-1].tokens; m.IsUser && whole {
			questions++
		}
		return whole
	})
	if err != nil || len(list) == 0 {
		return store.ID{}, err
	}
	switch to = cutOf(list, keep); {
	case plan.whole:
		to = list[0].id
	case plan.auto && to == list[0].id:
		to = store.ID{}
	}
	return to, nil
}

// A said is as much of a message as the cut needs.
type said struct {
	id       store.ID
	question bool
	tokens   int
}

// cutOf finds the cut in messages, the newest first: before the oldest question
// from which on all fits into keep; but if simply everything fits, or nothing does,
// before the newest question.
func cutOf(list []said, keep int) store.ID {
	var newest, oldest store.ID
	tokens := 0
	for i, m := range list {
		if tokens += m.tokens; !m.question || i+1 == len(list) {
			continue
		}
		if newest.IsZero() {
			newest = list[i+1].id
		}
		if tokens <= keep {
			oldest = list[i+1].id
		}
	}
	switch {
	case tokens > keep && !oldest.IsZero():
		return oldest
	case !newest.IsZero():
		return newest
	default:
		return list[0].id // one turn, or what is none
	}
}

// errRewritten is that a message was edited or deleted while it was summed up.
var errRewritten = errors.New("a message was changed meanwhile")

// maxRewrites is how often a summary is begun again because of that.
const maxRewrites = 5

// summarizeAnew makes the summary, and begins again when what it tells of was changed
// meanwhile: nobody is to read in it what is gone.
func (a *API) summarizeAnew(ctx context.Context, plan *summaryPlan, force bool) error {
	for n := 0; ; n++ {
		err := a.summarize(ctx, plan)
		if !errors.Is(err, errRewritten) || n == maxRewrites {
			return err
		}
		if err := a.planSummary(ctx, plan, force); err != nil || plan.to.IsZero() {
			return err
		}
	}
}

// summarize makes the summary and stores it.
func (a *API) summarize(ctx context.Context, plan *summaryPlan) error {
	text, topics, model, span, err := a.sumUp(ctx, plan)
	if err != nil {
		return err
	}
	s := store.Summary{ID: plan.id, ThreadID: plan.thread, SummaryText: text, KeyTopics: topics, ModelUsed: model, TokenCount: llm.CountTokens(text)}
	span.put(&s)
	return a.store.Update(ctx, func(tx *store.Tx) error {
		t, err := tx.Thread(plan.thread)
		if store.CodeOf(err) == store.CodeNotFound {
			return nil // deleted meanwhile: nobody misses it
		}
		if err != nil {
			return err
		}
		if t.IsArchived() {
			return tx.DeleteSummaryTask(t.ID)
		}
		if t.Rewrites != plan.rewrites {
			return errRewritten
		}
		if _, err := tx.Summary(plan.id); store.CodeOf(err) != store.CodeNotFound {
			return err // it is there already
		}
		p, err := tx.Project(t.ProjectID)
		if err != nil {
			return err
		}
		made := s
		return a.addSummary(tx, threadAccess{t, projectAccess{p, ""}}, &made)
	})
}

// sumUp has a model write the text, or does without.
func (a *API) sumUp(ctx context.Context, plan *summaryPlan) (text string, topics []string, model string, span summarySpan, err error) {
	talk, err := a.talkOf(ctx, plan)
	if err != nil {
		return "", nil, "", span, err
	}
	digest := llm.NewDigest()
	if plan.previous != nil {
		digest.AddSummary(plan.previous.SummaryText)
		span.messages, span.tokens, span.start = plan.previous.MessageCount, plan.previous.SourceTokens, plan.previous.StartMessageID
	}
	err = a.walkOn(ctx, plan.thread, plan.from, plan.to, func(m *store.Message) error {
		if span.add(m); isTold(m) {
			digest.Add(talk.speaker(ctx, m), m.Content+a.filesFor(m, maxSummaryTokens))
		}
		return nil
	})
	if err != nil {
		return "", nil, "", span, err
	}
	model, text, err = a.modelSummary(ctx, talk)
	if err == nil {
		text, topics = splitTopics(text)
	}
	if text == "" {
		if ctx.Err() != nil {
			return "", nil, "", span, ctx.Err()
		}
		if err != nil && plan.auto && plan.tries < maxSummaryTries {
			return "", nil, "", span, err // nobody waits: the model may be back
		}
		if err != nil {
			a.log.Warn("a summary is made without the model", "thread", plan.thread, "err", err)
		}
		model, text = llm.BuiltinName, digest.Summary(maxSummaryTokens)
	}
	if len(topics) == 0 {
		topics = digest.Topics()
	}
	if text = strings.TrimSpace(text); text == "" {
		text = "(Nothing that could be summed up was said.)"
	}
	return clipRunes(text, MaxSummary), topics, model, span, nil
}

func clipRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
