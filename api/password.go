package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/text/unicode/norm"

	"github.com/parley-app/parley/store"
)

// bcrypt reads 72 bytes and no more; a longer password would be weaker than it
// looks, so it is refused, never cut.
const (
	minPassword = 10
	maxPassword = 72
)

// leastCost is the least cost of a password's hash outside a test binary.
const leastCost = 10

// checkCost refuses a cost that a stolen hash would not withstand. Tests hash
// cheaply; what is no test binary cannot, however it was configured.
func checkCost(cost int) error {
	least := leastCost
	if testing.Testing() {
		least = bcrypt.MinCost
	}
	if cost < least || cost > bcrypt.MaxCost {
		return fmt.Errorf("api: the bcrypt cost is %d; it must be %d to %d", cost, least, bcrypt.MaxCost)
	}
	return nil
}

// HashPassword is the one door for every new password: set-up, registration, a
// change, an administrator's reset, the command line. It refuses what is too
// short, too long or too easily guessed, with a sentence that says why, and
// returns the bcrypt hash. location is where the caller's input has it, such as
// "body.password"; about is what a guesser knows of the person: their user name
// and address. It takes as long as the cost asks: not inside a transaction.
func HashPassword(location, password string, cost int, about ...string) (string, error) {
	if err := checkCost(cost); err != nil {
		return "", err
	}
	password = passwordForms(password)[0]
	if len(password) < minPassword || len(password) > maxPassword {
		return "", store.Invalid(location, "must have 10 to 72 bytes")
	}
	if why := weakness(password, about); why != "" {
		return "", store.Invalid(location, why)
	}
	h, err := bcrypt.GenerateFromPassword([]byte(password), cost)
	return string(h), err
}

func (a *API) hashPassword(location, password string, about ...string) (string, error) {
	return HashPassword(location, password, a.o.BcryptCost, about...)
}

// passwordForms returns the spellings of a password that its hash may be of, without
// repetition. The first is the one that new hashes are made of: NFC, with every kind of
// space as the ASCII one (RFC 8265, OpaqueString, without its list of characters).
// Older releases hashed what was typed, which depends on the keyboard.
func passwordForms(typed string) []string {
	if !utf8.ValidString(typed) {
		return []string{typed}
	}
	spaces := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, typed)
	forms := make([]string, 0, 3)
	for _, f := range []string{norm.NFC.String(spaces), typed, norm.NFD.String(typed)} {
		if !slices.Contains(forms, f) {
			forms = append(forms, f)
		}
	}
	return forms
}

// passwordFits compares in the same time whether or not there is a user, so
// that nobody learns from the clock who has an account.
func (a *API) passwordFits(u *store.User, password string) bool {
	hash := []byte(nil)
	if u != nil {
		hash = []byte(u.PasswordHash)
	}
	for _, form := range passwordForms(password) {
		fits := u != nil && !u.IsDisabled
		if len(form) > maxPassword {
			form = form[:maxPassword] // compared all the same, for the time it takes
			fits = false
		}
		if a.comparePassword(hash, []byte(form)) && fits {
			return true
		}
	}
	return false
}

// comparePassword takes the time of the configured cost, whatever hash it is
// given. One of a lower cost c is followed by comparing decoys of the costs c, c+1
// and so on: their times, 2^c + 2^c + 2^(c+1) + …, add up to the same.
func (a *API) comparePassword(hash, password []byte) bool {
	cost, err := bcrypt.Cost(hash)
	if err != nil { // there is none
		_ = bcrypt.CompareHashAndPassword(decoy(a.o.BcryptCost), password)
		return false
	}
	fits := bcrypt.CompareHashAndPassword(hash, password) == nil
	for ; cost < a.o.BcryptCost; cost++ {
		_ = bcrypt.CompareHashAndPassword(decoy(cost), password)
	}
	return fits
}

// decoy is a hash that nobody knows a password of: its digest is drawn by lot.
func decoy(cost int) []byte {
	const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var lot [53]byte         // 22 of the salt, 31 of the digest
	_, _ = rand.Read(lot[:]) // never fails, by its documentation
	for i, b := range lot {
		lot[i] = alphabet[b%64]
	}
	lot[21] = '.' // the salt has 128 bits, and its last character carries only two
	return fmt.Appendf(nil, "$2a$%02d$%s", cost, lot[:])
}

// strengthen hashes a password that was just proven once more when the cost has
// been raised since it was set. Should the usual form be longer than bcrypt reads, the
// old hash stays. What goes wrong is logged and no more: the person
// is signed in all the same.
func (a *API) strengthen(ctx context.Context, u *store.User, password string) {
	cost, err := bcrypt.Cost([]byte(u.PasswordHash))
	if err != nil || cost >= a.o.BcryptCost || len(passwordForms(password)[0]) > maxPassword {
		return
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(passwordForms(password)[0]), a.o.BcryptCost)
	if err == nil {
		err = a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
			now, err := tx.User(u.ID)
			if err != nil || now.PasswordHash != u.PasswordHash {
				return err // changed meanwhile: that hash is the newer one
			}
			now.PasswordHash = string(hash)
			return tx.PutUser(now)
		})
	}
	if err != nil {
		a.log.WarnContext(ctx, "a password could not be hashed at the higher cost", "user", u.ID, "err", err)
	}
}
