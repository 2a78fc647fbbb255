package api

import (
	"context"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/naming"
)

// A UserView is a user as others see them.
type UserView struct {
	ID          store.ID   `json:"id"`
	Username    string     `json:"username"`
	DisplayName string     `json:"display_name" doc:"What other people see; the user name unless another was set"`
	Email       string     `json:"email"`
	Role        string     `json:"role" enum:"admin,member"`
	CreatedAt   store.Time `json:"created_at"`
}

func viewUser(u *store.User) UserView {
	return UserView{u.ID, u.Username, u.Name(), u.Email, u.Role, u.CreatedAt}
}

const maxUsername = 50 // characters

// isUsername says whether s is a user name. As a regular expression it would cost each
// start two milliseconds and two megabytes.
func isUsername(s string) bool {
	n := 0
	for _, r := range s {
		letter := unicode.IsLetter(r) || unicode.Is(unicode.N, r)
		if n++; n > maxUsername || !letter && (n == 1 || !strings.ContainsRune("._-", r)) {
			return false
		}
	}
	return n > 0
}

// cleanUsername returns a user name in the form in which it is stored.
func cleanUsername(s string) (string, error) {
	if s = naming.Clean(s); !isUsername(s) {
		return "", store.Invalid("body.username", "must be 1 to 50 letters, digits, dots, dashes or underscores, and start with a letter or digit")
	}
	return s, nil
}

// CheckName refuses a user name or display name that u chooses, if it may be taken for
// somebody else: it mixes scripts, is reserved, or looks like a name of another user.
// field is where the input has it, such as "body.username". It walks over all users.
func CheckName(tx *store.Tx, field, name string, u *store.User) error {
	if why := naming.Check(name, u.Role == store.RoleAdmin); why != "" {
		return store.Invalid(field, why)
	}
	n, err := tx.CountUsers(func(other *store.User) bool {
		return other.ID != u.ID && (naming.LookAlike(other.Username, name) || other.DisplayName != "" && naming.LookAlike(other.DisplayName, name))
	})
	if err == nil && n > 0 {
		err = store.Errorf(store.CodeConflict, "another person here has this name or one that looks like it: choose another one")
	}
	return err
}

// rename gives u another user name. The one that u has stays good, whatever the rules
// of today say of it.
func rename(tx *store.Tx, u *store.User, username string) error {
	name, err := cleanUsername(username)
	if err != nil || name == naming.Clean(u.Username) {
		return err
	}
	if err := mustBeFree(tx, name, u.ID, "this user name is taken"); err != nil {
		return err
	}
	if err := CheckName(tx, "body.username", name, u); err != nil {
		return err
	}
	u.Username = name
	return nil
}

// readdress gives u another email address.
func readdress(tx *store.Tx, u *store.User, email string) error {
	email, err := cleanEmail(email)
	if err != nil || email == u.Email {
		return err
	}
	if err := mustBeFree(tx, email, u.ID, "this email address has an account already"); err != nil {
		return err
	}
	u.Email = email
	return nil
}

// mustBeFree refuses a login that another user than self signs in with, in whatever
// Unicode form that is stored.
func mustBeFree(tx *store.Tx, login string, self store.ID, taken string) error {
	other, err := tx.UserByLogin(login)
	if err == nil && other != nil && other.ID != self {
		err = store.Errorf(store.CodeConflict, "%s", taken)
	}
	return err
}

// cleanEmail returns an email address in the form in which it is stored.
func cleanEmail(s string) (string, error) {
	s = norm.NFC.String(strings.TrimSpace(s))
	// RFC 5322 allows more than an account should: no display name, no quoting.
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s || len(s) > 254 {
		return "", store.Invalid("body.email", "must be an email address such as ann@example.org")
	}
	return s, nil
}

