package api_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// changeUser changes a stored user.
func (w *world) changeUser(id store.ID, change func(*store.User)) {
	w.t.Helper()
	storetest.Update(w.t, w.store, func(tx *store.Tx) error {
		u, err := tx.User(id)
		if err != nil {
			return err
		}
		change(u)
		return tx.PutUser(u)
	})
}

// Who a token names is remembered, and not for a moment longer than it is so.
func TestWhatIsRememberedOfATokenEndsAtOnce(t *testing.T) {
	w := newWorld(t)
	token := w.setUp().AccessToken
	root := must(w.authenticate(token))(t)
	is := func(name string, admin bool) {
		t.Helper()
		for range 2 { // asked for, and remembered
			if got := must(w.authenticate(token))(t); got.Username != name || got.Admin != admin || got.UserID != root.UserID || got.SessionID != root.SessionID {
				t.Errorf("%+v, want %s, admin %v", got, name, admin)
			}
		}
	}
	isVoid := func() {
		t.Helper()
		for range 2 {
			_, err := w.authenticate(token)
			wantCode(t, err, store.CodeUnauthorized)
		}
	}
	is("root", true)
	w.changeUser(root.UserID, func(u *store.User) { u.Username = "toor" })
	is("toor", true)
	w.changeUser(root.UserID, func(u *store.User) { u.Role = store.RoleMember })
	is("toor", false)
	w.changeUser(root.UserID, func(u *store.User) { u.Role = store.RoleAdmin })
	is("toor", true)
	w.changeUser(root.UserID, func(u *store.User) { u.IsDisabled = true })
	isVoid()
	w.changeUser(root.UserID, func(u *store.User) { u.IsDisabled = false })
	is("toor", true)

	storetest.Update(t, w.store, func(tx *store.Tx) error {
		s, err := tx.Session(root.SessionID)
		if err != nil {
			return err
		}
		return tx.DeleteSession(s)
	})
	isVoid()

	token = must(w.login("toor", secret))(t).AccessToken
	root = must(w.authenticate(token))(t)
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		u, err := tx.User(root.UserID)
		if err != nil {
			return err
		}
		return tx.DeleteUser(u)
	})
	isVoid()
}

// Where and with what a request came is its own, whatever is remembered.
func TestARememberedTokenKeepsNoAddress(t *testing.T) {
	w := newWorld(t)
	token := w.setUp().AccessToken
	for _, address := range []string{"192.0.2.1", "192.0.2.2", ""} {
		got := must(w.api.Authenticate(t.Context(), api.Credential{Token: token, Address: address, Agent: "agent of " + address}))(t)
		if got.Address != address || got.Agent != "agent of "+address {
			t.Errorf("%+v, want the address %q", got, address)
		}
	}
}

// Requests that come while somebody is disabled and enabled see it as soon as the
// change has returned, however they fall together with it.
func TestARememberedTokenIsNeverStale(t *testing.T) {
	w := newWorld(t)
	token := w.setUp().AccessToken
	root := must(w.authenticate(token))(t)
	var stop atomic.Bool
	var others sync.WaitGroup
	for range 3 {
		others.Go(func() {
			for !stop.Load() {
				_, _ = w.authenticate(token)
			}
		})
	}
	for n := range 60 {
		is := n%2 == 0
		w.changeUser(root.UserID, func(u *store.User) { u.IsDisabled = is })
		if _, err := w.authenticate(token); (err != nil) != is {
			t.Errorf("change %d: disabled is %v, and the answer is %v", n, is, err)
		}
	}
	stop.Store(true)
	others.Wait()
}
