package bench

import (
	"context"
	"errors"

	"golang.org/x/crypto/bcrypt"

	"github.com/parley-app/parley/store"
)

// Admit gives a user of the loaded store in dir a password, cheaply hashed: the
// server makes a good one of it when they sign in.
func Admit(ctx context.Context, dir string, user store.ID, password string) error {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		return err
	}
	s, err := openStore(ctx, dir, nil)
	if err != nil {
		return err
	}
	err = s.Update(ctx, func(tx *store.Tx) error {
		u, err := tx.User(user)
		if err != nil {
			return err
		}
		u.PasswordHash = string(hash)
		return tx.PutUser(u)
	})
	return errors.Join(err, s.Close())
}
