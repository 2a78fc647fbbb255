package api

import (
	"context"
	"errors"

	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/api/markdown"
	"github.com/parley-app/parley/store"
)

// finish stores how a turn ended, once, and then tells everyone.
func (a *API) finish(t *turn, result llm.Result, err error) {
	text, reasoning := t.text(), t.reasoning()
	end := a.verdict(t, result, err, text)
	a.noteAnswer(t, end)
	var html string
	var tokens, spent int
	heavily(len(text)+len(reasoning), func() {
		html = markdown.HTML(text)
		tokens, spent = answerTokens(result.Usage.CompletionTokens, text, reasoning)
	})
	warning := a.readWhat(context.WithoutCancel(t.ctx), t.sent, result.Usage)
	var m *store.Message
	var thread *store.Thread
	saveErr := a.store.Update(store.InReserve(context.WithoutCancel(t.ctx)), func(tx *store.Tx) (err error) {
		if m, err = tx.Message(t.answerID); err != nil {
			return err
		}
		if thread, err = tx.Thread(t.threadID); err != nil {
			return err
		}
		project, err := tx.Project(t.projectID)
		if err != nil {
			return err
		}
		t.setText(m, text, reasoning)
		m.ContentHTML, m.TokenCount = html, tokens
		m.Status, m.FinishReason, m.Error, m.ContextWarning = end.status, end.reason, end.err, warning
		if m.StoppedBy, err = stoppedBy(tx, t); err != nil {
			return err
		}
		orDefault(&result.Model, m.ModelUsed)
		m.ModelUsed = result.Model
		if err := tx.SaveMessage(thread, m); err != nil {
			return err
		}
		if err := countUsage(tx, m, result.Usage.PromptTokens, spent); err != nil {
			return err
		}
		if err := a.wantSummary(tx, thread, t.sent.fillAfter(tokens)); err != nil {
			return err
		}
		if err := tx.AfterCommit(func() {
			a.turns.free(t)
			t.end(func() []byte { return finalFrame(m, result.Usage.PromptTokens+spent) })
		}); err != nil {
			return err
		}
		return a.emitThread(tx, "thread_updated", threadAccess{thread, projectAccess{project, ""}})
	})
	if saveErr == nil {
		a.nameThread(t, thread, m)
		return
	}
	if store.CodeOf(saveErr) != store.CodeNotFound { // deleted meanwhile: nobody misses it
		a.log.Error("an answer could not be stored", "thread", t.threadID, "message", t.answerID, "err", saveErr)
	}
	t.end(func() []byte {
		return frame("error", fields{"error_code": store.CodeInternal, "error": "the answer could not be stored", "message_id": t.answerID})
	})
}

// stoppedBy returns the person who stopped t, or nil.
func stoppedBy(tx *store.Tx, t *turn) (*store.Author, error) {
	stopped, ok := errors.AsType[stoppedError](context.Cause(t.ctx))
	if !ok {
		return nil, nil
	}
	return tx.Author(stopped.by)
}

// answerTokens returns how many tokens an answer has in a later prompt, and how many it
// has cost. Both are what the model server says, unless that is nothing or less than any
// tokenizer makes of such a text. What the model thought is in that figure and is never
// sent again: with it the text is counted here.
func answerTokens(said int, text, reasoning string) (kept, spent int) {
	const longestToken = 16 // bytes, on average
	if reasoning != "" {
		kept = llm.CountTokens(text)
		if spent = said; spent <= (len(text)+len(reasoning))/longestToken {
			spent = kept + llm.CountTokens(reasoning)
		}
		return kept, spent
	}
	if said <= len(text)/longestToken {
		said = llm.CountTokens(text)
	}
	return said, said
}

func (t *turn) end(frame func() []byte) {
	if t.live != nil {
		t.live.End(frame)
	}
}

func finalFrame(m *store.Message, tokens int) []byte {
	return frame("stream_chunk", fields{
		"thread_id": m.ThreadID, "message_id": m.ID, "is_final": true, "chunk": "", "message": m,
		"finish_reason": m.FinishReason, "total_tokens": tokens,
	})
}

// An ending is what the stored message says about how it ended.
type ending struct {
	status, reason string
	err            *store.MessageError
	unasked        bool // the model server was not asked
}

// verdict says how a turn ended. What a person did or a limit forced comes
// before what the connection said when it was cut.
func (a *API) verdict(t *turn, result llm.Result, err error, text string) ending {
	switch cause := context.Cause(t.ctx); {
	case errors.Is(cause, errStopped):
		return ending{status: store.StatusStopped, reason: "stopped"}
	case errors.Is(cause, errTooLong):
		return ending{status: store.StatusComplete, reason: "length"}
	case errors.Is(cause, errShutdown):
		return ending{status: store.StatusInterrupted, reason: "interrupted"}
	case err != nil:
		a.log.Warn("an answer failed", "thread", t.threadID, "model", t.model, "err", err)
		return ending{store.StatusFailed, "error", failure(err), errors.Is(err, errUnasked)}
	case text == "" && result.FinishReason != "length" && result.FinishReason != "content_filter":
		return ending{status: store.StatusFailed, reason: "error", err: a.empty(t)}
	}
	if result.Late != "" {
		a.log.Warn("error of the model server after a complete answer", "thread", t.threadID, "model", t.model, "err", result.Late)
	}
	orDefault(&result.FinishReason, "stop")
	return ending{status: store.StatusComplete, reason: result.FinishReason}
}

