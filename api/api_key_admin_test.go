package api_test

import (
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// works reports whether an API key is good.
func (w *world) works(key string) bool {
	_, err := w.api.Authenticate(w.t.Context(), api.Credential{Token: key})
	return err == nil
}

func TestWhatEndsAPIKeys(t *testing.T) {
	no := false
	for what, tt := range map[string]struct {
		change     func(w *world, root, ben api.Actor) error
		user, full bool // what is left: the key with scope write, and the one with scope admin
	}{
		"a password reset": {func(w *world, root, ben api.Actor) error {
			_, err := w.api.UpdateUser(w.t.Context(), root, api.UpdateUserInput{ID: ben.UserID, Password: new("fiddle staple tractor")})
			return err
		}, false, false},
		"a password reset at the command line": {func(w *world, _, ben api.Actor) error {
			_, err := w.api.UpdateUser(w.t.Context(), api.Operator("line"), api.UpdateUserInput{ID: ben.UserID, Password: new("fiddle staple tractor")})
			return err
		}, false, false},
		"a reset that leaves them": {func(w *world, root, ben api.Actor) error {
			_, err := w.api.UpdateUser(w.t.Context(), root, api.UpdateUserInput{ID: ben.UserID, Password: new("fiddle staple tractor"), EndKeys: &no})
			return err
		}, true, true},
		"a password of one's own": {func(w *world, _, ben api.Actor) error {
			_, err := w.api.ChangePassword(w.t.Context(), ben, api.ChangePasswordInput{Current: another, New: "fiddle staple tractor"})
			return err
		}, true, true},
		"a password of one's own, and the keys": {func(w *world, _, ben api.Actor) error {
			_, err := w.api.ChangePassword(w.t.Context(), ben, api.ChangePasswordInput{Current: another, New: "fiddle staple tractor", EndKeys: true})
			return err
		}, false, false},
		"being a member again": {func(w *world, root, ben api.Actor) error {
			_, err := w.api.UpdateUser(w.t.Context(), root, api.UpdateUserInput{ID: ben.UserID, Role: new(store.RoleMember)})
			return err
		}, true, false},
		"an administrator who ends them": {func(w *world, root, ben api.Actor) error {
			_, err := w.api.EndUserAPIKeys(w.t.Context(), root, api.IDInput{ID: ben.UserID})
			return err
		}, false, false},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			root := w.root()
			made := w.account(root, "ben", store.RoleAdmin)
			ben := api.Actor{UserID: made.ID, Username: "ben", Admin: true}
			user := must(w.api.CreateAPIKey(t.Context(), ben, api.CreateAPIKeyInput{Name: "user", Scopes: []string{"write"}}))(t).Key
			full := must(w.api.CreateAPIKey(t.Context(), ben, api.CreateAPIKeyInput{Name: "full", Scopes: []string{"admin"}}))(t).Key
			if err := tt.change(w, root, ben); err != nil {
				t.Fatal(err)
			}
			if w.works(user) != tt.user || w.works(full) != tt.full {
				t.Errorf("left: %v and %v, want %v and %v", w.works(user), w.works(full), tt.user, tt.full)
			}
		})
	}
}

func TestAnAdministratorEndsOneKey(t *testing.T) {
	w := newWorld(t)
	root := w.root()
	ben, eve := w.as("ben"), w.as("eve")
	one := must(w.api.CreateAPIKey(t.Context(), ben, api.CreateAPIKeyInput{Name: "one", Scopes: []string{"write"}}))(t)
	two := must(w.api.CreateAPIKey(t.Context(), ben, api.CreateAPIKeyInput{Name: "two"}))(t)
	byOne := must(w.api.Authenticate(t.Context(), api.Credential{Token: one.Key}))(t)
	child := must(w.api.CreateAPIKey(t.Context(), byOne, api.CreateAPIKeyInput{Name: "child"}))(t)

	list := must(w.api.ListUserAPIKeys(t.Context(), root, api.UserPageInput{ID: ben.UserID}))(t)
	if list.Total != 3 {
		t.Errorf("%d keys", list.Total)
	}
	_, err := w.api.ListUserAPIKeys(t.Context(), eve, api.UserPageInput{ID: ben.UserID})
	wantCode(t, err, store.CodeForbidden)
	_, err = w.api.EndUserAPIKey(t.Context(), root, api.UserAPIKeyInput{ID: eve.UserID, KeyID: one.ID})
	wantCode(t, err, store.CodeNotFound) // it is ben's
	if got := must(w.api.EndUserAPIKey(t.Context(), root, api.UserAPIKeyInput{ID: ben.UserID, KeyID: one.ID}))(t).Ended; got != 2 {
		t.Errorf("%d ended", got)
	}
	if w.works(one.Key) || w.works(child.Key) || !w.works(two.Key) {
		t.Error("the wrong keys ended")
	}
	notices := must(w.api.ListNotices(t.Context(), ben, api.PageInput{}))(t).Notices
	if len(notices) != 1 || notices[0].Kind != store.NoticeKeysEnded || notices[0].By != root.Username || notices[0].Subject != "one" || notices[0].Count != 2 {
		t.Errorf("told %+v", notices)
	}
}

// A reset of a whole hundred keys fits into its transaction.
func TestAsManyKeysAsThereMayBeEndAtOnce(t *testing.T) {
	w := newWorld(t)
	root, ben := w.root(), w.as("ben")
	for range 100 {
		must(w.api.CreateAPIKey(t.Context(), ben, api.CreateAPIKeyInput{Name: "key"}))(t)
	}
	must(w.api.UpdateUser(t.Context(), root, api.UpdateUserInput{ID: ben.UserID, Password: new("fiddle staple tractor")}))(t)
	if n := must(w.api.ListAPIKeys(t.Context(), ben, api.PageInput{}))(t).Total; n != 0 {
		t.Errorf("%d are left", n)
	}
	_, err := w.api.UpdateUser(t.Context(), root, api.UpdateUserInput{ID: ben.UserID, EndKeys: new(true)})
	wantCode(t, err, store.CodeInvalid) // without a password
}
