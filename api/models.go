package api

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
)

// models knows what the providers offer. It asks them in the background, so a
// dead model server never makes anybody wait.
type models struct {
	servers  []*modelServer
	standard int  // context tokens of a model that does not tell
	isSet    bool // standard comes from the settings
	now      func() time.Time
	learned  learnedLimits
	warned   sync.Map // of models whose context is assumed, by modelKey

	mu     sync.RWMutex
	offers map[string]offer // by provider
}

type offer struct {
	models []llm.Model
	err    error
	at     time.Time
}

func newModels(o Options) *models {
	m := &models{standard: o.ContextTokens, isSet: o.contextIsSet, now: o.Now, offers: map[string]offer{}}
	for _, p := range o.Providers {
		m.servers = append(m.servers, newModelServer(p, o.MaxConcurrent, o.Now))
	}
	return m
}

// modelTimeout bounds how long a provider may take to list its models.
const modelTimeout = 5 * time.Second

// RefreshModels asks every provider what it offers, all at once.
func (a *API) RefreshModels(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, modelTimeout)
	defer cancel()
	var asked sync.WaitGroup
	for _, p := range a.models.servers {
		asked.Go(func() {
			list, err := p.Models(ctx)
			if err == nil {
				p.breaker.hint()
			}
			a.models.learn(p.Name(), list, err, a.o.Now())
			if err != nil {
				a.log.Debug("a model server does not list its models", "provider", p.Name(), "err", err)
			}
		})
	}
	asked.Wait()
	return nil
}

func (m *models) learn(provider string, list []llm.Model, err error, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.offers[provider]
	if o.err, o.at = err, at; err == nil {
		o.models = list // what a dead server offered is still its offer
	}
	m.offers[provider] = o
}

// each calls fn for every model known, the default provider's first.
func (m *models) each(fn func(*modelServer, llm.Model) (more bool)) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, p := range m.servers {
		for _, model := range m.offers[p.Name()].models {
			if !fn(p, model) {
				return
			}
		}
	}
}

// pick returns who answers for the model id. A model that no provider is known
// to have is asked of the first: it may have come since.
func (m *models) pick(id string) (server *modelServer, model llm.Model) {
	server, model = m.servers[0], llm.Model{ID: id, Provider: m.servers[0].Name()}
	m.each(func(p *modelServer, known llm.Model) bool {
		if known.ID == id {
			server, model = p, known
		}
		return known.ID != id
	})
	return server, model
}

// defaultID is the default model of the first provider, "" while that has not
// said what it has. Another provider never stands in: who set a model server
// wants to hear that it is down, not to be answered by something else.
func (m *models) defaultID() string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	list := m.offers[m.servers[0].Name()].models
	if i := slices.IndexFunc(list, func(known llm.Model) bool { return known.Default }); i >= 0 {
		return list[i].ID
	}
	if len(list) > 0 {
		return list[0].ID
	}
	return ""
}

// isUnlisted reports whether a provider did not list its models when it was last asked.
func (m *models) isUnlisted(provider string) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.offers[provider].err != nil
}

// offered reports whether a model is one that a server lists, or the default.
func (m *models) offered(id string) bool {
	found := id == "" || id == m.defaultID()
	m.each(func(_ *modelServer, known llm.Model) bool {
		found = found || known.ID == id
		return !found
	})
	return found
}

// ids returns the ids of all models known, each once.
func (m *models) ids() (list []string) {
	m.each(func(_ *modelServer, model llm.Model) bool {
		if !slices.Contains(list, model.ID) {
			list = append(list, model.ID)
		}
		return true
	})
	return list
}

// A ModelView is a model that may be asked.
type ModelView struct {
	Cursor        string `json:"cursor" doc:"Names the model for before and after"`
	ID            string `json:"id"`
	Provider      string `json:"provider"`
	ContextTokens int    `json:"context_tokens" doc:"How many tokens it takes, question and answer together"`
	ContextSource string `json:"context_source" enum:"server,setting,learned,assumed" doc:"Where that comes from"`
	IsDefault     bool   `json:"is_default"`
	IsAvailable   bool   `json:"is_available" doc:"Whether its server answered when it was last asked"`
}

// ModelList is a page of the models, the default first.
type ModelList struct {
	Models  []ModelView `json:"models"`
	Total   int         `json:"total"`
	HasMore bool        `json:"has_more"`
}

// ListModels returns what may be asked, as it was last heard.
func (a *API) ListModels(_ context.Context, who Actor, in NamedPageInput) (*ModelList, error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	standard := a.models.defaultID()
	all := []ModelView{}
	a.models.each(func(p *modelServer, m llm.Model) bool {
		limit := a.models.limitOf(m)
		v := ModelView{p.Name() + "/" + m.ID, m.ID, p.Name(), limit.tokens, limit.source, m.ID == standard, a.models.offers[p.Name()].err == nil}
		if v.IsDefault {
			all = append([]ModelView{v}, all...)
		} else {
			all = append(all, v)
		}
		return true
	})
	out := &ModelList{Total: len(all)}
	out.Models, out.HasMore, err = store.Cut(all, page, func(m ModelView) string { return m.Cursor })
	return out, err
}

// connected says whether any provider is a real model server.
func (m *models) connected() bool {
	for _, p := range m.servers {
		if p.Name() != llm.BuiltinName {
			return true
		}
	}
	return false
}
