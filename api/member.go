package api

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/parley-app/parley/store"
)

// A MemberView is one user's part in a project.
type MemberView struct {
	ProjectID   store.ID   `json:"project_id"`
	UserID      store.ID   `json:"user_id"`
	Username    string     `json:"username"`
	DisplayName string     `json:"display_name"`
	Role        string     `json:"role" enum:"owner,editor,viewer"`
	CreatedAt   store.Time `json:"created_at" doc:"Since when"`

	SetByAdmin bool   `json:"set_by_admin" doc:"An administrator who is no owner gave the role"`
	SetBy      string `json:"set_by" doc:"That administrator's display name; empty: no administrator did, or the account is deleted"`
	IsDamaged  bool   `json:"is_damaged,omitempty" doc:"The user's record is damaged: their name cannot be read"`
}

func viewMember(tx *store.Tx, m *store.Member, u *store.User) (*MemberView, error) {
	v := &MemberView{m.ProjectID, m.UserID, u.Username, u.Name(), m.Role, m.CreatedAt, m.SetByAdmin, "", u.IsDamaged()}
	if m.SetBy.IsZero() {
		return v, nil
	}
	by, err := userOf(tx, m.SetBy)
	if by != nil {
		v.SetBy = by.Name()
	}
	return v, err
}

// MemberList is a page of a project's members, by user name.
type MemberList struct {
	Members []*MemberView `json:"members"`
	Total   int           `json:"total"`
	HasMore bool          `json:"has_more"`
}

// ListMembersInput selects members. Its cursors are their user ids.
type ListMembersInput struct {
	ProjectID store.ID `path:"id"`
	PageInput
}

// ListMembers returns a page of a project's members, to its members and to
// administrators.
func (a *API) ListMembers(ctx context.Context, who Actor, in ListMembersInput) (out *MemberList, err error) {
	all := func(tx *store.Tx) ([]*MemberView, error) {
		p, err := who.membership(tx, in.ProjectID, toRead)
		if err != nil {
			return nil, err
		}
		return viewMembers(tx, p.ID)
	}
	out = &MemberList{}
	out.Members, out.Total, out.HasMore, err = listed(ctx, a, in.PageInput, whole(all, func(m *MemberView) store.ID { return m.UserID }), asIs)
	return out, err
}

func viewMembers(tx *store.Tx, project store.ID) ([]*MemberView, error) {
	list, err := tx.MembersOf(project)
	out := []*MemberView{}
	for _, m := range list {
		if err != nil {
			break
		}
		var u *store.User
		if u, err = tx.User(m.UserID); store.CodeOf(err) == store.CodeNotFound {
			err = nil // deleted a moment ago
			continue
		} else if store.IsDamaged(err) {
			u, err = store.DamagedUser(m.UserID), nil
		}
		if err == nil {
			var v *MemberView
			v, err = viewMember(tx, m, u)
			out = append(out, v)
		}
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b *MemberView) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Username), strings.ToLower(b.Username)), a.UserID.Compare(b.UserID))
	})
	return out, nil
}

// MemberInput names a member by the path.
type MemberInput struct {
	ProjectID store.ID `path:"id"`
	UserID    store.ID `path:"user_id"`
}

// GetMember returns one member.
func (a *API) GetMember(ctx context.Context, who Actor, in MemberInput) (v *MemberView, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) error {
		if _, err := who.membership(tx, in.ProjectID, toRead); err != nil {
			return err
		}
		m, u, err := in.find(tx)
		if err == nil {
			v, err = viewMember(tx, m, u)
		}
		return err
	})
	return v, err
}

func (in MemberInput) find(tx *store.Tx) (*store.Member, *store.User, error) {
	missing := store.Errorf(store.CodeNotFound, "member not found")
	m, err := tx.Member(in.ProjectID, in.UserID)
	if err != nil || m == nil {
		return nil, nil, orElse(err, missing)
	}
	u, err := tx.User(in.UserID)
	if store.CodeOf(err) == store.CodeNotFound {
		err = missing
	}
	return m, u, err
}

// PutMemberInput gives a user a role in a project.
type PutMemberInput struct {
	ProjectID store.ID `path:"id" json:"-"`
	UserID    store.ID `path:"user_id" json:"-"`
	Role      string   `json:"role" enum:"owner,editor,viewer"`
}

