package api_test

import (
	"strings"
	"testing"

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

// A client whose answer was lost asks again by the same name, and gets what it
// missed. Nobody else does, and nobody does once that has been used.
func TestRefreshingWhenTheAnswerIsLost(t *testing.T) {
	id := func(n byte) store.ID { return store.ID{6: 0x70, 8: 0x80, 15: n} }
	for name, tt := range map[string]struct {
		first, again store.ID
		used         bool // the successor was used in between
		code         store.Code
	}{
		"by the same name":            {id(1), id(1), false, ""},
		"by another name":             {id(1), id(2), false, store.CodeUnauthorized},
		"without a name":              {id(1), store.ID{}, false, store.CodeUnauthorized},
		"neither had a name":          {store.ID{}, store.ID{}, false, store.CodeUnauthorized},
		"the successor has been used": {id(1), id(1), true, store.CodeUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			refresh := func(token string, client store.ID) (*api.SignIn, error) {
				return w.api.Refresh(t.Context(), api.Actor{}, api.RefreshInput{RefreshToken: token, ClientID: client})
			}
			old := w.setUp().RefreshToken
			lost := must(refresh(old, tt.first))(t)
			last := lost
			if tt.used {
				last = must(refresh(lost.RefreshToken, id(3)))(t)
			}
			again, err := refresh(old, tt.again)
			wantCode(t, err, tt.code)
			if tt.code != "" {
				_, err := w.authenticate(last.AccessToken)
				wantCode(t, err, store.CodeUnauthorized) // the session has ended
				return
			}
			if again.RefreshToken != lost.RefreshToken {
				t.Error("the repetition got another token, so there are two")
			}
			must(w.authenticate(again.AccessToken))(t)
			must(refresh(again.RefreshToken, id(4)))(t)
			_, err = refresh(lost.RefreshToken, id(5)) // a thief saw it too
			wantCode(t, err, store.CodeUnauthorized)
		})
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
	if _, err := socket.Next(); err == nil || !strings.Contains(err.Error(), "4401") {
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
