package store_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
)

// look compares all that the store shows with the model.
func (m *machine) look(t *rapid.T, questions []threadQuestion, part part) {
	err := m.store.View(context.Background(), func(tx *store.Tx) error {
		l := looker{tx, m.model}
		return cmp.Or(l.people(), l.projects(part), l.threads(part), l.lists(questions), l.rest())
	})
	if err == nil && !m.model.doomed {
		err = m.wantNoMore()
	}
	if err != nil {
		t.Fatal(err)
	}
	if findings, err := m.store.Check(context.Background()); err != nil || len(findings) > 0 {
		t.Fatalf("check: %v %v", findings, err)
	}
}

// differ returns an error if want and got differ as JSON. No list is an empty one.
func differ(what string, want, got any) error {
	w, err1 := json.MarshalIndent(want, "", " ")
	g, err2 := json.MarshalIndent(got, "", " ")
	none := func(s []byte) bool { return string(s) == "null" || string(s) == "[]" }
	if err := cmp.Or(err1, err2); err != nil || string(w) == string(g) || none(w) && none(g) {
		return err
	}
	return fmt.Errorf("%s (-want +got):\n%s", what, gocmp.Diff(string(w), string(g)))
}

// authorOfGone is what a message carries once its author was deleted, and their name
// was noted there. When that is, the model does not know; author_test.go does.
var authorOfGone = regexp.MustCompile(`"author":\{"id":"[^"]*","name":"(?:[^"\\]|\\.)*"\},`)

type looker struct {
	tx *store.Tx
	m  *model
}

// same is differ, where the store may still name users who are gone.
func (l looker) same(what string, want, got any, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	text, err := json.Marshal(got)
	if err != nil {
		return err
	}
	text = authorOfGone.ReplaceAll(text, nil)
	for _, id := range l.m.gone {
		text = []byte(strings.ReplaceAll(string(text), `"`+id.String()+`"`, "null"))
	}
	return differ(what, want, json.RawMessage(text))
}

// byID returns the wanted records in the order of their ids.
func byID[T any](records map[store.ID]T, want func(T) bool) (list []T) {
	for _, id := range slices.SortedFunc(maps.Keys(records), store.ID.Compare) {
		if want(records[id]) {
			list = append(list, records[id])
		}
	}
	return list
}

