package api

import (
	"context"
	"slices"

	"github.com/parley-app/parley/store"
)

// How full a context is.
const (
	SeverityOK       = "ok"
	SeverityWarning  = "warning"
	SeverityCritical = "critical" // also as soon as anything is left out
)

// A ContextView is how full the model's context is.
type ContextView struct {
	Used        int     `json:"used" doc:"Tokens that the model is sent before the next question"`
	Budget      int     `json:"budget" doc:"Tokens that the prompt may have: the limit without the answer's share"`
	Limit       int     `json:"limit" doc:"Tokens that the model takes, question and answer together"`
	LimitSource string  `json:"limit_source" enum:"server,setting,learned,assumed" doc:"Where the limit comes from"`
	Percent     int     `json:"percent" doc:"Of the budget"`
	Severity    string  `json:"severity" enum:"ok,warning,critical" doc:"critical as soon as anything is left out"`
	LeftOut     LeftOut `json:"left_out" doc:"What a person would expect to be read and is not"`
}

func (a *API) contextView(p *contextPlan) ContextView {
	v := ContextView{p.used, p.limit.budget(), p.limit.tokens, p.limit.source, p.percent(), SeverityOK, p.left}
	switch {
	case v.Percent >= a.o.CriticalPercent, v.LeftOut.isAny():
		v.Severity = SeverityCritical
	case v.Percent >= a.o.WarningPercent:
		v.Severity = SeverityWarning
	}
	return v
}

// ThreadContextInput asks what a model is sent of a thread.
type ThreadContextInput struct {
	ThreadID store.ID `path:"id"`
	Model    string   `query:"model" maxLength:"200" doc:"By default the model that answers in the thread"`
}

// Kinds of a ContextPart.
const (
	PartInstructions = "instructions"
	PartSummary      = "summary"
	PartMessage      = "message"
	PartAttachment   = "attachment"
	PartQuestion     = "question" // that is being answered
)

// A ContextPart is a piece of what the model is sent, or would be if it fitted.
type ContextPart struct {
	Kind      string   `json:"kind" enum:"instructions,summary,message,attachment,passage,question"`
	ID        store.ID `json:"id,omitzero" doc:"Of the summary, the message or the attachment"`
	Title     string   `json:"title" doc:"The name of the file, or the first words"`
	IsUser    bool     `json:"is_user,omitempty" doc:"Of a message: a person wrote it"`
	Tokens    int      `json:"tokens" doc:"That are sent; of a part that is not included, that it has"`
	Included  bool     `json:"included"`
	CutTokens int      `json:"cut_tokens" doc:"Of the end of a file that is included: what is not sent"`

	// Of an attachment: which models read its content. Others get its name alone.
	ReadableBy map[string]bool `json:"readable_by,omitempty" doc:"By the id of a model: whether it reads the content of this attachment"`
}

// An UnsentFile is an attachment that the caller has not sent yet.
type UnsentFile struct {
	ID         store.ID        `json:"id"`
	Name       string          `json:"name"`
	MediaType  string          `json:"media_type"`
	ReadableBy map[string]bool `json:"readable_by"`
}

// A ThreadContext is what a model is sent of a thread, part by part, in the order in
// which it reads them.
type ThreadContext struct {
	Model string `json:"model"`
	ContextView
	Parts  []ContextPart `json:"parts" doc:"Of the messages that are left out, the newest 200"`
	Unsent []UnsentFile  `json:"unsent" doc:"The caller's attachments that wait to be sent"`
}

// maxLeftParts bounds how many turns that are left out are listed.
const maxLeftParts = 100

