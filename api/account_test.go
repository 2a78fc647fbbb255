package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// root sets the instance up and returns its administrator.
func (w *world) root() api.Actor {
	w.t.Helper()
	return must(w.authenticate(w.setUp().AccessToken))(w.t)
}

const another = "quite another sentence"

// account makes a user who can sign in.
func (w *world) account(root api.Actor, name, role string) *api.AccountView {
	w.t.Helper()
	return must(w.api.CreateUser(w.t.Context(), root, api.CreateUserInput{Username: name, Email: name + "@example.org", Password: another, Role: role}))(w.t)
}

func (w *world) login(name, password string) (*api.SignIn, error) {
	return w.api.Login(w.t.Context(), api.Actor{Address: "192.0.2.1"}, api.LoginInput{Login: name, Password: password})
}

func TestUsersAreListedByName(t *testing.T) {
	w := newWorld(t)
	root := w.root()
	for _, name := range []string{"Cid", "ann", "bob", "Dot"} {
		w.account(root, name, store.RoleMember)
	}
	names := func(in api.ListUsersInput) string {
		t.Helper()
		list := must(w.api.ListUsers(t.Context(), root, in))(t)
		var out []string
		for _, u := range list.Users {
			out = append(out, u.Username)
		}
		if list.HasMore {
			out = append(out, "…")
		}
		return strings.Join(out, " ") + " of " + string(rune('0'+list.Total))
	}
	all := must(w.api.ListUsers(t.Context(), root, api.ListUsersInput{}))(t).Users
	two := 2
	for name, tt := range map[string]struct {
		in   api.ListUsersInput
		want string
	}{
		"all":             {api.ListUsersInput{}, "ann bob Cid Dot root of 5"},
		"the first":       {api.ListUsersInput{PageInput: api.PageInput{Limit: 2}}, "ann bob … of 5"},
		"the next":        {api.ListUsersInput{PageInput: api.PageInput{Limit: 2, After: all[1].ID}}, "Cid Dot … of 5"},
		"the last":        {api.ListUsersInput{PageInput: api.PageInput{Limit: 2, After: all[3].ID}}, "root of 5"},
		"back":            {api.ListUsersInput{PageInput: api.PageInput{Limit: 2, Before: all[3].ID}}, "bob Cid … of 5"},
		"back to the end": {api.ListUsersInput{PageInput: api.PageInput{Limit: 2, Before: all[1].ID}}, "ann of 5"},
		"by offset":       {api.ListUsersInput{PageInput: api.PageInput{Limit: 2, Offset: &two}}, "Cid Dot … of 5"},
		"by part":         {api.ListUsersInput{Search: "O"}, "ann bob Cid Dot root of 5"}, // example.org
		"by name":         {api.ListUsersInput{Search: "DOT"}, "Dot of 1"},
		"by role":         {api.ListUsersInput{Role: store.RoleAdmin}, "root of 1"},
		"disabled":        {api.ListUsersInput{Disabled: "true"}, " of 0"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := names(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	_, err := w.api.ListUsers(t.Context(), root, api.ListUsersInput{PageInput: api.PageInput{After: root.SessionID}})
	wantCode(t, err, store.CodeUnknownCursor)
}

func TestOneWithoutAdministratorsIsNeverLeft(t *testing.T) {
	w := newWorld(t)
	root := w.root()
	yes, member := true, store.RoleMember
	for what, do := range map[string]func(id store.ID) error{
		"disable": func(id store.ID) error {
			_, err := w.api.UpdateUser(t.Context(), root, api.UpdateUserInput{ID: id, IsDisabled: &yes})
			return err
		},
		"demote": func(id store.ID) error {
			_, err := w.api.UpdateUser(t.Context(), root, api.UpdateUserInput{ID: id, Role: &member})
			return err
		},
		"delete": func(id store.ID) error {
			_, err := w.api.DeleteUser(t.Context(), root, api.IDInput{ID: id})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			second := w.account(root, what, store.RoleAdmin)
			wantCode(t, do(second.ID), "")
			wantCode(t, do(root.UserID), store.CodeConflict) // also beside one who is disabled
		})
	}
}

func TestWhatEndsTheSessionsOfAUser(t *testing.T) {
	w := newWorld(t)
	root := w.root()
	yes, member, password, name := true, store.RoleMember, "a third long sentence", "renamed"
	for what, tt := range map[string]struct {
		in    api.UpdateUserInput
		stays bool
	}{
		"disabling":        {api.UpdateUserInput{IsDisabled: &yes}, false},
		"demoting":         {api.UpdateUserInput{Role: &member}, false},
		"a new password":   {api.UpdateUserInput{Password: &password}, false},
		"another name":     {api.UpdateUserInput{Username: &name}, true},
		"nothing at all":   {api.UpdateUserInput{}, true},
		"being as one was": {api.UpdateUserInput{Role: new(string)}, true},
	} {
		t.Run(what, func(t *testing.T) {
			u := w.account(root, "u"+strings.ReplaceAll(what, " ", "-"), store.RoleAdmin)
			if tt.in.Role != nil && *tt.in.Role == "" {
				*tt.in.Role = store.RoleAdmin
			}
			in := must(w.login(u.Username, another))(t)
			who := must(w.authenticate(in.AccessToken))(t)
			socket := w.hub.Connect(hub.Label{UserID: who.UserID.String(), SessionID: who.SessionID.String()})
			defer socket.Close()
			tt.in.ID = u.ID
			must(w.api.UpdateUser(t.Context(), root, tt.in))(t)
			_, err := w.authenticate(in.AccessToken)
			if gone := store.CodeOf(err) == store.CodeUnauthorized; gone == tt.stays {
				t.Errorf("then the session says %v", err)
			}
			if kicked := socket.Kicked(); kicked == tt.stays {
				t.Errorf("the socket was closed: %t", kicked)
			}
		})
	}
}

func TestAnAdministratorSetsAPassword(t *testing.T) {
	w := newWorld(t)
	root := w.root()
	ann := w.account(root, "ann", store.RoleMember)
	password, weak := "a third long sentence", "password12"
	must(w.api.UpdateUser(t.Context(), root, api.UpdateUserInput{ID: ann.ID, Password: &password}))(t)
	must(w.login("ann", password))(t)
	_, err := w.api.UpdateUser(t.Context(), root, api.UpdateUserInput{ID: ann.ID, Password: &weak})
	wantCode(t, err, store.CodeInvalid)
	_, err = w.api.UpdateUser(t.Context(), root, api.UpdateUserInput{ID: root.UserID, Password: &password})
	wantCode(t, err, store.CodeForbidden) // one's own takes the current one
	_, err = w.api.UpdateUser(t.Context(), root, api.UpdateUserInput{ID: root.SessionID, Password: &password})
	wantCode(t, err, store.CodeNotFound)
}

func TestCreatingAUserTwiceByItsName(t *testing.T) {
	w := newWorld(t)
	root := w.root()
	in := api.CreateUserInput{Username: "ann", Email: "ann@example.org", Password: another, ClientID: store.ID{1}}
	first := must(w.api.CreateUser(t.Context(), root, in))(t)
	second := must(w.api.CreateUser(t.Context(), root, in))(t)
	if first.ID != second.ID {
		t.Error("there are two")
	}
	in.ClientID = store.ID{2}
	_, err := w.api.CreateUser(t.Context(), root, in)
	wantCode(t, err, store.CodeConflict)
}

// What hangs from a user goes or stays as the store's references say.
func TestDeletingAUser(t *testing.T) {
	w := newWorld(t)
	root := w.root()
	bob := w.account(root, "bob", store.RoleMember)
	in := must(w.login("bob", another))(t)
	who := must(w.authenticate(in.AccessToken))(t)
	k, _ := w.keyOf(who, api.CreateAPIKeyInput{})
	shared := w.thread(root)
	must(w.api.PutMember(t.Context(), root, api.PutMemberInput{ProjectID: shared.ProjectID, UserID: bob.ID, Role: store.ProjectEditor}))(t)
	said := w.ask(who, shared.ID, "from bob").Message
	alone := w.thread(who)

	must(w.api.DeleteUser(t.Context(), root, api.IDInput{ID: bob.ID}))(t)
	for _, token := range []string{in.AccessToken, k.Key} {
		_, err := w.authenticate(token)
		wantCode(t, err, store.CodeUnauthorized)
	}
	if list := must(w.api.ListMembers(t.Context(), root, api.ListMembersInput{ProjectID: shared.ProjectID}))(t); list.Total != 1 {
		t.Errorf("members %+v", list)
	}
	if err := w.api.Reap(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m := must(w.api.GetMessage(t.Context(), root, api.IDInput{ID: said.ID}))(t); m.Content != "from bob" || !m.UserID.IsZero() {
		t.Errorf("the message is %+v", m)
	}
	storetest.View(t, w.store, func(tx *store.Tx) error {
		if _, err := tx.Project(alone.ProjectID); store.CodeOf(err) != store.CodeNotFound {
			t.Errorf("the project that was bob's alone: %v", err)
		}
		return nil
	})
	w.account(root, "bob", store.RoleMember) // the name is free again
}

func TestTheLastOwnerIsNotDeleted(t *testing.T) {
	w := newWorld(t)
	root := w.root()
	bob := w.account(root, "bob", store.RoleMember)
	who := api.Actor{UserID: bob.ID, Username: "bob"}
	p := w.thread(who).ProjectID
	w.thread(who) // and one of his own
	must(w.api.PutMember(t.Context(), who, api.PutMemberInput{ProjectID: p, UserID: root.UserID, Role: store.ProjectEditor}))(t)
	_, err := w.api.DeleteUser(t.Context(), root, api.IDInput{ID: bob.ID})
	wantCode(t, err, store.CodeConflict)
	if d := must(w.api.GetUser(t.Context(), root, api.IDInput{ID: bob.ID}))(t); len(d.Projects) != 2 {
		t.Errorf("what was refused has changed something: %+v", d)
	}
	must(w.api.PutMember(t.Context(), who, api.PutMemberInput{ProjectID: p, UserID: root.UserID, Role: store.ProjectOwner}))(t)
	must(w.api.DeleteUser(t.Context(), root, api.IDInput{ID: bob.ID}))(t)
}

func TestFindingAUser(t *testing.T) {
	w := newWorld(t)
	root := w.root()
	ann := w.account(root, "ann", store.RoleMember)
	bob := api.Actor{UserID: w.account(root, "bob", store.RoleMember).ID}
	for _, login := range []string{"ANN", " ann@example.org "} {
		if p := must(w.api.FindUser(t.Context(), bob, api.FindUserInput{Login: login}))(t); p.ID != ann.ID || p.Username != "ann" {
			t.Errorf("%q finds %+v", login, p)
		}
	}
	for _, login := range []string{"an", "", "ann@", "*"} {
		_, err := w.api.FindUser(t.Context(), bob, api.FindUserInput{Login: login})
		wantCode(t, err, store.CodeNotFound)
	}
}

func TestRegistering(t *testing.T) {
	at := newClock()
	w := newWorldWith(t, func(o *api.Options) { o.Now = at.Now })
	register := func(name, code string) (*api.SignIn, error) {
		return w.api.Register(t.Context(), api.Actor{}, api.RegisterInput{Username: name, Email: name + "@example.org", Password: another, Invite: code})
	}
	w.api.SetRegistration(api.RegistrationOpen)
	_, err := register("early", "")
	wantCode(t, err, store.CodeConflict) // or nobody could set the instance up
	root := w.root()
	invite := func(in api.CreateInviteInput) string { return must(w.api.CreateInvite(t.Context(), root, in))(t).Code }

	in := must(register("ann", ""))(t)
	if in.User.Role != store.RoleMember || must(w.authenticate(in.AccessToken))(t).Username != "ann" {
		t.Errorf("registered %+v", in.User)
	}
	_, err = register("ANN", "")
	wantCode(t, err, store.CodeConflict)

	w.api.SetRegistration(api.RegistrationInvite)
	_, err = register("bob", "")
	wantCode(t, err, store.CodeForbidden)
	_, err = register("bob", "made up")
	wantCode(t, err, store.CodeForbidden)
	code := invite(api.CreateInviteInput{Role: store.RoleAdmin})
	if in := must(register("bob", code))(t); in.User.Role != store.RoleAdmin {
		t.Errorf("registered %+v", in.User)
	}
	_, err = register("cid", code)
	wantCode(t, err, store.CodeForbidden)
	bob := must(w.api.FindUser(t.Context(), root, api.FindUserInput{Login: "bob"}))(t)
	must(w.api.DeleteUser(t.Context(), root, api.IDInput{ID: bob.ID}))(t)
	if err := w.api.Reap(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = register("cid", code)
	wantCode(t, err, store.CodeForbidden) // used, though by nobody who is left

	code = invite(api.CreateInviteInput{Email: "Dot@example.org"})
	_, err = register("eve", code)
	wantCode(t, err, store.CodeForbidden)
	must(register("dot", code))(t)

	code = invite(api.CreateInviteInput{ExpiresAt: store.TimeOf(at.Now().Add(time.Hour))})
	at.add(time.Hour)
	_, err = register("eve", code)
	wantCode(t, err, store.CodeForbidden)

	code = invite(api.CreateInviteInput{})
	w.api.SetRegistration(api.RegistrationClosed)
	_, err = register("eve", code)
	wantCode(t, err, store.CodeForbidden)
	_, err = w.api.CreateInvite(t.Context(), root, api.CreateInviteInput{})
	wantCode(t, err, store.CodeConflict) // an invite that nobody could use

	list := must(w.api.ListInvites(t.Context(), root, api.PageInput{}))(t)
	var states []string
	for _, i := range list.Invites {
		states = append(states, i.Status)
	}
	if got := strings.Join(states, " "); got != "pending expired used used" {
		t.Errorf("the invites are %s", got)
	}
	w.api.SetRegistration(api.RegistrationInvite)
	must(w.api.DeleteInvite(t.Context(), root, api.IDInput{ID: list.Invites[0].ID}))(t)
	_, err = register("eve", code)
	wantCode(t, err, store.CodeForbidden)
}

// A command that has the store to itself makes accounts; the audit says who did.
func TestAccountsFromTheCommandLine(t *testing.T) {
	w := newWorld(t)
	offline := must(api.Offline(api.Options{Store: w.store, BcryptCost: 4}))(t)
	who := api.Operator("(command line)")
	create := func(name, role string) (u *api.AccountView, err error) {
		err = offline.Administer(t.Context(), who, "user_created", store.ID{}, func(ctx context.Context) (err error) {
			u, err = offline.CreateUser(ctx, who, api.CreateUserInput{Username: name, Email: name + "@example.org", Password: another, Role: role})
			return err
		})
		return u, err
	}
	token := must(w.api.SetupToken(t.Context()))(t)
	_, err := create("ann", store.RoleMember)
	wantCode(t, err, store.CodeInvalid) // the first one runs the instance
	ann := must(create("ann", store.RoleAdmin))(t)
	must(create("bob", store.RoleMember))(t)
	_, err = w.api.Setup(t.Context(), api.Actor{}, api.SetupInput{Token: token, Username: "eve", Email: "eve@example.org", Password: another})
	wantCode(t, err, store.CodeConflict)
	must(w.login("ann", another))(t)

	list := must(w.api.ListAudit(t.Context(), who, api.ListAuditInput{AuditFilter: api.AuditFilter{Action: "user_created"}}))(t)
	var got []string
	for _, e := range list.Entries {
		got = append(got, e.Username+" "+e.Details["username"]+e.Details["failed"])
	}
	if s := strings.Join(got, ", "); s != "(command line) bob, (command line) ann, (command line) invalid" || list.Entries[1].SubjectID != ann.ID {
		t.Errorf("the audit has %s", s)
	}
}

// However often somebody signs in, all that can be ended at once.
func TestSessionsAreBounded(t *testing.T) {
	w := newWorld(t)
	root := w.root()
	ann := w.account(root, "ann", store.RoleMember)
	first := must(w.login("ann", another))(t)
	last := first
	for range 250 {
		last = must(w.login("ann", another))(t)
	}
	_, err := w.authenticate(first.AccessToken)
	wantCode(t, err, store.CodeUnauthorized)
	who := must(w.authenticate(last.AccessToken))(t)
	if list := must(w.api.ListSessions(t.Context(), who, api.PageInput{}))(t); list.Total != 250 {
		t.Errorf("%d sessions", list.Total)
	}
	yes := true
	must(w.api.UpdateUser(t.Context(), root, api.UpdateUserInput{ID: ann.ID, IsDisabled: &yes}))(t)
	_, err = w.authenticate(last.AccessToken)
	wantCode(t, err, store.CodeUnauthorized)
}
