package api

import (
	"slices"

	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
)

// messageOverhead is about what a server's chat template adds to each message, in
// tokens.
const messageOverhead = 6

// missingQuestion stands in for the question of an answer whose own was deleted: many
// chat templates refuse a conversation that does not begin with a person.
const missingQuestion = "(This message was deleted.)"

// A LeftOut is what a person would expect the model to read and it does not.
type LeftOut struct {
	Messages    int `json:"messages"`
	Attachments int `json:"attachments" doc:"Files that are cut, or not sent at all"`
	Tokens      int `json:"tokens"`
}

// isAny reports whether anything is left out.
func (l LeftOut) isAny() bool { return l.Messages > 0 || l.Attachments > 0 }

// A contextPlan is what the model is sent of a thread. The prompt, the meter, the
// panel and the summaries that are due all follow from it.
type contextPlan struct {
	limit   contextLimit
	outline *outline
	used    int // tokens
	left    LeftOut
	isGuess bool // the size of a file was estimated

	instructions int // tokens, with those of the template
	told         summaryText
	turns        []plannedTurn // the oldest first; those left out come first
}

// A plannedTurn is a question with its answer, sent together or not at all.
type plannedTurn struct {
	turnRows
	isSent        bool
	files         []plannedFile // of the question
	question, own int           // tokens of the question, and of the answer
}

// fits reports whether the prompt is within the model's budget.
func (p *contextPlan) fits() bool { return p.used <= p.limit.budget() }

// percent returns how full the budget is.
func (p *contextPlan) percent() int { return p.used * 100 / p.limit.budget() }

// A planner makes the plan of one thread.
type planner struct {
	*API
	tx      *store.Tx
	thread  *store.Thread
	project *store.Project
	limit   contextLimit
	asked   store.ID // the question that is answered; zero: the next one
	isQuick bool     // estimate the size of a file that was not counted yet
}

// plan decides what the model is sent: the project's instructions; the newest
// question; summaries, in at most half of the rest; and then as many turns as fit, the
// newest first. The files of a turn get three quarters of what is left by then, so
// that older turns still find room.
func (r *planner) plan() (*contextPlan, error) {
	o, err := r.outline(r.tx, r.thread)
	if err != nil {
		return nil, err
	}
	p := &contextPlan{limit: r.limit, outline: o}
	room := r.limit.budget()
	if r.project.Instructions != "" {
		p.instructions = llm.CountTokens(r.project.Instructions) + messageOverhead
		room -= p.instructions
	}
	turns := r.turnsOf(o)
	newest := 0
	if n := len(turns); n > 0 && turns[n-1].question >= 0 {
		newest = o.rows[turns[n-1].question].tokens + messageOverhead
	}
	if r.thread.SummaryCount > 0 {
		if p.told, err = r.summaries((room - newest) / 2); err != nil {
			return nil, err
		}
	}
	p.used = p.instructions + p.told.tokens
	p.turns = p.pending(turns)
	r.fill(p, room-p.told.tokens)
	p.countLeftOut()
	return p, nil
}

// turnsOf returns the turns that the model might read.
func (r *planner) turnsOf(o *outline) []turnRows {
	turns := o.turns(r.asked)
	if n := len(turns); n > 0 && r.asked.IsZero() && turns[n-1].at == o.isBeingAsked() {
		turns[n-1].answer = -1 // it is being answered anew
	}
	return turns
}

// pending returns the turns that no summary stands for.
func (p *contextPlan) pending(turns []turnRows) []plannedTurn {
	list := make([]plannedTurn, 0, len(turns))
	for _, t := range turns {
		if !p.isTold(t.question) || !p.isTold(t.answer) {
			list = append(list, plannedTurn{turnRows: t})
		}
	}
	return list
}

// isTold reports whether a summary stands for a row; -1 is none.
func (p *contextPlan) isTold(row int) bool {
	return row < 0 || slices.ContainsFunc(p.told.spans, func(s store.Span) bool { return s.Has(p.outline.rows[row].id) })
}

// fill sends turns while there is room, the newest first. The question that is asked
// is sent in any case.
func (r *planner) fill(p *contextPlan, room int) {
	for i := range slices.Backward(p.turns) {
		t := &p.turns[i]
		r.measure(p, t, room)
		cost := t.question + t.own
		for _, f := range t.files {
			cost += f.cost
		}
		if cost > room && (r.asked.IsZero() || t.at != r.asked) {
			for i := range p.turns[:i+1] {
				r.measure(p, &p.turns[i], 0)
			}
			return
		}
		t.isSent = true
		p.used += cost
		room -= cost
	}
}

// measure counts what a turn costs with so much room.
func (r *planner) measure(p *contextPlan, t *plannedTurn, room int) {
	t.question, t.own, t.files = 0, 0, nil
	if t.turnRows.answer >= 0 {
		t.own = p.outline.rows[t.turnRows.answer].tokens + messageOverhead
	}
	if t.turnRows.question < 0 {
		t.question = llm.CountTokens(missingQuestion) + messageOverhead
		return
	}
	question := &p.outline.rows[t.turnRows.question]
	t.question = question.tokens + messageOverhead
	if len(question.files) == 0 {
		return
	}
	room = (room - t.question - t.own) * 3 / 4
	for i := range question.files {
		f := r.planFile(p, &question.files[i], room)
		room -= f.cost
		t.files = append(t.files, f)
	}
}

// countLeftOut sums up what is not sent.
func (p *contextPlan) countLeftOut() {
	for i := range p.turns {
		t := &p.turns[i]
		if !t.isSent {
			p.left.Tokens += t.own
			if t.turnRows.question >= 0 {
				p.left.Messages++
				p.left.Tokens += t.question
			}
			if t.turnRows.answer >= 0 {
				p.left.Messages++
			}
		}
		for _, f := range t.files {
			if lost := f.lost(t.isSent); lost > 0 || f.state == fileBlocked {
				p.left.Attachments++
				p.left.Tokens += lost
			}
		}
	}
}

// summaries returns the summaries of what came before the question, as far as they fit
// into budget tokens: the latest, and those of what that does not stand for.
func (r *planner) summaries(budget int) (told summaryText, err error) {
	spans, err := r.tx.Spans(r.thread.ID)
	if err != nil {
		return told, err
	}
	for _, span := range spans { // the newest summary first
		if !r.asked.IsZero() && span.End.Compare(r.asked) >= 0 || len(told.spans) == maxTold ||
			slices.ContainsFunc(told.spans, func(other store.Span) bool { return overlap(span, other) }) {
			continue
		}
		s, err := r.tx.Summary(span.SummaryID)
		if store.IsDamaged(err) {
			continue // what it stands for is told word for word
		}
		if err != nil {
			return told, err
		}
		if told.tokens+s.TokenCount+messageOverhead <= budget {
			told.add(span, s)
		}
	}
	return told, nil
}
