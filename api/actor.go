package api

import "github.com/parley-app/parley/store"

// An Actor is who asks for something. The zero Actor is nobody: a caller who
// has not signed in.
type Actor struct {
	UserID    store.ID
	SessionID store.ID
	Username  string
	Admin     bool

	Address string // where the request came from, without port
	Agent   string // what the client calls itself
}

// IsNobody says whether the caller has not signed in.
func (who Actor) IsNobody() bool { return who.UserID.IsZero() }

// A Credential is what a caller shows to say who they are.
type Credential struct {
	Token   string // an access token, from the cookie or the Authorization header
	Address string
	Agent   string
}

func unauthorized(message string) error { return store.Errorf(store.CodeUnauthorized, "%s", message) }

func signInFirst() error { return unauthorized("sign in first") }
