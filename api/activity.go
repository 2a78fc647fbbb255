package api

import (
	"context"
	"maps"
	"slices"

	"github.com/parley-app/parley/store"
)

// An ActivityView is something that happened in a project.
type ActivityView struct {
	ID        store.ID   `json:"id"`
	ProjectID store.ID   `json:"project_id"`
	UserID    store.ID   `json:"user_id" nullable:"true" doc:"Who did it; null: whose account is deleted"`
	Username  string     `json:"username" doc:"Empty: whose account is deleted"`
	Name      string     `json:"display_name" doc:"Empty: whose account is deleted"`
	Kind      string     `json:"kind" example:"thread_created"`
	SubjectID store.ID   `json:"subject_id" nullable:"true" doc:"The thread, user or project that it is about"`
	Title     string     `json:"title" doc:"Of the thread, or the display name of the user, as it is now; empty: it is deleted. Of a project as it was then"`
	Detail    string     `json:"detail" doc:"Such as the role that somebody got"`
	ByAdmin   bool       `json:"by_admin" doc:"An administrator did it who is no owner of the project"`
	CreatedAt store.Time `json:"created_at"`
}

// ListActivitiesInput selects activities.
type ListActivitiesInput struct {
	ProjectID store.ID `query:"project_id" doc:"Only of this project; without it, of all the caller's projects"`
	PageInput
}

// ActivityList is a page of what happened, the newest first.
type ActivityList struct {
	Activities []ActivityView `json:"activities"`
	Total      int            `json:"total"`
	HasMore    bool           `json:"has_more"`
}

// ListActivities returns what happened in the caller's projects. Of private
// threads there is nothing.
func (a *API) ListActivities(ctx context.Context, who Actor, in ListActivitiesInput) (out *ActivityList, err error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	all := func(tx *store.Tx, p store.Page) ([]*store.Activity, int, bool, error) {
		seen, err := who.projectsFor(tx, in.ProjectID)
		if err != nil {
			return nil, 0, false, err
		}
		return tx.ListActivities(slices.SortedFunc(maps.Keys(seen), store.ID.Compare), p)
	}
	out = &ActivityList{}
	out.Activities, out.Total, out.HasMore, err = listed(ctx, a, in.PageInput, all, viewActivity)
	return out, err
}

// viewActivity names what x is about as it is called now, so that what was deleted
// is not told of any more.
func viewActivity(tx *store.Tx, x *store.Activity) (v ActivityView, err error) {
	v = ActivityView{ID: x.ID, ProjectID: x.ProjectID, UserID: x.UserID, Kind: x.Kind, SubjectID: x.SubjectID, Title: x.Title, Detail: x.Detail, ByAdmin: x.ByAdmin, CreatedAt: x.CreatedAt}
	by, err := userOf(tx, x.UserID)
	if err != nil {
		return v, err
	}
	if by != nil {
		v.Username, v.Name = by.Username, by.Name()
	}
	if x.SubjectID.IsZero() {
		return v, nil
	}
	if u, err := userOf(tx, x.SubjectID); err != nil || u != nil {
		if u != nil {
			v.Title = u.Name()
		}
		return v, err
	}
	t, err := tx.Thread(x.SubjectID)
	switch {
	case store.CodeOf(err) == store.CodeNotFound, store.IsDamaged(err):
		return v, nil
	case err == nil && !t.IsPrivate:
		v.Title = t.Title
	}
	return v, err
}

// userOf returns a user, or nil for no id and for one that was deleted or is damaged.
func userOf(tx *store.Tx, id store.ID) (*store.User, error) {
	u, err := tx.User(id)
	if store.CodeOf(err) == store.CodeNotFound || store.IsDamaged(err) {
		return nil, nil
	}
	return u, err
}

// record adds to the feed of a project what the caller does in tx. subject is a
// thread, a user or nothing; detail is a word, never content.
func (who Actor) record(tx *store.Tx, project store.ID, kind string, subject store.ID, detail string) error {
	return who.recordAbout(tx, &store.Activity{ProjectID: project, Kind: kind, SubjectID: subject, Detail: detail})
}

func (who Actor) recordAbout(tx *store.Tx, x *store.Activity) (err error) {
	if x.ID, err = tx.NewID(); err != nil {
		return err
	}
	x.UserID, x.CreatedAt = who.UserID, tx.Now
	return tx.AddActivity(x)
}

// recordThread is record for a thread; of a private one nobody is told.
func (who Actor) recordThread(tx *store.Tx, t *store.Thread, kind string) error {
	if t.IsPrivate {
		return nil
	}
	return who.record(tx, t.ProjectID, kind, t.ID, "")
}
