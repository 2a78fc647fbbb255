package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

const secret = "correct horse battery"

// setUp makes the first administrator and returns the sign-in.
func (w *world) setUp() *api.SignIn {
	w.t.Helper()
	token := must(w.api.SetupToken(w.t.Context()))(w.t)
	return must(w.api.Setup(w.t.Context(), api.Actor{}, api.SetupInput{Token: token, Username: "root", Email: "root@example.org", Password: secret}))(w.t)
}

func (w *world) authenticate(token string) (api.Actor, error) {
	return w.api.Authenticate(w.t.Context(), api.Credential{Token: token})
}

func TestSetup(t *testing.T) {
	w := newWorld(t)
	good := api.SetupInput{Token: must(w.api.SetupToken(t.Context()))(t), Username: "root", Email: "root@example.org", Password: secret}
	if again := must(w.api.SetupToken(t.Context()))(t); again != good.Token {
		t.Error("the token changes while it is not used")
	}
	for name, tt := range map[string]struct {
		change func(*api.SetupInput)
		code   store.Code
	}{
		"wrong token":       {func(in *api.SetupInput) { in.Token = "x" }, store.CodeForbidden},
		"short password":    {func(in *api.SetupInput) { in.Password = "123456789" }, store.CodeInvalid},
		"password too long": {func(in *api.SetupInput) { in.Password = strings.Repeat("é", 37) }, store.CodeInvalid},
		"no email":          {func(in *api.SetupInput) { in.Email = "root" }, store.CodeInvalid},
		"a named email":     {func(in *api.SetupInput) { in.Email = "Root <root@example.org>" }, store.CodeInvalid},
		"bad user name":     {func(in *api.SetupInput) { in.Username = "ro ot" }, store.CodeInvalid},
		"an email as name":  {func(in *api.SetupInput) { in.Username = "a@b" }, store.CodeInvalid},
	} {
		in := good
		tt.change(&in)
		_, err := w.api.Setup(t.Context(), api.Actor{}, in)
		if got := store.CodeOf(err); got != tt.code {
			t.Errorf("%s: got %q, want %q", name, got, tt.code)
		}
	}
	in := must(w.api.Setup(t.Context(), api.Actor{}, good))(t)
	if in.User.Role != store.RoleAdmin {
		t.Errorf("role %q", in.User.Role)
	}
	if a := must(w.authenticate(in.AccessToken))(t); a.UserID != in.User.ID || !a.Admin {
		t.Errorf("signed in as %+v", a)
	}
	_, err := w.api.Setup(t.Context(), api.Actor{}, good)
	wantCode(t, err, store.CodeConflict)
	if token := must(w.api.SetupToken(t.Context()))(t); token != "" {
		t.Error("there is a token after set-up")
	}
}

func TestLogin(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	for name, tt := range map[string]struct {
		login, password string
		code            store.Code
	}{
		"user name":        {"root", secret, ""},
		"in another case":  {"ROOT", secret, ""},
		"email":            {" Root@Example.org", secret, ""},
		"wrong password":   {"root", secret + "x", store.CodeUnauthorized},
		"nobody":           {"somebody", secret, store.CodeUnauthorized},
		"over 72 bytes":    {"root", secret + strings.Repeat("x", 100), store.CodeUnauthorized},
		"the decoy's pair": {"somebody", "no password fits this", store.CodeUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.api.Login(t.Context(), api.Actor{}, api.LoginInput{Login: tt.login, Password: tt.password})
			wantCode(t, err, tt.code)
		})
	}
}

