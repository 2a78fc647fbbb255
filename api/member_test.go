package api_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// put makes somebody a member.
func (s *scene) put(by, who, role string) error {
	_, err := s.api.PutMember(s.t.Context(), s.actors[by], api.PutMemberInput{ProjectID: s.project, UserID: s.actors[who].UserID, Role: role})
	return err
}

// out takes somebody out.
func (s *scene) out(by, who string) error {
	_, err := s.api.DeleteMember(s.t.Context(), s.actors[by], api.MemberInput{ProjectID: s.project, UserID: s.actors[who].UserID})
	return err
}

func TestMembers(t *testing.T) {
	s := newScene(t)
	list := must(s.api.ListMembers(t.Context(), s.actors["viewer"], api.ListMembersInput{ProjectID: s.project}))(t)
	var names []string
	for _, m := range list.Members {
		names = append(names, m.Username+" "+m.Role)
	}
	if got := strings.Join(names, ", "); got != "editor editor, maker editor, owner owner, viewer viewer" || list.Total != 4 {
		t.Errorf("members %s (%d)", got, list.Total)
	}
	wantCode(t, s.put("owner", "stranger", store.ProjectViewer), "")
	must(s.api.GetThread(t.Context(), s.actors["stranger"], api.IDInput{ID: s.thread}))(t)
	wantCode(t, s.put("owner", "stranger", store.ProjectEditor), "")
	if m := must(s.api.GetMember(t.Context(), s.actors["stranger"], api.MemberInput{ProjectID: s.project, UserID: s.actors["stranger"].UserID}))(t); m.Role != store.ProjectEditor {
		t.Errorf("now %+v", m)
	}
	wantCode(t, s.out("owner", "stranger"), "")
	_, err := s.api.GetThread(t.Context(), s.actors["stranger"], api.IDInput{ID: s.thread})
	wantCode(t, err, store.CodeNotFound)
	wantCode(t, s.out("owner", "stranger"), store.CodeNotFound)
	wantCode(t, s.out("viewer", "viewer"), "") // everybody may leave
	wantCode(t, s.out("viewer", "viewer"), store.CodeNotFound)
}

func TestAProjectKeepsAnOwner(t *testing.T) {
	s := newScene(t)
	last := func() {
		t.Helper()
		wantCode(t, s.out("owner", "owner"), store.CodeConflict)
		wantCode(t, s.put("owner", "owner", store.ProjectViewer), store.CodeConflict)
	}
	last()
	wantCode(t, s.put("owner", "editor", store.ProjectOwner), "")
	s.disable("editor", true)
	last() // the other cannot sign in
	s.disable("editor", false)
	wantCode(t, s.put("owner", "owner", store.ProjectViewer), "")
	wantCode(t, s.put("owner", "owner", store.ProjectOwner), store.CodeForbidden)
}

func (s *scene) disable(name string, is bool) {
	s.t.Helper()
	_, err := s.api.UpdateUser(s.t.Context(), api.Actor{UserID: s.actors["stranger"].UserID, Admin: true}, api.UpdateUserInput{ID: s.actors[name].UserID, IsDisabled: &is})
	if err != nil {
		s.t.Fatal(err)
	}
}

// An administrator manages who is in a project and sees nothing of what is in it.
func TestAnAdministratorManagesMembers(t *testing.T) {
	s := newScene(t)
	admin := s.actors["stranger"]
	admin.Admin = true
	s.actors["admin"] = admin
	must(s.api.ListMembers(t.Context(), admin, api.ListMembersInput{ProjectID: s.project}))(t)
	wantCode(t, s.put("admin", "viewer", store.ProjectEditor), "")
	wantCode(t, s.out("admin", "viewer"), "")
	for what, do := range map[string]func() error{
		"the project": func() error { _, err := s.api.GetProject(t.Context(), admin, api.IDInput{ID: s.project}); return err },
		"the thread":  func() error { _, err := s.api.GetThread(t.Context(), admin, api.IDInput{ID: s.thread}); return err },
		"the messages": func() error {
			_, err := listMessages(t.Context(), s.api, admin, api.ListMessagesInput{ThreadID: s.thread})
			return err
		},
		"the feed": func() error {
			_, err := s.api.ListActivities(t.Context(), admin, api.ListActivitiesInput{ProjectID: s.project})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) { wantCode(t, do(), store.CodeNotFound) })
	}
	list := must(s.api.ListAudit(t.Context(), admin, api.ListAuditInput{}))(t)
	var actions []string
	for _, e := range list.Entries {
		actions = append(actions, e.Action)
	}
	if !slices.Contains(actions, "member_changed") || !slices.Contains(actions, "member_removed") {
		t.Errorf("the audit has %v", actions)
	}
}

