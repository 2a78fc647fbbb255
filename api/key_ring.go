package api

import (
	"context"
	"crypto/ed25519"
	"slices"
	"sync"
	"time"

	"github.com/parley-app/parley/store"
)

// KeyRingOptions are what NewKeyRing is told. Zero durations take the defaults
// of Options.
type KeyRingOptions struct {
	Store     *store.Store
	Now       func() time.Time // nil means time.Now
	AccessTTL time.Duration    // of the tokens that the keys sign
	Rotation  time.Duration    // after which a new key takes over
	MasterKey string           // wraps the keys; "" leaves them as they are
}

// A KeyRing holds the signing keys of an instance: the newest signs, the older
// ones verify until every token that they signed has expired. It is safe for
// concurrent use.
type KeyRing struct {
	store    *store.Store
	now      func() time.Time
	ttl      time.Duration
	rotation time.Duration
	master   masterKey
	revoked  func() // called once all tokens are void; nil: nobody wants to know

	mu   sync.RWMutex
	keys []ringKey // the oldest first; none before Renew or Replace

	// Verifying EdDSA costs as much as ten small requests, so what was verified
	// is remembered until it expires, in bounded space.
	verified map[string]*accessToken
}

type ringKey struct {
	id      string
	private ed25519.PrivateKey
}

// NewKeyRing makes a ring that holds nothing yet. Its error is about the master key.
func NewKeyRing(o KeyRingOptions) (*KeyRing, error) {
	orDefault(&o.AccessTTL, defaultAccessTTL)
	orDefault(&o.Rotation, defaultKeyRotation)
	if o.Now == nil {
		o.Now = time.Now
	}
	master, err := newMasterKey(o.MasterKey)
	return &KeyRing{
		store: o.Store, now: o.Now, ttl: o.AccessTTL, rotation: o.Rotation, master: master, verified: map[string]*accessToken{},
	}, err
}

// Renew loads the ring. It makes a new key when the newest is older than the
// rotation period, drops those that no living token can have been signed with,
// and wraps those that are not wrapped when there is a master key: then a new key
// signs, which never lay there open. The error is a *MasterKeyError when the
// keys cannot be unwrapped.
func (r *KeyRing) Renew(ctx context.Context) error {
	return r.change(ctx, func(tx *store.Tx, ring []*store.SigningKey) ([]*store.SigningKey, error) {
		renew := len(ring) == 0 || tx.Now.Sub(ring[len(ring)-1].CreatedAt.Time) >= r.rotation
		for _, k := range ring {
			if r.master.aead == nil || len(k.Wrapped) > 0 {
				continue
			}
			renew = true
			r.master.wrap(k)
			if err := tx.PutSigningKey(k); err != nil {
				return nil, err
			}
		}
		if !renew {
			return r.expire(tx, ring)
		}
		return r.add(tx, ring)
	})
}

// Replace makes a new key that signs from now on. The others verify until what
// they signed has expired; with revoke they are void at once, and so is every
// access token there is. With revoke it also works where the master key is lost.
// who is written into the audit trail.
func (r *KeyRing) Replace(ctx context.Context, who Actor, revoke bool) error {
	err := r.change(ctx, func(tx *store.Tx, ring []*store.SigningKey) (_ []*store.SigningKey, err error) {
		d := details{}
		for ; revoke && len(ring) > 0; ring = ring[1:] {
			d["revoked"] = "true"
			if err := tx.DeleteSigningKey(ring[0]); err != nil {
				return nil, err
			}
		}
		if ring, err = r.add(tx, ring); err != nil {
			return nil, err
		}
		return ring, note(ctx, tx, who, "keys_rotated", ring[len(ring)-1].ID, d)
	})
	if err == nil && revoke && r.revoked != nil {
		r.revoked()
	}
	return err
}

// change has f change the ring in a transaction and takes over what it returns.
func (r *KeyRing) change(ctx context.Context, f func(*store.Tx, []*store.SigningKey) ([]*store.SigningKey, error)) error {
	var ring []*store.SigningKey
	err := r.store.Update(store.InReserve(ctx), func(tx *store.Tx) (err error) {
		if ring, err = tx.SigningKeys(); err != nil {
			return err
		}
		if ring, err = f(tx, ring); err != nil {
			return err
		}
		_, err = r.open(ring) // or nothing is changed
		return err
	})
	if err != nil {
		return err
	}
	return r.set(ring)
}