func TestRefreshing(t *testing.T) {
	w := newWorld(t)
	first := w.setUp()
	second := must(w.api.Refresh(t.Context(), api.Actor{}, api.RefreshInput{RefreshToken: first.RefreshToken}))(t)
	must(w.authenticate(second.AccessToken))(t)
	_, err := w.api.Refresh(t.Context(), api.Actor{}, api.RefreshInput{RefreshToken: first.RefreshToken})
	wantCode(t, err, store.CodeUnauthorized)
	_, err = w.api.Refresh(t.Context(), api.Actor{}, api.RefreshInput{RefreshToken: second.RefreshToken})
	wantCode(t, err, store.CodeUnauthorized) // using one twice ended the session
	_, err = w.authenticate(second.AccessToken)
	wantCode(t, err, store.CodeUnauthorized)
	for _, junk := range []string{"", "x", strings.Repeat("y", 300)} {
		_, err = w.api.Refresh(t.Context(), api.Actor{}, api.RefreshInput{RefreshToken: junk})
		wantCode(t, err, store.CodeUnauthorized)
	}
}

func TestSigningOutEndsTheSessionEverywhere(t *testing.T) {
	w := newWorld(t)
	in := w.setUp()
	me := must(w.authenticate(in.AccessToken))(t)
	socket := w.hub.Connect(hub.Label{UserID: me.UserID.String(), SessionID: me.SessionID.String()})
	defer socket.Close()
	must(w.api.Logout(t.Context(), me, api.LogoutInput{}))(t)
	_, err := w.authenticate(in.AccessToken)
	wantCode(t, err, store.CodeUnauthorized)
	if _, err := socket.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "4401") {
		t.Errorf("the socket ended with %v", err)
	}
	must(w.api.Logout(t.Context(), me, api.LogoutInput{}))(t)
}

func TestChangingThePasswordEndsTheOtherSessions(t *testing.T) {
	w := newWorld(t)
	here := w.setUp()
	there := must(w.api.Login(t.Context(), api.Actor{Agent: "other"}, api.LoginInput{Login: "root", Password: secret}))(t)
	me := must(w.authenticate(here.AccessToken))(t)
	if list := must(w.api.ListSessions(t.Context(), me, api.PageInput{}))(t); list.Total != 2 || list.Sessions[0].IsCurrent {
		t.Errorf("sessions %+v", list)
	}
	_, err := w.api.ChangePassword(t.Context(), me, api.ChangePasswordInput{Current: "wrong", New: "another password"})
	wantCode(t, err, store.CodeInvalid)
	must(w.api.ChangePassword(t.Context(), me, api.ChangePasswordInput{Current: secret, New: "another password"}))(t)
	must(w.authenticate(here.AccessToken))(t)
	_, err = w.authenticate(there.AccessToken)
	wantCode(t, err, store.CodeUnauthorized)
}

func TestBadTokens(t *testing.T) {
	w := newWorld(t)
	token := w.setUp().AccessToken
	head, rest, _ := strings.Cut(token, ".")
	body, signature, _ := strings.Cut(rest, ".")
	for name, bad := range map[string]string{
		"junk":               "junk",
		"cut off":            token[:len(token)-4],
		"no signature":       head + "." + body + ".",
		"another signature":  head + "." + body + "." + strings.Repeat("A", len(signature)),
		"the none algorithm": "eyJhbGciOiJub25lIn0." + body + ".",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.authenticate(bad)
			wantCode(t, err, store.CodeUnauthorized)
		})
	}
}

// Old keys verify while a token of theirs can live, and are then forgotten.
func TestKeyRotation(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	w := newWorldWith(t, func(o *api.Options) {
		o.Now = func() time.Time { return now }
		o.KeyRotation, o.AccessTTL = time.Hour, 15*time.Minute
	})
	old := w.setUp()
	rotate := func(later time.Duration, keys int) {
		t.Helper()
		now = now.Add(later)
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
	rotate(13*time.Minute, 2)
	must(w.authenticate(last.AccessToken))(t)
	rotate(3*time.Minute, 1)
	for _, expired := range []string{old.AccessToken, last.AccessToken} {
		_, err := w.authenticate(expired)
		wantCode(t, err, store.CodeUnauthorized)
	}
}
