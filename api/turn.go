package api

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
)

// MaxAnswer is how many bytes an answer may have; it is ended there with the
// finish reason "length".
const MaxAnswer = 1 << 20

// maxReasoning bounds what is kept of the model's reasoning, in bytes; reasoningCut
// stands where the rest was dropped.
const (
	maxReasoning = 256 << 10
	reasoningCut = "\n\n[The rest of the reasoning was not kept: it is longer than 256 KiB.]"
)

// Why a turn's context was cancelled.
var (
	errStopped  = errors.New("stopped by a person")
	errTooLong  = errors.New("the answer reached its limit")
	errShutdown = errors.New("the server is going down")
)

// A stoppedError is errStopped by a person who is known.
type stoppedError struct{ by store.ID }

// Error implements error.
func (stoppedError) Error() string { return errStopped.Error() }

// Is makes it errStopped too.
func (stoppedError) Is(target error) bool { return target == errStopped }

// A turn is one question being answered. It belongs to the thread, not to who
// asked: it ends when the model has, when somebody stops it, or with the server.
type turn struct {
	// Set by beginAnswer, in the transaction; read by run, after it.
	threadID, projectID store.ID
	questionID          store.ID
	answerID            store.ID
	userID              store.ID // who asked: whose place in the queue it takes
	model               string
	temperature         *float64
	live                *hub.Answer

	sent sentPrompt // set before the model is asked, read when the answer ends

	ctx    context.Context
	cancel context.CancelCauseFunc
	ending chan struct{} // closed when nothing more will be said
	done   chan struct{} // closed when the answer is stored
	over   func()        // tells Shutdown that it need not wait any more

	thinking thinking
	saved    int // bytes of the text and the reasoning that the store has
}

// thinking measures how long the model reasons before its first word.
type thinking struct {
	now func() time.Time

	mu          sync.Mutex
	began, over time.Time
}

// mark notes that the model has written now: reasoning, or its answer.
func (t *thinking) mark(reasoning bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case reasoning && t.began.IsZero():
		t.began = t.now()
	case !reasoning && t.over.IsZero():
		t.over = t.now()
	}
}

// restart takes what was written so far for reasoning that goes on.
func (t *thinking) restart() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.began.IsZero() {
		t.began = t.over
	}
	t.over = time.Time{}
}

// took returns for how long the model reasoned, so far or until its first word: 0 if
// it did not, else at least a millisecond.
func (t *thinking) took() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.began.IsZero() {
		return 0
	}
	over := t.over
	if over.IsZero() {
		over = t.now()
	}
	return max(over.Sub(t.began), time.Millisecond)
}

// beginAnswer writes the empty answer to a question, beside siblings that it has
// already, and makes turn ready to run once tx has committed.
func (a *API) beginAnswer(tx *store.Tx, who Actor, turn *turn, t threadAccess, question *store.Message, model string, siblings []*store.Message) (*store.Message, error) {
	if turn == nil {
		return nil, a.turns.refusal()
	}
	answer, err := a.newAnswer(tx, who, turn, t, question, model)
	if err != nil {
		return nil, err
	}
	if err := a.link(tx, t, answer, siblings); err != nil {
		return nil, err
	}
	if err := tx.AddMessages(t.Thread, answer); err != nil {
		return nil, err
	}
	if err := tx.AfterCommit(func() { a.announce(turn) }); err != nil {
		return nil, err
	}
	return answer, a.emitThread(tx, "thread_updated", t)
}

// newAnswer makes the empty answer to a question, which it does not write, and turn
// for it.
func (a *API) newAnswer(tx *store.Tx, who Actor, turn *turn, t threadAccess, question *store.Message, model string) (*store.Message, error) {
	id, err := tx.NewID()
	if err != nil {
		return nil, err
	}
	return a.newAnswerAt(id, tx, who, turn, t, question, model)
}

// newAnswerAt is newAnswer for an id that was reserved before.
func (a *API) newAnswerAt(id store.ID, tx *store.Tx, who Actor, turn *turn, t threadAccess, question *store.Message, model string) (*store.Message, error) {
	orDefault(&model, t.Project.Model)
	orDefault(&model, a.models.defaultID())
	turn.threadID, turn.projectID, turn.questionID, turn.answerID = t.ID, t.ProjectID, question.ID, id
	turn.userID, turn.model, turn.thinking.now = who.UserID, model, a.o.Now
	return &store.Message{
		ID: id, ThreadID: t.ID, UserID: question.UserID, ParentID: question.ID, Status: store.StatusStreaming,
		Alternatives: []store.ID{}, Attachments: []store.Attachment{}, ModelUsed: model, CreatedAt: tx.Now,
	}, nil
}