// add puts a new key on the ring.
func (r *KeyRing) add(tx *store.Tx, ring []*store.SigningKey) ([]*store.SigningKey, error) {
	key, err := newSigningKey(tx, r.master)
	if err != nil {
		return nil, err
	}
	return r.expire(tx, append(ring, key))
}

// expire drops the keys that no living token can have been signed with.
func (r *KeyRing) expire(tx *store.Tx, ring []*store.SigningKey) ([]*store.SigningKey, error) {
	for len(ring) > 1 && tx.Now.Sub(ring[1].CreatedAt.Time) > r.ttl {
		if err := tx.DeleteSigningKey(ring[0]); err != nil {
			return nil, err
		}
		ring = ring[1:]
	}
	return ring, nil
}

// open unwraps the keys of list.
func (r *KeyRing) open(list []*store.SigningKey) ([]ringKey, error) {
	keys := make([]ringKey, 0, len(list))
	for _, k := range list {
		seed, err := r.master.seed(k)
		if err != nil {
			return nil, err
		}
		keys = append(keys, ringKey{k.ID.String(), ed25519.NewKeyFromSeed(seed)})
	}
	return keys, nil
}

// set makes list the ring and forgets what the one before has verified.
func (r *KeyRing) set(list []*store.SigningKey) error {
	keys, err := r.open(list)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.EqualFunc(keys, r.keys, func(a, b ringKey) bool { return a.id == b.id }) {
		r.keys, r.verified = keys, map[string]*accessToken{}
	}
	return nil
}

// The states of a key on the ring.
const (
	KeySigning   = "signing"   // it signs, and verifies
	KeyVerifying = "verifying" // it verifies what it signed
)

// A KeyView is one key of the ring as administrators see it.
type KeyView struct {
	ID            store.ID    `json:"id" doc:"The kid of the tokens that it signed"`
	State         string      `json:"state" enum:"signing,verifying"`
	CreatedAt     store.Time  `json:"created_at"`
	VerifiesUntil *store.Time `json:"verifies_until" doc:"When the last token that it signed has expired; null while it signs"`
	MasterKey     string      `json:"master_key" doc:"Name of the master key that wraps it; empty where none does"`
}

// A KeyList is the ring, the newest key first.
type KeyList struct {
	Keys    []KeyView `json:"keys"`
	Total   int       `json:"total"`
	HasMore bool      `json:"has_more"`
}

// List returns the ring as it is stored. It needs no master key.
func (r *KeyRing) List(ctx context.Context) (*KeyList, error) {
	out := &KeyList{}
	err := r.store.View(ctx, func(tx *store.Tx) error {
		ring, err := tx.SigningKeys()
		out.Keys = make([]KeyView, 0, len(ring))
		for i, k := range slices.Backward(ring) {
			v := KeyView{ID: k.ID, State: KeySigning, CreatedAt: k.CreatedAt, MasterKey: k.MasterID}
			if i+1 < len(ring) {
				until := store.TimeOf(ring[i+1].CreatedAt.Add(r.ttl))
				v.State, v.VerifiesUntil = KeyVerifying, &until
			}
			out.Keys = append(out.Keys, v)
		}
		out.Total = len(ring)
		return err
	})
	return out, err
}

// RotateKeys is Renew of the instance's ring; a job calls it.
func (a *API) RotateKeys(ctx context.Context) error { return a.ring.Renew(ctx) }

// ReplaceKeysInput says what becomes of the keys that there are.
type ReplaceKeysInput struct {
	Revoke bool `json:"revoke,omitempty" doc:"Make every access token void at once, rather than let those that there are expire"`
}

// ReplaceKeys makes a new signing key, for administrators.
func (a *API) ReplaceKeys(ctx context.Context, who Actor, in ReplaceKeysInput) (*KeyList, error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	if err := a.ring.Replace(ctx, who, in.Revoke); err != nil {
		return nil, err
	}
	a.log.InfoContext(ctx, "the signing key was replaced", "user", who.Username, "revoked", in.Revoke)
	return a.ring.List(ctx)
}

// KeyRing returns the ring, for the command line.
func (a *API) KeyRing() *KeyRing { return a.ring }