func newUser(tx *store.Tx, username, email, hash, role string) (*store.User, error) {
	id, err := tx.NewID()
	if err != nil {
		return nil, err
	}
	u := &store.User{ID: id, Role: role, PasswordHash: hash, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	if err := rename(tx, u, username); err != nil {
		return nil, err
	}
	if err := readdress(tx, u, email); err != nil {
		return nil, err
	}
	return u, tx.PutUser(u)
}

// Me returns the caller.
func (a *API) Me(ctx context.Context, who Actor, _ Nothing) (*UserView, error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	var v UserView
	err := a.store.View(ctx, func(tx *store.Tx) error {
		u, err := tx.User(who.UserID)
		if err == nil {
			v = viewUser(u)
		}
		return err
	})
	return &v, err
}

// UpdateMeInput changes what is given.
type UpdateMeInput struct {
	Username    *string `json:"username,omitempty" minLength:"1" maxLength:"50"`
	DisplayName *string `json:"display_name,omitempty" minLength:"1" maxLength:"80" doc:"What other people see, 1 to 80 characters"`
	Email       *string `json:"email,omitempty" minLength:"3" maxLength:"254"`
}

// UpdateMe changes the caller's own account.
func (a *API) UpdateMe(ctx context.Context, who Actor, in UpdateMeInput) (*UserView, error) {
	if err := who.inPerson(); err != nil {
		return nil, err
	}
	var v UserView
	err := a.store.Update(ctx, func(tx *store.Tx) error {
		u, err := tx.User(who.UserID)
		if err != nil {
			return err
		}
		was := *u
		if in.Username != nil {
			if err := rename(tx, u, *in.Username); err != nil {
				return err
			}
		}
		if in.DisplayName != nil {
			if err := setDisplayName(tx, u, *in.DisplayName); err != nil {
				return err
			}
		}
		if in.Email != nil {
			if err := readdress(tx, u, *in.Email); err != nil {
				return err
			}
		}
		u.UpdatedAt = tx.Now
		if err := tx.PutUser(u); err != nil {
			return err
		}
		if err := a.renamed(tx, &was, u); err != nil {
			return err
		}
		v = viewUser(u)
		return a.note(tx, who, "account_changed", u.ID, changed(map[string]bool{
			"username": in.Username != nil, "display_name": in.DisplayName != nil, "email": in.Email != nil,
		}))
	})
	return &v, err
}

// ChangePasswordInput proves the current password and sets a new one.
type ChangePasswordInput struct {
	Current string `json:"current" minLength:"1" maxLength:"1024" format:"password"`
	New     string `json:"new" minLength:"1" maxLength:"1024" format:"password" doc:"10 to 72 bytes"`
	EndKeys bool   `json:"end_keys,omitempty" doc:"Whether the caller's API keys end too"`
}

// ChangePassword sets a new password and ends every other session of the caller, and
// with EndKeys their API keys.
func (a *API) ChangePassword(ctx context.Context, who Actor, in ChangePasswordInput) (*Nothing, error) {
	if err := who.inPerson(); err != nil {
		return nil, err
	}
	var u *store.User
	err := a.store.View(ctx, func(tx *store.Tx) (err error) {
		u, err = tx.User(who.UserID)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !a.passwordFits(u, in.Current) {
		return nil, store.Invalid("body.current", "is not your current password")
	}
	hash, err := a.hashPassword("body.new", in.New, u.Username, u.Email)
	if err != nil {
		return nil, err
	}
	return &Nothing{}, a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		now, err := tx.User(who.UserID)
		if err != nil {
			return err
		}
		if now.PasswordHash != u.PasswordHash {
			return store.Errorf(store.CodeConflict, "the password was changed meanwhile")
		}
		now.PasswordHash, now.UpdatedAt = hash, tx.Now
		if err := tx.PutUser(now); err != nil {
			return err
		}
		if err := a.endSessions(tx, who.UserID, who.SessionID); err != nil {
			return err
		}
		d := details{}
		if in.EndKeys {
			ended, err := endKeys(tx, who.UserID, nil)
			if err != nil {
				return err
			}
			d.sayEnded(ended)
		}
		return a.note(tx, who, "password_changed", who.UserID, d)
	})
}

// endSessions ends all sessions of a user but one (zero: all).
func (a *API) endSessions(tx *store.Tx, user, but store.ID) error {
	list, err := tx.SessionsOf(user)
	for _, s := range list {
		if err == nil && s.ID != but {
			err = a.endSession(tx, s)
		}
	}
	return err
}

// A SessionView is one of the caller's sign-ins.
type SessionView struct {
	ID         store.ID   `json:"id"`
	UserAgent  string     `json:"user_agent"`
	Address    string     `json:"address"`
	IsCurrent  bool       `json:"is_current"`
	CreatedAt  store.Time `json:"created_at"`
	LastSeenAt store.Time `json:"last_seen_at"`
}

// SessionList is a list of the caller's sessions, the newest first.
type SessionList struct {
	Sessions []SessionView `json:"sessions"`
	Total    int           `json:"total"`
	HasMore  bool          `json:"has_more"`
}

// ListSessions returns the caller's sessions.
func (a *API) ListSessions(ctx context.Context, who Actor, in PageInput) (out *SessionList, err error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	own := whole(func(tx *store.Tx) ([]*store.Session, error) { return tx.SessionsOf(who.UserID) }, func(s *store.Session) store.ID { return s.ID })
	view := func(_ *store.Tx, s *store.Session) (SessionView, error) {
		return SessionView{s.ID, s.UserAgent, s.Address, s.ID == who.SessionID, s.CreatedAt, s.LastSeenAt}, nil
	}
	out = &SessionList{}
	out.Sessions, out.Total, out.HasMore, err = listed(ctx, a, in, own, view)
	return out, err
}

// IDInput names a record by its path.
type IDInput struct {
	ID store.ID `path:"id"`
}

// EndSession ends one of the caller's own sessions.
func (a *API) EndSession(ctx context.Context, who Actor, in IDInput) (*Nothing, error) {
	if err := who.inPerson(); err != nil {
		return nil, err
	}
	return &Nothing{}, a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		s, err := tx.Session(in.ID)
		if err != nil || s.UserID != who.UserID {
			return notTheirs("session", err)
		}
		return a.endSessionBy(tx, who, s, "session_ended")
	})
}
