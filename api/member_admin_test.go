package api_test

import (
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// admin makes an administrator who is no member of the project.
func (s *scene) admin(name string) api.Actor {
	s.t.Helper()
	a := s.as(name)
	a.Admin = true
	s.actors[name] = a
	return a
}

// noticesOf are the notices of somebody, the newest first, in words.
func (s *scene) noticesOf(name string) (out []string) {
	s.t.Helper()
	list := must(s.api.ListNotices(s.t.Context(), s.actors[name], api.PageInput{}))(s.t)
	for _, n := range list.Notices {
		out = append(out, strings.Join(strings.Fields(strings.Join([]string{n.Kind, n.By, n.Subject, n.ProjectName, n.Detail}, " ")), " "))
	}
	return out
}

func (s *scene) auditHas(action, details string) bool {
	s.t.Helper()
	list := must(s.api.ListAudit(s.t.Context(), api.Operator("test"), api.ListAuditInput{}))(s.t)
	for _, e := range list.Entries {
		if e.Action == action && (details == "" || e.Details["role"] == details) {
			return true
		}
	}
	return false
}

// An administrator cannot let themself into a project whose owner they could ask, as
// whatever and from whatever part they have there.
func TestAnAdministratorCannotLetThemselfIn(t *testing.T) {
	for _, has := range []string{"", store.ProjectViewer, store.ProjectEditor} {
		for _, wants := range []string{store.ProjectViewer, store.ProjectEditor, store.ProjectOwner} {
			t.Run(has+" to "+wants, func(t *testing.T) {
				s := newScene(t)
				s.admin("root")
				if has != "" {
					wantCode(t, s.put("owner", "root", has), "")
				}
				rank := map[string]int{"": 0, store.ProjectViewer: 1, store.ProjectEditor: 2, store.ProjectOwner: 3}
				want := store.Code("")
				if rank[wants] > rank[has] {
					want = store.CodeForbidden
				}
				wantCode(t, s.put("root", "root", wants), want)
				if want != "" && has == "" {
					_, err := s.api.GetThread(t.Context(), s.actors["root"], api.IDInput{ID: s.thread})
					wantCode(t, err, store.CodeNotFound)
				}
			})
		}
	}
}

// Where no owner can sign in somebody has to: openly.
func TestAnAdministratorTakesOverWhatNoOwnerCan(t *testing.T) {
	s := newScene(t)
	s.admin("root")
	s.disable("owner", true)
	wantCode(t, s.put("root", "root", store.ProjectOwner), "")
	if !s.auditHas("member_added", store.ProjectOwner) {
		t.Error("the audit does not know")
	}
	for _, who := range []string{"owner", "editor", "viewer"} {
		if got := s.noticesOf(who); len(got) == 0 || !strings.HasPrefix(got[0], "members_changed root root") {
			t.Errorf("%s was told %q", who, got)
		}
	}
	if got := s.noticesOf("root"); len(got) != 0 {
		t.Errorf("who did it was told %q", got)
	}
}

// What an administrator changes of the members is in the audit, in the feed and the
// list of members, and the owners are told, whoever it is about.
func TestOwnersAreToldWhatAdministratorsChange(t *testing.T) {
	s := newScene(t)
	s.admin("root")
	steps := []struct {
		what string
		do   func() error
		kind string
		told string // detail of the notice
	}{
		{"an accomplice is added", func() error { return s.put("root", "stranger", store.ProjectViewer) }, "member_added", "stranger Plans added viewer"},
		{"made an owner", func() error { return s.put("root", "stranger", store.ProjectOwner) }, "member_changed", "stranger Plans changed owner"},
		{"an owner is made a viewer", func() error { return s.put("root", "owner", store.ProjectViewer) }, "member_changed", "owner Plans changed viewer"},
		{"and removed", func() error { return s.out("root", "owner") }, "member_removed", "owner removed"},
	}
	name := must(s.api.GetProject(t.Context(), s.actors["owner"], api.IDInput{ID: s.project}))(t).Name
	for _, step := range steps {
		t.Run(step.what, func(t *testing.T) {
			wantCode(t, step.do(), "")
			want := "members_changed root " + strings.Replace(step.told, "Plans", name, 1)
			if got := s.noticesOf("owner"); len(got) == 0 || got[0] != want {
				t.Errorf("the owner was told %q, want %q", got, want)
			}
			if !s.auditHas(step.kind, "") {
				t.Errorf("the audit has no %s", step.kind)
			}
			list := must(s.api.ListActivities(t.Context(), s.actors["editor"], api.ListActivitiesInput{ProjectID: s.project}))(t)
			if x := list.Activities[0]; x.Kind != step.kind || !x.ByAdmin || x.Username != "root" {
				t.Errorf("the feed has %+v", x)
			}
		})
	}
	m := must(s.api.GetMember(t.Context(), s.actors["editor"], api.MemberInput{ProjectID: s.project, UserID: s.actors["stranger"].UserID}))(t)
	if !m.SetByAdmin || m.SetBy != "root" {
		t.Errorf("the member shows %+v", m)
	}
	wantCode(t, s.put("stranger", "stranger", store.ProjectOwner), "") // nothing changes
	wantCode(t, s.put("stranger", "viewer", store.ProjectEditor), "")
	m = must(s.api.GetMember(t.Context(), s.actors["editor"], api.MemberInput{ProjectID: s.project, UserID: s.actors["viewer"].UserID}))(t)
	if m.SetByAdmin || m.SetBy != "" {
		t.Errorf("whom an owner made an editor shows %+v", m)
	}
}

// Taking an account over is another way to what its person reads: they are told of
// every change that an administrator makes to it.
func TestPeopleAreToldWhatAdministratorsChangeOfTheirAccount(t *testing.T) {
	for what, tt := range map[string]struct {
		in   api.UpdateUserInput
		told string
	}{
		"the password":  {api.UpdateUserInput{Password: new("fiddle staple tractor")}, "password"},
		"the email":     {api.UpdateUserInput{Email: new("other@example.org")}, "email"},
		"the user name": {api.UpdateUserInput{Username: new("other")}, "user name"},
		"the role":      {api.UpdateUserInput{Role: new(store.RoleAdmin)}, "role"},
		"disabled":      {api.UpdateUserInput{IsDisabled: new(true)}, "disabled"},
	} {
		t.Run(what, func(t *testing.T) {
			s := newScene(t)
			root := s.admin("root")
			w := s.watch(s.actors["viewer"], store.ID{})
			tt.in.ID = s.actors["viewer"].UserID
			must(s.api.UpdateUser(t.Context(), root, tt.in))(t)
			if got, want := s.noticesOf("viewer"), "account_changed root viewer "+tt.told; len(got) != 1 || got[0] != want {
				t.Errorf("told %q, want %q", got, want)
			}
			if what != "disabled" && what != "the password" {
				w.until("notice")
			}
		})
	}
	s := newScene(t)
	root := s.admin("root")
	must(s.api.UpdateUser(t.Context(), root, api.UpdateUserInput{ID: root.UserID, Email: new("other@example.org")}))(t)
	if got := s.noticesOf("root"); len(got) != 0 {
		t.Errorf("of their own change they are told %q", got)
	}
}

func TestReadingNotices(t *testing.T) {
	s := newScene(t)
	root := s.admin("root")
	for range store.MaxNotices + 5 {
		for _, name := range []string{"one", "viewer"} {
			must(s.api.UpdateUser(t.Context(), root, api.UpdateUserInput{ID: s.actors["viewer"].UserID, Username: &name}))(t)
		}
	}
	viewer := s.actors["viewer"]
	list := must(s.api.ListNotices(t.Context(), viewer, api.PageInput{Limit: 2}))(t)
	if list.Total != store.MaxNotices || len(list.Notices) != 2 || !list.HasMore {
		t.Errorf("%d of %d", len(list.Notices), list.Total)
	}
	_, err := s.api.ReadNotice(t.Context(), s.actors["editor"], api.IDInput{ID: list.Notices[0].ID})
	wantCode(t, err, store.CodeNotFound) // somebody else's
	if v := must(s.api.ReadNotice(t.Context(), viewer, api.IDInput{ID: list.Notices[0].ID}))(t); !v.IsRead {
		t.Error("it is not read")
	}
	list = must(s.api.ListNotices(t.Context(), viewer, api.PageInput{Limit: 2}))(t)
	if !list.Notices[0].IsRead || list.Notices[1].IsRead {
		t.Errorf("now %+v", list.Notices)
	}
	must(s.api.DeleteUser(t.Context(), root, api.IDInput{ID: viewer.UserID}))(t)
}