// link makes the answers to one question name each other.
func (a *API) link(tx *store.Tx, t threadAccess, answer *store.Message, siblings []*store.Message) error {
	if len(siblings) == 0 {
		return nil
	}
	ids := make([]store.ID, 0, len(siblings)+1)
	for _, s := range siblings {
		ids = append(ids, s.ID)
	}
	ids = append(ids, answer.ID)
	answer.Alternatives = ids
	for _, s := range siblings {
		s.Alternatives = ids
		if err := tx.SaveMessage(t.Thread, s); err != nil {
			return err
		}
		if err := a.emitMessage(tx, s); err != nil {
			return err
		}
	}
	return nil
}

// announce makes the answer live. It runs in the order of commits, so whoever
// subscribes from here on has the whole of it.
func (a *API) announce(t *turn) {
	info := hub.AnswerInfo{ThreadID: t.threadID.String(), MessageID: t.answerID.String(), Model: t.model}
	live, err := a.hub.Begin(info, func() []byte { return t.startFrame(0) })
	if err != nil { // claims make it impossible; an answer nobody can see must not run
		t.cancel(err)
	}
	a.turns.add(t, live)
}

func (t *turn) startFrame(position int) []byte {
	f := fields{"thread_id": t.threadID, "message_id": t.answerID, "parent_id": t.questionID, "model": t.model}
	if position > 0 {
		f["queue_position"] = position
	}
	return frame("assistant_message_start", f)
}

// inLine has the question of t answered when it is its turn. Until then it costs no
// goroutine, however long the line is.
func (a *API) inLine(t *turn) {
	server, model := a.models.pick(t.model)
	moved := func(position int) {
		if t.live != nil {
			t.live.Await(t.startFrame(position))
		}
	}
	server.enter(t.ctx, t.userID, moved, func(err error) { a.answer(t, server, model, err) })
}

// answer runs the turn, which has a place with server unless there is an error, to
// its end. Whatever happens, the answer is stored.
func (a *API) answer(t *turn, server *modelServer, model llm.Model, err error) {
	defer a.turns.remove(t)
	var result llm.Result
	if err == nil {
		result, err = a.generate(t, server, model)
	}
	close(t.ending)
	a.finish(t, result, err)
}

// generate has the question answered. A fault of ours ends this answer and nothing
// else.
func (a *API) generate(t *turn, server *modelServer, model llm.Model) (_ llm.Result, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("a turn panicked: %v", v)
			a.log.Error("a turn panicked", "thread", t.threadID, "panic", v, "stack", string(debug.Stack()))
		}
	}()
	ask := func() (llm.Request, error) { return a.prompt(t, model) }
	return server.answer(t.ctx, ask, func(err error) bool { return a.learnFrom(t.ctx, err, server, model) }, t.receive)
}

// receive takes what the model says as it comes.
func (t *turn) receive(d llm.Delta) {
	if d.TextWasReasoning {
		t.thinking.restart()
		t.think(strings.TrimSpace(t.text()))
		t.live.Reset()
	}
	t.think(printable(d.Reasoning))
	if d.Text == "" || context.Cause(t.ctx) != nil {
		return
	}
	t.thinking.mark(false)
	text := printable(d.Text)
	have, _ := t.live.Snapshot()
	if room := MaxAnswer - len(have); len(text) > room {
		text = clip(text, room)
		defer t.cancel(errTooLong)
	}
	t.live.Append(text)
}

// think takes what the model reasons, of which at most maxReasoning bytes are kept.
func (t *turn) think(reasoning string) {
	if reasoning == "" {
		return
	}
	t.thinking.mark(true)
	room := maxReasoning - len(t.live.Reasoning())
	switch {
	case room <= 0:
	case len(reasoning) > room:
		t.live.AppendReasoning(clip(reasoning, room) + reasoningCut)
	default:
		t.live.AppendReasoning(reasoning)
	}
}

// printable drops the control characters that no text needs: they cost six bytes
// each in JSON and show as nothing.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

func (t *turn) text() string {
	if t.live == nil {
		return ""
	}
	text, _ := t.live.Snapshot()
	return text
}

func (t *turn) reasoning() string {
	if t.live == nil {
		return ""
	}
	return t.live.Reasoning()
}

// setText gives m what the model has written so far.
func (t *turn) setText(m *store.Message, text, reasoning string) {
	m.Content, m.Reasoning, m.ReasoningMS = text, reasoning, int(t.thinking.took().Milliseconds())
}
