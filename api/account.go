package api

import (
	"context"
	"strconv"
	"strings"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/naming"
)

// An AccountView is a user as administrators see them.
type AccountView struct {
	ID          store.ID   `json:"id"`
	Username    string     `json:"username"`
	DisplayName string     `json:"display_name"`
	Email       string     `json:"email"`
	Role        string     `json:"role" enum:"admin,member"`
	IsDisabled  bool       `json:"is_disabled"`
	CreatedAt   store.Time `json:"created_at"`
	UpdatedAt   store.Time `json:"updated_at"`
	IsDamaged   bool       `json:"is_damaged,omitempty" doc:"The record is damaged: the user cannot sign in until it is repaired"`
}

func viewAccount(u *store.User) *AccountView {
	return &AccountView{u.ID, u.Username, u.Name(), u.Email, u.Role, u.IsDisabled, u.CreatedAt, u.UpdatedAt, u.IsDamaged()}
}

// ListUsersInput selects users.
type ListUsersInput struct {
	PageInput
	Search   string `query:"search" maxLength:"200" doc:"Part of the user name, the display name or the email address"`
	Role     string `query:"role" enum:"admin,member"`
	Disabled string `query:"disabled" enum:"true,false,all" default:"all"`
}

func (in ListUsersInput) keep() func(*store.User) bool {
	if in.Search == "" && in.Role == "" && (in.Disabled == "" || in.Disabled == "all") {
		return nil
	}
	part := naming.Fold(in.Search)
	return func(u *store.User) bool {
		return (in.Role == "" || u.Role == in.Role) &&
			(in.Disabled != "true" || u.IsDisabled) && (in.Disabled != "false" || !u.IsDisabled) &&
			(strings.Contains(naming.Fold(u.Username), part) || strings.Contains(naming.Fold(u.DisplayName), part) || strings.Contains(naming.Fold(u.Email), part))
	}
}

// UserList is a page of users, by user name.
type UserList struct {
	Users   []*AccountView `json:"users"`
	Total   int            `json:"total"`
	HasMore bool           `json:"has_more"`
}

// ListUsers returns a page of the instance's users.
func (a *API) ListUsers(ctx context.Context, who Actor, in ListUsersInput) (out *UserList, err error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	all := func(tx *store.Tx, p store.Page) ([]*store.User, int, bool, error) { return tx.ListUsers(p, in.keep()) }
	view := func(_ *store.Tx, u *store.User) (*AccountView, error) { return viewAccount(u), nil }
	out = &UserList{}
	out.Users, out.Total, out.HasMore, err = listed(ctx, a, in.PageInput, all, view)
	return out, err
}

// A UserDetail is a user and what they are a member of, as far as administrators
// see it.
type UserDetail struct {
	AccountView
	Projects []Membership `json:"projects"`
}

// A Membership is a user's part in a project, seen from the user.
type Membership struct {
	ProjectID store.ID `json:"project_id"`
	Name      string   `json:"name"`
	Role      string   `json:"role" enum:"owner,editor,viewer"`
}

// GetUser returns one user.
func (a *API) GetUser(ctx context.Context, who Actor, in IDInput) (v *UserDetail, err error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	err = a.store.View(ctx, func(tx *store.Tx) error {
		u, err := tx.User(in.ID)
		if err != nil {
			return err
		}
		v = &UserDetail{*viewAccount(u), []Membership{}}
		list, err := Actor{UserID: u.ID}.projects(tx)
		for _, p := range list {
			v.Projects = append(v.Projects, Membership{p.ID, p.Name, p.Role})
		}
		return err
	})
	return v, err
}

// FindUserInput names somebody.
type FindUserInput struct {
	Login string `query:"login" required:"true" minLength:"1" maxLength:"320" doc:"Exactly their user name or email address, whatever its case"`
}

// A Person is a user as far as everybody who is signed in may know of them.
type Person struct {
	ID          store.ID `json:"id"`
	Username    string   `json:"username"`
	DisplayName string   `json:"display_name"`
}

// FindUser returns the user with a name that the caller knows, so that they can be
// made a member of a project. It lists nobody.
func (a *API) FindUser(ctx context.Context, who Actor, in FindUserInput) (p *Person, err error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	err = a.store.View(ctx, func(tx *store.Tx) error {
		u, err := tx.UserByLogin(strings.TrimSpace(in.Login))
		if err != nil || u == nil || u.IsDisabled {
			return orElse(err, store.Errorf(store.CodeNotFound, "user not found"))
		}
		p = &Person{u.ID, u.Username, u.Name()}
		return nil
	})
	return p, err
}

