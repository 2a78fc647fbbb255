package api_test

import (
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// tagsOf are the names of the tags that somebody sees.
func (s *scene) tagsOf(who string) string {
	s.t.Helper()
	var words []string
	for _, t := range must(s.api.ListTags(s.t.Context(), s.actors[who], api.PageInput{}))(s.t).Tags {
		words = append(words, t.Name)
	}
	return strings.Join(words, " ")
}

// Who is no member of a project learns nothing of its tags: not by the list, not by
// making one of the same name, not by deleting it, whoever they are.
func TestTagsOfOtherProjectsDoNotExist(t *testing.T) {
	s := newScene(t)
	ctx := t.Context()
	s.admin("root")
	must(s.api.UpdateProject(ctx, s.actors["owner"], api.UpdateProjectInput{ID: s.project, Tags: []string{"layoffs-q3"}}))(t)
	hidden := must(s.api.ListTags(ctx, s.actors["viewer"], api.PageInput{}))(t).Tags[0]
	for _, who := range []string{"stranger", "root"} {
		t.Run(who, func(t *testing.T) {
			if got := s.tagsOf(who); got != "" {
				t.Errorf("sees %q", got)
			}
			_, err := s.api.DeleteTag(ctx, s.actors[who], api.IDInput{ID: hidden.ID})
			wantCode(t, err, store.CodeNotFound)
			_, err = s.api.ListTags(ctx, s.actors[who], api.PageInput{After: hidden.ID})
			wantCode(t, err, store.CodeUnknownCursor)
			own := must(s.api.CreateTag(ctx, s.actors[who], api.CreateTagInput{Name: "Layoffs-Q3"}))(t)
			if own.ID == hidden.ID || own.Name != "Layoffs-Q3" {
				t.Errorf("made %+v", own)
			}
			_, err = s.api.CreateTag(ctx, s.actors[who], api.CreateTagInput{Name: "layoffs-q3"})
			wantCode(t, err, store.CodeConflict) // their own
			p := must(s.api.CreateProject(ctx, s.actors[who], api.CreateProjectInput{Name: "Mine", Tags: []string{"layoffs-q3", "other"}}))(t)
			if strings.Join(p.Tags, " ") != "Layoffs-Q3 other" {
				t.Errorf("carries %q", p.Tags)
			}
			must(s.api.DeleteTag(ctx, s.actors[who], api.IDInput{ID: own.ID}))(t)
			if got := s.tagsOf(who); got != "other" {
				t.Errorf("now sees %q", got)
			}
			if got := s.tagsOf("viewer"); got != "layoffs-q3" {
				t.Errorf("the members see %q", got)
			}
		})
	}
	// Unused tags are their maker's alone.
	must(s.api.CreateTag(ctx, s.actors["editor"], api.CreateTagInput{Name: "draft"}))(t)
	if got := s.tagsOf("owner"); got != "layoffs-q3" {
		t.Errorf("the owner sees %q", got)
	}
	if got := s.tagsOf("editor"); got != "draft layoffs-q3" {
		t.Errorf("the maker sees %q", got)
	}
}

// A tag that projects carry which do not know of each other is taken off those that one
// sees.
func TestDeletingATagThatOthersUseToo(t *testing.T) {
	s := newScene(t)
	ctx := t.Context()
	owner := s.actors["owner"]
	must(s.api.UpdateProject(ctx, owner, api.UpdateProjectInput{ID: s.project, Tags: []string{"plan"}}))(t)
	alone := must(s.api.CreateProject(ctx, owner, api.CreateProjectInput{Name: "Alone", Tags: []string{"plan"}}))(t)
	wantCode(t, s.put("owner", "editor", store.ProjectOwner), "")
	seen := must(s.api.ListTags(ctx, s.actors["editor"], api.PageInput{}))(t)
	if seen.Total != 1 {
		t.Fatalf("sees %+v", seen)
	}
	must(s.api.DeleteTag(ctx, s.actors["editor"], api.IDInput{ID: seen.Tags[0].ID}))(t) // of "Alone" they know nothing
	if p := must(s.api.GetProject(ctx, owner, api.IDInput{ID: s.project}))(t); len(p.Tags) != 0 {
		t.Errorf("the project still carries %q", p.Tags)
	}
	if p := must(s.api.GetProject(ctx, owner, api.IDInput{ID: alone.ID}))(t); strings.Join(p.Tags, " ") != "plan" {
		t.Errorf("the other project carries %q", p.Tags)
	}
}

// Two who had the same word before they shared a project see it once.
func TestTheSameTagIsSeenOnce(t *testing.T) {
	s := newScene(t)
	ctx := t.Context()
	must(s.api.CreateProject(ctx, s.actors["viewer"], api.CreateProjectInput{Name: "Mine", Tags: []string{"plan"}}))(t)
	must(s.api.CreateProject(ctx, s.actors["stranger"], api.CreateProjectInput{Name: "Theirs", Tags: []string{"Plan"}}))(t)
	theirs := must(s.api.ListProjects(ctx, s.actors["stranger"], api.PageInput{}))(t).Projects[0]
	must(s.api.PutMember(ctx, s.actors["stranger"], api.PutMemberInput{ProjectID: theirs.ID, UserID: s.actors["viewer"].UserID, Role: store.ProjectOwner}))(t)
	if got := s.tagsOf("viewer"); !strings.EqualFold(got, "plan") {
		t.Errorf("sees %q", got)
	}
	id := must(s.api.ListTags(ctx, s.actors["viewer"], api.PageInput{}))(t).Tags[0].ID
	must(s.api.DeleteTag(ctx, s.actors["viewer"], api.IDInput{ID: id}))(t)
	if got := s.tagsOf("viewer"); got != "" {
		t.Errorf("after deleting it sees %q", got)
	}
}
