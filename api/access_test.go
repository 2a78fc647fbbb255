package api_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// The people of the matrix. "maker" made the thread and asked its question; the
// others have the role that their name says, or none.
var people = []string{"maker", "owner", "editor", "viewer", "stranger", "nobody"}

// A scene is a thread of maker's with one question and its answer, in a project
// of owner's.
type scene struct {
	*world
	actors           map[string]api.Actor
	project, thread  store.ID
	question, answer store.ID
}

func newScene(t *testing.T) *scene {
	s := &scene{world: newWorld(t), actors: map[string]api.Actor{"nobody": {}}}
	for _, name := range people[:5] {
		s.actors[name] = s.as(name)
	}
	p := must(s.api.CreateProject(t.Context(), s.actors["owner"], api.CreateProjectInput{Name: "Shared"}))(t)
	s.project = p.ID
	for name, role := range map[string]string{"maker": store.ProjectEditor, "editor": store.ProjectEditor, "viewer": store.ProjectViewer} {
		s.member(name, role)
	}
	s.thread = must(s.api.CreateThread(t.Context(), s.actors["maker"], api.CreateThreadInput{ProjectID: p.ID}))(t).ID
	sent := s.ask(s.actors["maker"], s.thread, "a question")
	s.question, s.answer = sent.Message.ID, sent.Answer.ID
	return s
}

func (s *scene) member(name, role string) {
	s.t.Helper()
	storetest.Update(s.t, s.store, func(tx *store.Tx) error {
		return tx.PutMember(&store.Member{ProjectID: s.project, UserID: s.actors[name].UserID, Role: role})
	})
}

const (
	ok  = store.Code("")
	no  = store.CodeForbidden
	gon = store.CodeNotFound
	who = store.CodeUnauthorized
)

// permissions is section 3 of the wire, verb by verb: what each of people gets.
var permissions = []struct {
	verb string
	do   func(ctx context.Context, s *scene, a api.Actor) error
	want [6]store.Code // maker, owner, editor, viewer, stranger, nobody
}{
	{"read project", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.GetProject(ctx, a, api.IDInput{ID: s.project})
		return err
	}, [6]store.Code{ok, ok, ok, ok, gon, who}},
	{"change project", func(ctx context.Context, s *scene, a api.Actor) error {
		name := "New"
		_, err := s.api.UpdateProject(ctx, a, api.UpdateProjectInput{ID: s.project, Name: &name})
		return err
	}, [6]store.Code{no, ok, no, no, gon, who}},
	{"delete project", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.DeleteProject(ctx, a, api.IDInput{ID: s.project})
		return err
	}, [6]store.Code{no, ok, no, no, gon, who}},
	{"list threads of project", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.ListThreads(ctx, a, api.ListThreadsInput{ProjectID: s.project})
		return err
	}, [6]store.Code{ok, ok, ok, ok, gon, who}},
	{"create thread", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.CreateThread(ctx, a, api.CreateThreadInput{ProjectID: s.project})
		return err
	}, [6]store.Code{ok, ok, ok, no, gon, who}},
	{"read thread", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.GetThread(ctx, a, api.IDInput{ID: s.thread})
		return err
	}, [6]store.Code{ok, ok, ok, ok, gon, who}},
	{
		"subscribe", func(ctx context.Context, s *scene, a api.Actor) error { return s.api.CheckThreadRead(ctx, a, s.thread) },
		[6]store.Code{ok, ok, ok, ok, gon, who},
	},
	{"rename thread", func(ctx context.Context, s *scene, a api.Actor) error {
		name := "New"
		_, err := s.api.UpdateThread(ctx, a, api.UpdateThreadInput{ID: s.thread, Title: &name})
		return err
	}, [6]store.Code{ok, ok, ok, no, gon, who}},
	{"archive thread", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.ArchiveThread(ctx, a, api.IDInput{ID: s.thread})
		return err
	}, [6]store.Code{ok, ok, ok, no, gon, who}},
	{"un-archive thread", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.UnarchiveThread(ctx, a, api.IDInput{ID: s.thread})
		return err
	}, [6]store.Code{ok, ok, ok, no, gon, who}},
	{"delete thread", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.DeleteThread(ctx, a, api.IDInput{ID: s.thread})
		return err
	}, [6]store.Code{ok, ok, no, no, gon, who}},
	{"list messages", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := listMessages(ctx, s.api, a, api.ListMessagesInput{ThreadID: s.thread})
		return err
	}, [6]store.Code{ok, ok, ok, ok, gon, who}},
	{"send message", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.SendMessage(ctx, a, api.SendMessageInput{ThreadID: s.thread, Content: "hello", Wait: true})
		return err
	}, [6]store.Code{ok, ok, ok, no, gon, who}},
	{"stop", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.StopGeneration(ctx, a, api.IDInput{ID: s.thread})
		return err
	}, [6]store.Code{ok, ok, ok, no, gon, who}},
	{"read message", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.GetMessage(ctx, a, api.IDInput{ID: s.question})
		return err
	}, [6]store.Code{ok, ok, ok, ok, gon, who}},
	{"read history", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.MessageHistory(ctx, a, api.IDInput{ID: s.question})
		return err
	}, [6]store.Code{ok, ok, ok, ok, gon, who}},
	{"edit a question", func(ctx context.Context, s *scene, a api.Actor) error {
		never := false
		_, err := s.api.UpdateMessage(ctx, a, api.UpdateMessageInput{ID: s.question, Content: "other", Regenerate: &never})
		return err
	}, [6]store.Code{ok, no, no, no, gon, who}},
	{"edit an answer", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.UpdateMessage(ctx, a, api.UpdateMessageInput{ID: s.answer, Content: "other"})
		return err
	}, [6]store.Code{no, no, no, no, gon, who}},
	{"delete a question", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.DeleteMessage(ctx, a, api.IDInput{ID: s.question})
		return err
	}, [6]store.Code{ok, ok, no, no, gon, who}},
	{"delete an answer", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.DeleteMessage(ctx, a, api.IDInput{ID: s.answer})
		return err
	}, [6]store.Code{ok, ok, no, no, gon, who}},
	{"regenerate", func(ctx context.Context, s *scene, a api.Actor) error {
		m, err := s.api.Regenerate(ctx, a, api.RegenerateInput{ID: s.answer})
		if err == nil {
			s.settled(a, m.ID)
		}
		return err
	}, [6]store.Code{ok, ok, no, no, gon, who}},
	{"say that one types", func(ctx context.Context, s *scene, a api.Actor) error {
		_, err := s.api.Typing(ctx, a, api.TypingInput{ThreadID: s.thread})
		return err
	}, [6]store.Code{ok, ok, ok, ok, gon, who}},
}

