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
	IsDamaged      bool               `json:"is_damaged,omitempty" doc:"The thread's record is damaged: only its id and its project are known"`
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

// A threadGallery remembers how threads were shown lately: lists show the same ones
// again and again. A view counts only for a thread that is the very same, so it
// cannot be stale. Whoever changes a LastMessage makes a new one.
type threadGallery struct {
	mu    sync.RWMutex
	views map[store.ID]shownThread
}

type shownThread struct {
	thread       store.Thread
	instructions string // of its project
	limit        contextLimit
	view         *ThreadView
}

// isOf reports whether the view is what t looks like with a model's limit.
func (s *shownThread) isOf(t threadAccess, limit contextLimit) bool {
	return s.thread == *t.Thread && s.limit == limit && s.instructions == t.Project.Instructions
}

// maxShown keeps a gallery at a megabyte or two.
const maxShown = 1024

// threadView shows a thread, as tx has it.
func (a *API) threadView(tx *store.Tx, t threadAccess) (*ThreadView, error) {
	return a.viewWithin(tx, t, a.models.limit(t.Project.Model))
}

// viewWithin is threadView with the limit of the model that answers there.
func (a *API) viewWithin(tx *store.Tx, t threadAccess, limit contextLimit) (*ThreadView, error) {
	a.gallery.mu.RLock()
	known, ok := a.gallery.views[t.ID]
	a.gallery.mu.RUnlock()
	if ok && known.isOf(t, limit) {
		return known.view, nil
	}
	isQuick := tx.IsUpdate() // nothing may hold up those who write
	r := planner{API: a, tx: tx, thread: t.Thread, project: t.Project.Project, limit: limit, isQuick: isQuick}
	plan, err := r.plan()
	if err != nil {
		return nil, err
	}
	v := a.viewOf(t, a.contextView(plan))
	if isQuick && plan.isGuess {
		return v, nil
	}
	if text, err := v.AppendJSON(nil); err == nil {
		v.text, v.sum = text, sumOf(text)
		shown := shownThread{*t.Thread, t.Project.Instructions, limit, v}
		keep := func() { a.gallery.hang(shown) }
		if !isQuick || tx.AfterCommit(keep) != nil {
			keep()
		}
	}
	return v, nil
}

// viewOf shows a thread whose context is known.
func (a *API) viewOf(t threadAccess, context ContextView) *ThreadView {
	return &ThreadView{
		ID: t.ID, ProjectID: t.ProjectID, UserID: t.UserID, Title: t.Title, IsPrivate: t.IsPrivate,
		IsArchived: t.IsArchived(), ArchivedAt: t.ArchivedAt, MessageCount: t.MessageCount, TotalTokens: t.TotalTokens,
		SummaryCount: t.SummaryCount, LastSummaryAt: t.LastSummaryAt, LastMessage: lastMessageView(t.LastMessage),
		CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, LastActivityAt: t.LastActivityAt, IsDamaged: t.IsDamaged(),
		WebsocketURL: "/ws/chat/" + t.ID.String(), Context: context,
	}
}

// lastKnown shows a thread with the context that it had when it was last shown.
func (a *API) lastKnown(t threadAccess) *ThreadView {
	a.gallery.mu.RLock()
	defer a.gallery.mu.RUnlock()
	context := ContextView{Severity: SeverityOK, LimitSource: LimitAssumed}
	if known, ok := a.gallery.views[t.ID]; ok {
		context = known.view.Context
	}
	return a.viewOf(t, context)
}

func (g *threadGallery) hang(s shownThread) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.views == nil {
		g.views = map[store.ID]shownThread{}
	}
	store.MakeRoom(g.views, maxShown)
	g.views[s.thread.ID] = s
}
