package api

import (
	"golang.org/x/crypto/bcrypt"

	"github.com/parley-app/parley/store"
)

// bcrypt reads 72 bytes and no more; a longer password would be weaker than it
// looks, so it is refused, never cut.
const (
	minPassword = 10
	maxPassword = 72
)

func (a *API) hashPassword(location, password string) (string, error) {
	if len(password) < minPassword || len(password) > maxPassword {
		return "", store.Invalid(location, "must have 10 to 72 bytes")
	}
	h, err := bcrypt.GenerateFromPassword([]byte(password), a.o.BcryptCost)
	return string(h), err
}

// passwordFits compares in the same time whether or not there is a user, so
// that nobody learns from the clock who has an account.
func (a *API) passwordFits(u *store.User, password string) bool {
	hash := a.decoy
	if u != nil {
		hash = []byte(u.PasswordHash)
	}
	if len(password) > maxPassword {
		password = password[:maxPassword] // compared all the same, for the time it takes
		u = nil
	}
	return bcrypt.CompareHashAndPassword(hash, []byte(password)) == nil && u != nil && !u.IsDisabled
}
