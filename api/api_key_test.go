package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// keyOf makes a key and returns it with who shows it.
func (w *world) keyOf(who api.Actor, in api.CreateAPIKeyInput) (*api.CreatedAPIKey, api.Actor) {
	w.t.Helper()
	if in.Name == "" {
		in.Name = "a key"
	}
	k := must(w.api.CreateAPIKey(w.t.Context(), who, in))(w.t)
	return k, must(w.authenticate(k.Key))(w.t)
}

func TestAnAPIKeyActsForItsUser(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	k, shown := w.keyOf(ann, api.CreateAPIKeyInput{Name: " CI  job ", Scopes: []string{store.ScopeWrite}})
	if !strings.HasPrefix(k.Key, "pk_") || k.Name != "CI job" || strings.Join(k.Scopes, " ") != "read write" {
		t.Errorf("made %+v", k)
	}
	if shown.UserID != ann.UserID || shown.Username != "ann" || shown.KeyID != k.ID || !shown.SessionID.IsZero() {
		t.Errorf("the key is %+v", shown)
	}
	p := must(w.api.CreateProject(t.Context(), shown, api.CreateProjectInput{Name: "Made by a key"}))(t)
	must(w.api.GetProject(t.Context(), ann, api.IDInput{ID: p.ID}))(t)

	list := must(w.api.ListAPIKeys(t.Context(), shown, api.PageInput{}))(t)
	if len(list.APIKeys) != 1 || list.Total != 1 || !list.APIKeys[0].IsCurrent || list.APIKeys[0].LastUsedAt.IsZero() {
		t.Errorf("listed %+v", list)
	}
	storetest.View(t, w.store, func(tx *store.Tx) error {
		kept, err := tx.APIKey(k.ID)
		if err == nil && (len(kept.Hash) != 32 || strings.Contains(string(kept.Hash), k.Key)) {
			t.Errorf("kept as %q", kept.Hash)
		}
		return err
	})
}

func TestAnAPIKeyThatIsNoneOrNoMore(t *testing.T) {
	at := newClock()
	w := newWorldWith(t, func(o *api.Options) { o.Now = at.Now })
	ann := w.as("ann")
	k, _ := w.keyOf(ann, api.CreateAPIKeyInput{ExpiresAt: store.TimeOf(at.Now().Add(time.Hour))})
	for name, bad := range map[string]string{
		"junk": "pk_junk", "bare": "pk_", "cut off": k.Key[:len(k.Key)-1], "longer": k.Key + "x", "another case": strings.ToUpper(k.Key),
	} {
		t.Run(name, func(t *testing.T) { _, err := w.authenticate(bad); wantCode(t, err, store.CodeUnauthorized) })
	}
	_, err := w.api.Authenticate(t.Context(), api.Credential{Token: k.Key, Cookie: true})
	wantCode(t, err, store.CodeUnauthorized)

	at.add(time.Hour - time.Millisecond)
	must(w.authenticate(k.Key))(t)
	at.add(time.Millisecond)
	_, err = w.authenticate(k.Key)
	wantCode(t, err, store.CodeUnauthorized)
	_, err = w.api.CreateAPIKey(t.Context(), ann, api.CreateAPIKeyInput{Name: "late", ExpiresAt: store.TimeOf(at.Now())})
	wantCode(t, err, store.CodeInvalid)
}

func TestAnAPIKeyOfADisabledUserIsVoid(t *testing.T) {
	w := newWorld(t)
	k, ann := w.keyOf(w.as("ann"), api.CreateAPIKeyInput{})
	disable := func(is bool) {
		storetest.Update(t, w.store, func(tx *store.Tx) error {
			u, err := tx.User(ann.UserID)
			if err != nil {
				return err
			}
			u.IsDisabled = is
			return tx.PutUser(u)
		})
	}
	disable(true)
	_, err := w.authenticate(k.Key)
	wantCode(t, err, store.CodeUnauthorized)
	disable(false)
	must(w.authenticate(k.Key))(t)
}

