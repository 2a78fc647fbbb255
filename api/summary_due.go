package api

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// Summaries say when a thread is summed up by itself: when what was said since its
// last summary has outgrown one of the limits. A limit of 0 is none; without any,
// nothing is summed up by itself.
type Summaries struct {
	Interval       time.Duration // how often it is looked for what is due; 0: nothing is by itself
	Messages       int           // since the last summary
	Tokens         int           // of these
	ContextPercent int           // of the model's context, that the thread fills
	IdleAfter      time.Duration // how long nothing must have been said, unless the context is nearly full
}

const (
	// idleLook is how often what people asked for is looked for where nothing is
	// summed up by itself.
	idleLook     = 30 * time.Second
	shortestLook = 100 * time.Millisecond
	// maxDueTasks bounds what one look takes on, one after the other.
	maxDueTasks = 20
	// maxSummaryTries is how often the model is tried; then it is done without.
	maxSummaryTries = 5
	// The wait after a failure doubles from the first to the last.
	firstSummaryWait = time.Minute
	lastSummaryWait  = time.Hour
)

// SummaryInterval is how often SummarizeDue is to be called.
func (a *API) SummaryInterval() time.Duration {
	if a.o.Summaries.Interval > 0 {
		return max(a.o.Summaries.Interval, shortestLook)
	}
	return idleLook
}

// outgrown says whether a thread wants a summary, and whether there is no time to
// wait for a pause in the talk.
func (a *API) outgrown(tx *store.Tx, t *store.Thread, fill contextFill) (due, now bool, err error) {
	o := a.o.Summaries
	if o.Interval <= 0 || t.IsArchived() {
		return false, false, nil
	}
	messages, tokens := t.MessageCount, t.TotalTokens
	last, err := lastSummary(tx, t)
	if err != nil {
		return false, false, err
	}
	if last != nil {
		messages, tokens = messages-last.MessageCount, tokens-last.SourceTokens
	}
	over := func(n, limit int) bool { return limit > 0 && n >= limit }
	due = over(messages, o.Messages) || over(tokens, o.Tokens) || over(fill.percent, o.ContextPercent) || fill.isOver
	return due, fill.isOver || fill.percent >= a.o.CriticalPercent, nil
}

// A contextFill is how full the next prompt of a thread will be.
type contextFill struct {
	percent int  // of the budget
	isOver  bool // messages are left out
}

// fillAfter returns how full the context is once the answer to what was sent has so
// many tokens.
func (s sentPrompt) fillAfter(answer int) contextFill {
	if s.plan == nil {
		return contextFill{}
	}
	used, budget := s.plan.used+answer+messageOverhead, s.plan.limit.budget()
	return contextFill{used * 100 / budget, s.plan.left.Messages > 0 || used > budget}
}

// lastSummary returns the newest summary of a thread that is whole, nil if it has none.
func lastSummary(tx *store.Tx, t *store.Thread) (*store.Summary, error) {
	if t.SummaryCount == 0 {
		return nil, nil
	}
	spans, err := tx.Spans(t.ID)
	for _, span := range spans {
		if err != nil {
			break
		}
		var s *store.Summary
		if s, err = tx.Summary(span.SummaryID); !store.IsDamaged(err) {
			return s, err
		}
		err = nil
	}
	return nil, err
}

// wantSummary notes that a thread is to be summed up, if it has outgrown a limit.
// Each further message puts it off, so that nobody is interrupted.
func (a *API) wantSummary(tx *store.Tx, t *store.Thread, fill contextFill) error {
	due, now, err := a.outgrown(tx, t, fill)
	if err != nil {
		a.log.Warn("it cannot be seen whether a thread wants a summary", "thread", t.ID, "err", err)
	}
	if err != nil || !due {
		return nil //nolint:nilerr // the answer is to be stored whatever its thread's summaries are like
	}
	return a.putOff(tx, t.ID, now)
}

// putOff makes a thread due after a pause, or at once. What failed waits for its own
// time, and what a person asked for is due anyway.
func (a *API) putOff(tx *store.Tx, thread store.ID, now bool) error {
	task, err := tx.SummaryTask(thread)
	if err != nil || task != nil && (task.Tries > 0 || !task.SummaryID.IsZero()) {
		return err
	}
	if task == nil {
		task = &store.SummaryTask{ThreadID: thread, CreatedAt: tx.Now}
	}
	if task.Due = tx.Now; !now {
		task.Due = store.TimeOf(tx.Now.Add(a.o.Summaries.IdleAfter))
		return tx.PutSummaryTask(task)
	}
	if err := tx.PutSummaryTask(task); err != nil {
		return err
	}
	return tx.AfterCommit(func() { a.beside.run(func(ctx context.Context) { a.summarizeNow(ctx, task) }) })
}