// ThreadContext returns what a model is sent of a thread before the next question.
func (a *API) ThreadContext(ctx context.Context, who Actor, in ThreadContextInput) (*ThreadContext, error) {
	out := &ThreadContext{}
	var plan *contextPlan
	var project *store.Project
	err := a.store.View(ctx, func(tx *store.Tx) error {
		t, err := who.thread(tx, in.ThreadID, toRead)
		if err != nil {
			return err
		}
		project, out.Model = t.Project.Project, a.contextModel(in.Model, t.Project.Project)
		r := planner{API: a, tx: tx, thread: t.Thread, project: project, limit: a.models.limit(out.Model)}
		if plan, err = r.plan(); err != nil {
			return err
		}
		out.Unsent, err = a.unsentFiles(tx, who, t.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	texts, err := a.textsOf(ctx, in.ThreadID, plan)
	if err != nil {
		return nil, err
	}
	out.ContextView = a.contextView(plan)
	out.Parts = a.contextParts(plan, texts, project.Instructions)
	return out, nil
}

func (a *API) unsentFiles(tx *store.Tx, who Actor, thread store.ID) ([]UnsentFile, error) {
	list, err := tx.AttachmentsOf(thread)
	out := []UnsentFile{}
	for _, f := range list {
		if f.MessageID.IsZero() && f.UserID == who.UserID {
			out = append(out, UnsentFile{f.ID, f.Name, f.MediaType, a.readableBy(f)})
		}
	}
	return out, err
}

// readableBy returns which of the models that are known read the content of a file.
func (a *API) readableBy(f *store.Attachment) map[string]bool {
	can := isReadableKind(f.MediaType) && a.readable(f) == nil
	by := map[string]bool{}
	for _, id := range a.models.ids() {
		by[id] = can
	}
	return by
}

// partWords is how many characters of a message its part shows.
const partWords = 80

func (a *API) contextParts(p *contextPlan, texts map[store.ID]string, instructions string) []ContextPart {
	parts := []ContextPart{}
	if p.instructions > 0 {
		parts = append(parts, ContextPart{Kind: PartInstructions, Title: excerpt(instructions, partWords), Tokens: p.instructions, Included: true})
	}
	for i, span := range slices.Backward(p.told.spans) {
		parts = append(parts, ContextPart{Kind: PartSummary, ID: span.SummaryID, Title: excerpt(p.told.texts[i], partWords), Tokens: p.told.costs[i], Included: true})
	}
	from := 0
	for from < len(p.turns) && !p.turns[from].isSent {
		from++
	}
	for i := max(0, from-maxLeftParts); i < len(p.turns); i++ {
		parts = a.turnParts(parts, p, &p.turns[i], texts)
	}
	return parts
}

func (a *API) turnParts(parts []ContextPart, p *contextPlan, t *plannedTurn, texts map[store.ID]string) []ContextPart {
	message := func(row, tokens int, kind string) {
		m := p.outline.rows[row]
		parts = append(parts, ContextPart{Kind: kind, ID: m.id, Title: excerpt(texts[m.id], partWords), IsUser: m.isUser, Tokens: tokens, Included: t.isSent})
	}
	switch kind := PartMessage; {
	case t.turnRows.question >= 0:
		if t.at == p.outline.isBeingAsked() {
			kind = PartQuestion
		}
		message(t.turnRows.question, t.question+t.noteTokens(), kind)
	default:
		t.own += t.question // of what stands in for the question
	}
	for _, f := range t.files {
		parts = append(parts, a.filePart(t, f))
	}
	if t.turnRows.answer >= 0 {
		message(t.turnRows.answer, t.own, PartMessage)
	}
	return parts
}

// noteTokens are those of the notes about files that are not sent.
func (t *plannedTurn) noteTokens() (tokens int) {
	for _, f := range t.files {
		if f.state == fileNoRoom || f.state == fileBlocked {
			tokens += f.cost
		}
	}
	return tokens
}

func (a *API) filePart(t *plannedTurn, f plannedFile) ContextPart {
	part := ContextPart{Kind: PartAttachment, ID: f.file.ID, Title: f.file.Name, Tokens: f.cost, Included: t.isSent, ReadableBy: a.readableBy(f.file)}
	switch {
	case !t.isSent, f.state == fileNoRoom, f.state == fileBlocked:
		part.Included, part.Tokens = false, f.all
	case f.state == fileCut:
		part.CutTokens = f.all - f.sent
	}
	return part
}