func TestAnAPIKeyGivesNoMoreThanItHas(t *testing.T) {
	w := newWorld(t)
	root := must(w.authenticate(w.setUp().AccessToken))(t)
	soon := store.TimeOf(time.Now().Add(time.Hour))
	later := store.TimeOf(time.Now().Add(2 * time.Hour))
	_, writer := w.keyOf(root, api.CreateAPIKeyInput{Scopes: []string{store.ScopeWrite}, ExpiresAt: soon})
	for name, tt := range map[string]struct {
		who  api.Actor
		in   api.CreateAPIKeyInput
		want store.Code
	}{
		"the same scope":             {writer, api.CreateAPIKeyInput{Scopes: []string{store.ScopeWrite}, ExpiresAt: soon}, ""},
		"a lower one":                {writer, api.CreateAPIKeyInput{ExpiresAt: soon}, ""},
		"a higher one":               {writer, api.CreateAPIKeyInput{Scopes: []string{store.ScopeAdmin}, ExpiresAt: soon}, store.CodeForbidden},
		"for longer":                 {writer, api.CreateAPIKeyInput{ExpiresAt: later}, store.CodeForbidden},
		"for ever":                   {writer, api.CreateAPIKeyInput{}, store.CodeForbidden},
		"an administrator's":         {root, api.CreateAPIKeyInput{Scopes: []string{store.ScopeAdmin}}, ""},
		"admin, for a member":        {w.as("bob"), api.CreateAPIKeyInput{Scopes: []string{store.ScopeAdmin}}, store.CodeForbidden},
		"a blank name":               {root, api.CreateAPIKeyInput{Name: "   "}, store.CodeInvalid},
		"of nobody who is signed in": {api.Actor{}, api.CreateAPIKeyInput{}, store.CodeUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.in.Name == "" {
				tt.in.Name = "another"
			}
			_, err := w.api.CreateAPIKey(t.Context(), tt.who, tt.in)
			wantCode(t, err, tt.want)
		})
	}
}

func TestWhatAnAPIKeyMadeGoesWithIt(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	stays, _ := w.keyOf(ann, api.CreateAPIKeyInput{})
	first, byKey := w.keyOf(ann, api.CreateAPIKeyInput{Scopes: []string{store.ScopeWrite}})
	second, bySecond := w.keyOf(byKey, api.CreateAPIKeyInput{Scopes: []string{store.ScopeWrite}})
	third, _ := w.keyOf(bySecond, api.CreateAPIKeyInput{})
	must(w.api.DeleteAPIKey(t.Context(), ann, api.IDInput{ID: first.ID}))(t)
	for _, gone := range []string{first.Key, second.Key, third.Key} {
		_, err := w.authenticate(gone)
		wantCode(t, err, store.CodeUnauthorized)
	}
	must(w.authenticate(stays.Key))(t)
}

func TestWhoMayDeleteAnAPIKey(t *testing.T) {
	w := newWorld(t)
	root := must(w.authenticate(w.setUp().AccessToken))(t)
	strong, _ := w.keyOf(root, api.CreateAPIKeyInput{Scopes: []string{store.ScopeAdmin}})
	own, writer := w.keyOf(root, api.CreateAPIKeyInput{Scopes: []string{store.ScopeWrite}})
	for name, tt := range map[string]struct {
		who  api.Actor
		id   store.ID
		want store.Code
	}{
		"somebody else's":  {w.as("bob"), strong.ID, store.CodeNotFound},
		"one that is none": {root, root.UserID, store.CodeNotFound},
		"a stronger one":   {writer, strong.ID, store.CodeForbidden},
		"itself":           {writer, own.ID, ""},
	} {
		_, err := w.api.DeleteAPIKey(t.Context(), tt.who, api.IDInput{ID: tt.id})
		t.Run(name, func(t *testing.T) { wantCode(t, err, tt.want) })
	}
}

func TestAnAPIKeyCannotTakeTheAccountOver(t *testing.T) {
	w := newWorld(t)
	in := w.setUp()
	root := must(w.authenticate(in.AccessToken))(t)
	_, key := w.keyOf(root, api.CreateAPIKeyInput{Scopes: []string{store.ScopeAdmin}})
	name := "other"
	for what, do := range map[string]func() error{
		"change the password": func() error {
			_, err := w.api.ChangePassword(t.Context(), key, api.ChangePasswordInput{Current: secret, New: "another password"})
			return err
		},
		"change the login": func() error {
			_, err := w.api.UpdateMe(t.Context(), key, api.UpdateMeInput{Username: &name})
			return err
		},
		"end a session": func() error {
			_, err := w.api.EndSession(t.Context(), key, api.IDInput{ID: root.SessionID})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) { wantCode(t, do(), store.CodeForbidden) })
	}
}

func TestAPIKeysAreBounded(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	for range 100 {
		w.keyOf(ann, api.CreateAPIKeyInput{})
	}
	_, err := w.api.CreateAPIKey(t.Context(), ann, api.CreateAPIKeyInput{Name: "one more"})
	wantCode(t, err, store.CodeConflict)
}
