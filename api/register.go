package api

import (
	"context"
	"errors"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/naming"
)

// Who may make an account for themselves.
const (
	RegistrationClosed = "closed" // nobody
	RegistrationInvite = "invite" // who has an invite
	RegistrationOpen   = "open"   // anybody who can reach the server
)

// Registration says who may make an account for themselves.
func (a *API) Registration() string {
	rule, _ := a.registration.Load().(string)
	return rule
}

// SetRegistration changes that while the instance runs.
func (a *API) SetRegistration(rule string) { a.registration.Store(rule) }

// RegisterInput makes an account for who asks.
type RegisterInput struct {
	Username string `json:"username" minLength:"1" maxLength:"50" doc:"Letters, digits, dot, dash and underscore"`
	Email    string `json:"email" minLength:"3" maxLength:"254" doc:"Email address"`
	Password string `json:"password" minLength:"1" maxLength:"1024" format:"password" doc:"10 to 72 bytes"`
	Invite   string `json:"invite,omitempty" maxLength:"200" doc:"The code of an invite; each works once"`
}

// Register makes an account and signs its user in, as auth.registration allows.
func (a *API) Register(ctx context.Context, who Actor, in RegisterInput) (*SignIn, error) {
	// Before the costly hash, so that strangers cannot make the server sweat.
	err := a.store.View(ctx, func(tx *store.Tx) error { _, err := a.mayRegister(tx, in); return err })
	if err != nil {
		return nil, err
	}
	var invite *store.Invite
	role := func(tx *store.Tx) (as string, err error) {
		if invite, err = a.mayRegister(tx, in); err != nil || invite == nil {
			return store.RoleMember, err
		}
		return invite.Role, nil
	}
	return a.signUp(ctx, who, newcomer{in.Username, in.Email, in.Password}, role, func(tx *store.Tx, u *store.User) error {
		d := details{"username": u.Username, "role": u.Role}
		if invite != nil {
			d["invite"] = invite.ID.String()
		}
		return errors.Join(useInvite(tx, invite, u), a.note(tx, who.as(u), "registered", u.ID, d))
	})
}

// A newcomer is who makes an account for themselves.
type newcomer struct{ username, email, password string }

// signUp makes the account of who asks and opens its first session, in one
// transaction, in which role says as what, or why not, and made writes what else
// belongs to it.
func (a *API) signUp(
	ctx context.Context, who Actor, n newcomer, role func(*store.Tx) (string, error), made func(*store.Tx, *store.User) error,
) (*SignIn, error) {
	hash, err := a.hashPassword("body.password", n.password, n.username, n.email)
	if err != nil {
		return nil, err
	}
	var u *store.User
	var s *store.Session
	var refresh string
	err = a.store.Update(ctx, func(tx *store.Tx) error {
		as, err := role(tx)
		if err != nil {
			return err
		}
		if u, err = newUser(tx, n.username, n.email, hash, as); err != nil {
			return err
		}
		if s, refresh, err = a.newSession(tx, who, u); err != nil {
			return err
		}
		return made(tx, u)
	})
	if err != nil {
		return nil, err
	}
	return a.signIn(s, u, refresh)
}

// mayRegister returns the invite that in is good for, if it names one.
func (a *API) mayRegister(tx *store.Tx, in RegisterInput) (*store.Invite, error) {
	has, err := tx.HasUsers()
	rule := a.Registration()
	switch {
	case err != nil:
		return nil, err
	case !has:
		return nil, store.Errorf(store.CodeConflict, "this instance is not set up yet: its first administrator comes first")
	case rule == RegistrationClosed:
		return nil, store.Errorf(store.CodeForbidden, "nobody may register here: ask an administrator for an account")
	case in.Invite == "" && rule == RegistrationInvite:
		return nil, store.Errorf(store.CodeForbidden, "registering here takes an invite: ask an administrator for one")
	case in.Invite == "":
		return nil, nil
	}
	i, err := tx.InviteByHash(hashToken(in.Invite))
	if err != nil {
		return nil, err
	}
	if i == nil || isUsed(i) || !tx.Now.Before(i.ExpiresAt.Time) || i.Email != "" && naming.Fold(i.Email) != naming.Fold(in.Email) {
		return nil, store.Errorf(store.CodeForbidden, "this invite is not valid: it was used, has expired, or is for another address")
	}
	return i, nil
}

func useInvite(tx *store.Tx, i *store.Invite, u *store.User) error {
	if i == nil {
		return nil
	}
	i.UsedBy, i.UsedAt = u.ID, tx.Now
	return tx.PutInvite(i)
}
