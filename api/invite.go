package api

import (
	"context"
	"slices"
	"time"

	"github.com/parley-app/parley/store"
)

// An InviteView is an invite as administrators see it. Its code is not kept.
type InviteView struct {
	ID        store.ID   `json:"id"`
	Email     string     `json:"email" doc:"Who may use it; empty: anybody who has the code"`
	Role      string     `json:"role" enum:"admin,member" doc:"Of the account that it makes"`
	Status    string     `json:"status" enum:"pending,used,expired"`
	CreatedBy store.ID   `json:"created_by" nullable:"true"`
	UsedBy    store.ID   `json:"used_by" nullable:"true"`
	UsedAt    store.Time `json:"used_at" nullable:"true"`
	ExpiresAt store.Time `json:"expires_at"`
	CreatedAt store.Time `json:"created_at"`
}

func viewInvite(tx *store.Tx, i *store.Invite) InviteView {
	status := "pending"
	if isUsed(i) {
		status = "used"
	} else if !tx.Now.Before(i.ExpiresAt.Time) {
		status = "expired"
	}
	return InviteView{i.ID, i.Email, i.Role, status, i.CreatedBy, i.UsedBy, i.UsedAt, i.ExpiresAt, i.CreatedAt}
}

func isUsed(i *store.Invite) bool { return !i.UsedAt.IsZero() || !i.UsedBy.IsZero() }

// InviteList is a page of the invites, the newest first.
type InviteList struct {
	Invites []InviteView `json:"invites"`
	Total   int          `json:"total"`
	HasMore bool         `json:"has_more"`
}

// ListInvites returns a page of the invites, used and expired ones too.
func (a *API) ListInvites(ctx context.Context, who Actor, in PageInput) (out *InviteList, err error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	newest := func(tx *store.Tx) ([]*store.Invite, error) {
		list, err := tx.Invites()
		slices.Reverse(list)
		return list, err
	}
	view := func(tx *store.Tx, i *store.Invite) (InviteView, error) { return viewInvite(tx, i), nil }
	out = &InviteList{}
	out.Invites, out.Total, out.HasMore, err = listed(ctx, a, in, whole(newest, func(i *store.Invite) store.ID { return i.ID }), view)
	return out, err
}

const (
	inviteTTL  = 7 * 24 * time.Hour
	maxInvites = 1000
)

// CreateInviteInput makes an invite.
type CreateInviteInput struct {
	Email     string     `json:"email,omitempty" maxLength:"254" doc:"Who alone may use it; without: anybody who has the code"`
	Role      string     `json:"role,omitempty" enum:"admin,member" default:"member"`
	ExpiresAt store.Time `json:"expires_at,omitzero" nullable:"true" doc:"Without it: in seven days"`
}

// A CreatedInvite is a new invite. Code is told this once.
type CreatedInvite struct {
	InviteView
	Code string `json:"code" doc:"What POST /auth/register takes as invite, shown this once"`
}

// CreateInvite creates a code with which one person may register. While
// registration is closed it fails with CodeConflict: nobody could use the code.
func (a *API) CreateInvite(ctx context.Context, who Actor, in CreateInviteInput) (out *CreatedInvite, err error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	if a.Registration() == RegistrationClosed {
		return nil, store.Errorf(store.CodeConflict,
			"registration is closed, so nobody could use an invite: set auth.registration to \"invite\" or \"open\" first, or create the account yourself")
	}
	orDefault(&in.Role, store.RoleMember)
	if in.Email != "" {
		if in.Email, err = cleanEmail(in.Email); err != nil {
			return nil, err
		}
	}
	code := randomToken()
	err = a.update(ctx, func(tx *store.Tx) error {
		list, err := tx.Invites()
		if err != nil {
			return err
		}
		if len(list) >= maxInvites {
			return store.Errorf(store.CodeConflict, "there are %d invites, which is as many as there may be: delete some first", len(list))
		}
		i := store.Invite{Email: in.Email, Role: in.Role, Hash: hashToken(code), CreatedBy: who.UserID, ExpiresAt: in.ExpiresAt, CreatedAt: tx.Now}
		if i.ExpiresAt.IsZero() {
			i.ExpiresAt = store.TimeOf(tx.Now.Add(inviteTTL))
		}
		if !tx.Now.Before(i.ExpiresAt.Time) {
			return store.Invalid("body.expires_at", "must be in the future")
		}
		if i.ID, err = tx.NewID(); err != nil {
			return err
		}
		out = &CreatedInvite{viewInvite(tx, &i), code}
		about(ctx, i.ID, details{"role": i.Role})
		return tx.PutInvite(&i)
	})
	return out, err
}

// DeleteInvite withdraws an invite. The account that it made stays.
func (a *API) DeleteInvite(ctx context.Context, who Actor, in IDInput) (*Nothing, error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	return &Nothing{}, a.update(store.InReserve(ctx), func(tx *store.Tx) error {
		i, err := tx.Invite(in.ID)
		if err != nil {
			return err
		}
		return tx.DeleteInvite(i)
	})
}