// FindAccount returns the user with a user name or an email address.
func (a *API) FindAccount(ctx context.Context, who Actor, login string) (v *AccountView, err error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	err = a.store.View(ctx, func(tx *store.Tx) error {
		u, err := tx.UserByLogin(strings.TrimSpace(login))
		if err != nil || u == nil {
			return orElse(err, store.Errorf(store.CodeNotFound, "there is no user %q", clip(login, 320)))
		}
		v = viewAccount(u)
		return nil
	})
	return v, err
}

// CreateUserInput makes an account for somebody.
type CreateUserInput struct {
	Username    string   `json:"username" minLength:"1" maxLength:"50" doc:"Letters, digits, dot, dash and underscore"`
	DisplayName string   `json:"display_name,omitempty" maxLength:"80" doc:"What other people see; the user name unless it is given"`
	Email       string   `json:"email" minLength:"3" maxLength:"254" doc:"Email address"`
	Password    string   `json:"password" minLength:"1" maxLength:"1024" format:"password" doc:"10 to 72 bytes"`
	Role        string   `json:"role,omitempty" enum:"admin,member" default:"member"`
	ClientID    store.ID `json:"client_id,omitempty" doc:"A UUID of the client's making: repeated, the first result is answered"`
}

// CreateUser makes an account.
func (a *API) CreateUser(ctx context.Context, who Actor, in CreateUserInput) (v *AccountView, err error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	orDefault(&in.Role, store.RoleMember)
	hash, err := a.hashPassword("body.password", in.Password, in.Username, in.Email)
	if err != nil {
		return nil, err
	}
	err = a.update(ctx, func(tx *store.Tx) error {
		if first, err := tx.Request(who.UserID, in.ClientID); err != nil || first != nil {
			if err == nil {
				v, err = viewUserOf(tx, first.ResultID)
			}
			return err
		}
		if err := beFirst(tx, in.Role); err != nil {
			return err
		}
		u, err := newUser(tx, in.Username, in.Email, hash, in.Role)
		if err != nil {
			return err
		}
		if in.DisplayName != "" {
			if err := setDisplayName(tx, u, in.DisplayName); err != nil {
				return err
			}
			if err := tx.PutUser(u); err != nil {
				return err
			}
		}
		v = viewAccount(u)
		about(ctx, u.ID, details{"username": u.Username, "role": u.Role})
		return who.remember(tx, in.ClientID, u.ID)
	})
	return v, err
}

// beFirst sees to it that the first user is an administrator, after whom nobody is
// asked to set the instance up.
func beFirst(tx *store.Tx, role string) error {
	has, err := tx.HasUsers()
	switch {
	case err != nil || has:
		return err
	case role != store.RoleAdmin:
		return store.Invalid("body.role", "must be admin: somebody has to run the instance, and there is nobody yet")
	}
	return tx.SetSetupToken("")
}

func viewUserOf(tx *store.Tx, id store.ID) (*AccountView, error) {
	u, err := tx.User(id)
	if err != nil {
		return nil, err
	}
	return viewAccount(u), nil
}

// UpdateUserInput changes what is given.
type UpdateUserInput struct {
	ID          store.ID `path:"id" json:"-"`
	Username    *string  `json:"username,omitempty" minLength:"1" maxLength:"50"`
	DisplayName *string  `json:"display_name,omitempty" minLength:"1" maxLength:"80" doc:"What other people see, 1 to 80 characters"`
	Email       *string  `json:"email,omitempty" minLength:"3" maxLength:"254"`
	Role        *string  `json:"role,omitempty" enum:"admin,member"`
	IsDisabled  *bool    `json:"is_disabled,omitempty" doc:"A disabled user cannot sign in, and is signed out everywhere"`
	Password    *string  `json:"password,omitempty" minLength:"1" maxLength:"1024" format:"password" doc:"A new one, 10 to 72 bytes; signs them out everywhere"`
	EndKeys     *bool    `json:"end_keys,omitempty" doc:"With a new password: whether the user's API keys end too; without it they do"`
}

// endsKeys reports whether the change ends all API keys of the account.
func (in UpdateUserInput) endsKeys() bool {
	return in.Password != nil && (in.EndKeys == nil || *in.EndKeys)
}

