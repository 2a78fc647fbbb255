package rest

import (
	"maps"
	"slices"
	"testing"

	"github.com/fasthttp/websocket"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// A taking is one way to lose what an open socket stands on.
type taking struct {
	code  int // of the end of the socket; 0: it stays
	byKey bool
	take  func(w *live, root api.Actor, ben *api.SignIn, key *api.CreatedAPIKey) error
}

// takings are all of them: what is not here cannot end a session, a key or a right.
var takings = map[string]taking{
	"signs out": {4401, false, func(w *live, _ api.Actor, ben *api.SignIn, _ *api.CreatedAPIKey) error {
		_, err := w.api.Logout(w.Context(), w.actor(ben), api.LogoutInput{})
		return err
	}},
	"another of their sessions ends it": {4401, false, func(w *live, _ api.Actor, ben *api.SignIn, _ *api.CreatedAPIKey) error {
		_, err := w.api.EndSession(w.Context(), w.actor(w.signIn("ben")), api.IDInput{ID: w.actor(ben).SessionID})
		return err
	}},
	"another of their sessions changes the password": {4401, false, func(w *live, _ api.Actor, _ *api.SignIn, _ *api.CreatedAPIKey) error {
		_, err := w.api.ChangePassword(w.Context(), w.actor(w.signIn("ben")), api.ChangePasswordInput{Current: liveSecret, New: "fiddle staple tractor"})
		return err
	}},
	"an administrator sets the password": {4401, false, func(w *live, root api.Actor, ben *api.SignIn, _ *api.CreatedAPIKey) error {
		return w.changeAccount(root, ben, api.UpdateUserInput{Password: new("fiddle staple tractor")})
	}},
	"an administrator disables the account": {4403, false, func(w *live, root api.Actor, ben *api.SignIn, _ *api.CreatedAPIKey) error {
		return w.changeAccount(root, ben, api.UpdateUserInput{IsDisabled: new(true)})
	}},
	"an administrator disables the account of a key": {4403, true, func(w *live, root api.Actor, ben *api.SignIn, _ *api.CreatedAPIKey) error {
		return w.changeAccount(root, ben, api.UpdateUserInput{IsDisabled: new(true)})
	}},
	"an administrator is one no more": {4403, false, func(w *live, root api.Actor, ben *api.SignIn, _ *api.CreatedAPIKey) error {
		return w.changeAccount(root, ben, api.UpdateUserInput{Role: new(store.RoleMember)})
	}},
	"an administrator deletes the account": {4403, false, func(w *live, root api.Actor, ben *api.SignIn, _ *api.CreatedAPIKey) error {
		_, err := w.api.DeleteUser(w.Context(), root, api.IDInput{ID: ben.User.ID})
		return err
	}},
	"the refresh token is used twice": {4401, false, func(w *live, _ api.Actor, ben *api.SignIn, _ *api.CreatedAPIKey) error {
		in, err := w.api.Refresh(w.Context(), api.Actor{}, api.RefreshInput{RefreshToken: ben.RefreshToken})
		if err == nil {
			_, err = w.api.Refresh(w.Context(), api.Actor{}, api.RefreshInput{RefreshToken: in.RefreshToken})
		}
		if err == nil {
			_, _ = w.api.Refresh(w.Context(), api.Actor{}, api.RefreshInput{RefreshToken: ben.RefreshToken}) // the thief's
		}
		return err
	}},
	"all access tokens are revoked": {4401, false, func(w *live, root api.Actor, _ *api.SignIn, _ *api.CreatedAPIKey) error {
		_, err := w.api.ReplaceKeys(w.Context(), root, api.ReplaceKeysInput{Revoke: true})
		return err
	}},
	"all access tokens are revoked, and this is a key's": {0, true, func(w *live, root api.Actor, _ *api.SignIn, _ *api.CreatedAPIKey) error {
		_, err := w.api.ReplaceKeys(w.Context(), root, api.ReplaceKeysInput{Revoke: true})
		return err
	}},
	"the signing key is replaced, with overlap": {0, false, func(w *live, root api.Actor, _ *api.SignIn, _ *api.CreatedAPIKey) error {
		_, err := w.api.ReplaceKeys(w.Context(), root, api.ReplaceKeysInput{})
		return err
	}},
	"the key is deleted": {4401, true, func(w *live, _ api.Actor, ben *api.SignIn, key *api.CreatedAPIKey) error {
		_, err := w.api.DeleteAPIKey(w.Context(), w.actor(ben), api.IDInput{ID: key.ID})
		return err
	}},
	"an administrator sets the password of the key's owner": {4401, true, func(w *live, root api.Actor, ben *api.SignIn, _ *api.CreatedAPIKey) error {
		return w.changeAccount(root, ben, api.UpdateUserInput{Password: new("fiddle staple tractor")})
	}},
	"an administrator ends the key": {4401, true, func(w *live, root api.Actor, ben *api.SignIn, key *api.CreatedAPIKey) error {
		_, err := w.api.EndUserAPIKey(w.Context(), root, api.UserAPIKeyInput{ID: ben.User.ID, KeyID: key.ID})
		return err
	}},
	"an administrator ends all keys": {4401, true, func(w *live, root api.Actor, ben *api.SignIn, _ *api.CreatedAPIKey) error {
		_, err := w.api.EndUserAPIKeys(w.Context(), root, api.IDInput{ID: ben.User.ID})
		return err
	}},
	"the password is changed, and the keys end": {4401, true, func(w *live, _ api.Actor, ben *api.SignIn, _ *api.CreatedAPIKey) error {
		_, err := w.api.ChangePassword(w.Context(), w.actor(ben), api.ChangePasswordInput{Current: liveSecret, New: "fiddle staple tractor", EndKeys: true})
		return err
	}},
	"the session of a key ends": {0, true, func(w *live, _ api.Actor, ben *api.SignIn, _ *api.CreatedAPIKey) error {
		_, err := w.api.Logout(w.Context(), w.actor(ben), api.LogoutInput{})
		return err
	}},
}

func (w *live) changeAccount(root api.Actor, who *api.SignIn, in api.UpdateUserInput) error {
	in.ID = who.User.ID
	_, err := w.api.UpdateUser(w.Context(), root, in)
	return err
}

// TestHole04WhatIsLostIsLostAtOnce takes from somebody what their open socket stands on,
// in every way that there is. When the verb has returned it is over: no frame that is
// sent from then on does anything, and the socket ends with the code of the loss.
func TestHole04WhatIsLostIsLostAtOnce(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(takings)) {
		t.Run(name, func(t *testing.T) {
			w, tt := newLive(t), takings[name]
			u := w.member("ben", store.ProjectEditor)
			storetest.Update(t, w.store, changeUser(func(u *store.User) { u.Role = store.RoleAdmin })(w, u, nil))
			storetest.Update(t, w.store, changeUser(func(u *store.User) { u.Role = store.RoleAdmin })(w, w.owner, nil))
			root := api.Actor{UserID: w.owner.ID, Username: "ann", Admin: true}
			ben := w.signIn("ben")
			key, err := w.api.CreateAPIKey(t.Context(), w.actor(ben), api.CreateAPIKeyInput{Name: "key", Scopes: []string{"write"}})
			if err != nil {
				t.Fatal(err)
			}
			token := ben.AccessToken
			if tt.byKey {
				token = key.Key
			}
			c := w.dialRaw(token, "/ws")
			c.next("connection_established")
			if err := tt.take(w, root, ben, key); err != nil {
				t.Fatal(err)
			}
			if tt.code == 0 {
				c.stillWorks()
				return
			}
			_ = c.ws.WriteMessage(websocket.TextMessage, []byte(w.fill(`{"type":"send_message","thread_id":"THREAD","content":"too late"}`)))
			if code := c.closed(); code != tt.code {
				t.Errorf("closed with %d, want %d", code, tt.code)
			}
			err = w.store.View(t.Context(), func(tx *store.Tx) error {
				th, err := tx.Thread(w.thread.ID)
				if err == nil && th.MessageCount != 0 {
					t.Error("a frame that came too late was taken")
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}
