package api

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
)

// Where the number of tokens that a model reads comes from.
const (
	LimitServer  = "server"  // the model server lists it
	LimitSetting = "setting" // model.openai.context_tokens
	LimitLearned = "learned" // the model read less than it was sent, or the server's error named it
	LimitAssumed = "assumed" // nothing tells it
)

// A contextLimit is how many tokens a model takes in one request, question and
// answer together.
type contextLimit struct {
	tokens int
	source string
	exact  bool // a longer prompt is refused, so Parley need not send it
}

// maxAnswerShare bounds what is kept free for the answer, in tokens.
const maxAnswerShare = 16 << 10

// answerShare returns how many tokens are kept free for the answer.
func (l contextLimit) answerShare() int { return min(l.tokens/4, maxAnswerShare) }

// budget returns how many tokens the prompt may have.
func (l contextLimit) budget() int { return max(1, l.tokens-l.answerShare()) }

// maxTokens returns the longest answer to ask for after a prompt of used tokens; 0
// leaves it to the server. A guess never cuts an answer short.
func (l contextLimit) maxTokens(used int) int {
	if !l.exact {
		return 0
	}
	return max(1, min(l.answerShare(), l.tokens-used))
}

// limit returns the context of the model with an id; "" is the default model.
func (m *models) limit(id string) contextLimit {
	_, model := m.pick(cmp.Or(id, m.defaultID()))
	return m.limitOf(model)
}

// limitOf returns the context of a model: what was set or listed, unless the model
// turned out to read less.
func (m *models) limitOf(model llm.Model) contextLimit {
	l := m.toldLimit(model)
	if learned, ok := m.learned.get(modelKey(model), l.tokens, m.now()); ok {
		return contextLimit{learned.Tokens, LimitLearned, learned.IsExact}
	}
	return l
}

func (m *models) toldLimit(model llm.Model) contextLimit {
	switch {
	case model.ContextTokens <= 0 && m.isSet:
		return contextLimit{m.standard, LimitSetting, true}
	case model.ContextTokens <= 0:
		return contextLimit{m.standard, LimitAssumed, false}
	case m.isSet && model.ContextTokens == m.standard && model.Provider != llm.BuiltinName:
		return contextLimit{model.ContextTokens, LimitSetting, true}
	default:
		return contextLimit{model.ContextTokens, LimitServer, true}
	}
}

func modelKey(m llm.Model) string { return m.Provider + "/" + m.ID }

// learnedLimits are the limits that were learned from answers and errors. They are
// stored, so a restart keeps them. It is safe for concurrent use.
type learnedLimits struct {
	mu     sync.RWMutex
	models map[string]store.LearnedLimit
}

// learnedLimitLasts is how long a learned limit counts: the model server may have
// been set up anew since.
const learnedLimitLasts = 7 * 24 * time.Hour

// get returns what was learned of a model whose limit is otherwise told tokens.
// A server that lists another limit than before starts afresh.
func (l *learnedLimits) get(model string, told int, now time.Time) (store.LearnedLimit, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	known, ok := l.models[model]
	return known, ok && known.Told == told && known.Tokens < told && now.Sub(known.At.Time) < learnedLimitLasts
}

func (l *learnedLimits) replace(all map[string]store.LearnedLimit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.models = all
}

// loadLimits reads what was learned before the restart.
func (a *API) loadLimits(ctx context.Context) error {
	return a.store.View(ctx, func(tx *store.Tx) error {
		all, err := tx.LearnedLimits()
		if err == nil {
			a.models.learned.replace(all)
		}
		return err
	})
}

// maxLearned bounds how many models have a learned limit.
const maxLearned = 500

// learnLimit stores that a model takes no more than tokens. exact reports that the
// server named the number; else it is what the model read of a longer prompt.
func (a *API) learnLimit(ctx context.Context, model llm.Model, tokens int, exact bool) {
	told := a.models.toldLimit(model)
	if tokens <= 0 || tokens >= a.models.limitOf(model).tokens {
		return
	}
	a.log.Warn("model reads less than expected; limit learned", "model", model.ID, "tokens", tokens, "before", told.tokens, "before_from", told.source,
		"hint", "check the context length of the model server, or set model.openai.context_tokens")
	a.changeLimits(ctx, func(tx *store.Tx, all map[string]store.LearnedLimit) {
		store.MakeRoom(all, maxLearned)
		all[modelKey(model)] = store.LearnedLimit{Tokens: tokens, Told: told.tokens, IsExact: exact, At: tx.Now}
	})
}

// learnFrom learns the limit that the server's error names, and reports whether a
// shorter prompt would fit now.
func (a *API) learnFrom(ctx context.Context, err error, server *modelServer, model llm.Model) bool {
	var e *llm.Error
	p, ok := server.Provider.(interface{ LearnedContext(model string) int })
	if !ok || !errors.As(err, &e) || e.Kind != llm.KindContextExceeded {
		return false
	}
	before := a.models.limitOf(model).tokens
	a.learnLimit(ctx, model, p.LearnedContext(model.ID), true)
	return a.models.limitOf(model).tokens < before
}

// forgetLimit drops a learned limit that a longer prompt has disproved.
func (a *API) forgetLimit(ctx context.Context, model llm.Model) {
	a.log.Info("model reads more than learned; limit forgotten", "model", model.ID)
	a.changeLimits(ctx, func(_ *store.Tx, all map[string]store.LearnedLimit) { delete(all, modelKey(model)) })
}

func (a *API) changeLimits(ctx context.Context, change func(*store.Tx, map[string]store.LearnedLimit)) {
	err := a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		stored, err := tx.LearnedLimits()
		if err != nil {
			return err
		}
		all := maps.Clone(stored)
		change(tx, all)
		if err := tx.SetLearnedLimits(all); err != nil {
			return err
		}
		return tx.AfterCommit(func() { a.models.learned.replace(all) })
	})
	if err != nil {
		a.log.Error("learned context limit not stored", "err", err)
	}
}

// warnAssumed logs once for each model that its context is only assumed.
func (a *API) warnAssumed(model llm.Model, l contextLimit) {
	if l.source != LimitAssumed {
		return
	}
	if _, known := a.models.warned.LoadOrStore(modelKey(model), true); !known {
		a.log.Warn("context length of the model unknown; assuming a default", "model", model.ID, "assumed_tokens", l.tokens, "setting", "model.openai.context_tokens")
	}
}

// isTruncated reports whether a server that read so many tokens of those sent has
// dropped some. Tokenizers differ, so only a large difference counts; a server that
// says next to nothing does not count at all.
func isTruncated(sent, read int) bool {
	const few, much = 32, 256
	return read >= few && sent-read >= much && read*10 < sent*6
}