// empty is why an answer without text has failed.
func (a *API) empty(t *turn) *store.MessageError {
	say := "The model answered with nothing. Try again, or ask in other words."
	if t.reasoning() != "" {
		say = "The model ended after its reasoning, without an answer. Try again, or ask in other words."
	}
	return &store.MessageError{Code: store.CodeModelError, Message: say}
}

// failureCodes are the wire's words for what went wrong with a model server.
var failureCodes = map[llm.Kind]store.Code{
	llm.KindUnavailable:     store.CodeModelUnavailable,
	llm.KindTimeout:         store.CodeModelUnavailable,
	llm.KindRateLimited:     store.CodeModelUnavailable,
	llm.KindContextExceeded: store.CodeContextExceeded,
}

func failure(err error) *store.MessageError {
	var model *llm.Error
	var known *store.Error
	switch {
	case errors.As(err, &model):
		code, ok := failureCodes[model.Kind]
		if !ok {
			code = store.CodeModelError
		}
		return &store.MessageError{Code: code, Message: model.Message, RetryAfter: int(model.RetryAfter.Seconds())}
	case errors.As(err, &known) && known.Code != store.CodeDamaged: // that code is kept for messages that are damaged themselves
		return &store.MessageError{Code: known.Code, Message: known.Message}
	default:
		return &store.MessageError{Code: store.CodeInternal, Message: "Something went wrong on the server. The administrator finds the cause in its log."}
	}
}

// SaveDrafts stores what the running answers have so far, those that grew since
// the last time, in few transactions. A power cut costs what came after it.
func (a *API) SaveDrafts(ctx context.Context) error {
	var due []*turn
	size := 0
	flush := func() error {
		batch := due
		due, size = nil, 0
		return a.saveDrafts(ctx, batch)
	}
	for _, t := range a.turns.all() {
		n := len(t.text()) + len(t.reasoning())
		if n == t.saved {
			continue
		}
		if size += 3 * n; size > saveBytes && len(due) > 0 { // JSON may double what it escapes
			if err := flush(); err != nil {
				return err
			}
			size = 3 * n
		}
		due = append(due, t)
	}
	return flush()
}

// saveBytes keeps a transaction of SaveDrafts within what the engine allows.
const saveBytes = 4 << 20

func (a *API) saveDrafts(ctx context.Context, due []*turn) error {
	if len(due) == 0 {
		return nil
	}
	texts, thoughts := make([]string, len(due)), make([]string, len(due))
	for i, t := range due {
		texts[i], thoughts[i] = t.text(), t.reasoning()
	}
	err := a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		for i, t := range due {
			m, err := tx.Message(t.answerID)
			if store.CodeOf(err) == store.CodeNotFound {
				continue
			}
			if err != nil {
				return err
			}
			if m.Status != store.StatusStreaming {
				continue // it has ended meanwhile, and the whole is stored
			}
			t.setText(m, texts[i], thoughts[i])
			if err := tx.PutDraft(m); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		for i, t := range due {
			t.saved = len(texts[i]) + len(thoughts[i])
		}
	}
	return err
}

// interruptStale marks the answers that an earlier run of the program left
// unfinished. Their text is what was saved.
func (a *API) interruptStale(ctx context.Context) error {
	for {
		var n int
		err := a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
			list, err := tx.StreamingMessages()
			if err != nil {
				return err
			}
			list = list[:min(len(list), 5)] // each is rendered in this transaction; nobody waits for it yet
			n = len(list)
			for _, m := range list {
				if err := a.interrupt(tx, m); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n == 0 {
			return err
		}
		a.log.Info("answers cut off by the last stop were marked interrupted", "answers", n)
	}
}

func (a *API) interrupt(tx *store.Tx, m *store.Message) error {
	t, err := tx.Thread(m.ThreadID)
	m.Status, m.FinishReason = store.StatusInterrupted, "interrupted"
	m.ContentHTML, m.TokenCount = markdown.HTML(m.Content), llm.CountTokens(m.Content)
	if code := store.CodeOf(err); code == store.CodeNotFound || code == store.CodeDamaged {
		return tx.PutDraft(m) // its thread is being taken down, or cannot be read
	}
	if err != nil {
		return err
	}
	return tx.SaveMessage(t, m)
}
