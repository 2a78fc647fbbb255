package api

import (
	"context"

	"github.com/parley-app/parley/api/markdown"
	"github.com/parley-app/parley/api/search"
	"github.com/parley-app/parley/store"
)

// SearchInput is a search.
type SearchInput struct {
	Q         string   `query:"q" required:"true" minLength:"1" maxLength:"200" doc:"Words, all of which are wanted; the last may be the beginning of one"`
	ProjectID store.ID `query:"project_id" doc:"Only in this project; without it, in all the caller's projects"`
	Limit     int      `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Offset    int      `query:"offset" minimum:"0" maximum:"1000000"`
}

// A SearchResult is something that was found.
type SearchResult struct {
	Kind        string     `json:"kind" enum:"thread,message,summary,attachment"`
	ID          store.ID   `json:"id"`
	ThreadID    store.ID   `json:"thread_id"`
	ProjectID   store.ID   `json:"project_id"`
	Title       string     `json:"title" doc:"Of the thread; of an attachment its name"`
	SnippetHTML string     `json:"snippet_html" doc:"Where it was found: text without the marks of Markdown, escaped, with the words in mark"`
	CreatedAt   store.Time `json:"created_at"`
}

// SearchResults is a page of what was found, the best first.
type SearchResults struct {
	Results []*SearchResult `json:"results"`
	Total   int             `json:"total"`
	HasMore bool            `json:"has_more"`
}

// Search finds threads, messages, summaries and attachments that the caller may
// read, archived ones too.
func (a *API) Search(ctx context.Context, who Actor, in SearchInput) (*SearchResults, error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	orDefault(&in.Limit, 50)
	if err := search.CatchUp(ctx, a.store); err != nil {
		a.log.Warn("the search index could not be brought up to date", "err", err) // what it has is still true
	}
	q := search.Parse(in.Q)
	out := &SearchResults{Results: []*SearchResult{}}
	hits, err := a.find(ctx, who, in.ProjectID, q)
	if err != nil {
		return nil, err
	}
	out.Total = len(hits)
	hits = hits[min(in.Offset, len(hits)):]
	out.HasMore = len(hits) > in.Limit
	for _, h := range hits[:min(in.Limit, len(hits))] {
		r, err := a.result(ctx, who, q, h)
		if err != nil {
			return nil, err
		}
		if r != nil {
			out.Results = append(out.Results, r)
		}
	}
	return out, nil
}

// find asks the index, of what the caller may read.
func (a *API) find(ctx context.Context, who Actor, project store.ID, q search.Query) (hits []search.Hit, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) error {
		seen, err := who.projectsFor(tx, project)
		if err != nil || q.IsEmpty() {
			return err
		}
		scopes := make([]store.SearchScope, 0, 2*len(seen))
		for id := range seen {
			scopes = append(scopes, store.SearchScope{Project: id}, store.SearchScope{Project: id, Audience: who.UserID})
		}
		hits, err = search.Find(tx, q, scopes)
		return err
	})
	return hits, err
}

// result shows one hit; nil if it has gone meanwhile. It asks access again, so
// that nothing depends on the index being right about who may read what.
func (a *API) result(ctx context.Context, who Actor, q search.Query, h search.Hit) (*SearchResult, error) {
	var text store.SearchText
	var title string
	err := a.store.View(ctx, func(tx *store.Tx) error {
		t, err := who.thread(tx, h.Thread, toRead)
		if err == nil {
			title = t.Title
			text, err = tx.SearchText(h.SearchRef)
		}
		return err
	})
	if store.CodeOf(err) == store.CodeNotFound || store.IsDamaged(err) || err == nil && text.Text == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if h.Kind == store.SearchAttachment {
		title = text.Text
	}
	snippet := q.Snippet
	if h.Kind == store.SearchMessage || h.Kind == store.SearchSummary {
		snippet = func(text string) string {
			return q.MarkdownSnippet(text, func(part string) string { return markdown.Text(part, q.Has) })
		}
	}
	return &SearchResult{
		Kind: h.Kind.String(), ID: h.Doc, ThreadID: h.Thread, ProjectID: text.Scope.Project, Title: title,
		SnippetHTML: snippet(text.Text), CreatedAt: text.CreatedAt,
	}, nil
}

// IndexTexts brings the search index up to date, until there is nothing to do or
// ctx ends.
func (a *API) IndexTexts(ctx context.Context) error { return search.Index(ctx, a.store, a.o.Now) }
