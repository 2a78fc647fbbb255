package store_test

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/parley-app/parley/store"
)

// A model is what a store has to show, in maps. Records in it are never changed in
// place. What the store counts or derives is not kept: it is computed from the
// rest, each time, by the rule.
type model struct {
	newest store.ID   // of all ids that were ever made
	doomed bool       // the store may still have what was deleted, out of sight
	gone   []store.ID // users

	users       map[store.ID]store.User
	sessions    map[store.ID]store.Session
	apiKeys     map[store.ID]store.APIKey
	invites     map[store.ID]store.Invite
	prompts     map[store.ID]store.Prompt
	projects    map[store.ID]store.Project
	members     map[pair]store.Member
	tags        map[store.ID]store.Tag
	projectTags map[pair]bool
	activities  map[store.ID]store.Activity
	threads     map[store.ID]store.Thread
	messages    map[store.ID]store.Message
	versions    map[store.ID][]store.Version // by message, the newest first
	summaries   map[store.ID]store.Summary
	attachments map[store.ID]store.Attachment
	requests    map[pair]store.Request
	usage       map[usageKey]store.Usage
	leases      map[string]store.Lease
	tasks       map[store.ID]store.SummaryTask // by thread
	audit       []store.AuditEntry             // the newest first
	setup       string
}

// A pair is two ids that a record is found by.
type pair [2]store.ID

type usageKey struct {
	user       store.ID
	day, model string
}

func newModel() *model {
	m := &model{
		users: map[store.ID]store.User{}, sessions: map[store.ID]store.Session{}, apiKeys: map[store.ID]store.APIKey{},
		invites: map[store.ID]store.Invite{}, prompts: map[store.ID]store.Prompt{}, projects: map[store.ID]store.Project{},
		members: map[pair]store.Member{}, tags: map[store.ID]store.Tag{}, projectTags: map[pair]bool{},
		activities: map[store.ID]store.Activity{}, threads: map[store.ID]store.Thread{}, messages: map[store.ID]store.Message{},
		versions: map[store.ID][]store.Version{}, summaries: map[store.ID]store.Summary{}, attachments: map[store.ID]store.Attachment{},
		requests: map[pair]store.Request{}, usage: map[usageKey]store.Usage{}, leases: map[string]store.Lease{}, tasks: map[store.ID]store.SummaryTask{},
	}
	return m
}

func (m *model) clone() *model {
	c := *m
	c.users, c.sessions, c.apiKeys = maps.Clone(m.users), maps.Clone(m.sessions), maps.Clone(m.apiKeys)
	c.invites, c.prompts, c.projects = maps.Clone(m.invites), maps.Clone(m.prompts), maps.Clone(m.projects)
	c.members, c.tags, c.projectTags = maps.Clone(m.members), maps.Clone(m.tags), maps.Clone(m.projectTags)
	c.activities, c.threads, c.messages = maps.Clone(m.activities), maps.Clone(m.threads), maps.Clone(m.messages)
	c.versions, c.summaries, c.attachments = maps.Clone(m.versions), maps.Clone(m.summaries), maps.Clone(m.attachments)
	c.requests, c.usage, c.leases, c.tasks = maps.Clone(m.requests), maps.Clone(m.usage), maps.Clone(m.leases), maps.Clone(m.tasks)
	return &c
}

// What hangs from a record goes with it, at once.

func (m *model) deleteUser(id store.ID) {
	delete(m.users, id)
	m.gone = append(slices.Clip(m.gone), id)
	maps.DeleteFunc(m.sessions, func(_ store.ID, s store.Session) bool { return s.UserID == id })
	maps.DeleteFunc(m.apiKeys, func(_ store.ID, k store.APIKey) bool { return k.UserID == id })
	maps.DeleteFunc(m.prompts, func(_ store.ID, p store.Prompt) bool { return p.UserID == id })
	maps.DeleteFunc(m.members, func(k pair, _ store.Member) bool { return k[1] == id })
	maps.DeleteFunc(m.requests, func(k pair, _ store.Request) bool { return k[0] == id })
	maps.DeleteFunc(m.usage, func(k usageKey, _ store.Usage) bool { return k.user == id })
	clearID(m.invites, id, func(i *store.Invite) []*store.ID { return []*store.ID{&i.CreatedBy, &i.UsedBy} })
	clearID(m.projects, id, func(p *store.Project) []*store.ID { return []*store.ID{&p.UserID} })
	clearID(m.activities, id, func(a *store.Activity) []*store.ID { return []*store.ID{&a.UserID} })
	clearID(m.threads, id, func(t *store.Thread) []*store.ID { return []*store.ID{&t.UserID} })
	clearID(m.messages, id, func(s *store.Message) []*store.ID { return []*store.ID{&s.UserID} })
	clearID(m.attachments, id, func(a *store.Attachment) []*store.ID { return []*store.ID{&a.UserID} })
}

// clearID empties the references to id in all records of a map.
func clearID[T any](records map[store.ID]T, id store.ID, refs func(*T) []*store.ID) {
	for key, r := range records {
		for _, ref := range refs(&r) {
			if *ref == id {
				*ref = store.ID{}
			}
		}
		records[key] = r
	}
}