func backward[T any](list []T) []T {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

func (l looker) people() error {
	for id, u := range l.m.users {
		got, err := l.tx.User(id)
		if err := l.same("user", u, got, err); err != nil {
			return err
		}
		got, err = l.tx.UserByLogin(strings.ToUpper(u.Email))
		if err := l.same("user by email", u, got, err); err != nil {
			return err
		}
		sessions, err := l.tx.SessionsOf(id)
		if err := l.same("sessions", backward(byID(l.m.sessions, func(s store.Session) bool { return s.UserID == id })), sessions, err); err != nil {
			return err
		}
		keys, err := l.tx.APIKeysOf(id)
		if err := l.same("API keys", backward(byID(l.m.apiKeys, func(k store.APIKey) bool { return k.UserID == id })), keys, err); err != nil {
			return err
		}
		prompts, err := l.tx.PromptsOf(id)
		if err := l.same("prompts", backward(byID(l.m.prompts, func(p store.Prompt) bool { return p.UserID == id })), prompts, err); err != nil {
			return err
		}
		var usage []store.Usage
		for _, key := range slices.SortedFunc(maps.Keys(l.m.usage), compareUsage) {
			if key.user == id && key.day >= "2026-11-04" {
				usage = append(usage, l.m.usage[key])
			}
		}
		had, err := l.tx.UsageOf(id, "2026-11-04", "")
		if err := l.same("usage", usage, had, err); err != nil {
			return err
		}
		var memberships []store.Member
		for _, key := range slices.SortedFunc(maps.Keys(l.m.members), comparePairs) {
			if key[1] == id {
				memberships = append(memberships, l.m.members[key])
			}
		}
		of, err := l.tx.MembershipsOf(id)
		of = slices.DeleteFunc(of, func(x *store.Member) bool { _, there := l.m.projects[x.ProjectID]; return !there })
		if err := l.same("memberships", memberships, of, err); err != nil {
			return err
		}
	}
	return nil
}

func comparePairs(a, b pair) int { return cmp.Or(a[0].Compare(b[0]), a[1].Compare(b[1])) }

func compareUsage(a, b usageKey) int {
	return cmp.Or(a.user.Compare(b.user), strings.Compare(a.day, b.day), strings.Compare(a.model, b.model))
}

func (l looker) projects(part part) error {
	for id := range l.m.projects {
		got, err := l.tx.Project(id)
		if err := l.same("project", l.m.project(id), got, err); err != nil {
			return err
		}
		var want []store.Member
		for _, key := range slices.SortedFunc(maps.Keys(l.m.members), comparePairs) {
			if key[0] == id {
				want = append(want, l.m.members[key])
			}
		}
		members, err := l.tx.MembersOf(id)
		members = slices.DeleteFunc(members, func(x *store.Member) bool { _, there := l.m.users[x.UserID]; return !there })
		if err := l.same("members", want, members, err); err != nil {
			return err
		}
		var tagged []store.ID
		for _, key := range slices.SortedFunc(maps.Keys(l.m.projectTags), comparePairs) {
			if key[0] == id {
				tagged = append(tagged, key[1])
			}
		}
		ids, err := l.tx.ProjectTags(id)
		ids = slices.DeleteFunc(ids, func(id store.ID) bool { _, there := l.m.tags[id]; return !there })
		if err := l.same("tags of a project", tagged, ids, err); err != nil {
			return err
		}
		if err := l.activities(id, part); err != nil {
			return err
		}
	}
	return nil
}

func (l looker) activities(project store.ID, part part) error {
	all := backward(byID(l.m.activities, func(a store.Activity) bool { return a.ProjectID == project }))
	p, want, more := cut(all, part, func(a store.Activity) store.ID { return a.ID })
	got, total, gotMore, err := l.tx.ListActivities([]store.ID{project}, p)
	if err == nil && (more != gotMore || total != len(all)) {
		err = fmt.Errorf("says that there are %d, and more: %t", total, gotMore)
	}
	return l.same(fmt.Sprintf("activities, %+v", p), want, got, err)
}

// A part is a page that is to be cut from a list, whose items are named by their
// place in it.
type part struct {
	limit  int
	by     string // offset, after, before
	number int
}

var pages = rapid.Custom(func(t *rapid.T) part {
	return part{rapid.IntRange(1, 5).Draw(t, "limit"), rapid.SampledFrom([]string{"offset", "after", "before"}).Draw(t, "by"), rapid.IntRange(0, 9).Draw(t, "number")}
})

// cut returns the page of the whole list, how to ask for it, and whether there is
// more beyond it.
func cut[T any](list []T, p part, id func(T) store.ID) (page store.Page, want []T, more bool) {
	page.Limit = p.limit
	from, to := min(p.number, len(list)), len(list)
	switch {
	case p.by == "offset" || p.by == "" || len(list) == 0:
		page.Offset = p.number
	case p.by == "after":
		page.After = id(list[p.number%len(list)])
		from = p.number%len(list) + 1
	default:
		page.Before = id(list[p.number%len(list)])
		to = p.number % len(list)
		from = max(0, to-p.limit)
		return page, list[from:to], from > 0
	}
	to = min(to, from+p.limit)
	return page, list[from:to], to < len(list)
}

func (l looker) threads(part part) error {
	for id := range l.m.threads {
		got, err := l.tx.Thread(id)
		if err := l.same("thread", l.m.thread(id), got, err); err != nil {
			return err
		}
		for _, withDeleted := range []bool{true, false} {
			if err := l.messages(id, part, withDeleted); err != nil {
				return err
			}
		}
		if err := l.spans(id); err != nil {
			return err
		}
		var want *store.SummaryTask
		if task, there := l.m.tasks[id]; there {
			want = &task
		}
		task, err := l.tx.SummaryTask(id)
		if err := l.same("summary task", want, task, err); err != nil {
			return err
		}
		summaries, err := l.tx.SummariesOf(id)
		if err := l.same("summaries", backward(l.m.summariesOf(id)), summaries, err); err != nil {
			return err
		}
		files, err := l.tx.AttachmentsOf(id)
		if err := l.same("attachments", byID(l.m.attachments, func(a store.Attachment) bool { return a.ThreadID == id }), files, err); err != nil {
			return err
		}
	}
	for id, want := range l.m.messages {
		got, err := l.tx.Message(id)
		if err := l.same("message", l.m.shown(want), got, err); err != nil {
			return err
		}
		versions, err := l.tx.VersionsOf(id)
		if err := l.same("versions", l.m.versions[id], versions, err); err != nil {
			return err
		}
	}
	return nil
}

// spans compares what the summaries of a thread stand for, and what its messages
// say of that.
func (l looker) spans(thread store.ID) error {
	var want []store.Span
	for _, s := range backward(l.m.summariesOf(thread)) {
		if !s.StartMessageID.IsZero() && !s.IsStale {
			want = append(want, store.Span{SummaryID: s.ID, Start: s.StartMessageID, End: s.EndMessageID})
		}
	}
	spans, err := l.tx.Spans(thread)
	if err := l.same("spans", want, spans, err); err != nil {
		return err
	}
	stored, _, err := l.tx.ListMessages(thread, store.Page{Limit: 1000}, true)
	if err := cmp.Or(err, l.tx.MarkSummarized(thread, stored)); err != nil {
		return err
	}
	marked := l.m.messagesOf(thread, true)
	for i := range marked {
		for _, s := range backward(want) { // the newest has the last word
			if s.Has(marked[i].ID) {
				marked[i].IsSummarized, marked[i].SummaryID = true, s.SummaryID
			}
		}
	}
	return l.same("marked messages", marked, stored, nil)
}

// messages compares one page, which is cut from a list that begins with the newest
// and then shown the other way around; what is "after" is newer.
func (l looker) messages(thread store.ID, part part, withDeleted bool) error {
	all := l.m.messagesOf(thread, withDeleted)
	id := func(x store.Message) store.ID { return x.ID }
	p, want, more := cut(all, part, id)
	if p.After.IsZero() {
		part.by = map[string]string{"offset": "offset", "before": "after"}[part.by]
		p, want, more = cut(backward(all), part, id)
		p.Before, p.After = p.After, store.ID{}
		want = backward(want)
	}
	stored, gotMore, err := l.tx.ListMessages(thread, p, withDeleted)
	if err == nil && more != gotMore {
		err = fmt.Errorf("%+v of %d messages says that there is more: %t", p, len(all), gotMore)
	}
	return l.same(fmt.Sprintf("messages, %+v", p), want, stored, err)
}

// A threadQuestion is a list of threads that somebody wants to see.
type threadQuestion struct {
	viewer, projects int
	archived         string
	sort             string
	asc              bool
	search           string
	part             part
}

var threadQuestions = rapid.Custom(func(t *rapid.T) threadQuestion {
	return threadQuestion{
		viewer: rapid.IntRange(0, 9).Draw(t, "viewer"), projects: rapid.IntRange(0, 7).Draw(t, "projects"),
		archived: rapid.SampledFrom([]string{"yes", "no", "all"}).Draw(t, "archived"),
		sort:     rapid.SampledFrom([]string{"activity", "created", "updated", "title"}).Draw(t, "sort"),
		asc:      rapid.Bool().Draw(t, "asc"),
		search:   rapid.SampledFrom([]string{"", "", "a", "ÜB"}).Draw(t, "search"),
		part:     pages.Draw(t, "page"),
	}
})

func (l looker) lists(questions []threadQuestion) error {
	for _, q := range questions {
		if err := l.list(q); err != nil {
			return err
		}
	}
	return nil
}

func (l looker) list(question threadQuestion) error {
	viewer, ok := pick(l.m.users, question.viewer)
	if !ok {
		return nil
	}
	q := store.ThreadQuery{Viewer: viewer.ID, Sort: question.sort, Asc: question.asc, Search: question.search}
	if question.archived != "all" {
		yes := question.archived == "yes"
		q.Archived = &yes
	}
	for i, id := range slices.SortedFunc(maps.Keys(l.m.projects), store.ID.Compare) {
		if question.projects>>(i%3)&1 == 0 { // some of them
			q.Projects = append(q.Projects, id)
		}
	}
	all := l.m.list(q)
	page, want, more := cut(all, question.part, func(t store.Thread) store.ID { return t.ID })
	q.Page = store.Page{Limit: len(all) + 1} // so that the cursor was shown where it is
	if _, _, _, err := l.tx.ListThreads(q); err != nil {
		return err
	}
	q.Page = page
	got, total, gotMore, err := l.tx.ListThreads(q)
	if err == nil && (more != gotMore || total != len(all)) {
		err = fmt.Errorf("%d threads, more %t; want %d, %t", total, gotMore, len(all), more)
	}
	return l.same(fmt.Sprintf("list of threads %+v", q), want, got, err)
}

func (l looker) rest() error {
	for id, want := range l.m.tags {
		got, err := l.tx.Tag(id)
		if err := l.same("tag", &want, got, err); err != nil {
			return err
		}
	}
	invites, err := l.tx.Invites()
	if err := l.same("invites", byID(l.m.invites, func(store.Invite) bool { return true }), invites, err); err != nil {
		return err
	}
	audit, _, _, err := l.tx.ListAudit(store.AuditQuery{Limit: 1000})
	if err := l.same("audit", l.m.audit, audit, err); err != nil {
		return err
	}
	setup, err := l.tx.SetupToken()
	if err := l.same("setup token", l.m.setup, setup, err); err != nil {
		return err
	}
	if l.m.doomed {
		return nil
	}
	writing, err := l.tx.StreamingMessages()
	beingWritten := byID(l.m.messages, streaming)
	for i := range beingWritten {
		beingWritten[i] = l.m.shown(beingWritten[i])
	}
	if err := l.same("messages being written", beingWritten, writing, err); err != nil {
		return err
	}
	shared := sorted(l.m.prompts, func(p store.Prompt) bool { return p.IsShared }, func(a, b store.Prompt) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)), a.ID.Compare(b.ID))
	})
	prompts, err := l.tx.SharedPrompts()
	return l.same("shared prompts", shared, prompts, err)
}

