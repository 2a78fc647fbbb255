package api

import (
	"sync"

	"github.com/parley-app/parley/store"
)

// A ThreadView is a thread as the wire shows it. It is shared, and not to be changed.
type ThreadView struct {
	ID             store.ID           `json:"id"`
	ProjectID      store.ID           `json:"project_id"`
	UserID         store.ID           `json:"user_id" nullable:"true"`
	Title          string             `json:"title"`
	IsPrivate      bool               `json:"is_private"`
	IsArchived     bool               `json:"is_archived"`
	ArchivedAt     store.Time         `json:"archived_at" nullable:"true"`
	MessageCount   int                `json:"message_count"`
	TotalTokens    int                `json:"total_tokens"`
	SummaryCount   int                `json:"summary_count"`
	LastSummaryAt  store.Time         `json:"last_summary_at" nullable:"true"`
	LastMessage    *store.LastMessage `json:"last_message"`
	CreatedAt      store.Time         `json:"created_at"`
	UpdatedAt      store.Time         `json:"updated_at"`
	LastActivityAt store.Time         `json:"last_activity_at"`
	WebsocketURL   string             `json:"websocket_url" doc:"Path of the socket that is subscribed to this thread"`
	Context        ContextView        `json:"context"`

	text []byte // all of the above as JSON; nil: not known
	sum  Sum    // of text
}

// AppendJSON implements store.Appender.
func (v *ThreadView) AppendJSON(dst []byte) ([]byte, error) {
	type plain ThreadView
	if v.text == nil {
		return store.AppendJSON(dst, (*plain)(v))
	}
	return append(dst, v.text...), nil
}

// A ContextView says how full the model's context is.
type ContextView struct {
	Used     int    `json:"used" doc:"Tokens"`
	Limit    int    `json:"limit" doc:"Tokens that the model reads"`
	Percent  int    `json:"percent"`
	Severity string `json:"severity" enum:"ok,warning,critical"`
}

// contextOf says how full the context of a model that reads limit tokens is.
func (a *API) contextOf(t threadAccess, limit int) ContextView {
	v := ContextView{
		Used:     max(0, t.TotalTokens-t.SavedTokens) + estimateTokens(t.Project.Instructions),
		Limit:    limit,
		Severity: "ok",
	}
	v.Percent = v.Used * 100 / v.Limit
	switch {
	case v.Percent >= a.o.CriticalPercent:
		v.Severity = "critical"
	case v.Percent >= a.o.WarningPercent:
		v.Severity = "warning"
	}
	return v
}

// A threadGallery remembers how threads were shown lately: lists show the same ones
// again and again. A view counts only for a thread that is the very same, so it
// cannot be stale. Whoever changes a LastMessage makes a new one.
type threadGallery struct {
	mu    sync.RWMutex
	views map[store.ID]shownThread
}

type shownThread struct {
	thread store.Thread
	view   *ThreadView
}

// maxShown keeps a gallery at a megabyte or two.
const maxShown = 1024

// threadView shows a thread.
func (a *API) threadView(t threadAccess) *ThreadView {
	return a.viewWithin(t, a.models.contextTokens(t.Project.Model))
}

// viewWithin is threadView for who knows how many tokens its model reads.
func (a *API) viewWithin(t threadAccess, limit int) *ThreadView {
	context := a.contextOf(t, limit)
	a.gallery.mu.RLock()
	known, ok := a.gallery.views[t.ID]
	a.gallery.mu.RUnlock()
	if ok && known.thread == *t.Thread && known.view.Context == context {
		return known.view
	}
	v := &ThreadView{
		ID: t.ID, ProjectID: t.ProjectID, UserID: t.UserID, Title: t.Title, IsPrivate: t.IsPrivate,
		IsArchived: t.IsArchived(), ArchivedAt: t.ArchivedAt, MessageCount: t.MessageCount, TotalTokens: t.TotalTokens,
		SummaryCount: t.SummaryCount, LastSummaryAt: t.LastSummaryAt, LastMessage: lastMessageView(t.LastMessage),
		CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, LastActivityAt: t.LastActivityAt,
		WebsocketURL: "/ws/chat/" + t.ID.String(), Context: context,
	}
	if text, err := v.AppendJSON(nil); err == nil {
		v.text, v.sum = text, sumOf(text)
		a.gallery.hang(*t.Thread, v)
	}
	return v
}

func (g *threadGallery) hang(t store.Thread, v *ThreadView) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.views == nil {
		g.views = map[store.ID]shownThread{}
	}
	store.MakeRoom(g.views, maxShown)
	g.views[t.ID] = shownThread{t, v}
}