// summarizeNow makes a summary that is due without waiting for the next look. What
// fails is tried again then.
func (a *API) summarizeNow(ctx context.Context, task *store.SummaryTask) {
	if err := a.doSummaryTask(ctx, task); err != nil && ctx.Err() == nil {
		a.log.Warn("summary not made at once; it is tried again", "thread", task.ThreadID, "err", err)
	}
}

// SummarizeDue makes the summaries that are due, one after the other, beside
// people's questions. What an earlier run of the program has left comes too.
func (a *API) SummarizeDue(ctx context.Context) error {
	var tasks []*store.SummaryTask
	err := a.store.View(ctx, func(tx *store.Tx) (err error) {
		tasks, err = tx.DueSummaryTasks(store.TimeOf(a.o.Now()), maxDueTasks)
		return err
	})
	for _, task := range tasks {
		if ctx.Err() != nil {
			break
		}
		if taskErr := a.doSummaryTask(ctx, task); taskErr != nil && ctx.Err() == nil {
			err = errors.Join(err, taskErr)
		}
	}
	return err
}

func (a *API) doSummaryTask(ctx context.Context, task *store.SummaryTask) error {
	plan := &summaryPlan{thread: task.ThreadID, id: task.SummaryID, auto: task.SummaryID.IsZero(), tries: task.Tries}
	archived, there := false, false
	err := a.store.Update(ctx, func(tx *store.Tx) error {
		now, err := tx.SummaryTask(plan.thread)
		if there = now != nil && now.SummaryID == task.SummaryID; err != nil || !there {
			return err
		}
		t, err := tx.Thread(plan.thread)
		if err == nil {
			archived = t.IsArchived()
		}
		if err == nil && plan.auto {
			plan.id, err = tx.NewID()
		}
		return err
	})
	if err == nil && there && !archived {
		err = a.planSummary(ctx, plan, task.IsAnew)
	}
	switch {
	case !there && err == nil, store.CodeOf(err) == store.CodeNotFound:
		return nil // done or deleted meanwhile
	case err != nil:
		return err
	case archived || plan.to.IsZero():
		return a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error { return tx.DeleteSummaryTask(plan.thread) })
	}
	if running := a.digest.begin(plan); !running.IsZero() {
		return nil
	}
	defer a.digest.end(plan)
	a.makeSummary(ctx, plan, task.IsAnew)
	return nil
}

// makeSummary makes what was planned. If that fails, it is tried again later, and who
// looks at the thread is told.
func (a *API) makeSummary(ctx context.Context, plan *summaryPlan, anew bool) {
	err := a.summarizeAnew(ctx, plan, anew)
	if ctx.Err() != nil {
		return // the task stays, for the next start
	}
	if err == nil {
		a.digest.made(plan)
		return
	}
	a.digest.failed.Add(1)
	wait := min(firstSummaryWait<<min(plan.tries, 10), lastSummaryWait)
	why := failure(err)
	a.log.Warn("a summary could not be made", "thread", plan.thread, "tries", plan.tries+1, "again_in", wait, "err", err)
	err = a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		task, err := tx.SummaryTask(plan.thread)
		if err != nil || task == nil {
			return err
		}
		task.Tries, task.Due = plan.tries+1, store.TimeOf(tx.Now.Add(wait))
		if err := tx.PutSummaryTask(task); err != nil {
			return err
		}
		return a.emit(tx, hub.ThreadTopic(plan.thread.String()), "summary_failed", fields{
			"thread_id": plan.thread, "error_code": why.Code, "error": why.Message, "tries": task.Tries, "retry_after": int(wait.Seconds()),
		})
	})
	if err != nil && ctx.Err() == nil {
		a.log.Error("it cannot be noted that a summary failed", "thread", plan.thread, "err", err)
	}
}

// SummaryStats are figures of the summaries that were made, counted since the start.
type SummaryStats struct {
	Asked, Automatic uint64 // made because a person asked for it, or by itself
	Failed           uint64 // tries
	Waiting          int    // threads that want one now; it is counted to 1,000
}

// SummaryStats returns them.
func (a *API) SummaryStats() SummaryStats {
	s := SummaryStats{Asked: a.digest.asked.Load(), Automatic: a.digest.automatic.Load(), Failed: a.digest.failed.Load()}
	err := a.store.View(context.Background(), func(tx *store.Tx) (err error) { s.Waiting, err = tx.CountSummaryTasks(); return err })
	if err != nil {
		a.log.Warn("the summaries that wait could not be counted", "err", err)
	}
	return s
}

// summaryCounts are what SummaryStats tells.
type summaryCounts struct{ asked, automatic, failed atomic.Uint64 }

func (c *summaryCounts) made(plan *summaryPlan) {
	if plan.auto {
		c.automatic.Add(1)
	} else {
		c.asked.Add(1)
	}
}
