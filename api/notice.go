package api

import (
	"context"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// A NoticeView is a notice as its person sees it.
type NoticeView struct {
	ID          store.ID   `json:"id"`
	Kind        string     `json:"kind" enum:"members_changed,account_changed,api_keys_ended,sign_ins_failed"`
	By          string     `json:"by" doc:"User name of the administrator at that time; empty: nobody in particular"`
	Subject     string     `json:"subject" doc:"User name or API key that the notice is about, at that time"`
	ProjectID   store.ID   `json:"project_id" nullable:"true"`
	ProjectName string     `json:"project_name" doc:"Empty: no project, or one that the caller no longer sees"`
	Detail      string     `json:"detail" doc:"What changed, such as added viewer"`
	Address     string     `json:"address" doc:"Of sign_ins_failed: where the last attempt came from"`
	Count       int        `json:"count" doc:"Events that the notice stands for"`
	IsRead      bool       `json:"is_read"`
	CreatedAt   store.Time `json:"created_at" doc:"Of the first event"`
	UpdatedAt   store.Time `json:"updated_at" doc:"Of the last event"`
}

// viewNotice shows n to its person.
func viewNotice(tx *store.Tx, n *store.Notice) (NoticeView, error) {
	v := NoticeView{n.ID, n.Kind, n.By, n.Subject, n.ProjectID, "", n.Detail, n.Address, n.Count, n.IsRead, n.CreatedAt, n.UpdatedAt}
	if n.ProjectID.IsZero() {
		return v, nil
	}
	p, err := Actor{UserID: n.UserID}.project(tx, n.ProjectID, toRead)
	switch {
	case err == nil:
		v.ProjectName = p.Name
	case store.CodeOf(err) == store.CodeNotFound:
		err = nil
	}
	return v, err
}

// NoticeList is a page of the caller's notices, the newest first.
type NoticeList struct {
	Notices []NoticeView `json:"notices"`
	Total   int          `json:"total"`
	HasMore bool         `json:"has_more"`
}

// ListNotices returns what administrators and strangers did to the caller's account
// and projects.
func (a *API) ListNotices(ctx context.Context, who Actor, in PageInput) (out *NoticeList, err error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	own := whole(func(tx *store.Tx) ([]*store.Notice, error) { return tx.NoticesOf(who.UserID) }, func(n *store.Notice) store.ID { return n.ID })
	out = &NoticeList{}
	out.Notices, out.Total, out.HasMore, err = listed(ctx, a, in, own, viewNotice)
	return out, err
}

// ReadNotice marks one of the caller's notices as read. It stays in the list.
func (a *API) ReadNotice(ctx context.Context, who Actor, in IDInput) (v NoticeView, err error) {
	if err := who.inPerson(); err != nil {
		return v, err
	}
	return v, a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		n, err := tx.Notice(who.UserID, in.ID)
		if err != nil {
			return err
		}
		n.IsRead = true
		if v, err = viewNotice(tx, n); err != nil {
			return err
		}
		if err := tx.PutNotice(n); err != nil {
			return err
		}
		return a.emitNotice(tx, n, v)
	})
}

// notify adds a notice and tells the open pages of its person.
func (a *API) notify(tx *store.Tx, n *store.Notice) error {
	if err := tx.AddNotice(n); err != nil {
		return err
	}
	v, err := viewNotice(tx, n)
	if err != nil {
		return err
	}
	return a.emitNotice(tx, n, v)
}

func (a *API) emitNotice(tx *store.Tx, n *store.Notice, v NoticeView) error {
	return a.emit(tx, hub.UserTopic(n.UserID.String()), "notice", fields{"notice": v})
}
