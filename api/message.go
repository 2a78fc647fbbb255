package api

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/api/markdown"
	"github.com/parley-app/parley/store"
)

// MaxContent is how many characters a person's message may have.
const MaxContent = 50_000

func checkContent(location, s string) error {
	switch n := utf8.RuneCountInString(s); {
	case strings.TrimSpace(s) == "":
		return store.Invalid(location, "must not be empty")
	case n > MaxContent:
		return &store.Error{
			Code: store.CodeMessageTooLong, Message: "a message has at most 50,000 characters; this one has " + itoa(n),
			Fields: []store.FieldError{{Location: location, Message: "must have 1 to 50,000 characters"}},
		}
	default:
		return nil
	}
}

// A text is what a person wrote, and what follows from it: made before the
// transaction, which it would hold up.
type text struct {
	content, html string
	tokens        int
}

func newText(location, content string) (text, error) {
	if err := checkContent(location, content); err != nil {
		return text{}, err
	}
	t := text{content: content}
	heavily(len(content), func() { t.html, t.tokens = markdown.HTML(content), llm.CountTokens(content) })
	return t, nil
}

// ListMessagesInput selects messages of a thread.
type ListMessagesInput struct {
	ThreadID       store.ID `path:"id"`
	IncludeDeleted bool     `query:"include_deleted" doc:"Also the rows of deleted messages, which are empty"`
	Limit          int      `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Offset         *int     `query:"offset" minimum:"0" maximum:"1000000" doc:"Skips that many of the newest"`
	Before         store.ID `query:"before" doc:"The page just older than this message"`
	After          store.ID `query:"after" doc:"The page just newer than this message. The answer to a question that waited stands behind that question: to catch up, name the last message before the first one that was queued or streaming"`
}

// MessageList is a page of messages, the oldest first.
type MessageList struct {
	Messages []*store.Message `json:"messages"`
	Total    int              `json:"total"`
	HasMore  bool             `json:"has_more"`
}

// ListMessages appends a page of a thread's messages to dst, a MessageList as JSON.
// The stored bytes are spliced into it where the store has lent them: decoding and
// encoding them again would cost many times the reading. It returns the page's sum too.
func (a *API) ListMessages(ctx context.Context, who Actor, in ListMessagesInput, dst []byte) ([]byte, Sum, error) {
	page, err := pageOf(in.Limit, 50, in.Offset, in.Before, in.After)
	if err != nil {
		return dst, 0, err
	}
	var sum Sum
	err = a.store.View(ctx, func(tx *store.Tx) error {
		t, err := who.thread(tx, in.ThreadID, toRead)
		if err != nil {
			return err
		}
		total := t.MessageCount
		if in.IncludeDeleted {
			total = t.RowCount
		}
		s := newSumming()
		messages, more, err := tx.ListMessagesSummed(t.ID, page, in.IncludeDeleted, &s.Hash)
		if err == nil && t.SummaryCount > 0 {
			err = tx.MarkSummarized(t.ID, messages)
		}
		if err != nil {
			return err
		}
		if dst, err = appendMessages(dst, tx, messages, &s.Hash, total, more); err != nil {
			return err
		}
		if sum = 0; t.SummaryCount == 0 { // or the page says more than the messages do
			s.add(t.Rewrites, total)
			s.addBool(more)
			sum = s.sum()
		}
		return nil
	})
	return dst, sum, err
}

// authorRoom is for how many bytes of an author a page makes room at once.
const authorRoom = 80

// appendMessages appends a page, and adds the names in it to names.
func appendMessages(dst []byte, tx *store.Tx, page []store.StoredMessage, names *maphash.Hash, total int, more bool) ([]byte, error) {
	size := 0
	for _, m := range page {
		size += len(m) + 1 + authorRoom
	}
	dst = append(slices.Grow(dst, size+64), `{"messages":[`...)
	dst, err := tx.AppendMessages(dst, page, names)
	if err != nil {
		return dst, err
	}
	dst = append(dst, `],"total":`...)
	dst = strconv.AppendInt(dst, int64(total), 10)
	dst = append(dst, `,"has_more":`...)
	return append(strconv.AppendBool(dst, more), '}'), nil
}

// GetMessage returns one message.
func (a *API) GetMessage(ctx context.Context, who Actor, in IDInput) (*store.Message, error) {
	var m *store.Message
	err := a.store.View(ctx, func(tx *store.Tx) error {
		found, err := who.message(tx, in.ID)
		if err == nil {
			m, err = tx.Shown(found.Message)
		}
		return err
	})
	return m, err
}

// SendMessageInput asks a question in a thread.
type SendMessageInput struct {
	ThreadID      store.ID   `path:"id" json:"-"`
	Content       string     `json:"content" minLength:"1" doc:"1 to 50,000 characters"`
	AttachmentIDs []store.ID `json:"attachment_ids,omitempty" maxItems:"20"`
	Model         string     `json:"model,omitempty" maxLength:"200"`
	ClientID      store.ID   `json:"client_id,omitempty" doc:"A UUID of the client's making: repeated, the first result is answered"`
	Wait          bool       `query:"wait" json:"-" doc:"Answer when the model has"`
}

// A SentMessage is a question and, if it was waited for, its answer.
type SentMessage struct {
	Message *store.Message `json:"message" nullable:"false"`
	Answer  *store.Message `json:"answer"`
}

// SendMessage stores a question and has it answered. The answer is written
// whether or not anybody stays to read it. While another answer is being written in
// the thread, the question waits in its queue.
func (a *API) SendMessage(ctx context.Context, who Actor, in SendMessageInput) (*SentMessage, error) {
	said, err := newText("body.content", in.Content)
	if err != nil {
		return nil, err
	}
	var turn *turn
	var sent SentMessage
	var repeated bool
	var queued bool
	send := func(tx *store.Tx) error {
		sent, repeated, queued = SentMessage{}, false, false
		t, err := who.thread(tx, in.ThreadID, toWrite)
		if err != nil {
			return err
		}
		if first, err := tx.Request(who.UserID, in.ClientID); err != nil || first != nil {
			repeated = true
			if err == nil {
				sent.Message, err = repeatedMessage(tx, first, t)
			}
			return err
		}
		if err := t.mustBeOpen(); err != nil {
			return err
		}
		waiting, err := tx.QueueOf(t.ID)
		if err != nil {
			return err
		}
		var question *store.Message
		if turn == nil || len(waiting) > 0 {
			queued = true
			question, err = a.enqueue(tx, who, t, said, in.AttachmentIDs, in.Model)
		} else {
			question, _, err = a.ask(tx, who, turn, t, said, in.AttachmentIDs, in.Model)
		}
		if err != nil {
			return err
		}
		if sent.Message, err = tx.Named(question); err != nil {
			return err
		}
		return who.remember(tx, in.ClientID, sent.Message.ID)
	}
	err = a.creates.do(ctx, who.UserID, in.ClientID, func() error {
		turn = a.turns.claim(ctx, in.ThreadID)
		return a.store.Update(ctx, send)
	})
	if err != nil || repeated || queued {
		a.turns.release(turn)
	} else {
		a.turns.run(a, turn)
	}
	if err == nil && in.Wait {
		sent.Answer, err = a.awaitAnswer(ctx, who, sent.Message, repeated)
	}
	return &sent, err
}

// repeatedMessage returns what a create with the same client_id made in t before.
func repeatedMessage(tx *store.Tx, first *store.Request, t threadAccess) (*store.Message, error) {
	m, err := tx.Message(first.ResultID)
	if store.CodeOf(err) == store.CodeNotFound || err == nil && m.ThreadID != t.ID {
		return nil, store.Errorf(store.CodeConflict, "client_id was used for something else: make a new one")
	}
	if err != nil {
		return nil, err
	}
	return tx.Shown(m)
}

// ask writes a question and the place of its answer, and makes turn ready to run.
func (a *API) ask(tx *store.Tx, who Actor, turn *turn, t threadAccess, said text, files []store.ID, model string) (question, answer *store.Message, err error) {
	if question, answer, err = a.compose(tx, who, turn, t, said, model); err != nil {
		return nil, nil, err
	}
	if err := tx.AddMessages(t.Thread, question, answer); err != nil {
		return nil, nil, err
	}
	if err := a.attach(tx, who, t, question, files); err != nil {
		return nil, nil, err
	}
	if err := tx.AfterCommit(func() { a.hasSaid(t.ID, who.UserID) }); err != nil {
		return nil, nil, err
	}
	if err := a.emit(tx, hub.ThreadTopic(t.ID.String()), "new_message", fields{"message": question}); err != nil {
		return nil, nil, err
	}
	if err := tx.AfterCommit(func() { a.announce(turn) }); err != nil {
		return nil, nil, err
	}
	return question, answer, a.emitThread(tx, "thread_updated", t)
}

// compose makes a question and its empty answer, which it does not write, and turn
// for them.
func (a *API) compose(tx *store.Tx, who Actor, turn *turn, t threadAccess, said text, model string) (question, answer *store.Message, err error) {
	if turn == nil {
		return nil, nil, a.turns.refusal()
	}
	if question, err = newQuestion(tx, who, t, said, store.StatusComplete); err != nil {
		return nil, nil, err
	}
	answer, err = a.newAnswer(tx, who, turn, t, question, model)
	return question, answer, err
}

// newQuestion makes a question, which it does not write, and names a thread by its
// first one.
func newQuestion(tx *store.Tx, who Actor, t threadAccess, said text, status string) (*store.Message, error) {
	id, err := tx.NewID()
	if err != nil {
		return nil, err
	}
	if t.TitleFrom == store.TitleFromNobody {
		t.Title, t.TitleFrom = excerpt(said.content, 60), store.TitleFromWords
		orDefault(&t.Title, "New chat")
	}
	return &store.Message{
		ID: id, ThreadID: t.ID, UserID: who.UserID, IsUser: true, Content: said.content, ContentHTML: said.html,
		Status: status, Alternatives: []store.ID{}, Attachments: []store.Attachment{},
		TokenCount: said.tokens, CreatedAt: tx.Now,
	}, nil
}

// UpdateMessageInput edits a message of the caller's own.
type UpdateMessageInput struct {
	ID      store.ID `path:"id" json:"-"`
	Content string   `json:"content" minLength:"1" doc:"1 to 50,000 characters"`
	// Regenerate is true by default when it is the thread's last question.
	Regenerate *bool `json:"regenerate,omitempty" doc:"Have it answered anew; by default if it is the last question"`
}

// UpdateMessage replaces what a message says and keeps what it said before.
func (a *API) UpdateMessage(ctx context.Context, who Actor, in UpdateMessageInput) (*store.Message, error) {
	said, err := newText("body.content", in.Content)
	if err != nil {
		return nil, err
	}
	thread, err := a.threadOf(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	turn := a.turns.claim(ctx, thread)
	var shown *store.Message
	var again bool
	err = a.store.Update(ctx, func(tx *store.Tx) (err error) {
		again = false
		m, err := who.ownMessage(tx, in.ID)
		if err != nil {
			return err
		}
		later, err := tx.MessagesAfter(m.Message)
		if err != nil {
			return err
		}
		if again = lastQuestion(later); in.Regenerate != nil {
			again = *in.Regenerate
		}
		again = again && m.Status != store.StatusQueued // it will be answered anyway
		if m.Content != in.Content || again {
			if err := a.edit(tx, m, said); err != nil {
				return err
			}
		}
		if shown, err = tx.Shown(m.Message); err != nil || !again {
			return err
		}
		_, err = a.beginAnswer(tx, who, turn, m.Thread, m.Message, "", answersTo(m.ID, later))
		return err
	})
	if err != nil || !again {
		a.turns.release(turn)
		return shown, err
	}
	a.turns.run(a, turn)
	return shown, nil
}

func (a *API) edit(tx *store.Tx, m messageAccess, said text) error {
	m.EditCount++
	old := &store.Version{MessageID: m.ID, Number: uint32(m.EditCount), Content: m.Content, EditedAt: tx.Now}
	if err := tx.AddVersion(old); err != nil {
		return err
	}
	m.Content, m.ContentHTML, m.TokenCount = said.content, said.html, said.tokens
	m.IsEdited, m.EditedAt = true, tx.Now
	if err := tx.SaveMessage(m.Thread.Thread, m.Message); err != nil {
		return err
	}
	if err := a.rewritten(tx, m); err != nil {
		return err
	}
	if err := a.emitMessage(tx, m.Message); err != nil {
		return err
	}
	return a.emitThread(tx, "thread_updated", m.Thread)
}

func lastQuestion(later []*store.Message) bool {
	for _, m := range later {
		if m.IsUser && !m.IsDeleted {
			return false
		}
	}
	return true
}

func answersTo(question store.ID, later []*store.Message) (answers []*store.Message) {
	for _, m := range later {
		if m.ParentID == question && !m.IsDeleted {
			answers = append(answers, m)
		}
	}
	return answers
}

func (a *API) threadOf(ctx context.Context, who Actor, message store.ID) (thread store.ID, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) error {
		m, err := who.message(tx, message)
		if err == nil {
			thread = m.ThreadID
		}
		return err
	})
	return thread, err
}

// RegenerateInput asks for another answer beside the one there is.
type RegenerateInput struct {
	ID          store.ID `path:"id" json:"-"`
	Model       string   `json:"model,omitempty" maxLength:"200"`
	Temperature *float64 `json:"temperature,omitempty" minimum:"0" maximum:"2"`
}

// Regenerate has a question answered once more: the question may be named
// itself, or by one of its answers. No answer is ever overwritten. It returns
// the new answer, which is being written.
func (a *API) Regenerate(ctx context.Context, who Actor, in RegenerateInput) (*store.Message, error) {
	thread, err := a.threadOf(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	turn := a.turns.claim(ctx, thread)
	var answer *store.Message
	err = a.store.Update(ctx, func(tx *store.Tx) error {
		m, err := who.removableMessage(tx, in.ID)
		if err != nil {
			return err
		}
		question := m.Message
		if !m.IsUser {
			if question, err = tx.Message(m.ParentID); err != nil {
				return err
			}
		}
		if question.ThreadID != m.ThreadID {
			return store.Errorf(store.CodeConflict, "the question of this answer is in another thread")
		}
		if question.Status == store.StatusQueued {
			return store.Errorf(store.CodeConflict, "this question waits to be answered")
		}
		if question.IsDeleted {
			return store.Errorf(store.CodeConflict, "the question of this answer was deleted")
		}
		later, err := tx.MessagesAfter(question)
		if err != nil {
			return err
		}
		if turn != nil {
			turn.temperature = in.Temperature
		}
		answer, err = a.beginAnswer(tx, who, turn, m.Thread, question, in.Model, answersTo(question.ID, later))
		return err
	})
	if err != nil {
		a.turns.release(turn)
		return nil, err
	}
	a.turns.run(a, turn)
	return answer, nil
}

// DeleteMessage empties a message for good; its row stays, so that the thread
// keeps its shape.
func (a *API) DeleteMessage(ctx context.Context, who Actor, in IDInput) (*Nothing, error) {
	return &Nothing{}, a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		m, err := who.removableMessage(tx, in.ID)
		if err != nil {
			return err
		}
		if m.Status == store.StatusStreaming {
			return store.Errorf(store.CodeGenerating, "this answer is being written: stop it first")
		}
		if m.Status == store.StatusQueued {
			if err := a.dequeue(tx, m.Message); err != nil {
				return err
			}
		}
		m.IsDeleted, m.DeletedAt = true, tx.Now
		m.Content, m.ContentHTML, m.Reasoning, m.ReasoningMS, m.TokenCount, m.Error, m.ContextWarning = "", "", "", 0, 0, nil, nil
		if err := errors.Join(tx.DeleteVersions(m.ID), detachAll(tx, m.Message)); err != nil {
			return err
		}
		if err := tx.SaveMessage(m.Thread.Thread, m.Message); err != nil {
			return err
		}
		if err := a.rewritten(tx, m); err != nil {
			return err
		}
		if err := a.emit(tx, hub.ThreadTopic(m.ThreadID.String()), "message_deleted", fields{"thread_id": m.ThreadID, "message_id": m.ID}); err != nil {
			return err
		}
		return a.emitThread(tx, "thread_updated", m.Thread)
	})
}

// A VersionView is what a message once said.
type VersionView struct {
	Content  string     `json:"content"`
	EditedAt store.Time `json:"edited_at" doc:"When it was replaced"`
}

// History is the earlier versions of a message, the newest first.
type History struct {
	Versions []VersionView `json:"versions"`
	Total    int           `json:"total" doc:"How often it was edited; only the newest versions are kept"`
	HasMore  bool          `json:"has_more" doc:"Whether older versions are no longer kept"`
}

// MessageHistory returns the earlier versions of a message.
func (a *API) MessageHistory(ctx context.Context, who Actor, in IDInput) (*History, error) {
	out := &History{}
	err := a.store.View(ctx, func(tx *store.Tx) error {
		m, err := who.message(tx, in.ID)
		if err != nil {
			return err
		}
		list, err := tx.VersionsOf(m.ID)
		out.Versions, out.Total = []VersionView{}, m.EditCount
		for _, v := range list {
			out.Versions = append(out.Versions, VersionView{v.Content, v.EditedAt})
		}
		out.HasMore = len(list) < m.EditCount && !m.IsDeleted
		return err
	})
	return out, err
}