func TestMembersHearOfMembers(t *testing.T) {
	s := newScene(t)
	owner, stranger := s.watch(s.actors["owner"], s.thread), s.watch(s.actors["stranger"], store.ID{})
	wantCode(t, s.put("owner", "stranger", store.ProjectViewer), "")
	for _, w := range []*watcher{owner, stranger} {
		if f := w.until("project_updated"); f["project_id"] != s.project.String() {
			t.Errorf("heard %v", f)
		}
	}
	wantCode(t, s.out("owner", "stranger"), "")
	if f := stranger.until("project_updated"); f["is_deleted"] != true {
		t.Errorf("who is out heard %v", f)
	}
	if f := owner.until("project_updated"); f["is_deleted"] != nil {
		t.Errorf("who is in heard %v", f)
	}
}

// feed returns what who is told of the project, the oldest first.
func (s *scene) feed(who string, in api.ListActivitiesInput) []string {
	s.t.Helper()
	list := must(s.api.ListActivities(s.t.Context(), s.actors[who], in))(s.t)
	out := []string{}
	for _, x := range slices.Backward(list.Activities) {
		out = append(out, strings.Join(strings.Fields(x.Username+" "+x.Kind+" "+x.Title+" "+x.Detail), " "))
	}
	return out
}

func TestTheFeedOfAProject(t *testing.T) {
	s := newScene(t)
	ctx := context.Background()
	name := "Old name"
	maker := s.actors["maker"]
	must(s.api.UpdateThread(ctx, maker, api.UpdateThreadInput{ID: s.thread, Title: &name}))(t)
	must(s.api.ArchiveThread(ctx, maker, api.IDInput{ID: s.thread}))(t)
	must(s.api.ArchiveThread(ctx, maker, api.IDInput{ID: s.thread}))(t)
	name = "Talk"
	must(s.api.UnarchiveThread(ctx, maker, api.IDInput{ID: s.thread}))(t)
	must(s.api.UpdateThread(ctx, maker, api.UpdateThreadInput{ID: s.thread, Title: &name}))(t)
	name = "Secret"
	private := must(s.api.CreateThread(ctx, maker, api.CreateThreadInput{ProjectID: s.project, IsPrivate: true, Title: &name}))(t)
	name = "More secret"
	must(s.api.UpdateThread(ctx, maker, api.UpdateThreadInput{ID: private.ID, Title: &name}))(t)
	must(s.api.DeleteThread(ctx, maker, api.IDInput{ID: private.ID}))(t)
	wantCode(t, s.put("owner", "stranger", store.ProjectViewer), "")
	wantCode(t, s.out("stranger", "stranger"), "")
	archived := true
	must(s.api.UpdateProject(ctx, s.actors["owner"], api.UpdateProjectInput{ID: s.project, IsArchived: &archived}))(t)
	want := []string{
		"owner project_created Shared",
		"maker thread_created Talk",
		"maker thread_renamed Talk",
		"maker thread_archived Talk",
		"maker thread_unarchived Talk",
		"maker thread_renamed Talk",
		"owner member_added stranger viewer",
		"stranger member_left stranger",
		"owner project_archived Shared",
	}
	for _, who := range []string{"viewer", "maker"} {
		if got := s.feed(who, api.ListActivitiesInput{ProjectID: s.project}); !slices.Equal(got, want) {
			t.Errorf("%s is told\n%s\nwant\n%s", who, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	must(s.api.DeleteThread(ctx, maker, api.IDInput{ID: s.thread}))(t)
	if got := strings.Join(s.feed("viewer", api.ListActivitiesInput{}), "\n"); strings.Contains(got, "Talk") {
		t.Errorf("a deleted thread is still named:\n%s", got)
	}
	_, err := s.api.ListActivities(ctx, s.actors["stranger"], api.ListActivitiesInput{ProjectID: s.project})
	wantCode(t, err, store.CodeNotFound)
}

// The feed of all projects is one list, which is walked like any other.
func TestTheFeedOfAllProjects(t *testing.T) {
	s := newScene(t)
	owner := s.actors["owner"]
	for range 3 {
		s.world.thread(owner)
	}
	all := must(s.api.ListActivities(t.Context(), owner, api.ListActivitiesInput{}))(t)
	if all.Total != 8 || len(all.Activities) != 8 || all.HasMore {
		t.Fatalf("%d of %d", len(all.Activities), all.Total)
	}
	var walked []store.ID
	in := api.ListActivitiesInput{PageInput: api.PageInput{Limit: 3}}
	for more := true; more; {
		page := must(s.api.ListActivities(t.Context(), owner, in))(t)
		for _, x := range page.Activities {
			walked = append(walked, x.ID)
		}
		in.After, more = walked[len(walked)-1], page.HasMore
	}
	for i, x := range all.Activities {
		if walked[i] != x.ID {
			t.Errorf("%d: walked to %s, want %s", i, walked[i], x.ID)
		}
	}
	back := must(s.api.ListActivities(t.Context(), owner, api.ListActivitiesInput{PageInput: api.PageInput{Limit: 3, Before: walked[7]}}))(t)
	if len(back.Activities) != 3 || back.Activities[2].ID != walked[6] || !back.HasMore {
		t.Errorf("back: %+v", back)
	}
	_, err := s.api.ListActivities(t.Context(), s.actors["viewer"], api.ListActivitiesInput{PageInput: api.PageInput{After: walked[0]}})
	wantCode(t, err, store.CodeUnknownCursor)
}

func TestTags(t *testing.T) {
	s := newScene(t)
	ctx := t.Context()
	owner := s.actors["owner"]
	p := must(s.api.UpdateProject(ctx, owner, api.UpdateProjectInput{ID: s.project, Tags: []string{" Green ", "blue", "GREEN"}}))(t)
	if !slices.Equal(p.Tags, []string{"blue", "Green"}) {
		t.Errorf("tags %v", p.Tags)
	}
	list := must(s.api.ListTags(ctx, s.actors["viewer"], api.PageInput{}))(t)
	if list.Total != 2 || list.Tags[0].Name != "blue" || list.Tags[1].Name != "Green" {
		t.Errorf("all tags %+v", list)
	}
	green := list.Tags[1].ID
	_, err := s.api.CreateTag(ctx, owner, api.CreateTagInput{Name: "green"})
	wantCode(t, err, store.CodeConflict)
	first := must(s.api.CreateTag(ctx, owner, api.CreateTagInput{Name: "red", ClientID: store.ID{1}}))(t)
	if again := must(s.api.CreateTag(ctx, owner, api.CreateTagInput{Name: "red", ClientID: store.ID{1}}))(t); again.ID != first.ID {
		t.Error("the same tag was made twice")
	}
	for who, want := range map[string]store.Code{"viewer": store.CodeForbidden, "editor": store.CodeForbidden, "stranger": store.CodeNotFound} {
		_, err := s.api.DeleteTag(ctx, s.actors[who], api.IDInput{ID: green})
		wantCode(t, err, want)
	}
	must(s.api.DeleteTag(ctx, owner, api.IDInput{ID: first.ID}))(t) // nobody carries it
	must(s.api.DeleteTag(ctx, owner, api.IDInput{ID: green}))(t)
	p = must(s.api.GetProject(ctx, owner, api.IDInput{ID: s.project}))(t)
	if !slices.Equal(p.Tags, []string{"blue"}) {
		t.Errorf("tags %v, before the rest is reaped", p.Tags)
	}
	p = must(s.api.UpdateProject(ctx, owner, api.UpdateProjectInput{ID: s.project}))(t)
	if !slices.Equal(p.Tags, []string{"blue"}) {
		t.Errorf("tags %v, though none were given", p.Tags)
	}
	p = must(s.api.UpdateProject(ctx, owner, api.UpdateProjectInput{ID: s.project, Tags: []string{}}))(t)
	if len(p.Tags) != 0 {
		t.Errorf("tags %v", p.Tags)
	}
	made := must(s.api.CreateProject(ctx, owner, api.CreateProjectInput{Name: "New", Tags: []string{"blue"}}))(t)
	if !slices.Equal(made.Tags, []string{"blue"}) {
		t.Errorf("tags %v", made.Tags)
	}
	_, err = s.api.CreateProject(ctx, owner, api.CreateProjectInput{Name: "New", Tags: []string{strings.Repeat("x", 51)}})
	wantCode(t, err, store.CodeInvalid)
}
