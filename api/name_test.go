package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// naming are all ways to get a user name.
var naming = map[string]func(w *world, root, ben api.Actor, name string) error{
	"register": func(w *world, _, _ api.Actor, name string) error {
		w.api.SetRegistration(api.RegistrationOpen)
		_, err := w.api.Register(w.t.Context(), api.Actor{}, api.RegisterInput{Username: name, Email: "new@example.org", Password: another})
		return err
	},
	"register with an invite": func(w *world, root, _ api.Actor, name string) error {
		w.api.SetRegistration(api.RegistrationInvite)
		code := must(w.api.CreateInvite(w.t.Context(), root, api.CreateInviteInput{}))(w.t).Code
		_, err := w.api.Register(w.t.Context(), api.Actor{}, api.RegisterInput{Username: name, Email: "new@example.org", Password: another, Invite: code})
		return err
	},
	"an administrator makes it": func(w *world, root, _ api.Actor, name string) error {
		_, err := w.api.CreateUser(w.t.Context(), root, api.CreateUserInput{Username: name, Email: "new@example.org", Password: another})
		return err
	},
	"at the command line": func(w *world, _, _ api.Actor, name string) error {
		_, err := w.api.CreateUser(w.t.Context(), api.Operator("line"), api.CreateUserInput{Username: name, Email: "new@example.org", Password: another})
		return err
	},
	"an administrator renames": func(w *world, root, ben api.Actor, name string) error {
		_, err := w.api.UpdateUser(w.t.Context(), root, api.UpdateUserInput{ID: ben.UserID, Username: &name})
		return err
	},
	"one renames oneself": func(w *world, _, ben api.Actor, name string) error {
		_, err := w.api.UpdateMe(w.t.Context(), ben, api.UpdateMeInput{Username: &name})
		return err
	},
}

// Nobody gets a name that readers take for somebody else's, by whatever way.
func TestNamesThatMisleadAreRefusedEverywhere(t *testing.T) {
	for way, do := range naming {
		t.Run(way, func(t *testing.T) {
			w := newWorld(t)
			root := w.root()
			for _, name := range []string{"ann", "oscar", "company", "zoë"} {
				w.account(root, name, store.RoleMember)
			}
			made := w.account(root, "ben", store.RoleMember)
			ben := api.Actor{UserID: made.ID, Username: "ben"}
			for name, want := range map[string]store.Code{
				"аnn": store.CodeInvalid, "ann": store.CodeConflict, "ANN": store.CodeConflict, "ａｎｎ": store.CodeConflict, "Zoe\u0308": store.CodeConflict,
				"admin": store.CodeInvalid, "Sуstem": store.CodeInvalid, "e-v-e-r-y-o-n-e": store.CodeInvalid, "a\u00adnn": store.CodeInvalid,
				"0scar": store.CodeConflict, "cornpany": store.CodeConflict,
			} {
				if err := do(w, root, ben, name); store.CodeOf(err) != want {
					t.Errorf("%q: %v, want %q", name, err, want)
				}
			}
			if err := do(w, root, ben, "annika"); err != nil {
				t.Error(err)
			}
		})
	}
}

// The first administrator may be called admin, and nothing that is nobody.
func TestTheNameOfTheFirstAdministrator(t *testing.T) {
	for name, want := range map[string]store.Code{"admin": "", "everyone": store.CodeInvalid, "аdmin": store.CodeInvalid} {
		w := newWorld(t)
		token := must(w.api.SetupToken(t.Context()))(t)
		_, err := w.api.Setup(t.Context(), api.Actor{}, api.SetupInput{Token: token, Username: name, Email: "a@example.org", Password: another})
		wantCode(t, err, want)
	}
}

// Accounts from before these rules sign in, in every Unicode form of their name, and
// change other things without another name.
func TestAccountsWithOlderNamesGoOn(t *testing.T) {
	w := newWorld(t)
	root := w.root()
	hash, err := bcrypt.GenerateFromPassword([]byte(another), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"аnn", "ann", "system", "Zoe\u0308"} {
		u := storetest.User(t, w.store, name)
		storetest.Update(t, w.store, func(tx *store.Tx) error {
			v, err := tx.User(u.ID)
			if err == nil {
				v.PasswordHash = string(hash)
				err = tx.PutUser(v)
			}
			return err
		})
		if _, err := w.login(name, another); err != nil {
			t.Errorf("%q cannot sign in: %v", name, err)
		}
		_, err := w.api.UpdateMe(t.Context(), api.Actor{UserID: u.ID}, api.UpdateMeInput{Username: &name})
		wantCode(t, err, "")
	}
	for _, form := range []string{"zoë", "ZOË", "Zoe\u0308", "ＺＯＥ\u0308"} {
		if _, err := w.login(form, another); err != nil {
			t.Errorf("%q cannot sign in: %v", form, err)
		}
	}
	_, err = w.api.CreateUser(t.Context(), root, api.CreateUserInput{Username: "zoë", Email: "zoe2@example.org", Password: another})
	wantCode(t, err, store.CodeConflict)
}