// wantNoMore proves, below the records, that the store has no more of them than the
// model.
func (m *machine) wantNoMore() error {
	versions := 0
	for _, list := range m.model.versions {
		versions += len(list)
	}
	want := map[kv.Space]int{
		"users": len(m.model.users), "sessions": len(m.model.sessions), "api_keys": len(m.model.apiKeys), "invites": len(m.model.invites),
		"prompts": len(m.model.prompts), "projects": len(m.model.projects), "members": len(m.model.members), "tags": len(m.model.tags),
		"project_tags": len(m.model.projectTags), "activities": len(m.model.activities), "threads": len(m.model.threads),
		"messages": len(m.model.messages), "versions": versions, "summaries": len(m.model.summaries), "attachments": len(m.model.attachments),
		"requests": len(m.model.requests), "usage": len(m.model.usage), "leases": len(m.model.leases), "summary_tasks": len(m.model.tasks), "audit": len(m.model.audit), "doomed": 0,
	}
	return m.raw.View(context.Background(), func(tx kv.Tx) error {
		got := map[kv.Space]int{}
		for space := range want {
			got[space] = 0
			err := kv.Walk(tx, space, kv.Range{}, func(kv.Entry) error { got[space]++; return nil })
			if err != nil {
				return err
			}
		}
		return differ("records", want, got)
	})
}
