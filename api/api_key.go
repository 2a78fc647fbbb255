package api

import (
	"context"
	"slices"
	"strings"

	"github.com/parley-app/parley/store"
)

// keyPrefix begins every API key, so that it is known for one wherever it turns up.
const keyPrefix = "pk_"

// maxAPIKeys is how many keys one user may have.
const maxAPIKeys = 100

// An APIKeyView is one of the caller's API keys. The key itself is not kept.
type APIKeyView struct { //nolint:revive // an API key is not a key of the ring
	ID         store.ID   `json:"id"`
	Name       string     `json:"name"`
	Scopes     []string   `json:"scopes" doc:"What it may be used for: read, write, admin; each holds those before it"`
	IsCurrent  bool       `json:"is_current" doc:"The request came with this key"`
	ExpiresAt  store.Time `json:"expires_at" nullable:"true" doc:"null: never"`
	LastUsedAt store.Time `json:"last_used_at" nullable:"true" doc:"To the minute; null: never"`
	CreatedAt  store.Time `json:"created_at"`
}

func viewAPIKey(who Actor, k *store.APIKey) APIKeyView {
	return APIKeyView{k.ID, k.Name, k.Scopes, k.ID == who.KeyID, k.ExpiresAt, k.LastUsedAt, k.CreatedAt}
}

// APIKeyList is a page of the caller's keys, the newest first.
type APIKeyList struct { //nolint:revive // an API key is not a key of the ring
	APIKeys []APIKeyView `json:"api_keys"`
	Total   int          `json:"total"`
	HasMore bool         `json:"has_more"`
}

// ListAPIKeys returns the caller's keys.
func (a *API) ListAPIKeys(ctx context.Context, who Actor, in PageInput) (out *APIKeyList, err error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	own := whole(func(tx *store.Tx) ([]*store.APIKey, error) { return tx.APIKeysOf(who.UserID) }, func(k *store.APIKey) store.ID { return k.ID })
	view := func(_ *store.Tx, k *store.APIKey) (APIKeyView, error) { return viewAPIKey(who, k), nil }
	out = &APIKeyList{}
	out.APIKeys, out.Total, out.HasMore, err = listed(ctx, a, in, own, view)
	return out, err
}

// CreateAPIKeyInput makes a key.
type CreateAPIKeyInput struct {
	Name      string     `json:"name" minLength:"1" maxLength:"100" doc:"What it is for"`
	Scopes    []string   `json:"scopes,omitempty" minItems:"1" maxItems:"3" enum:"read,write,admin" doc:"What it may be used for; each holds those before it. Without any: read"`
	ExpiresAt store.Time `json:"expires_at,omitzero" nullable:"true" doc:"From when on it is void; null or without it: never"`
}

// A CreatedAPIKey is a new key. Key is told this once.
type CreatedAPIKey struct {
	ID        store.ID   `json:"id"`
	Key       string     `json:"key" doc:"The key itself, shown this once; send it as Authorization: Bearer"`
	Name      string     `json:"name"`
	Scopes    []string   `json:"scopes"`
	ExpiresAt store.Time `json:"expires_at" nullable:"true"`
	CreatedAt store.Time `json:"created_at"`
}

// CreateAPIKey makes a key that acts for the caller. A key that makes another
// gives it no more than it has itself, in scopes and in time, and takes it along
// when it goes.
func (a *API) CreateAPIKey(ctx context.Context, who Actor, in CreateAPIKeyInput) (*CreatedAPIKey, error) {
	name, err := title("body.name", in.Name, 100)
	if err != nil {
		return nil, err
	}
	scope := scopeOf(in.Scopes)
	secret := keyPrefix + randomToken()
	k := store.APIKey{UserID: who.UserID, MadeBy: who.KeyID, Name: name, Hash: hashToken(secret), Scopes: scope.names(), ExpiresAt: in.ExpiresAt}
	err = a.store.Update(ctx, func(tx *store.Tx) (err error) {
		if err := who.mayMakeKey(tx, scope, in.ExpiresAt); err != nil {
			return err
		}
		if k.ID, err = tx.NewID(); err != nil {
			return err
		}
		k.CreatedAt = tx.Now
		if err := tx.PutAPIKey(&k); err != nil {
			return err
		}
		return a.note(tx, who, "api_key_created", k.ID, details{"name": k.Name, "scope": scope.String()})
	})
	if err != nil {
		return nil, err
	}
	return &CreatedAPIKey{k.ID, secret, k.Name, k.Scopes, k.ExpiresAt, k.CreatedAt}, nil
}

func (who Actor) mayMakeKey(tx *store.Tx, scope Scope, expires store.Time) error {
	switch err := who.MayUse(scope); {
	case who.IsNobody():
		return signInFirst()
	case err != nil:
		return forbidden("make a key that may do more than the one that asks for it")
	case scope == ScopeAdmin && !who.Admin:
		return forbidden("make a key with the scope admin: only administrators may")
	case !expires.IsZero() && !expires.After(tx.Now.Time):
		return store.Invalid("body.expires_at", "must be in the future")
	}
	if !who.KeyID.IsZero() {
		own, err := tx.APIKey(who.KeyID)
		if err != nil {
			return err
		}
		if end := own.ExpiresAt; !end.IsZero() && (expires.IsZero() || expires.After(end.Time)) {
			return forbidden("make a key that outlives the one that asks for it")
		}
	}
	list, err := tx.APIKeysOf(who.UserID)
	if err == nil && len(list) >= maxAPIKeys {
		err = store.Errorf(store.CodeConflict, "you have %d API keys, which is as many as there may be: delete one first", len(list))
	}
	return err
}