// An email address is the same in every Unicode form.
func TestEmailsHaveOneForm(t *testing.T) {
	w := newWorld(t)
	root := w.root()
	must(w.api.CreateUser(t.Context(), root, api.CreateUserInput{Username: "zed", Email: "Zoe\u0308@example.org", Password: another}))(t)
	_, err := w.api.CreateUser(t.Context(), root, api.CreateUserInput{Username: "zac", Email: "zoë@example.org", Password: another})
	wantCode(t, err, store.CodeConflict)
	for _, form := range []string{"zoë@example.org", "ZOE\u0308@EXAMPLE.org"} {
		if _, err := w.login(form, another); err != nil {
			t.Errorf("%q: %v", form, err)
		}
	}
}

// A password is the same whichever keyboard it is typed on, and those that were hashed
// as they were typed go on.
func TestPasswordsHaveOneForm(t *testing.T) {
	const composed, apart = "zwölf größere Bäume", "zwo\u0308lf gro\u0308ßere Ba\u0308ume"
	w := newWorld(t)
	root := w.root()
	for _, typed := range []string{composed, apart, "zwölf\u00a0größere\u3000Bäume"} {
		u := must(w.api.CreateUser(t.Context(), root, api.CreateUserInput{Username: "zed", Email: "zed@example.org", Password: typed}))(t)
		for _, again := range []string{composed, apart} {
			if _, err := w.login("zed", again); err != nil {
				t.Errorf("%q is not %q: %v", again, typed, err)
			}
		}
		if _, err := w.login("zed", strings.ToUpper(composed)); err == nil {
			t.Error("its case makes no difference")
		}
		must(w.api.DeleteUser(t.Context(), root, api.IDInput{ID: u.ID}))(t)
		if err := w.api.Reap(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, hashed := range []string{composed, apart} {
		hash, err := bcrypt.GenerateFromPassword([]byte(hashed), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		name := "old" + time.Now().Format("150405.000000000")
		u := storetest.User(t, w.store, name)
		storetest.Update(t, w.store, func(tx *store.Tx) error {
			v, err := tx.User(u.ID)
			if err == nil {
				v.PasswordHash = string(hash)
				err = tx.PutUser(v)
			}
			return err
		})
		for _, again := range []string{composed, apart} {
			if _, err := w.login(name, again); err != nil {
				t.Errorf("%q does not fit the old hash of %q", again, hashed)
			}
		}
	}
}

// Guessing from ever new addresses is slowed, the owner signs in from where they were
// before without waiting, and is told.
func TestGuessingFromManyAddressesIsSlowedAndTold(t *testing.T) {
	g := newGate(t, 10)
	const home = "192.0.2.7"
	code, _ := g.login("ann", rightPassword, home)
	g.want("the owner", code, "")
	refused := 0
	for i := range 59 {
		if g.guess(1, "ann", fmt.Sprintf("10.1.0.%d", i+1)) == store.CodeRateLimited {
			refused++
		}
	}
	if refused < 30 {
		t.Errorf("%d of 59 guesses were refused", refused)
	}
	code, _ = g.login("ann", rightPassword, home)
	g.want("the owner at a known address", code, "")
	code, wait := g.login("ann", rightPassword, "198.51.100.9")
	if code != store.CodeRateLimited || wait > time.Minute {
		t.Errorf("at an address that is new: %q, in %s", code, wait)
	}
	g.pass(wait + time.Second)
	code, _ = g.login("ann", rightPassword, "198.51.100.9")
	g.want("a moment later", code, "")

	var ann *store.User
	storetest.Update(t, g.store, func(tx *store.Tx) (err error) { ann, err = tx.UserByLogin("ann"); return err })
	list := must(g.api.ListNotices(t.Context(), api.Actor{UserID: ann.ID}, api.PageInput{}))(t).Notices
	if len(list) != 1 || list[0].Kind != store.NoticeSignInsFailed || list[0].Count != 59-refused || list[0].Address == "" {
		t.Errorf("told %+v, want %d", list, 59-refused)
	}
}