// UpdateUser changes an account. Who is disabled, made a member or given a new
// password is signed out everywhere at once; a new password ends their API keys too,
// unless EndKeys is false, and becoming a member ends the keys with the scope admin.
// They get a notice. The last administrator who can sign in stays one, and one's own
// password is changed where the current one is asked for.
func (a *API) UpdateUser(ctx context.Context, who Actor, in UpdateUserInput) (v *AccountView, err error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	if in.Password != nil && in.ID == who.UserID {
		return nil, forbidden("set your own password here: change it with the current one")
	}
	if in.EndKeys != nil && in.Password == nil {
		return nil, store.Invalid("body.end_keys", "goes with a new password")
	}
	hash := ""
	if in.Password != nil {
		if hash, err = a.hashNew(ctx, in.ID, *in.Password); err != nil {
			return nil, err
		}
	}
	err = a.update(store.InReserve(ctx), func(tx *store.Tx) error {
		u, err := tx.User(in.ID)
		if err != nil {
			return err
		}
		was := *u
		if err := in.apply(tx, u, hash); err != nil {
			return err
		}
		if in.DisplayName != nil {
			if err := setDisplayName(tx, u, *in.DisplayName); err != nil {
				return err
			}
		}
		u.UpdatedAt = tx.Now
		if err := a.changeUser(tx, &was, u); err != nil {
			return err
		}
		ended, err := endKeysOf(tx, &was, u, in)
		if err != nil {
			return err
		}
		v = viewAccount(u)
		d := differences(&was, u)
		d.sayEnded(ended)
		about(ctx, u.ID, d)
		return a.tellOfAccount(tx, who, &was, u, len(ended))
	})
	return v, err
}

// endKeysOf ends the API keys that must not outlive a change of an account, and
// returns them.
func endKeysOf(tx *store.Tx, was, u *store.User, in UpdateUserInput) ([]*store.APIKey, error) {
	switch {
	case in.endsKeys():
		return endKeys(tx, u.ID, nil)
	case was.Role == store.RoleAdmin && u.Role != store.RoleAdmin:
		return endKeys(tx, u.ID, isAdminKey)
	}
	return nil, nil
}

// tellOfAccount gives u a notice of what an administrator changed of the account.
func (a *API) tellOfAccount(tx *store.Tx, who Actor, was, u *store.User, endedKeys int) error {
	var changes []string
	for _, c := range []struct {
		is   bool
		word string
	}{
		{was.Username != u.Username, "user name"},
		{was.Email != u.Email, "email"},
		{was.PasswordHash != u.PasswordHash, "password"},
		{was.Role != u.Role, "role"},
		{was.IsDisabled && !u.IsDisabled, "enabled"},
		{!was.IsDisabled && u.IsDisabled, "disabled"},
		{endedKeys > 0, "API keys"},
	} {
		if c.is {
			changes = append(changes, c.word)
		}
	}
	if len(changes) == 0 || who.UserID == u.ID {
		return nil
	}
	return a.notify(tx, &store.Notice{UserID: u.ID, Kind: store.NoticeAccountChanged, By: who.Username, Subject: was.Username, Detail: strings.Join(changes, ", ")})
}

// hashNew hashes a new password for a user that there is.
func (a *API) hashNew(ctx context.Context, id store.ID, password string) (string, error) {
	var u *store.User
	err := a.store.View(ctx, func(tx *store.Tx) (err error) { u, err = tx.User(id); return err })
	if err != nil {
		return "", err
	}
	return a.hashPassword("body.password", password, u.Username, u.Email)
}

// apply writes what is given into u.
func (in UpdateUserInput) apply(tx *store.Tx, u *store.User, hash string) error {
	assign(&u.Role, in.Role) // first: administrators may have more names
	if in.Username != nil {
		if err := rename(tx, u, *in.Username); err != nil {
			return err
		}
	}
	if in.Email != nil {
		if err := readdress(tx, u, *in.Email); err != nil {
			return err
		}
	}
	assign(&u.IsDisabled, in.IsDisabled)
	if hash != "" {
		u.PasswordHash = hash
	}
	return nil
}