func (m *model) deleteProject(id store.ID) {
	delete(m.projects, id)
	maps.DeleteFunc(m.members, func(k pair, _ store.Member) bool { return k[0] == id })
	maps.DeleteFunc(m.projectTags, func(k pair, _ bool) bool { return k[0] == id })
	maps.DeleteFunc(m.activities, func(_ store.ID, a store.Activity) bool { return a.ProjectID == id })
	for t, thread := range m.threads {
		if thread.ProjectID == id {
			m.deleteThread(t)
		}
	}
}

func (m *model) deleteThread(id store.ID) {
	delete(m.threads, id)
	delete(m.tasks, id)
	maps.DeleteFunc(m.summaries, func(_ store.ID, s store.Summary) bool { return s.ThreadID == id })
	maps.DeleteFunc(m.attachments, func(_ store.ID, a store.Attachment) bool { return a.ThreadID == id })
	for k, message := range m.messages {
		if message.ThreadID == id {
			delete(m.messages, k)
			delete(m.versions, k)
		}
	}
}

func (m *model) deleteTag(id store.ID) {
	delete(m.tags, id)
	maps.DeleteFunc(m.projectTags, func(k pair, _ bool) bool { return k[1] == id })
}

// What the store derives.

// messagesOf returns the messages of a thread, the oldest first.
func (m *model) messagesOf(thread store.ID, withDeleted bool) []store.Message {
	list := sorted(m.messages, func(x store.Message) bool { return x.ThreadID == thread && (withDeleted || !x.IsDeleted) },
		func(a, b store.Message) int { return a.ID.Compare(b.ID) })
	for i := range list {
		list[i] = m.shown(list[i])
	}
	return list
}

// shown is the message with the attachments that it has.
func (m *model) shown(x store.Message) store.Message {
	x.Attachments = append([]store.Attachment{}, byID(m.attachments, func(a store.Attachment) bool { return a.MessageID == x.ID })...)
	return x
}

// sorted returns the records that are wanted, in order.
func sorted[K comparable, T any](records map[K]T, want func(T) bool, compare func(a, b T) int) (list []T) {
	for _, r := range records {
		if want(r) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, compare)
	return list
}

// thread is the thread with all that is derived from what it holds.
func (m *model) thread(id store.ID) store.Thread {
	t := m.threads[id]
	for _, x := range m.messagesOf(id, true) {
		t.RowCount++
		if x.IsDeleted {
			continue
		}
		t.MessageCount++
		t.TotalTokens += x.TokenCount
		if x.Content != "" && x.Status != store.StatusStreaming {
			t.LastMessage = &store.LastMessage{ID: x.ID, Content: store.Head(x.Content, 1000), IsUser: x.IsUser, CreatedAt: x.CreatedAt}
		}
	}
	if t.LastActivityAt = t.CreatedAt; t.LastMessage != nil {
		t.LastActivityAt = t.LastMessage.CreatedAt
	}
	for _, s := range m.summariesOf(id) {
		t.SummaryCount++
		if t.LastSummaryAt, t.SavedTokens = s.CreatedAt, max(0, s.SourceTokens-s.TokenCount); s.IsStale {
			t.SavedTokens = 0
		}
	}
	return t
}

// summariesOf returns the summaries of a thread, the oldest first.
func (m *model) summariesOf(thread store.ID) []store.Summary {
	return sorted(m.summaries, func(s store.Summary) bool { return s.ThreadID == thread },
		func(a, b store.Summary) int { return a.ID.Compare(b.ID) })
}

func (m *model) project(id store.ID) store.Project {
	p := m.projects[id]
	for t, thread := range m.threads {
		if thread.ProjectID != id {
			continue
		}
		p.ThreadCount++
		if last := m.thread(t).LastMessage; last != nil && last.CreatedAt.After(p.LastChatAt.Time) {
			p.LastChatAt = last.CreatedAt
		}
	}
	return p
}

// list is what a list of threads shows, all of it.
func (m *model) list(q store.ThreadQuery) []store.Thread {
	var list []store.Thread
	for id := range m.threads {
		t := m.thread(id)
		switch {
		case !slices.Contains(q.Projects, t.ProjectID),
			t.IsPrivate && t.UserID != q.Viewer,
			q.Archived != nil && *q.Archived != t.IsArchived(),
			!strings.Contains(strings.ToLower(t.Title), strings.ToLower(q.Search)):
		default:
			list = append(list, t)
		}
	}
	by := map[string]func(a, b store.Thread) int{
		"activity": func(a, b store.Thread) int { return a.LastActivityAt.Compare(b.LastActivityAt.Time) },
		"created":  func(a, b store.Thread) int { return a.CreatedAt.Compare(b.CreatedAt.Time) },
		"updated":  func(a, b store.Thread) int { return a.UpdatedAt.Compare(b.UpdatedAt.Time) },
		"title": func(a, b store.Thread) int {
			return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title))
		},
	}[q.Sort]
	slices.SortFunc(list, func(a, b store.Thread) int { return cmp.Or(by(a, b), bytes.Compare(a.ID[:], b.ID[:])) })
	if !q.Asc {
		slices.Reverse(list)
	}
	return list
}
