package api_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// team makes ann with a thread, and ben, who may write in it.
func (w *world) team() (ann, ben api.Actor, th *api.ThreadView) {
	w.t.Helper()
	ann, ben = w.as("ann"), w.as("ben")
	th = w.thread(ann)
	w.join(ann, th.ProjectID, ben, store.ProjectEditor)
	return ann, ben, th
}

func (w *world) join(owner api.Actor, project store.ID, who api.Actor, role string) {
	w.t.Helper()
	must(w.api.PutMember(w.t.Context(), owner, api.PutMemberInput{ProjectID: project, UserID: who.UserID, Role: role}))(w.t)
}

func (w *world) rename(who api.Actor, name string) *api.UserView {
	w.t.Helper()
	return must(w.api.UpdateMe(w.t.Context(), who, api.UpdateMeInput{DisplayName: &name}))(w.t)
}

// authorIn returns the author in a frame's message.
func authorIn(f map[string]any) string {
	m, _ := f["message"].(map[string]any)
	author, _ := m["author"].(map[string]any)
	name, _ := author["name"].(string)
	return name
}

// Each way to get a message names who wrote it: verbs, frames, pages.
func TestEveryMessageNamesItsAuthor(t *testing.T) {
	w := newWorld(t)
	ann, ben, th := w.team()
	w.rename(ben, "Ben Cole")
	look := w.watch(ann, th.ID)
	client := newID(t, w.store)
	in := api.SendMessageInput{ThreadID: th.ID, Content: "Why?", Wait: true, ClientID: client}
	sent := must(w.api.SendMessage(t.Context(), ben, in))(t)
	repeated := must(w.api.SendMessage(t.Context(), ben, in))(t)
	edited := must(w.api.UpdateMessage(t.Context(), ben, api.UpdateMessageInput{ID: sent.Message.ID, Content: "Why not?", Regenerate: new(bool)}))(t)
	read := must(w.api.GetMessage(t.Context(), ann, api.IDInput{ID: sent.Message.ID}))(t)
	page := must(listMessages(t.Context(), w.api, ann, api.ListMessagesInput{ThreadID: th.ID}))(t)
	for what, m := range map[string]*store.Message{
		"sent": sent.Message, "sent again": repeated.Message, "edited": edited, "read": read, "listed": page.Messages[0],
	} {
		if m.Author == nil || m.Author.Name != "Ben Cole" || m.Author.ID != ben.UserID {
			t.Errorf("%s: author %v", what, m.Author)
		}
	}
	for _, kind := range []string{"new_message", "message_updated"} {
		if got := authorIn(look.until(kind)); got != "Ben Cole" {
			t.Errorf("%s: author %q", kind, got)
		}
	}
	if sent.Answer.Author != nil {
		t.Errorf("an answer names an author: %v", sent.Answer.Author)
	}
	storetest.View(t, w.store, func(tx *store.Tx) error {
		m, err := tx.Message(sent.Message.ID)
		if err == nil && m.Author != nil {
			t.Errorf("the name is stored with the message: %v", m.Author)
		}
		return err
	})
}

// The page's sum, from which its ETag is made, changes with a name.
func TestAPageHasAnotherSumAfterARename(t *testing.T) {
	w := newWorld(t)
	ann, ben, th := w.team()
	w.ask(ben, th.ID, "Why?")
	sum := func() api.Sum {
		_, s, err := w.api.ListMessages(t.Context(), ann, api.ListMessagesInput{ThreadID: th.ID}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	before := sum()
	if sum() != before {
		t.Fatal("the same page has two sums")
	}
	w.rename(ben, "Ben Cole")
	if sum() == before {
		t.Error("the page has the same sum although a name in it is another")
	}
}

// Someone who was removed from the project, or whose account is gone, keeps their
// name on what they wrote.
func TestNamesStayWhenPeopleLeave(t *testing.T) {
	w := newWorld(t)
	ann, ben, th := w.team()
	w.rename(ben, "Ben Cole")
	w.ask(ben, th.ID, "Why?")
	author := func(when string) {
		t.Helper()
		page := must(listMessages(t.Context(), w.api, ann, api.ListMessagesInput{ThreadID: th.ID}))(t)
		if a := page.Messages[0].Author; a == nil || a.Name != "Ben Cole" {
			t.Errorf("%s: author %v", when, a)
		}
	}
	must(w.api.DeleteMember(t.Context(), ann, api.MemberInput{ProjectID: th.ProjectID, UserID: ben.UserID}))(t)
	author("removed from the project")
	root := api.Actor{UserID: ann.UserID, Admin: true}
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		u, err := tx.User(ann.UserID)
		if err != nil {
			return err
		}
		u.Role = store.RoleAdmin
		return tx.PutUser(u)
	})
	must(w.api.DeleteUser(t.Context(), root, api.IDInput{ID: ben.UserID}))(t)
	author("deleted")
	if err := w.store.Reap(t.Context()); err != nil {
		t.Fatal(err)
	}
	author("deleted, and taken down")
	for format := range map[string]bool{"markdown": true, "text": true, "html": true, "json": true} {
		x := must(w.api.ExportThread(t.Context(), ann, api.ExportInput{ID: th.ID, Format: format}))(t)
		var b bytes.Buffer
		if err := x.Write(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "Ben Cole") {
			t.Errorf("the export as %s does not name him", format)
		}
	}
}

