package api_test

import (
	"context"
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/storetest"
)

// Who may not see a record is not told that it is damaged: they get the answer of an id
// that nothing has, and its members the damage.
func TestDamageTellsNoStrangerThatARecordExists(t *testing.T) {
	project, thread := asks((*api.API).GetProject), asks((*api.API).GetThread)
	message, attachment := asks((*api.API).DeleteMessage), asks((*api.API).DeleteAttachment)
	summary, key := asks((*api.API).DeleteSummary), asks((*api.API).DeleteAPIKey)
	w := newWorld(t)
	ann, eve := w.as("ann"), w.as("eve")
	th := w.thread(ann)
	hers := must(w.api.CreateThread(t.Context(), ann, api.CreateThreadInput{ProjectID: th.ProjectID, IsPrivate: true}))(t)
	member := w.as("mia")
	w.join(ann, th.ProjectID, member, store.ProjectEditor)
	said := storetest.Message(t, w.store, th.ID, &store.User{ID: ann.UserID}, "words")
	file := &store.Attachment{ThreadID: th.ID, UserID: ann.UserID, Name: "f", Size: 1, SHA256: strings.Repeat("ab", 32)}
	storetest.Update(t, w.store, func(tx *store.Tx) (err error) {
		if file.ID, err = tx.NewID(); err != nil {
			return err
		}
		return tx.PutAttachment(file)
	})
	sum := must(w.api.CreateSummary(t.Context(), ann, api.CreateSummaryInput{ThreadID: th.ID, SummaryText: "short"}))(t)
	made := must(w.api.CreateAPIKey(t.Context(), ann, api.CreateAPIKeyInput{Name: "k", Scopes: []string{store.ScopeRead}}))(t)
	for _, tt := range []struct {
		name   string
		space  kv.Space
		broken store.ID
		id     store.ID // that is asked for
		ask    askByID
		who    api.Actor
		member bool // who may know of it
	}{
		{"a project", "projects", th.ProjectID, th.ProjectID, project, eve, false},
		{"a project, by a member", "projects", th.ProjectID, th.ProjectID, project, ann, true},
		{"the project of a thread", "projects", th.ProjectID, th.ID, thread, eve, false},
		{"the project of a message", "projects", th.ProjectID, said.ID, message, eve, false},
		{"a thread", "threads", th.ID, th.ID, thread, eve, false},
		{"a thread, by a member", "threads", th.ID, th.ID, thread, ann, true},
		{"a private thread", "threads", hers.ID, hers.ID, thread, member, false},
		{"a private thread, by its maker", "threads", hers.ID, hers.ID, thread, ann, true},
		{"the thread of a message", "threads", th.ID, said.ID, message, eve, false},
		{"the thread of an attachment", "threads", th.ID, file.ID, attachment, eve, false},
		{"a message", "messages", said.ID, said.ID, message, eve, false},
		{"an attachment", "attachments", file.ID, file.ID, attachment, eve, false},
		{"an attachment, by a member", "attachments", file.ID, file.ID, attachment, ann, true},
		{"a summary", "summaries", sum.ID, sum.ID, summary, eve, false},
		{"a summary, by a member", "summaries", sum.ID, sum.ID, summary, ann, true},
		{"another's membership", "members", ann.UserID, th.ID, thread, eve, false},
		{"a key", "api_keys", made.ID, made.ID, key, eve, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at, whole := w.damage(tt.space, tt.broken)
			err := tt.ask(t.Context(), w.api, tt.who, tt.id)
			unknown := tt.ask(t.Context(), w.api, tt.who, store.ID{1, 2, 3})
			if told := store.IsDamaged(err); told != tt.member || !told && (err == nil || err.Error() != unknown.Error() || store.CodeOf(err) != store.CodeOf(unknown)) {
				t.Errorf("got %v, of an unknown id %v", err, unknown)
			}
			w.rewrite(func(tx kv.Tx) error { return tx.Put(tt.space, at, whole) })
		})
	}
}

// An askByID calls a verb that is about one record.
type askByID func(ctx context.Context, a *api.API, who api.Actor, id store.ID) error

func asks[Out any](verb func(*api.API, context.Context, api.Actor, api.IDInput) (Out, error)) askByID {
	return func(ctx context.Context, a *api.API, who api.Actor, id store.ID) error {
		_, err := verb(a, ctx, who, api.IDInput{ID: id})
		return err
	}
}
