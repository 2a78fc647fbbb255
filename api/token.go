package api

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parley-app/parley/store"
)

// claims are what an access token (JWT, RFC 7519) says.
type claims struct {
	User    store.ID
	Session store.ID
	Expires time.Time
}

// A keyRing holds the signing keys: the newest signs, the older ones verify
// until every token that they signed has expired.
type keyRing struct {
	now func() time.Time
	ttl time.Duration

	mu   sync.RWMutex
	keys []ringKey // the oldest first

	// Verifying EdDSA costs as much as ten small requests, so what was verified
	// is remembered until it expires, in bounded space. Whether the session is
	// still there is asked of the store each time.
	verified map[string]claims
}

type ringKey struct {
	id      string
	created time.Time
	private ed25519.PrivateKey
}

const maxVerified = 10_000

func (r *keyRing) set(list []*store.SigningKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = r.keys[:0:0]
	for _, k := range list {
		r.keys = append(r.keys, ringKey{k.ID.String(), k.CreatedAt.Time, ed25519.NewKeyFromSeed(k.Seed)})
	}
	clear(r.verified)
}

func (r *keyRing) sign(c claims) (string, error) {
	r.mu.RLock()
	key := r.keys[len(r.keys)-1]
	r.mu.RUnlock()
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"sub": c.User.String(), "sid": c.Session.String(),
		"iat": r.now().Unix(), "exp": c.Expires.Unix(),
	})
	t.Header["kid"] = key.id
	return t.SignedString(key.private)
}

func (r *keyRing) verify(token string) (claims, error) {
	r.mu.RLock()
	c, known := r.verified[token]
	r.mu.RUnlock()
	if !known {
		var err error
		if c, err = r.parse(token); err != nil {
			return claims{}, err
		}
		r.remember(token, c)
	}
	if !r.now().Before(c.Expires) {
		return claims{}, unauthorized("the access token has expired")
	}
	return c, nil
}

func (r *keyRing) remember(token string, c claims) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.verified) >= maxVerified {
		clear(r.verified)
	}
	r.verified[token] = c
}

func (r *keyRing) parse(token string) (claims, error) {
	bad := unauthorized("the access token is not valid")
	var m jwt.MapClaims
	_, err := jwt.ParseWithClaims(token, &m, r.publicKey,
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(r.now))
	if errors.Is(err, jwt.ErrTokenExpired) {
		return claims{}, unauthorized("the access token has expired")
	}
	if err != nil {
		return claims{}, bad
	}
	expires, err := m.GetExpirationTime()
	if err != nil {
		return claims{}, bad
	}
	subject, _ := m["sub"].(string)
	session, _ := m["sid"].(string)
	c := claims{Expires: expires.Time}
	if c.User, err = store.ParseID(subject); err != nil {
		return claims{}, bad
	}
	if c.Session, err = store.ParseID(session); err != nil {
		return claims{}, bad
	}
	return c, nil
}

func (r *keyRing) publicKey(t *jwt.Token) (any, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, k := range r.keys {
		if k.id == t.Header["kid"] {
			return k.private.Public(), nil
		}
	}
	return nil, fmt.Errorf("no key %v", t.Header["kid"])
}

// A JWK is one public key of the ring (RFC 7517, RFC 8037).
type JWK struct {
	KeyType   string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	ID        string `json:"kid"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
}

// PublicKeys returns the keys that access tokens verify with, the newest first.
func (a *API) PublicKeys() []JWK {
	a.ring.mu.RLock()
	defer a.ring.mu.RUnlock()
	out := []JWK{}
	for _, k := range a.ring.keys {
		public, _ := k.private.Public().(ed25519.PublicKey)
		out = append([]JWK{{"OKP", "Ed25519", base64.RawURLEncoding.EncodeToString(public), k.id, "sig", "EdDSA"}}, out...)
	}
	return out
}

// RotateKeys makes a new signing key when the newest is older than the rotation
// period, and drops those that no living token can have been signed with.
func (a *API) RotateKeys(ctx context.Context) error {
	var ring []*store.SigningKey
	err := a.store.Update(store.InReserve(ctx), func(tx *store.Tx) (err error) {
		if ring, err = tx.SigningKeys(); err != nil {
			return err
		}
		if n := len(ring); n == 0 || tx.Now.Sub(ring[n-1].CreatedAt.Time) >= a.o.KeyRotation {
			key, err := newSigningKey(tx)
			if err != nil {
				return err
			}
			ring = append(ring, key)
		}
		for len(ring) > 1 && tx.Now.Sub(ring[1].CreatedAt.Time) > a.o.AccessTTL {
			if err := tx.DeleteSigningKey(ring[0]); err != nil {
				return err
			}
			ring = ring[1:]
		}
		return nil
	})
	if err == nil {
		a.ring.set(ring)
	}
	return err
}

func newSigningKey(tx *store.Tx) (*store.SigningKey, error) {
	id, err := tx.NewID()
	if err != nil {
		return nil, err
	}
	key := &store.SigningKey{ID: id, Seed: make([]byte, ed25519.SeedSize), CreatedAt: tx.Now}
	_, _ = rand.Read(key.Seed) // never fails, by its documentation
	return key, tx.PutSigningKey(key)
}