// Everywhere that people are listed they have their display name.
func TestDisplayNamesAreShownWherePeopleAre(t *testing.T) {
	w := newWorld(t)
	ann, ben, th := w.team()
	look := w.watch(ann, th.ID)
	w.watch(ben, th.ID)
	w.refresh()
	look.until("presence")
	must(w.api.Typing(t.Context(), ben, api.TypingInput{ThreadID: th.ID, IsTyping: true}))(t)
	if f := look.until("typing_indicator"); f["username"] != "ben" {
		t.Errorf("typing: %v", f)
	}
	if me := w.rename(ben, "Ben Cole"); me.DisplayName != "Ben Cole" || me.Username != "ben" {
		t.Errorf("after the rename: %+v", me)
	}
	told := look.until("user_updated")["user"].(map[string]any)
	if told["display_name"] != "Ben Cole" || told["username"] != "ben" || told["id"] != ben.UserID.String() {
		t.Errorf("user_updated: %v", told)
	}
	w.refresh()
	users := look.until("presence")["users"].([]any)
	if got := users[1].(map[string]any)["display_name"]; got != "Ben Cole" {
		t.Errorf("presence has %v", users)
	}
	must(w.api.Typing(t.Context(), ben, api.TypingInput{ThreadID: th.ID}))(t)
	if f := look.until("typing_indicator"); f["display_name"] != "Ben Cole" {
		t.Errorf("typing after the rename: %v", f)
	}
	members := must(w.api.ListMembers(t.Context(), ann, api.ListMembersInput{ProjectID: th.ProjectID}))(t)
	if got := members.Members[1].DisplayName; got != "Ben Cole" {
		t.Errorf("members: %q", got)
	}
	happened := must(w.api.ListActivities(t.Context(), ann, api.ListActivitiesInput{ProjectID: th.ProjectID}))(t)
	if got := happened.Activities[0]; got.Title != "Ben Cole" || got.Name != "ann" {
		t.Errorf("activity: %q added %q", got.Name, got.Title)
	}
	if p := must(w.api.FindUser(t.Context(), ann, api.FindUserInput{Login: "ben"}))(t); p.DisplayName != "Ben Cole" {
		t.Errorf("found: %+v", p)
	}
}

func TestDisplayNameRules(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	w.as("ben")
	for name, tt := range map[string]struct {
		give, want string
		code       store.Code
	}{
		"is trimmed, its spaces joined":     {give: "  Anna   Maria ", want: "Anna Maria"},
		"is stored composed":                {give: "Rene\u0301", want: "René"},
		"may be Arabic":                     {give: "سارة", want: "سارة"},
		"may have a joiner":                 {give: "می\u200cخواهم", want: "می\u200cخواهم"},
		"of 80 characters":                  {give: strings.Repeat("ж", 80), want: strings.Repeat("ж", 80)},
		"of 81 characters":                  {give: strings.Repeat("ж", 81), code: store.CodeInvalid},
		"blank":                             {give: "   ", code: store.CodeInvalid},
		"no letter or digit":                {give: "–––", code: store.CodeInvalid},
		"only what shows as nothing":        {give: "\u3164", code: store.CodeInvalid},
		"with a line break":                 {give: "Ann\nadmin", code: store.CodeInvalid},
		"with a control character":          {give: "Ann\x07", code: store.CodeInvalid},
		"with a right-to-left override":     {give: "Ann\u202enimda", code: store.CodeInvalid},
		"with an isolate":                   {give: "Ann\u2066x", code: store.CodeInvalid},
		"with a zero-width space":           {give: "An\u200bn", code: store.CodeInvalid},
		"with a pile of accents":            {give: "A" + strings.Repeat("\u0301\u0302", 5), code: store.CodeInvalid},
		"somebody's user name":              {give: "Ben", code: store.CodeConflict},
		"somebody's user name, full width":  {give: "ｂｅｎ", code: store.CodeConflict},
		"their own user name is no display": {give: "ann", want: "ann"},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := w.api.UpdateMe(t.Context(), ann, api.UpdateMeInput{DisplayName: &tt.give})
			if wantCode(t, err, tt.code); err == nil && v.DisplayName != tt.want {
				t.Errorf("got %q, want %q", v.DisplayName, tt.want)
			}
		})
	}
}

func TestAdministratorsSetDisplayNames(t *testing.T) {
	w := newWorld(t)
	root, ben := api.Operator("root"), w.as("ben")
	name := "Ben Cole"
	v := must(w.api.UpdateUser(t.Context(), root, api.UpdateUserInput{ID: ben.UserID, DisplayName: &name}))(t)
	if v.DisplayName != name {
		t.Errorf("got %q", v.DisplayName)
	}
	found := must(w.api.ListUsers(t.Context(), root, api.ListUsersInput{Search: "cole"}))(t)
	if len(found.Users) != 1 || found.Users[0].DisplayName != name {
		t.Errorf("a search for the display name finds %v", found.Users)
	}
	made := must(w.api.CreateUser(t.Context(), root, api.CreateUserInput{
		Username: "cleo", DisplayName: "Cleo P.", Email: "cleo@example.org", Password: "correct horse battery", Role: store.RoleMember,
	}))(t)
	if made.DisplayName != "Cleo P." {
		t.Errorf("created with %q", made.DisplayName)
	}
}