// DeleteAPIKey makes one of the caller's keys void at once, and those that were
// made with it.
func (a *API) DeleteAPIKey(ctx context.Context, who Actor, in IDInput) (*Nothing, error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	return &Nothing{}, a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		k, err := tx.APIKey(in.ID)
		if err != nil || k.UserID != who.UserID {
			return notTheirs("API key", err)
		}
		if who.MayUse(scopeOf(k.Scopes)) != nil {
			return forbidden("delete a key that may do more than the one that asks for it")
		}
		list, err := tx.APIKeysOf(who.UserID)
		if err != nil {
			return err
		}
		ended, err := deleteAPIKey(tx, k, list)
		for _, k := range ended {
			if err == nil {
				err = a.note(tx, who, "api_key_deleted", k.ID, details{"name": k.Name})
			}
		}
		return err
	})
}

// deleteAPIKey deletes k and what was made with it, among all that its user has. It
// returns what it deleted, nothing if k is gone already.
func deleteAPIKey(tx *store.Tx, k *store.APIKey, all []*store.APIKey) ([]*store.APIKey, error) {
	switch now, err := tx.APIKey(k.ID); {
	case store.CodeOf(err) == store.CodeNotFound:
		return nil, nil
	case err != nil:
		return nil, err
	default:
		if err := tx.DeleteAPIKey(now); err != nil {
			return nil, err
		}
	}
	ended := []*store.APIKey{k}
	for _, made := range all {
		if made.MadeBy == k.ID {
			more, err := deleteAPIKey(tx, made, all)
			if err != nil {
				return nil, err
			}
			ended = append(ended, more...)
		}
	}
	return ended, nil
}

// endKeys deletes those API keys of a user that which selects, nil for all, and what
// was made with them. It returns what it deleted.
func endKeys(tx *store.Tx, user store.ID, which func(*store.APIKey) bool) (ended []*store.APIKey, err error) {
	list, err := tx.APIKeysOf(user)
	if err != nil {
		return nil, err
	}
	for _, k := range list {
		if which != nil && !which(k) {
			continue
		}
		more, err := deleteAPIKey(tx, k, list)
		if err != nil {
			return nil, err
		}
		ended = append(ended, more...)
	}
	return ended, nil
}

// sayEnded adds to what the audit says of a change which API keys it ended.
func (d details) sayEnded(keys []*store.APIKey) {
	if len(keys) == 0 {
		return
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Name
	}
	d["api_keys_ended"] = itoa(len(keys))
	d["api_keys"] = clip(strings.Join(names, ", "), 1000)
}

// isAdminKey reports whether k has the scope admin.
func isAdminKey(k *store.APIKey) bool { return scopeOf(k.Scopes) == ScopeAdmin }

// authenticateKey says who shows an API key. Keys of a disabled user are void for
// as long as that lasts.
func (a *API) authenticateKey(ctx context.Context, who Actor, key string) (Actor, error) {
	var k *store.APIKey
	err := a.store.View(ctx, func(tx *store.Tx) (err error) {
		if k, err = tx.APIKeyByHash(hashToken(key)); err != nil || k == nil {
			return orElse(err, unauthorized("the API key is not valid"))
		}
		if !k.ExpiresAt.IsZero() && !tx.Now.Before(k.ExpiresAt.Time) {
			return unauthorized("the API key has expired")
		}
		u, err := tx.User(k.UserID)
		if err != nil || u.IsDisabled {
			return orElse(err, unauthorized("the account is disabled"))
		}
		who.UserID, who.KeyID, who.Username, who.Name, who.scope = u.ID, k.ID, u.Username, u.Name(), scopeOf(k.Scopes)
		who.Admin = u.Role == store.RoleAdmin && who.scope == ScopeAdmin
		return nil
	})
	if code := store.CodeOf(err); code == store.CodeNotFound || code == store.CodeDamaged {
		err = unauthorized("the API key is not valid") // or its user was deleted
	}
	if err != nil {
		return Actor{}, err
	}
	a.markUsed(ctx, k)
	return who, nil
}

// markUsed notes that a key was used, at most once a minute: it costs a write.
func (a *API) markUsed(ctx context.Context, k *store.APIKey) {
	if now := a.o.Now(); now.Sub(k.LastUsedAt.Time).Minutes() < 1 {
		return
	}
	err := a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		now, err := tx.APIKey(k.ID)
		if err != nil || tx.Now.Sub(now.LastUsedAt.Time).Minutes() < 1 {
			return err
		}
		now.LastUsedAt = tx.Now
		return tx.PutAPIKey(now)
	})
	if err != nil && store.CodeOf(err) != store.CodeNotFound { // deleted meanwhile
		a.log.WarnContext(ctx, "the use of an API key could not be noted", "key", k.ID, "err", err)
	}
}

// A Scope is how much an API key may be used for; each holds those before it.
type Scope int

// The scopes, from the least to the most.
const (
	ScopeRead  Scope = iota // what changes nothing
	ScopeWrite              // what its user may change
	ScopeAdmin              // what only administrators may, if its user is one
)

var scopeNames = []string{store.ScopeRead, store.ScopeWrite, store.ScopeAdmin}

// String returns the word that keys and the document have for it.
func (s Scope) String() string { return scopeNames[s] }

// names are those of s and of all that it holds.
func (s Scope) names() []string { return slices.Clone(scopeNames[:s+1]) }

// scopeOf returns the most of what is named.
func scopeOf(names []string) (s Scope) {
	for _, name := range names {
		s = max(s, Scope(slices.Index(scopeNames, name)))
	}
	return s
}
