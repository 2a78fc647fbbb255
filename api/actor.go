package api

import "github.com/parley-app/parley/store"

// An Actor is who asks for something. The zero Actor is nobody: a caller who
// has not signed in.
type Actor struct {
	UserID    store.ID
	SessionID store.ID // zero for who shows an API key
	KeyID     store.ID // zero for who has a session
	Username  string
	Name      string // what other people see
	Admin     bool   // and, with an API key, that its scope is admin

	scope    Scope // of the key
	operator bool  // see Operator

	Address string // where the request came from, without port
	Agent   string // what the client calls itself
}

// IsNobody says whether the caller has not signed in.
func (who Actor) IsNobody() bool { return who.UserID.IsZero() && !who.operator }

// Operator is a person with access to the data folder, at the command line: an
// administrator who is no user. name is what the audit calls them.
func Operator(name string) Actor { return Actor{Username: name, Admin: true, operator: true} }

// as is the caller once they have shown to be u.
func (who Actor) as(u *store.User) Actor {
	who.UserID, who.Username, who.Name, who.Admin = u.ID, u.Username, u.Name(), u.Role == store.RoleAdmin
	return who
}

// MayUse says whether the caller's credential is good for what needs scope: nil,
// or forbidden. A session is good for everything, an API key for what its scope
// holds. Who the caller is, and what they may do, is another question.
func (who Actor) MayUse(scope Scope) error {
	if who.KeyID.IsZero() || who.scope >= scope {
		return nil
	}
	return forbidden("do this with this API key: it takes one with the scope " + scope.String())
}

// Credential names the session or the API key, whichever the caller shows.
func (who Actor) Credential() store.ID {
	if who.KeyID.IsZero() {
		return who.SessionID
	}
	return who.KeyID
}

// A Credential is what a caller shows to say who they are.
type Credential struct {
	Token   string // an access token or an API key
	Cookie  bool   // it came in the cookie, where no API key belongs
	Address string
	Agent   string
}

func unauthorized(message string) error { return store.Errorf(store.CodeUnauthorized, "%s", message) }

func signInFirst() error { return unauthorized("sign in first") }
