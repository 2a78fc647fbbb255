package api_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// forge signs what somebody else might, with header and claims changed.
func forge(t *testing.T, token string, header, claims map[string]any, method jwt.SigningMethod, key any) string {
	t.Helper()
	parts := strings.Split(token, ".")
	part := func(i int, change map[string]any) map[string]any {
		t.Helper()
		m := map[string]any{}
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			err = json.Unmarshal(b, &m)
		}
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(m, change)
		maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
		return m
	}
	forged := jwt.NewWithClaims(method, jwt.MapClaims(part(1, claims)))
	for k, v := range part(0, header) {
		if k != "alg" {
			forged.Header[k] = v
		}
	}
	if alg, ok := header["alg"]; ok {
		forged.Header["alg"] = alg
	}
	s, err := forged.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// seed returns the private key of the newest key on the ring.
func (w *world) seed() (key ed25519.PrivateKey) {
	w.t.Helper()
	if err := w.store.View(w.t.Context(), func(tx *store.Tx) error {
		ring, err := tx.SigningKeys()
		if err == nil {
			key = ed25519.NewKeyFromSeed(ring[len(ring)-1].Seed)
		}
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return key
}

func TestBadTokens(t *testing.T) {
	at := newClock()
	w := newWorldWith(t, func(o *api.Options) { o.Now = at.Now })
	token := w.setUp().AccessToken
	key := w.seed()
	public := key.Public().(ed25519.PublicKey)
	_, stranger, _ := ed25519.GenerateKey(rand.Reader)
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	jwk := w.api.PublicKeys()[0]
	head, rest, _ := strings.Cut(token, ".")
	body, signature, _ := strings.Cut(rest, ".")
	ed := jwt.SigningMethodEdDSA
	in := func(d time.Duration) map[string]any {
		return map[string]any{"iat": at.Now().Add(d).Unix(), "exp": at.Now().Add(d + time.Hour).Unix()}
	}
	own := func(claims map[string]any) string { return forge(t, token, nil, claims, ed, key) }
	for name, tt := range map[string]struct{ token, want string }{
		"as it is":            {token, ""},
		"signed once more":    {own(nil), ""},
		"a slow clock":        {own(in(30 * time.Second)), ""},
		"from the future":     {own(in(2 * time.Minute)), "not valid"},
		"not yet good":        {own(map[string]any{"nbf": at.Now().Add(2 * time.Minute).Unix()}), "not valid"},
		"expired":             {own(map[string]any{"exp": at.Now().Add(-time.Second).Unix()}), "expired"},
		"expires now":         {own(map[string]any{"exp": at.Now().Unix()}), "expired"},
		"without an end":      {own(map[string]any{"exp": nil}), "not valid"},
		"without a beginning": {own(map[string]any{"iat": nil}), "not valid"},
		"without a user":      {own(map[string]any{"sub": nil}), "not valid"},
		"without a session":   {own(map[string]any{"sid": nil}), "not valid"},
		"a number as user":    {own(map[string]any{"sub": 7}), "not valid"},
		"another user":        {own(map[string]any{"sub": store.ID{15: 1}.String()}), "disabled"},
		"another session":     {own(map[string]any{"sid": store.ID{15: 1}.String()}), "ended"},

		"junk":                         {"junk", "not valid"},
		"empty parts":                  {"..", "not valid"},
		"five parts":                   {token + ".a.b", "not valid"},
		"64 KiB":                       {strings.Repeat("a", 64<<10), "not valid"},
		"cut off":                      {token[:len(token)-4], "not valid"},
		"no signature":                 {head + "." + body + ".", "not valid"},
		"another signature":            {head + "." + body + "." + strings.Repeat("A", len(signature)), "not valid"},
		"a stranger's signature":       {forge(t, token, nil, nil, ed, stranger), "not valid"},
		"a stranger's kid":             {forge(t, token, map[string]any{"kid": store.ID{15: 1}.String()}, nil, ed, key), "not valid"},
		"no kid":                       {forge(t, token, map[string]any{"kid": nil}, nil, ed, key), "not valid"},
		"a kid that is a path":         {forge(t, token, map[string]any{"kid": "../../dev/null"}, nil, ed, stranger), "not valid"},
		"a kid that is a list":         {forge(t, token, map[string]any{"kid": []string{jwk.ID}}, nil, ed, key), "not valid"},
		"brings its own key":           {forge(t, token, map[string]any{"jwk": map[string]string{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(stranger.Public().(ed25519.PublicKey))}}, nil, ed, stranger), "not valid"},
		"says where its key is":        {forge(t, token, map[string]any{"jku": "http://127.0.0.1:1/jwks.json", "x5u": "http://127.0.0.1:1/"}, nil, ed, stranger), "not valid"},
		"none":                         {forge(t, token, nil, nil, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType), "not valid"},
		"None":                         {forge(t, token, map[string]any{"alg": "None"}, nil, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType), "not valid"},
		"HMAC by the public key":       {forge(t, token, nil, nil, jwt.SigningMethodHS256, []byte(public)), "not valid"},
		"HMAC by its text":             {forge(t, token, nil, nil, jwt.SigningMethodHS256, []byte(jwk.X)), "not valid"},
		"RSA":                          {forge(t, token, nil, nil, jwt.SigningMethodRS256, private), "not valid"},
		"EdDSA in name, HMAC at heart": {forgeHMAC(head, body, public), "not valid"},
	} {
		t.Run(name, func(t *testing.T) {
			who, err := w.authenticate(tt.token)
			if tt.want == "" {
				if err != nil || who.Username != "root" {
					t.Errorf("got %+v, %v", who, err)
				}
				return
			}
			wantCode(t, err, store.CodeUnauthorized)
			if !strings.Contains(message(err), tt.want) {
				t.Errorf("got %q, want %q", message(err), tt.want)
			}
			if _, err = w.authenticate(tt.token); err == nil {
				t.Error("the second time it is good")
			}
		})
	}
}

func forgeHMAC(head, body string, key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(head + "." + body))
	return head + "." + body + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// FuzzToken: no text makes the check panic, and none but the real one is good.
func FuzzToken(f *testing.F) {
	ring, err := api.NewKeyRing(api.KeyRingOptions{})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"", ".", "..", "...", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJFZERTQSIsImtpZCI6W119.e30.AAAA",
		"eyJhbGciOiJFZERTQSJ9.eyJleHAiOjFlMzA4fQ.", "eyJhbGciOiJFZERTQSJ9.bnVsbA.", "eyJhbGciOnt9fQ.e30.",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if err := api.Verify(ring, token); store.CodeOf(err) != store.CodeUnauthorized {
			t.Errorf("%q: %v", token, err)
		}
	})
}

