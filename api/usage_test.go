package api_test

import (
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

func TestAnAnswerIsCountedForWhoAsked(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.as("ann"), w.as("bob")
	th := w.thread(ann)
	answer := w.ask(ann, th.ID, "one").Answer
	w.ask(ann, th.ID, "two")
	got := must(w.api.Usage(t.Context(), ann, api.UsageInput{}))(t)
	today := time.Now().UTC().Format("2006-01-02")
	if got.Total != 1 || got.Usage[0].Answers != 2 || got.Usage[0].Model != answer.ModelUsed || got.Usage[0].Day > today {
		t.Errorf("ann had %+v", got)
	}
	if got.Sum.Answers != 2 || got.Sum.CompletionTokens < answer.TokenCount {
		t.Errorf("together %+v", got.Sum)
	}
	if got := must(w.api.Usage(t.Context(), bob, api.UsageInput{}))(t); got.Total != 0 || got.Usage == nil {
		t.Errorf("bob had %+v", got)
	}
}

func TestUsageOfDays(t *testing.T) {
	at := newClock()
	w := newWorldWith(t, func(o *api.Options) { o.Now = at.Now })
	ann, bob := w.as("ann"), w.as("bob")
	for _, u := range []store.Usage{
		{Day: "2026-11-22", UserID: ann.UserID, Model: "a", PromptTokens: 1},
		{Day: "2026-11-22", UserID: ann.UserID, Model: "b", PromptTokens: 2},
		{Day: "2026-11-21", UserID: ann.UserID, Model: "a", PromptTokens: 4},
		{Day: "2026-10-24", UserID: ann.UserID, Model: "a", PromptTokens: 8},
		{Day: "2026-10-23", UserID: ann.UserID, Model: "a", PromptTokens: 16},
		{Day: "2026-11-22", UserID: bob.UserID, Model: "a", PromptTokens: 32},
	} {
		storetest.Update(t, w.store, func(tx *store.Tx) error { u.Answers = 1; return tx.AddUsage(&u) })
	}
	for name, tt := range map[string]struct {
		in          api.UsageInput
		rows, total int
		tokens      int
	}{
		"thirty days":  {api.UsageInput{}, 4, 4, 15},
		"from a day":   {api.UsageInput{From: "2026-11-22"}, 2, 2, 3},
		"one day":      {api.UsageInput{From: "2026-10-23", To: "2026-10-23"}, 1, 1, 16},
		"all days":     {api.UsageInput{From: "2000-01-01"}, 5, 5, 31},
		"a page":       {api.UsageInput{NamedPageInput: api.NamedPageInput{Limit: 1, Offset: new(1)}}, 1, 4, 15},
		"past the end": {api.UsageInput{NamedPageInput: api.NamedPageInput{Offset: new(9)}}, 0, 4, 15},
	} {
		t.Run(name, func(t *testing.T) {
			got := must(w.api.Usage(t.Context(), ann, tt.in))(t)
			if len(got.Usage) != tt.rows || got.Total != tt.total || got.Sum.PromptTokens != tt.tokens {
				t.Errorf("got %+v", got)
			}
		})
	}
	for _, in := range []api.UsageInput{{From: "2026-11-23", To: "2026-11-22"}, {From: "2026-13-01"}, {To: "2026-02-30"}} {
		_, err := w.api.Usage(t.Context(), ann, in)
		wantCode(t, err, store.CodeInvalid)
	}
	root := bob
	root.Admin = true
	all := must(w.api.AdminUsage(t.Context(), root, api.UsageInput{}))(t)
	if all.Total != 3 || all.Sum.Answers != 5 || all.Usage[0].Username != "bob" || all.Usage[1].Username != "ann" || all.Usage[1].PromptTokens != 13 {
		t.Errorf("everybody had %+v", all)
	}
}

func TestStatus(t *testing.T) {
	w := newWorld(t)
	root := w.root()
	w.thread(root)
	bob := w.account(root, "bob", store.RoleAdmin)
	yes := true
	must(w.api.UpdateUser(t.Context(), root, api.UpdateUserInput{ID: bob.ID, IsDisabled: &yes}))(t)
	got := must(w.api.Status(t.Context(), root, api.Nothing{}))(t)
	if got.Users != (api.UserCount{Total: 2, Admins: 1, Disabled: 1}) || got.Projects != 1 || got.Threads != 1 || got.Health.Status == "" || got.AuditEntries == 0 {
		t.Errorf("status %+v", got)
	}
	_, err := w.api.ListBackups(t.Context(), root, api.NamedPageInput{})
	wantCode(t, err, store.CodeUnavailable) // there is nobody who makes any
}
