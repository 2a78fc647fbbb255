package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

// everyKind adds to fullStore a record of the kinds that it has not.
func everyKind(t *testing.T, s *Store, user, project, thread ID) {
	t.Helper()
	err := s.Update(t.Context(), func(tx *Tx) error {
		id := func() ID {
			id, err := tx.NewID()
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		page, _, err := tx.MessagesFrom(thread, ID{}, 1)
		if err != nil {
			return err
		}
		tag := &Tag{ID: id(), UserID: user, Name: "roses", CreatedAt: tx.Now}
		for _, put := range []func() error{
			func() error { return tx.PutSession(&Session{ID: id(), UserID: user, CreatedAt: tx.Now}) },
			func() error { return tx.AddVersion(&Version{MessageID: page[0].ID, Number: 1, Content: "before"}) },
			func() error { return tx.PutAPIKey(&APIKey{ID: id(), UserID: user, Name: "k", Hash: []byte("h")}) },
			func() error { return tx.PutTag(tag) },
			func() error { return tx.SetProjectTags(project, []ID{tag.ID}) },
			func() error { return tx.AddActivity(&Activity{ID: id(), ProjectID: project, UserID: user, Kind: "k"}) },
			func() error { return tx.AddUsage(&Usage{Day: "2026-11-22", UserID: user, Model: "m", Answers: 1}) },
			func() error {
				return tx.Enqueue(&Queued{ThreadID: thread, MessageID: page[0].ID, AnswerID: id(), CreatedAt: tx.Now})
			},
			func() error { return tx.PutSummaryTask(&SummaryTask{ThreadID: thread, Due: tx.Now}) },
			func() error { return tx.AddAudit(&AuditEntry{Action: "a", Username: "ann"}) },
			func() error { _, err := tx.TakeLease("job", "me", 1); return err },
			func() error { return tx.PutRequest(&Request{UserID: user, ClientID: ID{7}, ResultID: thread}) },
			func() error { return tx.PutInvite(&Invite{ID: id(), CreatedAt: tx.Now}) },
			func() error { return formerUsers.put(tx, &FormerUser{ID: id(), Name: "Eve"}) },
			func() error { return tx.PutNotice(&Notice{ID: id(), UserID: user, CreatedAt: tx.Now}) },
			func() error { return tx.PutPrompt(&Prompt{ID: id(), UserID: user}) },
			func() error { return tx.PutSigningKey(&SigningKey{ID: id(), CreatedAt: tx.Now}) },
		} {
			if err := put(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// walks are the ways to read what a store has; none may fail because of one record,
// unless it is about that record.
func walksOf(user, project, thread ID) map[string]func(tx *Tx) error {
	one := func(_ any, err error) error { return err }
	return map[string]func(tx *Tx) error{
		"messages": func(tx *Tx) error { _, _, err := tx.ListMessages(thread, Page{Limit: 50}, true); return err },
		"export":   func(tx *Tx) error { _, _, err := tx.MessagesFrom(thread, ID{}, 50); return err },
		"threads": func(tx *Tx) error {
			_, _, _, err := tx.ListThreads(ThreadQuery{Page: Page{Limit: 9}, Projects: []ID{project}, Viewer: user, Sort: "activity"})
			return err
		},
		"search": func(tx *Tx) error {
			_, _, _, err := tx.ListThreads(ThreadQuery{Page: Page{Limit: 9}, Projects: []ID{project}, Viewer: user, Sort: "title", Search: "t"})
			return err
		},
		"summaries": func(tx *Tx) error { _, _, err := tx.ListSummaries(thread, Page{Limit: 9}); return err },
		"users": func(tx *Tx) error {
			_, _, _, err := tx.ListUsers(Page{Limit: 9}, func(*User) bool { return true })
			return err
		},
		"members":     func(tx *Tx) error { return one(tx.MembersOf(project)) },
		"memberships": func(tx *Tx) error { return one(tx.MembershipsOf(user)) },
		"attachments": func(tx *Tx) error { return one(tx.AttachmentsOf(thread)) },
		"sessions":    func(tx *Tx) error { return one(tx.SessionsOf(user)) },
		"keys":        func(tx *Tx) error { return one(tx.APIKeysOf(user)) },
		"tags":        func(tx *Tx) error { return one(tx.TagsBy(user)) },
		"invites":     func(tx *Tx) error { return one(tx.Invites()) },
		"prompts":     func(tx *Tx) error { return one(tx.PromptsOf(user)) },
		"activities":  func(tx *Tx) error { _, _, _, err := tx.ListActivities([]ID{project}, Page{Limit: 9}); return err },
		"usage":       func(tx *Tx) error { return one(tx.UsageOf(user, "", "")) },
		"all usage":   func(tx *Tx) error { return tx.EachUsage("", "", func(*Usage) error { return nil }) },
		"audit":       func(tx *Tx) error { _, _, _, err := tx.ListAudit(AuditQuery{Limit: 9}); return err },
		"audit file":  func(tx *Tx) error { _, _, err := tx.AuditFrom(1, AuditQuery{}); return err },
		"signing":     func(tx *Tx) error { return one(tx.SigningKeys()) },
		"notices":     func(tx *Tx) error { return one(tx.NoticesOf(user)) },
		"streaming":   func(tx *Tx) error { return one(tx.StreamingMessages()) },
		"tasks":       func(tx *Tx) error { return one(tx.DueSummaryTasks(tx.Now, 9)) },
		"queue":       func(tx *Tx) error { return one(tx.QueueOf(thread)) },
		"queued":      func(tx *Tx) error { return one(tx.QueuedThreads(ID{}, 9)) },
		"projects":    func(tx *Tx) error { _, _, err := tx.CountProjects(); return err },
	}
}

var damages = map[string]func(v []byte) []byte{
	"a bit in the record":   func(v []byte) []byte { v[len(v)-3] ^= 4; return v },
	"a bit in the checksum": func(v []byte) []byte { v[2] ^= 1; return v },
	"cut off":               func(v []byte) []byte { return v[:len(v)/2] },
	"all but nothing":       func([]byte) []byte { return []byte{0} },
}

// One damaged record of whatever kind keeps nothing else from being read or written, is
// remembered, and goes when that is asked for; then the store is whole.
func TestOneDamagedRecordHarmsNothingElse(t *testing.T) {
	for _, space := range recordSpaces() {
		for name, damage := range damages {
			t.Run(string(space)+", "+name, func(t *testing.T) {
				e, s := openStore(t)
				user, project, thread := fullStore(t, s)
				everyKind(t, s, user, project, thread)
				mustCheck(t, s)
				var key []byte
				if err := e.Update(t.Context(), func(tx kv.Tx) error {
					page, err := tx.Scan(space, kv.Range{Limit: 1})
					if err != nil || len(page) == 0 {
						return fmt.Errorf("%s has %d records: %w", space, len(page), err)
					}
					key = slices.Clone(page[0].Key)
					return tx.Put(space, key, damage(slices.Clone(page[0].Value)))
				}); err != nil {
					t.Fatal(err)
				}
				for what, walk := range walksOf(user, project, thread) {
					if err := s.View(t.Context(), walk); err != nil {
						t.Errorf("%s: %v", what, err)
					}
				}
				goOnWriting(t, s, space, user, project, thread)
				dropAndCheck(t, s, space)
			})
		}
	}
}

// goOnWriting does what is not about the damaged record.
func goOnWriting(t *testing.T, s *Store, space kv.Space, user, project, thread ID) {
	t.Helper()
	write := func(what string, fn func(tx *Tx) error) {
		t.Helper()
		if err := s.Update(t.Context(), fn); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	write("usage", func(tx *Tx) error {
		return tx.AddUsage(&Usage{Day: "2026-11-22", UserID: user, Model: "m", Answers: 1})
	})
	write("audit", func(tx *Tx) error { return tx.AddAudit(&AuditEntry{Action: "b", Username: "ann"}) })
	write("a lease", func(tx *Tx) error { _, err := tx.TakeLease("job", "me", 1); return err })
	if space == "threads" {
		return
	}
	write("a message", func(tx *Tx) error {
		th, err := tx.Thread(thread)
		if err != nil {
			return err
		}
		id, err := tx.NewID()
		if err != nil {
			return err
		}
		return tx.SaveMessage(th, &Message{ID: id, ThreadID: thread, UserID: user, IsUser: true, Content: "more", Status: StatusComplete, CreatedAt: tx.Now})
	})
	write("a deleted message", func(tx *Tx) error {
		th, err := tx.Thread(thread)
		if err != nil {
			return err
		}
		page, _, err := tx.MessagesFrom(thread, ID{}, 50)
		if err != nil {
			return err
		}
		last := page[len(page)-1]
		last.IsDeleted = true
		if err := tx.SaveMessage(th, last); err != nil {
			return err
		}
		_, err = tx.Rewritten(th, last.ID)
		return err
	})
}

func dropAndCheck(t *testing.T, s *Store, space kv.Space) {
	t.Helper()
	dropped, err := s.DropDamaged(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	written := space == "leases" || space == "usage" // anew, whole
	if want := 1; !written && len(dropped) != want {
		t.Errorf("dropped %q", dropped)
	}
	for _, d := range dropped {
		if strings.Contains(d, "password_hash") {
			t.Errorf("a secret is told: %s", d)
		}
	}
	if err := s.Reap(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Repair(t.Context()); err != nil {
		t.Fatal(err)
	}
	f, err := s.Examine(t.Context())
	if err != nil || len(f.Derived) > 0 || len(f.Damage) > 0 {
		t.Errorf("afterwards: %+v, %v", f, err)
	}
	if left, err := s.Damage(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("remembered afterwards: %q, %v", left, err)
	}
}

// A page of a thread has a placeholder for what is damaged, in its place, and says so.
func TestADamagedMessageHasAPlaceholder(t *testing.T) {
	e, s := openStore(t)
	_, _, thread := fullStore(t, s)
	key := damageFirst(t, e, "messages")
	if err := s.View(t.Context(), func(tx *Tx) error {
		page, _, err := tx.MessagesFrom(thread, ID{}, 50)
		if err != nil {
			return err
		}
		if m := page[0]; len(page) != 3 || !m.IsDamaged() || m.ID != ID([]byte(key[16:])) || m.ThreadID != thread || m.Content != "" || m.Status != StatusFailed ||
			m.CreatedAt.IsZero() || m.Error.Message != DamagedText || page[1].IsDamaged() {
			t.Errorf("%d messages, the first is %+v", len(page), m)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if found, err := s.Damage(t.Context()); err != nil || len(found) != 1 || !strings.HasPrefix(found[0], fmt.Sprintf("messages %x: the checksum", key)) {
		t.Errorf("remembered: %q, %v", found, err)
	}
	err := s.View(t.Context(), func(tx *Tx) error { _, err := tx.Message(ID([]byte(key[16:]))); return err })
	if want := "the message " + ID([]byte(key[16:])).String() + " is damaged"; CodeOf(err) != CodeDamaged || !strings.Contains(err.Error(), want) {
		t.Errorf("alone: %v", err)
	}
}

// What a thread, a project and a user are written anew as shows nobody more than they
// could see before, and keeps what can be read.
func TestWhatOthersNeedIsWrittenAnew(t *testing.T) {
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			e, s := openStore(t)
			user, project, thread := fullStore(t, s)
			if err := s.Update(t.Context(), func(tx *Tx) error {
				th, err := tx.Thread(thread)
				if err != nil {
					return err
				}
				th.Title, th.IsPrivate = "Roses in March", true
				return tx.PutThread(th)
			}); err != nil {
				t.Fatal(err)
			}
			if err := e.Update(t.Context(), func(tx kv.Tx) error {
				for space, id := range map[kv.Space]ID{"threads": thread, "projects": project, "users": user} {
					v, err := tx.Get(space, kv.Key(id))
					if err != nil {
						return err
					}
					if err := tx.Put(space, kv.Key(id), damage(slices.Clone(v[0]))); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			dropped, err := s.DropDamaged(t.Context())
			if err != nil || len(dropped) != 3 {
				t.Fatalf("%q, %v", dropped, err)
			}
			if _, err := s.Repair(t.Context()); err != nil {
				t.Fatal(err)
			}
			mustCheck(t, s)
			if err := s.View(t.Context(), func(tx *Tx) error {
				th, err := tx.Thread(thread)
				if err != nil {
					return err
				}
				if !strings.EqualFold(th.Title, "Roses in March") || !th.IsPrivate || th.UserID != user || th.ProjectID != project || th.RowCount != 3 || th.IsDamaged() {
					t.Errorf("thread %+v", th)
				}
				p, err := tx.Project(project)
				if err != nil {
					return err
				}
				if p.UserID != user || p.Name == "" || p.ThreadCount != 1 || p.IsDamaged() {
					t.Errorf("project %+v", p)
				}
				u, err := tx.User(user)
				if err != nil {
					return err
				}
				if u.Username != "ann" || u.Email != "ann@example.org" || u.Role != RoleMember || u.IsDamaged() {
					t.Errorf("user %+v", u)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A queued question whose record is damaged is written anew from its key.
func TestADamagedPlaceInTheQueueIsWrittenAnew(t *testing.T) {
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			e, s := openStore(t)
			user, project, thread := fullStore(t, s)
			everyKind(t, s, user, project, thread)
			var was []*Queued
			if err := s.View(t.Context(), func(tx *Tx) (err error) { was, err = tx.QueueOf(thread); return err }); err != nil || len(was) != 1 {
				t.Fatal(was, err)
			}
			if err := e.Update(t.Context(), func(tx kv.Tx) error {
				key := kv.IDs(thread, was[0].MessageID)
				v, err := tx.Get("queue", key)
				if err != nil {
					return err
				}
				return tx.Put("queue", key, damage(slices.Clone(v[0])))
			}); err != nil {
				t.Fatal(err)
			}
			dropAndCheck(t, s, "queue")
			var is []*Queued
			if err := s.View(t.Context(), func(tx *Tx) (err error) { is, err = tx.QueueOf(thread); return err }); err != nil || len(is) != 1 {
				t.Fatal(is, err)
			}
			if is[0].MessageID != was[0].MessageID || is[0].ThreadID != thread || is[0].AnswerID.Compare(is[0].MessageID) <= 0 {
				t.Errorf("written anew as %+v, it was %+v", is[0], was[0])
			}
		})
	}
}