// Old keys verify while a token of theirs can live, and are then forgotten.
func TestKeyRotation(t *testing.T) {
	at := newClock()
	w := newWorldWith(t, func(o *api.Options) { o.Now, o.KeyRotation, o.AccessTTL = at.Now, time.Hour, 15*time.Minute })
	old := w.setUp()
	rotate := func(later time.Duration, keys int) {
		t.Helper()
		at.add(later)
		if err := w.api.RotateKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(w.api.PublicKeys()); got != keys {
			t.Errorf("%d keys, want %d", got, keys)
		}
	}
	rotate(59*time.Minute, 1)
	last := must(w.api.Login(t.Context(), api.Actor{}, api.LoginInput{Login: "root", Password: secret}))(t)
	rotate(time.Minute, 2)
	must(w.authenticate(last.AccessToken))(t) // signed by the key before
	list := must(w.api.KeyRing().List(t.Context()))(t)
	if list.Total != 2 || list.Keys[0].State != api.KeySigning || list.Keys[0].VerifiesUntil != nil ||
		list.Keys[1].State != api.KeyVerifying || !list.Keys[1].VerifiesUntil.Equal(at.Now().Add(15*time.Minute)) {
		t.Errorf("the ring is %+v", list)
	}
	rotate(13*time.Minute, 2)
	must(w.authenticate(last.AccessToken))(t)
	rotate(3*time.Minute, 1)
	for _, expired := range []string{old.AccessToken, last.AccessToken} {
		_, err := w.authenticate(expired)
		wantCode(t, err, store.CodeUnauthorized)
	}
}

func TestReplacingKeys(t *testing.T) {
	at := newClock()
	w := newWorldWith(t, func(o *api.Options) { o.Now = at.Now })
	first := w.setUp()
	admin := must(w.authenticate(first.AccessToken))(t)
	for name, who := range map[string]struct {
		who  api.Actor
		code store.Code
	}{"nobody": {api.Actor{}, store.CodeUnauthorized}, "a member": {w.as("mel"), store.CodeForbidden}} {
		_, err := w.api.ReplaceKeys(t.Context(), who.who, api.ReplaceKeysInput{Revoke: true})
		if got := store.CodeOf(err); got != who.code {
			t.Errorf("%s: got %q", name, got)
		}
	}
	if list := must(w.api.ReplaceKeys(t.Context(), admin, api.ReplaceKeysInput{}))(t); list.Total != 2 {
		t.Errorf("the ring is %+v", list)
	}
	must(w.authenticate(first.AccessToken))(t)
	second := must(w.api.Refresh(t.Context(), api.Actor{}, api.RefreshInput{RefreshToken: first.RefreshToken}))(t)
	if list := must(w.api.ReplaceKeys(t.Context(), admin, api.ReplaceKeysInput{Revoke: true}))(t); list.Total != 1 {
		t.Errorf("the ring is %+v", list)
	}
	for _, void := range []string{first.AccessToken, second.AccessToken} {
		_, err := w.authenticate(void) // both were known good a moment ago
		wantCode(t, err, store.CodeUnauthorized)
	}
	third := must(w.api.Refresh(t.Context(), api.Actor{}, api.RefreshInput{RefreshToken: second.RefreshToken}))(t)
	must(w.authenticate(third.AccessToken))(t)

	var actions []string
	if err := w.store.View(t.Context(), func(tx *store.Tx) error {
		list, _, _, err := tx.ListAudit(store.AuditQuery{Limit: 10})
		for _, e := range list {
			if e.Action == "keys_rotated" {
				actions = append(actions, e.Username+" "+e.Details["revoked"])
			}
		}
		return err
	}); err != nil || strings.Join(actions, ",") != "root true,root " {
		t.Errorf("the audit trail has %q, %v", actions, err)
	}
}

