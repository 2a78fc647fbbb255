package api

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/parley-app/parley/store"
)

// LeastMasterKey is the length, in bytes, that a master key has at least: 32
// random bytes take 43 or 44 characters in base64.
const LeastMasterKey = 32

// A masterKey wraps the seeds of signing keys, so that whoever reads the data
// folder, or a backup, cannot sign tokens. The zero value wraps nothing.
type masterKey struct {
	id   string      // tells two of them apart, and nothing of the key
	aead cipher.AEAD // nil: there is none
}

// newMasterKey takes any text of enough length, best random; "" is none.
func newMasterKey(text string) (masterKey, error) {
	if text == "" {
		return masterKey{}, nil
	}
	if len(text) < LeastMasterKey {
		return masterKey{}, fmt.Errorf("the master key has %d bytes; it must have at least %d, all of them random", len(text), LeastMasterKey)
	}
	id, err := hkdf.Key(sha256.New, []byte(text), nil, "parley master key, name", 6)
	if err != nil {
		return masterKey{}, err
	}
	key, err := hkdf.Key(sha256.New, []byte(text), nil, "parley master key, wrapping signing keys", 32)
	if err != nil {
		return masterKey{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return masterKey{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return masterKey{hex.EncodeToString(id), aead}, err
}

// wrap seals the seed of k, bound to the key's id. Without a master key it does
// nothing.
func (m masterKey) wrap(k *store.SigningKey) {
	if m.aead != nil && len(k.Seed) > 0 {
		k.Wrapped, k.MasterID, k.Seed = m.aead.Seal(nil, nil, k.Seed, k.ID[:]), m.id, nil //nolint:gosec // this AEAD draws its own nonce
	}
}

// seed returns the seed of k, or a *MasterKeyError.
func (m masterKey) seed(k *store.SigningKey) ([]byte, error) {
	if len(k.Seed) > 0 {
		return k.Seed, nil
	}
	if m.aead == nil || m.id != k.MasterID {
		return nil, &MasterKeyError{Want: k.MasterID, Got: m.id}
	}
	seed, err := m.aead.Open(nil, nil, k.Wrapped, k.ID[:])
	if err != nil {
		return nil, errors.New("a signing key was changed after it was wrapped: parley keys rotate --revoke makes a new one")
	}
	return seed, nil
}

// A MasterKeyError says that the signing keys were wrapped by another master key
// than the one at hand. Want and Got name them; Got is "" for none.
type MasterKeyError struct{ Want, Got string }

// Error says what can be done about it.
func (e *MasterKeyError) Error() string {
	got := "none is set"
	if e.Got != "" {
		got = "the one that is set is " + e.Got
	}
	return fmt.Sprintf("the signing keys are wrapped by the master key %s, and %s: give that one (auth.master_key), "+
		"or, if it is lost, run \"parley keys rotate --revoke\", which makes new signing keys; "+
		"nobody's data or password is lost by that, and open pages sign in again by themselves", e.Want, got)
}

// newSigningKey makes a key and puts it on the ring, wrapped if m can.
func newSigningKey(tx *store.Tx, m masterKey) (*store.SigningKey, error) {
	id, err := tx.NewID()
	if err != nil {
		return nil, err
	}
	key := &store.SigningKey{ID: id, Seed: make([]byte, 32), CreatedAt: tx.Now}
	_, _ = rand.Read(key.Seed) // never fails, by its documentation
	m.wrap(key)
	return key, tx.PutSigningKey(key)
}

// MasterKeyName returns the name of a master key, which tells two of them apart
// and nothing of the key; "" has none.
func MasterKeyName(text string) (string, error) {
	m, err := newMasterKey(text)
	return m.id, err
}