func TestPermissions(t *testing.T) {
	for _, p := range permissions {
		t.Run(p.verb, func(t *testing.T) {
			s := newScene(t)
			for i, person := range slices.Backward(people) { // those who may not come first: nothing may change for them
				got := store.CodeOf(p.do(t.Context(), s, s.actors[person]))
				if got != p.want[i] {
					t.Errorf("%s gets %q, want %q", person, got, p.want[i])
				}
				if strings.HasPrefix(p.verb, "delete") && got == ok {
					s = newScene(t) // what the next one wants to delete is gone
				}
			}
		})
	}
}

func TestAPrivateThreadIsItsMakersAlone(t *testing.T) {
	s := newScene(t)
	th := must(s.api.CreateThread(t.Context(), s.actors["maker"], api.CreateThreadInput{ProjectID: s.project, IsPrivate: true}))(t)
	m := s.ask(s.actors["maker"], th.ID, "secret").Message
	for _, name := range []string{"owner", "editor", "viewer", "stranger"} {
		a := s.actors[name]
		_, err := s.api.GetThread(t.Context(), a, api.IDInput{ID: th.ID})
		wantCode(t, err, gon)
		_, err = s.api.GetMessage(t.Context(), a, api.IDInput{ID: m.ID})
		wantCode(t, err, gon)
		if name == "stranger" {
			continue
		}
		list := must(s.api.ListThreads(t.Context(), a, api.ListThreadsInput{ProjectID: s.project}))(t)
		if list.Total != 1 {
			t.Errorf("%s is told of %d threads", name, list.Total)
		}
	}
}

func TestLosingARoleCountsAtOnce(t *testing.T) {
	s := newScene(t)
	s.member("editor", store.ProjectViewer)
	_, err := s.api.SendMessage(t.Context(), s.actors["editor"], api.SendMessageInput{ThreadID: s.thread, Content: "x"})
	wantCode(t, err, no)
}

