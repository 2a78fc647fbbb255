package store

import "github.com/parley-app/parley/store/kv"

// A SigningKey is one key of the ring that signs access tokens. The newest
// signs; older ones verify until every token they signed has expired.
type SigningKey struct {
	ID        ID     `json:"id"`
	Seed      []byte `json:"seed,omitempty"`      // Ed25519 (RFC 8032), 32 bytes; none where it is wrapped
	Wrapped   []byte `json:"wrapped,omitempty"`   // the seed, sealed by a master key
	MasterID  string `json:"master_id,omitempty"` // which master key that was
	CreatedAt Time   `json:"created_at"`
}

var signingKeys = &table[SigningKey]{
	space: "signing_keys", noun: "signing key",
	key: func(k *SigningKey) []byte { return kv.Key(k.ID) },
}

// SigningKeys returns the ring, the oldest key first.
func (tx *Tx) SigningKeys() ([]*SigningKey, error) { return signingKeys.all(tx) }

// PutSigningKey adds a key to the ring.
func (tx *Tx) PutSigningKey(k *SigningKey) error { return signingKeys.put(tx, k) }

// DeleteSigningKey takes a key off the ring: what it signed is void.
func (tx *Tx) DeleteSigningKey(k *SigningKey) error { return signingKeys.destroy(tx, k) }

// MasterKeyNames returns the names of the master keys that wrap the signing keys
// in the data of tx, "" for a key that none wraps, without changing the data.
func MasterKeyNames(tx kv.Tx) (names []string, err error) {
	ring, err := (&Tx{kv: tx}).SigningKeys()
	for _, k := range ring {
		names = append(names, k.MasterID)
	}
	return names, err
}
