package store

import (
	"bytes"
	"slices"
	"strings"

	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/naming"
)

// Roles on the instance.
const (
	RoleAdmin  = "admin"
	RoleMember = "member"
)

// A User is a person with an account. It is stored as it is here, and never
// shown so: PasswordHash stays in the store.
type User struct {
	ID           ID     `json:"id"`
	Username     string `json:"username"`
	DisplayName  string `json:"display_name,omitempty"` // "": the user name; see Name
	Email        string `json:"email"`
	Role         string `json:"role"`
	PasswordHash string `json:"password_hash"` // bcrypt
	IsDisabled   bool   `json:"is_disabled"`
	CreatedAt    Time   `json:"created_at"`
	UpdatedAt    Time   `json:"updated_at"`

	// Places are the networks from which they signed in, the newest first.
	Places []string `json:"places,omitempty"`
}

var users = &table[User]{
	decoded: &cache[User]{},
	space:   "users", noun: "user", damaged: damagedUser,
	key:  func(u *User) []byte { return kv.IDs(u.ID) },
	loss: userLoss, moved: userMoved,
	id: func(u *User) ID { return u.ID },
	indexes: []index[User]{
		{name: "username", unique: true, taken: "this user name is taken", key: func(u *User) []byte { return loginKey(u.Username) }},
		{name: "email", unique: true, taken: "this email address has an account already", key: func(u *User) []byte { return loginKey(u.Email) }},
	},
}

// loginKey folds case: nobody may sign up as "Ann" beside "ann".
func loginKey(s string) []byte { return kv.Key(strings.ToLower(s)) }

// Name returns what other people see: the display name, or else the user name.
func (u *User) Name() string {
	if u.DisplayName != "" {
		return u.DisplayName
	}
	return u.Username
}

// User returns the user with id, or not_found.
func (tx *Tx) User(id ID) (*User, error) { return users.get(tx, kv.IDs(id)) }

// PutUser writes u. A user name or email that another user has is a conflict.
func (tx *Tx) PutUser(u *User) error { return users.put(tx, u) }

// UserByLogin returns the user whose email or user name is login, whatever its
// case and its Unicode form, or nil.
func (tx *Tx) UserByLogin(login string) (*User, error) {
	index := "username"
	if strings.Contains(login, "@") {
		index = "email"
	}
	for _, form := range naming.Forms(login) {
		if u, err := users.by(tx, index, loginKey(form)); err != nil || u != nil {
			return u, err
		}
	}
	return nil, nil
}

// DeleteUser removes u and signs them out at once. What is theirs alone (sessions,
// keys, memberships) goes with them; what they wrote and made for others stays, and
// their messages keep their name. ReapSome sees to both.
func (tx *Tx) DeleteUser(u *User) error {
	if err := formerUsers.put(tx, &FormerUser{u.ID, u.Name()}); err != nil {
		return err
	}
	return users.destroy(tx, u)
}

// ListUsers returns a page of the users that keep wants (nil: all of them) by user
// name, how many of them there are, and whether there are more in the direction of
// the walk. Counting looks at every user.
func (tx *Tx) ListUsers(p Page, keep func(*User) bool) (page []*User, total int, more bool, err error) {
	r, err := tx.userRange(p, keep)
	if err != nil {
		return nil, 0, false, err
	}
	skip := p.Offset
	err = tx.walkUsers(r, func(u *User) error {
		switch {
		case keep != nil && !keep(u):
		case skip > 0:
			skip--
		case len(page) == p.Limit:
			more = true
			return kv.Stop
		default:
			page = append(page, u)
		}
		return nil
	})
	if err != nil {
		return nil, 0, false, err
	}
	if r.Reverse {
		slices.Reverse(page)
	}
	total, err = tx.CountUsers(keep)
	return page, total, more, err
}

// userRange is where the page p may be, in the order in which it is looked for.
func (tx *Tx) userRange(p Page, keep func(*User) bool) (kv.Range, error) {
	cursor := p.After
	if cursor.IsZero() {
		cursor = p.Before
	}
	if cursor.IsZero() {
		return kv.Range{}, nil
	}
	u, err := users.find(tx, kv.Key(cursor))
	if err != nil || u == nil || keep != nil && !keep(u) {
		return kv.Range{}, orElse(err, unknownCursor())
	}
	if !p.After.IsZero() {
		return kv.Range{From: append(loginKey(u.Username), 0)}, nil
	}
	return kv.Range{To: loginKey(u.Username), Reverse: true}, nil
}

func (tx *Tx) walkUsers(r kv.Range, fn func(*User) error) error {
	return kv.Walk(tx.kv, users.index("username").space, r, func(e kv.Entry) error {
		v, err := tx.get1(users.space, e.Value)
		if err != nil {
			return err
		}
		u, err := users.listed(tx, e.Value, v, users.decode)
		if err != nil {
			return err
		}
		if u.IsDamaged() { // its name is the entry by which it was found
			u.Username = string(bytes.TrimSuffix(e.Key, []byte{0, 1}))
		}
		return fn(u)
	})
}

// CountUsers says how many users there are that keep wants; nil means all.
func (tx *Tx) CountUsers(keep func(*User) bool) (n int, err error) {
	if keep == nil {
		return tx.countKeys(users.space)
	}
	err = tx.walkUsers(kv.Range{}, func(u *User) error {
		if keep(u) {
			n++
		}
		return nil
	})
	return n, err
}

// HasUsers says whether there is any user.
func (tx *Tx) HasUsers() (bool, error) {
	page, err := tx.kv.Scan(users.space, kv.Range{Limit: 1})
	return len(page) > 0, err
}