func TestAnArchivedThreadIsReadOnly(t *testing.T) {
	s := newScene(t)
	maker := s.actors["maker"]
	must(s.api.ArchiveThread(t.Context(), maker, api.IDInput{ID: s.thread}))(t)
	name := "New"
	for what, do := range map[string]func() error{
		"send": func() error {
			_, err := s.api.SendMessage(t.Context(), maker, api.SendMessageInput{ThreadID: s.thread, Content: "x"})
			return err
		},
		"edit": func() error {
			_, err := s.api.UpdateMessage(t.Context(), maker, api.UpdateMessageInput{ID: s.question, Content: "x"})
			return err
		},
		"delete": func() error { _, err := s.api.DeleteMessage(t.Context(), maker, api.IDInput{ID: s.answer}); return err },
		"regenerate": func() error {
			_, err := s.api.Regenerate(t.Context(), maker, api.RegenerateInput{ID: s.answer})
			return err
		},
		"rename": func() error {
			_, err := s.api.UpdateThread(t.Context(), maker, api.UpdateThreadInput{ID: s.thread, Title: &name})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) { wantCode(t, do(), store.CodeThreadArchived) })
	}
	must(s.api.UnarchiveThread(t.Context(), maker, api.IDInput{ID: s.thread}))(t)
	s.ask(maker, s.thread, "open again")
}

// API-4: who wrote something has no more than their role leaves them: made a
// viewer they read, taken off the project they see nothing.
func TestAPI4ADemotedAuthorReadsAndARemovedOneSeesNothing(t *testing.T) {
	for _, tt := range []struct {
		what       string
		demote     func(s *scene)
		reads, get store.Code
	}{
		{"demoted", func(s *scene) { s.member("maker", store.ProjectViewer) }, ok, no},
		{"removed", func(s *scene) {
			storetest.Update(s.t, s.store, func(tx *store.Tx) error {
				m, err := tx.Member(s.project, s.actors["maker"].UserID)
				if err == nil {
					err = tx.DeleteMember(m)
				}
				return err
			})
		}, gon, gon},
	} {
		s := newScene(t)
		tt.demote(s)
		for _, p := range permissions {
			want := p.want[3] // what a viewer gets
			if tt.what == "removed" {
				want = p.want[4]
			}
			if got := store.CodeOf(p.do(t.Context(), s, s.actors["maker"])); got != want {
				t.Errorf("%s: %s gets %q, want %q", p.verb, tt.what, got, want)
			}
		}
	}
}

// API-4: an answer that names a question in another thread is not made anew there.
func TestAPI4AnAnswerToAForeignQuestionIsNotRegenerated(t *testing.T) {
	s := newScene(t)
	maker := s.actors["maker"]
	other := must(s.api.CreateThread(t.Context(), maker, api.CreateThreadInput{ProjectID: s.project}))(t)
	foreign := s.ask(maker, other.ID, "elsewhere").Message.ID
	storetest.Update(t, s.store, func(tx *store.Tx) error {
		m, err := tx.Message(s.answer)
		if err == nil {
			m.ParentID = foreign
			err = tx.PutDraft(m)
		}
		return err
	})
	_, err := s.api.Regenerate(t.Context(), maker, api.RegenerateInput{ID: s.answer})
	wantCode(t, err, store.CodeConflict)
}

// A client_id that made something else answers with neither.
func TestAClientIDNeverShowsWhatItMadeElsewhere(t *testing.T) {
	s := newScene(t)
	maker := s.actors["maker"]
	other := must(s.api.CreateThread(t.Context(), maker, api.CreateThreadInput{ProjectID: s.project}))(t)
	id := store.ID{7}
	in := api.SendMessageInput{ThreadID: s.thread, Content: "once", ClientID: id, Wait: true}
	first := must(s.api.SendMessage(t.Context(), maker, in))(t)
	must(s.api.ArchiveThread(t.Context(), maker, api.IDInput{ID: s.thread}))(t)
	if again := must(s.api.SendMessage(t.Context(), maker, in))(t); again.Message.ID != first.Message.ID {
		t.Errorf("repeated after archiving: %v", again.Message)
	}
	in.ThreadID = other.ID
	_, err := s.api.SendMessage(t.Context(), maker, in)
	wantCode(t, err, store.CodeConflict)
}
