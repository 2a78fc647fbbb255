package store

import "github.com/parley-app/parley/store/kv"

// Scopes of an API key; each holds those before it.
const (
	ScopeRead  = "read"
	ScopeWrite = "write"
	ScopeAdmin = "admin"
)

// An APIKey lets a program act for a user. The key itself is shown once and not
// kept.
type APIKey struct {
	ID         ID       `json:"id"`
	UserID     ID       `json:"user_id"`
	MadeBy     ID       `json:"made_by"` // the key that it was made with, if it was one
	Name       string   `json:"name"`
	Hash       []byte   `json:"hash"` // SHA-256 of the key
	Scopes     []string `json:"scopes"`
	ExpiresAt  Time     `json:"expires_at"` // never, if null
	LastUsedAt Time     `json:"last_used_at"`
	CreatedAt  Time     `json:"created_at"`
}

var apiKeys = &table[APIKey]{
	space: "api_keys", noun: "API key",
	key:  func(k *APIKey) []byte { return kv.Key(k.ID) },
	loss: apiKeyLoss,
	id:   func(k *APIKey) ID { return k.ID },
	indexes: []index[APIKey]{
		{name: "hash", unique: true, taken: "this key exists already", key: func(k *APIKey) []byte { return kv.Key(k.Hash) }},
		{name: "user", key: func(k *APIKey) []byte { return kv.Key(k.UserID) }},
	},
	refs: []reference[APIKey]{
		{name: "user_id", to: "users", id: func(k *APIKey) ID { return k.UserID }, then: cascade, index: "user"},
	},
}

// APIKey returns the key with id, or not_found.
func (tx *Tx) APIKey(id ID) (*APIKey, error) { return apiKeys.get(tx, kv.Key(id)) }

// APIKeyByHash returns the key whose SHA-256 is hash, or nil.
func (tx *Tx) APIKeyByHash(hash []byte) (*APIKey, error) { return apiKeys.by(tx, "hash", kv.Key(hash)) }

// APIKeysOf returns the keys of a user, the newest first, at most kv.MaxPage.
func (tx *Tx) APIKeysOf(user ID) ([]*APIKey, error) {
	return apiKeys.list(tx, "user", kv.Key(user), true)
}

// PutAPIKey writes k.
func (tx *Tx) PutAPIKey(k *APIKey) error { return apiKeys.put(tx, k) }

// DeleteAPIKey makes a key void.
func (tx *Tx) DeleteAPIKey(k *APIKey) error { return apiKeys.destroy(tx, k) }