// PutMember makes a user a member of a project, or changes their role in it. Its
// owners may, and administrators, who do not see what is in it and cannot take part
// themselves without an owner, see mayEnter. The last owner stays one.
func (a *API) PutMember(ctx context.Context, who Actor, in PutMemberInput) (v *MemberView, err error) {
	err = a.store.Update(ctx, func(tx *store.Tx) error {
		p, err := who.membership(tx, in.ProjectID, toOwn)
		if err != nil {
			return err
		}
		u, err := tx.User(in.UserID)
		if err != nil {
			return err
		}
		old, err := tx.Member(p.ID, u.ID)
		if err != nil {
			return err
		}
		m := store.Member{ProjectID: p.ID, UserID: u.ID, Role: in.Role, CreatedAt: tx.Now}
		kind := "member_added"
		if old != nil {
			kind, m.CreatedAt = "member_changed", old.CreatedAt
		}
		if old != nil && old.Role == in.Role {
			v, err = viewMember(tx, old, u)
			return err
		}
		if p.byAdmin() {
			m.SetBy, m.SetByAdmin = who.UserID, true
		}
		if err := errors.Join(mayJoin(tx, old, &m, u), who.mayEnter(tx, p, old, &m)); err != nil {
			return err
		}
		told, err := p.toldOf(tx, who, u.ID)
		if err != nil {
			return err
		}
		if err := tx.PutMember(&m); err != nil {
			return err
		}
		if v, err = viewMember(tx, &m, u); err != nil {
			return err
		}
		return a.memberChanged(tx, who, p, memberChange{u, kind, m.Role, told})
	})
	return v, err
}

// maxMembers is how many a project may have: each of them is told of every change.
const maxMembers = store.MaxList

func mayJoin(tx *store.Tx, old, m *store.Member, u *store.User) error {
	if old != nil {
		return keepAnOwner(tx, old, m.Role)
	}
	if u.IsDisabled {
		return store.Errorf(store.CodeConflict, "%s cannot join: the account is disabled", u.Username)
	}
	list, err := tx.MembersOf(m.ProjectID)
	if err == nil && len(list) >= maxMembers {
		err = store.Errorf(store.CodeConflict, "the project has %d members, which is as many as there may be", len(list))
	}
	return err
}

// keepAnOwner refuses to take the last owner of a project; role is what m is to
// have, "" if they go.
func keepAnOwner(tx *store.Tx, m *store.Member, role string) error {
	if m.Role != store.ProjectOwner || role == store.ProjectOwner {
		return nil
	}
	_, owners, err := membersBeside(tx, m.ProjectID, m.UserID)
	if err == nil && owners == 0 {
		err = store.Errorf(store.CodeConflict, "this is the last owner of the project: make another one first, or delete the project")
	}
	return err
}

// membersBeside counts the members of a project beside one, and those of them who
// are owners and can sign in.
func membersBeside(tx *store.Tx, project, user store.ID) (others, owners int, err error) {
	list, err := tx.MembersOf(project)
	for _, m := range list {
		if m.UserID == user || err != nil {
			continue
		}
		var u *store.User
		if u, err = tx.User(m.UserID); store.CodeOf(err) == store.CodeNotFound {
			err = nil // deleted a moment ago
			continue
		} else if store.IsDamaged(err) {
			u, err = store.DamagedUser(m.UserID), nil
		}
		if err == nil {
			others++
			if m.Role == store.ProjectOwner && !u.IsDisabled {
				owners++
			}
		}
	}
	return others, owners, err
}

// DeleteMember takes a user out of a project: its owners and administrators may,
// and everybody may leave. The last owner stays.
func (a *API) DeleteMember(ctx context.Context, who Actor, in MemberInput) (*Nothing, error) {
	return &Nothing{}, a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		need, kind := toOwn, "member_removed"
		if in.UserID == who.UserID {
			need, kind = toRead, "member_left"
		}
		p, err := who.membership(tx, in.ProjectID, need)
		if err != nil {
			return err
		}
		m, u, err := in.find(tx)
		if err != nil {
			return err
		}
		if err := keepAnOwner(tx, m, ""); err != nil {
			return err
		}
		told, err := p.toldOf(tx, who, u.ID)
		if err != nil {
			return err
		}
		if err := tx.DeleteMember(m); err != nil {
			return err
		}
		return a.memberChanged(tx, who, p, memberChange{u, kind, "", told})
	})
}

// A memberChange is a change of one user's part in a project.
type memberChange struct {
	user *store.User
	kind string     // of the activity
	role string     // that the user has now, "" for none
	told []store.ID // who gets a notice
}

// memberChanged tells the members and the feed. What an administrator did who is no
// owner is in the audit too, and the owners get a notice. Who lost something hears
// of it by rights.go.
func (a *API) memberChanged(tx *store.Tx, who Actor, p projectAccess, c memberChange) error {
	if err := a.emitToMembers(tx, p.ID, "project_updated", fields{"project_id": p.ID}); err != nil {
		return err
	}
	byAdmin := p.byAdmin() && c.kind != "member_left"
	if byAdmin {
		if err := a.note(tx, who, c.kind, c.user.ID, details{"project": p.ID.String(), "username": c.user.Username, "role": c.role}); err != nil {
			return err
		}
		for _, id := range c.told {
			n := &store.Notice{UserID: id, Kind: store.NoticeMembersChanged, By: who.Username, Subject: c.user.Username, ProjectID: p.ID, Detail: strings.TrimSpace(strings.TrimPrefix(c.kind, "member_") + " " + c.role)}
			if err := a.notify(tx, n); err != nil {
				return err
			}
		}
	}
	return who.recordAbout(tx, &store.Activity{ProjectID: p.ID, Kind: c.kind, SubjectID: c.user.ID, Detail: c.role, ByAdmin: byAdmin})
}
