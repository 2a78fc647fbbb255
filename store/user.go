package store

import (
	"strings"

	"github.com/parley-app/parley/store/kv"
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
	space:   "users", noun: "user",
	key:  func(u *User) []byte { return kv.IDs(u.ID) },
	loss: userLoss,
	id:   func(u *User) ID { return u.ID },
	indexes: []index[User]{
		{name: "username", unique: true, taken: "this user name is taken", key: func(u *User) []byte { return loginKey(u.Username) }},
		{name: "email", unique: true, taken: "this email address has an account already", key: func(u *User) []byte { return loginKey(u.Email) }},
	},
}

// loginKey folds case: nobody may sign up as "Ann" beside "ann".
func loginKey(s string) []byte { return kv.Key(strings.ToLower(s)) }

// User returns the user with id, or not_found.
func (tx *Tx) User(id ID) (*User, error) { return users.get(tx, kv.IDs(id)) }

// PutUser writes u. A user name or email that another user has is a conflict.
func (tx *Tx) PutUser(u *User) error { return users.put(tx, u) }

// UserByLogin returns the user whose email or user name is login, whatever its
// case, or nil.
func (tx *Tx) UserByLogin(login string) (*User, error) {
	name := "username"
	if strings.Contains(login, "@") {
		name = "email"
	}
	return users.by(tx, name, loginKey(login))
}

// HasUsers says whether there is any user.
func (tx *Tx) HasUsers() (bool, error) {
	page, err := tx.kv.Scan(users.space, kv.Range{Limit: 1})
	return len(page) > 0, err
}