// changeUser writes a user that was was, and ends what may not go on.
func (a *API) changeUser(tx *store.Tx, was, u *store.User) error {
	if runs(was) && !runs(u) {
		if err := keepAnAdmin(tx, u.ID); err != nil {
			return err
		}
	}
	if err := tx.PutUser(u); err != nil {
		return err
	}
	if err := a.renamed(tx, was, u); err != nil {
		return err
	}
	demoted := was.Role == store.RoleAdmin && u.Role != store.RoleAdmin
	if !demoted && !(u.IsDisabled && !was.IsDisabled) && u.PasswordHash == was.PasswordHash {
		return nil
	}
	return a.endSessions(tx, u.ID, store.ID{})
}

// runs says whether u can run the instance.
func runs(u *store.User) bool { return u.Role == store.RoleAdmin && !u.IsDisabled }

// keepAnAdmin refuses to take the last administrator.
func keepAnAdmin(tx *store.Tx, taken store.ID) error {
	n, err := tx.CountUsers(func(u *store.User) bool { return runs(u) && u.ID != taken })
	if err == nil && n == 0 {
		err = store.Errorf(store.CodeConflict, "this is the last administrator: make another one first")
	}
	return err
}

// differences are what the audit says of a change: names and roles, no secrets.
func differences(was, u *store.User) details {
	d := details{"username": u.Username}
	if was.Username != u.Username {
		d["username_was"] = was.Username
	}
	if was.Name() != u.Name() {
		d["display_name"], d["display_name_was"] = u.Name(), was.Name()
	}
	if was.Email != u.Email {
		d["email"] = "changed"
	}
	if was.Role != u.Role {
		d["role"] = u.Role
	}
	if was.IsDisabled != u.IsDisabled {
		d["disabled"] = strconv.FormatBool(u.IsDisabled)
	}
	if was.PasswordHash != u.PasswordHash {
		d["password"] = "reset"
	}
	return d
}

// DeleteUser removes an account. What they wrote for others stays, with their
// name; their memberships, sessions and keys go, and so do the projects that
// nobody else is a member of, and their private threads. Who is the only owner of
// a project with other members stays until it has another.
func (a *API) DeleteUser(ctx context.Context, who Actor, in IDInput) (*Nothing, error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	ctx = store.InReserve(ctx)
	for more := true; more; {
		err := a.store.Update(ctx, func(tx *store.Tx) (err error) {
			more, err = a.dropOwn(tx, in.ID)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return &Nothing{}, a.update(ctx, func(tx *store.Tx) error {
		if more, err := a.dropOwn(tx, in.ID); err != nil || more {
			return orElse(err, store.Errorf(store.CodeConflict, "this user made projects meanwhile: try again"))
		}
		u, err := tx.User(in.ID)
		if err != nil {
			return err
		}
		about(ctx, u.ID, details{"username": u.Username})
		if err := tx.AfterCommit(func() { a.turns.stopWhere(func(t *turn) bool { return t.userID == u.ID }) }); err != nil {
			return err
		}
		return tx.DeleteUser(u)
	})
}

// dropStep bounds how many projects go in one transaction.
const dropStep = 50

// dropOwn checks that a user may be deleted, and deletes some of the projects that
// nobody else is a member of; more says that there are others.
func (a *API) dropOwn(tx *store.Tx, id store.ID) (more bool, err error) {
	u, err := tx.User(id)
	if err != nil {
		return false, err
	}
	if runs(u) {
		if err := keepAnAdmin(tx, u.ID); err != nil {
			return false, err
		}
	}
	own, err := ownAlone(tx, u)
	if err != nil {
		return false, err
	}
	for _, p := range own[:min(len(own), dropStep)] {
		if err := a.dropProject(tx, p); err != nil {
			return false, err
		}
	}
	return len(own) > dropStep, nil
}

// ownAlone returns the projects that u is the only member of. That others are
// members of one that has no other owner is a conflict.
func ownAlone(tx *store.Tx, u *store.User) (own []*store.Project, err error) {
	list, err := tx.MembershipsOf(u.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		p, err := tx.Project(m.ProjectID)
		if code := store.CodeOf(err); code == store.CodeNotFound || code == store.CodeDamaged {
			continue
		}
		if err != nil {
			return nil, err
		}
		others, owners, err := membersBeside(tx, p.ID, u.ID)
		switch {
		case err != nil:
			return nil, err
		case others == 0:
			own = append(own, p)
		case m.Role == store.ProjectOwner && owners == 0:
			return nil, store.Errorf(store.CodeConflict, "%s is the only owner of a project with other members: give it another owner first (project %s)", u.Username, p.ID)
		}
	}
	return own, nil
}
