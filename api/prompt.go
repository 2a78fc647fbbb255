package api

import (
	"cmp"
	"context"
	"slices"

	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
)

// prompt makes the request for the answer of a turn, by its plan.
func (a *API) prompt(t *turn, model llm.Model) (llm.Request, error) {
	limit := a.models.limitOf(model)
	a.warnAssumed(model, limit)
	var project *store.Project
	var plan *contextPlan
	err := a.store.View(t.ctx, func(tx *store.Tx) (err error) {
		if project, err = tx.Project(t.projectID); err != nil {
			return err
		}
		thread, err := tx.Thread(t.threadID)
		if err != nil {
			return err
		}
		r := planner{API: a, tx: tx, thread: thread, project: project, limit: limit, asked: t.questionID}
		plan, err = r.plan()
		return err
	})
	if err != nil {
		return llm.Request{}, err
	}
	if t.sent = (sentPrompt{plan: plan, model: model}); !plan.fits() && limit.exact {
		return llm.Request{}, store.Errorf(store.CodeContextExceeded,
			"This message and the project's instructions are longer than the model reads at once (%d tokens). Shorten the message, or choose a model with a larger context.", limit.tokens)
	}
	messages, err := a.promptMessages(t, plan, project.Instructions)
	return llm.Request{
		Model: model.ID, Messages: messages, MaxTokens: limit.maxTokens(plan.used), Temperature: t.temperature, Library: &library{a, t, project},
	}, err
}

// A sentPrompt is what was sent for an answer; zero if nothing was.
type sentPrompt struct {
	plan  *contextPlan
	model llm.Model
	cut   *store.ContextWarning // the newest file that was cut
}

// promptMessages writes out a plan.
func (a *API) promptMessages(t *turn, plan *contextPlan, instructions string) ([]llm.Message, error) {
	texts, err := a.textsOf(t.ctx, t.threadID, plan)
	if err != nil {
		return nil, err
	}
	messages := make([]llm.Message, 0, 2*len(plan.turns)+1)
	// In one message: many chat templates take one from the system alone.
	if system := plan.told.after(instructions); system != "" {
		messages = append(messages, llm.Message{Role: llm.RoleSystem, Content: system})
	}
	for i := range plan.turns {
		turn := &plan.turns[i]
		if !turn.isSent {
			continue
		}
		question := missingQuestion
		if turn.turnRows.question >= 0 {
			question = texts[plan.outline.rows[turn.turnRows.question].id]
		}
		for _, f := range turn.files {
			said, sent := a.fileText(f)
			question += "\n\n" + said
			if f.state == fileCut || f.state == fileNoRoom {
				t.sent.cut = &store.ContextWarning{Kind: store.WarningAttachmentCut, AttachmentID: f.file.ID, SentTokens: sent, AllTokens: f.all}
			}
		}
		messages = append(messages, llm.Message{Role: llm.RoleUser, Content: question})
		if turn.answer >= 0 {
			messages = append(messages, llm.Message{Role: llm.RoleAssistant, Content: texts[plan.outline.rows[turn.answer].id]})
		}
	}
	return messages, nil
}

// textsOf reads the messages that a plan sends, by id. No transaction outlives a page,
// and what is not sent is hardly read.
func (a *API) textsOf(ctx context.Context, thread store.ID, plan *contextPlan) (map[store.ID]string, error) {
	var wanted []int // rows, in order
	for i := range plan.turns {
		if t := &plan.turns[i]; t.isSent {
			wanted = append(wanted, t.turnRows.question, t.turnRows.answer)
		}
	}
	slices.Sort(wanted)
	rows := plan.outline.rows
	texts := make(map[store.ID]string, len(wanted))
	for limit := 16; len(wanted) > 0 && wanted[len(wanted)-1] >= 0; limit = min(4*limit, 100) {
		last := wanted[len(wanted)-1]
		page := store.Page{Limit: limit}
		if last+1 < len(rows) {
			page.Before = rows[last+1].id
		}
		list, _, err := a.pageOfSaid(ctx, thread, page)
		if err != nil {
			return nil, err
		}
		for i := range list {
			texts[list[i].ID] = list[i].Content
		}
		wanted = wanted[:len(wanted)-1] // one that is gone by now must not be waited for
		for len(wanted) > 0 && wanted[len(wanted)-1] >= 0 && len(list) > 0 && rows[wanted[len(wanted)-1]].id.Compare(list[0].ID) >= 0 {
			wanted = wanted[:len(wanted)-1]
		}
	}
	return texts, nil
}

// walkBack calls fn for the messages of a thread before one of them (zero: all),
// the newest first, until it returns false. No transaction outlives a page, and each
// page is longer than the one before: with long messages fn soon has enough, and
// little more is read than it asks for.
func (a *API) walkBack(ctx context.Context, thread, before store.ID, fn func(*store.Said) bool) error {
	for limit := 16; ; limit = min(4*limit, 100) {
		page, more, err := a.pageOfSaid(ctx, thread, store.Page{Limit: limit, Before: before})
		if err != nil {
			return err
		}
		for i := range slices.Backward(page) {
			if !fn(&page[i]) {
				return nil
			}
			before = page[i].ID
		}
		if !more {
			return nil
		}
	}
}

func (a *API) pageOfSaid(ctx context.Context, thread store.ID, p store.Page) (page []store.Said, more bool, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) (err error) {
		var stored []store.StoredMessage
		if stored, more, err = tx.ListMessages(thread, p, false); err == nil {
			page, err = store.WhatIsSaid(stored)
		}
		return err
	})
	return page, more, err
}

// readWhat compares what the server read with what it was sent, learns from it, and
// returns what the person is told.
func (a *API) readWhat(ctx context.Context, s sentPrompt, usage llm.Usage) *store.ContextWarning {
	if s.plan == nil {
		return nil
	}
	sent, read := s.plan.used, usage.PromptTokens
	switch learned := s.plan.limit.source == LimitLearned; {
	case isTruncated(sent, read):
		a.learnLimit(ctx, s.model, read, false)
		return &store.ContextWarning{Kind: store.WarningTruncated, SentTokens: sent, ReadTokens: read}
	case learned && read > s.plan.limit.tokens:
		a.forgetLimit(ctx, s.model)
	}
	return s.cut
}

// contextModel returns the model that answers in a project unless a question names another.
func (a *API) contextModel(named string, p *store.Project) string {
	return cmp.Or(named, p.Model, a.models.defaultID())
}
