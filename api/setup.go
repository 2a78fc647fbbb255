package api

import (
	"context"
	"crypto/subtle"
	"errors"

	"github.com/parley-app/parley/store"
)

// SetupState says whether the instance waits for its first administrator.
type SetupState struct {
	Required     bool   `json:"required"`
	Registration string `json:"registration" enum:"closed,invite,open" doc:"Who may make an account for themselves"`
}

// SetupRequired says whether the first administrator is still to be made.
func (a *API) SetupRequired(ctx context.Context, _ Actor, _ Nothing) (*SetupState, error) {
	s := &SetupState{Registration: a.Registration()}
	err := a.store.View(ctx, func(tx *store.Tx) error {
		has, err := tx.HasUsers()
		s.Required = !has
		return err
	})
	return s, err
}

// SetupToken returns the one-time token of the first administrator and makes it
// if there is none yet; "" when there are users already.
func (a *API) SetupToken(ctx context.Context) (token string, err error) {
	err = a.store.Update(ctx, func(tx *store.Tx) (err error) {
		token, err = SetupToken(tx)
		return err
	})
	return token, err
}

// SetupToken is API.SetupToken for a command that has the store to itself.
func SetupToken(tx *store.Tx) (string, error) {
	has, err := tx.HasUsers()
	if err != nil || has {
		return "", err
	}
	token, err := tx.SetupToken()
	if err != nil || token != "" {
		return token, err
	}
	token = randomToken()
	return token, tx.SetSetupToken(token)
}

// SetupInput makes the first administrator.
type SetupInput struct {
	Token    string `json:"token" minLength:"1" maxLength:"200" doc:"The one-time token that the server printed"`
	Username string `json:"username" minLength:"1" maxLength:"50" doc:"Letters, digits, dot, dash and underscore"`
	Email    string `json:"email" minLength:"3" maxLength:"254" doc:"Email address"`
	Password string `json:"password" minLength:"1" maxLength:"1024" doc:"10 to 72 bytes" format:"password"`
}

// Setup makes the first administrator and signs them in. The token works once.
func (a *API) Setup(ctx context.Context, who Actor, in SetupInput) (*SignIn, error) {
	if err := a.checkSetupToken(ctx, in.Token); err != nil {
		return nil, err // before the costly hash, so that strangers cannot make the server sweat
	}
	role := func(tx *store.Tx) (string, error) { return store.RoleAdmin, checkSetupToken(tx, in.Token) }
	done, err := a.signUp(ctx, who, newcomer{in.Username, in.Email, in.Password}, role, func(tx *store.Tx, u *store.User) error {
		return errors.Join(tx.SetSetupToken(""), a.note(tx, who.as(u), "set_up", u.ID, nil))
	})
	if err == nil {
		a.log.InfoContext(ctx, "the first administrator was made", "user", done.User.Username)
	}
	return done, err
}

func (a *API) checkSetupToken(ctx context.Context, token string) error {
	return a.store.View(ctx, func(tx *store.Tx) error { return checkSetupToken(tx, token) })
}

func checkSetupToken(tx *store.Tx, token string) error {
	has, err := tx.HasUsers()
	if err != nil {
		return err
	}
	if has {
		return store.Errorf(store.CodeConflict, "this instance is set up already: sign in")
	}
	want, err := tx.SetupToken()
	if err == nil && (want == "" || subtle.ConstantTimeCompare([]byte(want), []byte(token)) != 1) {
		err = store.Errorf(store.CodeForbidden, "the set-up token is not valid: run parley setup-token for a new link")
	}
	return err
}
