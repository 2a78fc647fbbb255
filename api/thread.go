package api

import (
	"context"
	"strconv"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

func itoa(n int) string { return strconv.Itoa(n) }

// ListThreadsInput selects threads.
type ListThreadsInput struct {
	ProjectID store.ID `query:"project_id" doc:"Only of this project; without it, of all the caller's projects"`
	Archived  string   `query:"archived" enum:"false,true,all" default:"false"`
	Sort      string   `query:"sort" enum:"activity,created,updated,title" default:"activity"`
	Order     string   `query:"order" enum:"asc,desc" default:"desc"`
	Search    string   `query:"search" maxLength:"200" doc:"Part of the title"`
	Limit     int      `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Offset    *int     `query:"offset" minimum:"0" maximum:"1000000"`
	Before    store.ID `query:"before"`
	After     store.ID `query:"after"`
}

// ThreadList is a page of threads.
type ThreadList struct {
	Threads []*ThreadView `json:"threads"`
	Total   int           `json:"total"`
	HasMore bool          `json:"has_more"`
}

// Sum implements Summed.
func (l *ThreadList) Sum() Sum {
	s := newSumming()
	for _, v := range l.Threads {
		if v.sum == 0 {
			return 0
		}
		s.add(int(v.sum))
	}
	s.add(l.Total)
	s.addBool(l.HasMore)
	return s.sum()
}

// AppendJSON implements store.Appender.
func (l *ThreadList) AppendJSON(dst []byte) (_ []byte, err error) {
	dst = append(dst, `{"threads":[`...)
	for i, v := range l.Threads {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = v.AppendJSON(dst); err != nil {
			return dst, err
		}
	}
	dst = strconv.AppendInt(append(dst, `],"total":`...), int64(l.Total), 10)
	dst = strconv.AppendBool(append(dst, `,"has_more":`...), l.HasMore)
	return append(dst, '}'), nil
}

// ListThreads returns a page of the threads that the caller may see.
func (a *API) ListThreads(ctx context.Context, who Actor, in ListThreadsInput) (*ThreadList, error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	page, err := pageOf(in.Limit, 20, in.Offset, in.Before, in.After)
	if err != nil {
		return nil, err
	}
	orDefault(&in.Sort, "activity")
	q := store.ThreadQuery{Page: page, Viewer: who.UserID, Sort: in.Sort, Asc: in.Order == "asc", Search: in.Search}
	if archived := in.Archived == "true"; in.Archived != "all" {
		q.Archived = &archived
	}
	out := &ThreadList{}
	err = a.store.View(ctx, func(tx *store.Tx) error {
		seen, err := who.projectsFor(tx, in.ProjectID)
		if err != nil {
			return err
		}
		q := q
		for id := range seen {
			q.Projects = append(q.Projects, id)
		}
		var list []*store.Thread
		if list, out.Total, out.HasMore, err = tx.ListThreads(q); err != nil {
			return err
		}
		out.Threads, err = a.threadViews(tx, list, seen)
		return err
	})
	return out, err
}

// threadViews shows threads of projects that were seen; a model is looked up once.
func (a *API) threadViews(tx *store.Tx, list []*store.Thread, seen map[store.ID]projectAccess) (views []*ThreadView, err error) {
	views = make([]*ThreadView, len(list))
	limits := map[string]contextLimit{}
	var project projectAccess // of the thread before, which most often is that of the next
	var limit contextLimit
	for i, t := range list {
		if project.Project == nil || project.ID != t.ProjectID {
			project = seen[t.ProjectID]
			model := project.Project.Model
			if limits[model].tokens == 0 {
				limits[model] = a.models.limit(model)
			}
			limit = limits[model]
		}
		if views[i], err = a.viewWithin(tx, threadAccess{t, project}, limit); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// projectsFor returns the project id, or all the caller's when it is zero.
func (who Actor) projectsFor(tx *store.Tx, id store.ID) (map[store.ID]projectAccess, error) {
	if !id.IsZero() {
		p, err := who.project(tx, id, toRead)
		return map[store.ID]projectAccess{id: p}, err
	}
	list, err := who.projects(tx)
	seen := make(map[store.ID]projectAccess, len(list))
	for _, p := range list {
		seen[p.ID] = p
	}
	return seen, err
}

// GetThread returns one thread.
func (a *API) GetThread(ctx context.Context, who Actor, in IDInput) (*ThreadView, error) {
	var v *ThreadView
	err := a.store.View(ctx, func(tx *store.Tx) error {
		t, err := who.thread(tx, in.ID, toRead)
		if err == nil {
			v, err = a.threadView(tx, t)
		}
		return err
	})
	return v, err
}

// CheckThreadRead says whether the caller may read a thread: nil, or why not.
func (a *API) CheckThreadRead(ctx context.Context, who Actor, id store.ID) error {
	return a.store.View(ctx, func(tx *store.Tx) error {
		_, err := who.thread(tx, id, toRead)
		return err
	})
}

// CreateThreadInput makes a thread, and asks its first question if one is given.
type CreateThreadInput struct {
	ProjectID      store.ID `json:"project_id"`
	Title          *string  `json:"title,omitempty" minLength:"1" maxLength:"200"`
	IsPrivate      bool     `json:"is_private,omitempty"`
	InitialMessage *string  `json:"initial_message,omitempty" minLength:"1" doc:"1 to 50,000 characters"`
	Model          string   `json:"model,omitempty" maxLength:"200"`
	SummaryID      store.ID `json:"summary_id,omitempty" doc:"A summary of a thread of the same project: the new thread begins with a copy of it. A copy from a private thread makes a private one"`
	ClientID       store.ID `json:"client_id,omitempty"`
}

// CreateThread makes a thread in a project that the caller may write to.
func (a *API) CreateThread(ctx context.Context, who Actor, in CreateThreadInput) (*ThreadView, error) {
	t, err := newThread(in)
	if err != nil {
		return nil, err
	}
	var said text
	if in.InitialMessage != nil {
		if said, err = newText("body.initial_message", *in.InitialMessage); err != nil {
			return nil, err
		}
	}
	var turn *turn
	if in.InitialMessage != nil {
		turn = a.turns.fresh()
	}
	var v *ThreadView
	var repeated bool
	err = a.store.Update(ctx, func(tx *store.Tx) error {
		v, repeated = nil, false
		if err := who.signedIn(); err != nil {
			return err
		}
		if first, err := tx.Request(who.UserID, in.ClientID); err != nil || first != nil {
			repeated = true
			if err == nil {
				v, err = a.viewThread(tx, who, first.ResultID)
			}
			return err
		}
		p, err := who.project(tx, in.ProjectID, toWrite)
		if err != nil {
			return err
		}
		made := t
		access := threadAccess{&made, p}
		carried, err := who.carriedSummary(tx, in, &made)
		if err != nil {
			return err
		}
		if err := who.makeThread(tx, &made); err != nil {
			return err
		}
		if err := carried.begin(tx, &made); err != nil {
			return err
		}
		if in.InitialMessage == nil {
			err = tx.CreateThread(&made)
		} else {
			err = a.createAsking(tx, who, turn, access, said, in.Model)
		}
		if err == nil {
			err = carried.write(tx, access.Thread)
		}
		if err != nil {
			return err
		}
		if v, err = a.threadView(tx, access); err != nil {
			return err
		}
		if err := a.emitThread(tx, "thread_created", access); err != nil {
			return err
		}
		if err := who.recordThread(tx, access.Thread, "thread_created"); err != nil {
			return err
		}
		return who.remember(tx, in.ClientID, made.ID)
	})
	if err != nil || repeated || turn == nil {
		a.turns.release(turn)
		return v, err
	}
	a.turns.run(a, turn)
	return v, nil
}

func newThread(in CreateThreadInput) (store.Thread, error) {
	t := store.Thread{ProjectID: in.ProjectID, IsPrivate: in.IsPrivate}
	if in.Title == nil {
		t.Title = "New chat"
		return t, nil
	}
	var err error
	t.Title, err = title("body.title", *in.Title, 200)
	t.TitleFrom = store.TitleFromPerson
	return t, err
}

// createAsking writes a thread with its first question and the place of the answer.
// Of either the thread alone is told of: nobody can have subscribed to it yet.
func (a *API) createAsking(tx *store.Tx, who Actor, turn *turn, t threadAccess, said text, model string) error {
	question, answer, err := a.compose(tx, who, turn, t, said, model)
	if err != nil {
		return err
	}
	if err := tx.CreateThread(t.Thread, question, answer); err != nil {
		return err
	}
	return tx.AfterCommit(func() { a.announce(turn) })
}

func (who Actor) makeThread(tx *store.Tx, t *store.Thread) (err error) {
	t.ID, err = tx.NewID()
	t.UserID, t.CreatedAt, t.UpdatedAt, t.LastActivityAt = who.UserID, tx.Now, tx.Now, tx.Now
	return err
}

func (a *API) viewThread(tx *store.Tx, who Actor, id store.ID) (*ThreadView, error) {
	t, err := who.thread(tx, id, toRead)
	if err != nil {
		return nil, err
	}
	return a.threadView(tx, t)
}

// UpdateThreadInput changes what is given.
type UpdateThreadInput struct {
	ID         store.ID `path:"id" json:"-"`
	Title      *string  `json:"title,omitempty" minLength:"1" maxLength:"200"`
	IsArchived *bool    `json:"is_archived,omitempty"`
}

// UpdateThread renames, archives or un-archives a thread. Archived threads only
// take being un-archived.
func (a *API) UpdateThread(ctx context.Context, who Actor, in UpdateThreadInput) (*ThreadView, error) {
	var v *ThreadView
	err := a.store.Update(ctx, func(tx *store.Tx) error {
		t, err := who.thread(tx, in.ID, toWrite)
		if err != nil {
			return err
		}
		before := *t.Thread
		if in.Title != nil {
			if in.IsArchived == nil || *in.IsArchived { // what opens the thread may rename it too
				err = t.mustBeOpen()
			}
			if err != nil {
				return err
			}
			if t.Title, err = title("body.title", *in.Title, 200); err != nil {
				return err
			}
			t.TitleFrom = store.TitleFromPerson
		}
		if in.IsArchived != nil && *in.IsArchived != t.IsArchived() {
			if t.ArchivedAt = (store.Time{}); *in.IsArchived {
				t.ArchivedAt = tx.Now
			}
		}
		if *t.Thread == before { // archiving twice is no change, and nobody need hear of it
			v, err = a.threadView(tx, t)
			return err
		}
		t.UpdatedAt = tx.Now
		if err := tx.PutThread(t.Thread); err != nil {
			return err
		}
		if v, err = a.threadView(tx, t); err != nil {
			return err
		}
		if err := who.recordThread(tx, t.Thread, threadChange(&before, t.Thread)); err != nil {
			return err
		}
		if before.IsArchived() && !t.IsArchived() { // questions may wait in it
			id := t.ID
			if err := tx.AfterCommit(func() { go a.advance(id) }); err != nil {
				return err
			}
		}
		return a.emitThread(tx, "thread_updated", t)
	})
	return v, err
}

// threadChange is the word of the feed for a change of a thread.
func threadChange(was, t *store.Thread) string {
	switch {
	case t.IsArchived() && !was.IsArchived():
		return "thread_archived"
	case was.IsArchived() && !t.IsArchived():
		return "thread_unarchived"
	default:
		return "thread_renamed"
	}
}

// ArchiveThread makes a thread read-only and takes it out of the usual lists.
// Archiving twice is no error.
func (a *API) ArchiveThread(ctx context.Context, who Actor, in IDInput) (*ThreadView, error) {
	archived := true
	return a.UpdateThread(ctx, who, UpdateThreadInput{ID: in.ID, IsArchived: &archived})
}

// UnarchiveThread undoes ArchiveThread. Doing so twice is no error.
func (a *API) UnarchiveThread(ctx context.Context, who Actor, in IDInput) (*ThreadView, error) {
	archived := false
	return a.UpdateThread(ctx, who, UpdateThreadInput{ID: in.ID, IsArchived: &archived})
}

// DeleteThread removes a thread and all that hangs from it for good.
func (a *API) DeleteThread(ctx context.Context, who Actor, in IDInput) (*Nothing, error) {
	err := a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		t, err := who.thread(tx, in.ID, toOwn)
		if err != nil {
			return err
		}
		if err := who.recordThread(tx, t.Thread, "thread_deleted"); err != nil {
			return err
		}
		if err := a.emitToReaders(tx, t.Thread, "thread_deleted", fields{"thread_id": t.ID, "project_id": t.ProjectID}); err != nil {
			return err
		}
		leave := func() {
			a.turns.stop(t.ID, who.UserID)
			a.hub.Remove(hub.ThreadTopic(t.ID.String()), nil)
		}
		if err := tx.AfterCommit(leave); err != nil {
			return err
		}
		return tx.DeleteThread(t.Thread)
	})
	return &Nothing{}, err
}
