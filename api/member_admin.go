package api

import (
	"slices"

	"github.com/parley-app/parley/store"
)

// This file keeps administrators from reading a project quietly. They manage who is
// in it; so what they change is told to its owners, and they cannot let themselves
// in while there is an owner whom they could ask.

// byAdmin reports whether the caller changes the members of p as an administrator,
// and not as one of its owners.
func (p projectAccess) byAdmin() bool { return p.Role != store.ProjectOwner }

// mayEnter refuses that an administrator gives themself more rights in a project
// that has an owner who can sign in. old is their part until now, nil for none.
func (who Actor) mayEnter(tx *store.Tx, p projectAccess, old, m *store.Member) error {
	if !p.byAdmin() || m.UserID != who.UserID {
		return nil
	}
	if old != nil && roleRights[m.Role] <= roleRights[old.Role] {
		return nil
	}
	_, owners, err := membersBeside(tx, p.ID, who.UserID)
	if err == nil && owners > 0 {
		err = forbidden("let yourself into this project: it has an owner who can sign in, so ask them")
	}
	return err
}

// maxToldOfChange bounds how many people get a notice of one change.
const maxToldOfChange = 100

// toldOf returns who gets a notice when who, an administrator, changes the part of
// user in p: that user and its owners, and all members where no owner can sign in.
// People get no notice of their own actions.
func (p projectAccess) toldOf(tx *store.Tx, who Actor, user store.ID) ([]store.ID, error) {
	if !p.byAdmin() {
		return nil, nil
	}
	list, err := tx.MembersOf(p.ID)
	if err != nil {
		return nil, err
	}
	_, owners, err := membersBeside(tx, p.ID, store.ID{})
	if err != nil {
		return nil, err
	}
	told := []store.ID{}
	for _, m := range append([]*store.Member{{UserID: user, Role: store.ProjectOwner}}, list...) {
		if m.UserID == who.UserID || owners > 0 && m.Role != store.ProjectOwner || slices.Contains(told, m.UserID) || len(told) == maxToldOfChange {
			continue
		}
		switch _, err := tx.User(m.UserID); {
		case err == nil:
			told = append(told, m.UserID)
		case store.CodeOf(err) != store.CodeNotFound: // else deleted a moment ago
			return nil, err
		}
	}
	return told, nil
}