// A master key wraps the keys that there are and those that come; without it, or
// with another, nothing begins, and there is a way out that costs no data.
func TestMasterKey(t *testing.T) {
	const one, other = "first master key, 32 bytes long!", "other master key, 32 bytes long!"
	master := ""
	w := newWorldWith(t, func(o *api.Options) { o.MasterKey = master })
	signIn := w.setUp()
	open := w.seed()
	restart := func(key string) {
		t.Helper()
		if err := w.store.Close(); err != nil {
			t.Fatal(err)
		}
		master = key
		w.start()
	}
	stored := func() (list []*store.SigningKey) {
		t.Helper()
		if err := w.store.View(t.Context(), func(tx *store.Tx) (err error) {
			list, err = tx.SigningKeys()
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return list
	}
	restart(one)
	must(w.authenticate(signIn.AccessToken))(t) // signed by the key that lay open
	keys := stored()
	if len(keys) != 2 {
		t.Fatalf("%d keys: one that never lay open should sign", len(keys))
	}
	for _, k := range keys {
		if len(k.Seed) > 0 || len(k.Wrapped) < 32 || k.MasterID == "" || strings.Contains(string(k.Wrapped), string(open.Seed())) {
			t.Errorf("not wrapped: %+v", k)
		}
	}
	restart(one)
	must(w.authenticate(signIn.AccessToken))(t)
	if got := len(stored()); got != 2 {
		t.Errorf("%d keys after another start", got)
	}
	for name, key := range map[string]string{"no key": "", "another key": other} {
		ring := must(api.NewKeyRing(api.KeyRingOptions{Store: w.store, MasterKey: key}))(t)
		err := ring.Renew(t.Context())
		if wrong, ok := errors.AsType[*api.MasterKeyError](err); !ok || wrong.Want != keys[0].MasterID || strings.Contains(err.Error(), "master key, 32") {
			t.Errorf("%s: got %v", name, err)
		}
		if err := ring.Replace(t.Context(), api.Actor{}, false); err == nil {
			t.Errorf("%s: keys that cannot be unwrapped stay on the ring", name)
		}
		if list := must(ring.List(t.Context()))(t); list.Total != len(stored()) || list.Keys[0].MasterKey != keys[0].MasterID {
			t.Errorf("%s: the ring is %+v", name, list)
		}
	}
	lost := must(api.NewKeyRing(api.KeyRingOptions{Store: w.store, MasterKey: other}))(t)
	if err := lost.Replace(t.Context(), api.Actor{}, true); err != nil {
		t.Fatal(err)
	}
	restart(other)
	_, err := w.authenticate(signIn.AccessToken)
	wantCode(t, err, store.CodeUnauthorized)
	again := must(w.api.Refresh(t.Context(), api.Actor{}, api.RefreshInput{RefreshToken: signIn.RefreshToken}))(t)
	must(w.authenticate(again.AccessToken))(t)
	if _, err := api.NewKeyRing(api.KeyRingOptions{MasterKey: "too short"}); err == nil || strings.Contains(err.Error(), "too short") {
		t.Errorf("a short master key: %v", err)
	}
}

// A wrapped key that was moved to another id, or changed, is not taken.
func TestWrappedKeysAreBoundToTheirIDs(t *testing.T) {
	const master = "first master key, 32 bytes long!"
	w := newWorldWith(t, func(o *api.Options) { o.MasterKey = master })
	if err := w.store.Update(t.Context(), func(tx *store.Tx) error {
		ring, err := tx.SigningKeys()
		if err != nil {
			return err
		}
		k := *ring[0]
		k.ID, err = tx.NewID()
		if err != nil {
			return err
		}
		return tx.PutSigningKey(&k)
	}); err != nil {
		t.Fatal(err)
	}
	ring := must(api.NewKeyRing(api.KeyRingOptions{Store: w.store, MasterKey: master}))(t)
	if err := ring.Renew(t.Context()); err == nil || !strings.Contains(err.Error(), "was changed after it was wrapped") {
		t.Errorf("got %v", err)
	}
}
