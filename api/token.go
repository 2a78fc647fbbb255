package api

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"slices"
	"sync/atomic"
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

// An accessToken is one that was verified, and who was last seen to come with it.
type accessToken struct {
	claims
	holder atomic.Pointer[holder] // nil: nobody yet
}

// A holder is whom the store named for a token. It is true for as long as the number
// of store.People is the same.
type holder struct {
	who    Actor // without the address and the agent of a request
	people uint64
}

// maxVerified is how many access tokens a ring remembers.
const maxVerified = 10_000

// clockSkew is how far the clock may have been set back since a token was signed.
const clockSkew = time.Minute

func (r *KeyRing) sign(c claims) (string, error) {
	r.mu.RLock()
	key := r.keys[len(r.keys)-1]
	r.mu.RUnlock()
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, tokenClaims{
		jwt.RegisteredClaims{
			Subject: c.User.String(), IssuedAt: jwt.NewNumericDate(r.now()), ExpiresAt: jwt.NewNumericDate(c.Expires),
		}, c.Session.String(),
	})
	t.Header["kid"] = key.id
	return t.SignedString(key.private)
}

func (r *KeyRing) verify(token string) (*accessToken, error) {
	r.mu.RLock()
	t := r.verified[token]
	r.mu.RUnlock()
	if t == nil {
		c, kid, err := r.parse(token)
		if err != nil {
			return nil, err
		}
		t = &accessToken{claims: c}
		r.remember(token, kid, t)
	}
	if !r.now().Before(t.Expires) {
		return nil, unauthorized("the access token has expired")
	}
	return t, nil
}

// remember keeps what was verified, if the key is still on the ring.
func (r *KeyRing) remember(token, kid string, t *accessToken) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.ContainsFunc(r.keys, func(k ringKey) bool { return k.id == kid }) {
		return
	}
	if len(r.verified) >= maxVerified {
		clear(r.verified)
	}
	r.verified[token] = t
}

// parse proves a token and returns what it says, and the key that signed it. Only
// EdDSA counts, whatever the token says of itself; what is from the future is as
// bad as what has expired.
func (r *KeyRing) parse(token string) (c claims, kid string, err error) {
	bad := unauthorized("the access token is not valid")
	var m tokenClaims
	t, err := jwt.ParseWithClaims(token, &m, r.publicKey,
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithExpirationRequired(), jwt.WithStrictDecoding(), jwt.WithTimeFunc(r.now))
	if errors.Is(err, jwt.ErrTokenExpired) {
		return c, "", unauthorized("the access token has expired")
	}
	if err != nil || m.IssuedAt == nil || m.IssuedAt.After(r.now().Add(clockSkew)) {
		return c, "", bad
	}
	kid, _ = t.Header["kid"].(string)
	c.Expires = m.ExpiresAt.Time
	if c.User, err = store.ParseID(m.Subject); err != nil {
		return c, "", bad
	}
	if c.Session, err = store.ParseID(m.Session); err != nil {
		return c, "", bad
	}
	return c, kid, nil
}

// tokenClaims are the claims as they stand in a token.
type tokenClaims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
}

func (r *KeyRing) publicKey(t *jwt.Token) (any, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, k := range r.keys {
		if k.id == t.Header["kid"] {
			return k.private.Public(), nil
		}
	}
	return nil, errors.New("no such key")
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
