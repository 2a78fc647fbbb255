package api

import (
	"context"
	"slices"

	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
)

// messageOverhead is about what a server's chat template adds to each message.
const messageOverhead = 6

// prompt puts together what the model is asked, within its context: the
// project's instructions, the latest summary, the question, and as many of the
// messages before it as fit and no summary stands for, each with the text of its
// attachments. Of several answers to one question only the newest is told.
func (a *API) prompt(t *turn, model llm.Model) (llm.Request, error) {
	limit := model.ContextTokens
	orDefault(&limit, a.o.ContextTokens)
	budget := limit - min(limit/4, 4096) // the rest is for the answer
	project, thread, question, err := a.asked(t)
	if err != nil {
		return llm.Request{}, err
	}
	budget -= llm.CountTokens(project.Instructions) + 2*messageOverhead
	asked, cost := a.quoted(question.Content, question.TokenCount, question.Attachments, budget*3/4) // some of what was said before is to fit too
	if budget -= cost; budget < 0 {
		return llm.Request{}, store.Errorf(store.CodeContextExceeded,
			"This message and the project's instructions are longer than the model reads at once (%d tokens). Shorten the message, or choose a model with a larger context.", limit)
	}
	var told summaryText
	if thread.SummaryCount > 0 {
		if told, err = a.summariesFor(t, budget/2); err != nil {
			return llm.Request{}, err
		}
	}
	messages := append(make([]llm.Message, 0, usualMessages), llm.Message{Role: llm.RoleUser, Content: asked})
	if messages, err = a.history(messages, t, told, budget-told.tokens); err != nil {
		return llm.Request{}, err
	}
	// In one message: many chat templates take one from the system alone.
	if system := told.after(project.Instructions); system != "" {
		messages = append(messages, llm.Message{Role: llm.RoleSystem, Content: system})
	}
	slices.Reverse(messages)
	return llm.Request{Model: model.ID, Messages: messages, Temperature: t.temperature, Library: &library{a, t, project}}, nil
}

// asked returns what t is about, as it is now.
func (a *API) asked(t *turn) (project *store.Project, thread *store.Thread, question *store.Message, err error) {
	err = a.store.View(t.ctx, func(tx *store.Tx) (err error) {
		if project, err = tx.Project(t.projectID); err != nil {
			return err
		}
		if thread, err = tx.Thread(t.threadID); err != nil {
			return err
		}
		question, err = tx.Message(t.questionID)
		return err
	})
	return project, thread, question, err
}

// usualMessages is for how many messages a prompt makes room at once.
const usualMessages = 64

// history appends to list the messages before the question that no summary in told
// stands for, the newest first, as many as fit into budget tokens.
func (a *API) history(list []llm.Message, t *turn, told summaryText, budget int) ([]llm.Message, error) {
	answered := make(map[store.ID]bool, usualMessages/2)
	full := false
	tell := func(m *store.Said) bool {
		if m.Content == "" || !m.IsUser && answered[m.ParentID] {
			return true
		}
		content, cost := a.quoted(m.Content, m.TokenCount, m.Attachments, budget/2)
		if budget -= cost + messageOverhead; budget < 0 {
			full = true
			return false
		}
		said := llm.Message{Role: llm.RoleUser, Content: content}
		if !m.IsUser {
			answered[m.ParentID] = true
			said.Role = llm.RoleAssistant
		}
		list = append(list, said)
		return true
	}
	var err error
	before, asked := t.questionID, len(list)
	for _, span := range append(told.spans, store.Span{}) { // and what no summary goes back to
		err = a.walkBack(t.ctx, t.threadID, before, func(m *store.Said) bool {
			return m.ID.Compare(span.End) > 0 && tell(m)
		})
		if before = span.Start; err != nil || full {
			break
		}
	}
	// What begins with an answer confuses many chat templates.
	for len(list) > asked && list[len(list)-1].Role == llm.RoleAssistant {
		list = list[:len(list)-1]
	}
	return list, err
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
