package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

// fullStore has some of everything that is counted and indexed.
func fullStore(t *testing.T, s *Store) (user, project, thread ID) {
	t.Helper()
	user, project = soundStore(t, s)
	err := s.Update(t.Context(), func(tx *Tx) (err error) {
		if thread, err = tx.NewID(); err != nil {
			return err
		}
		th := &Thread{ID: thread, ProjectID: project, UserID: user, Title: "t", LastActivityAt: tx.Now}
		if err := tx.CreateThread(th); err != nil {
			return err
		}
		var first ID
		for i := range 3 {
			m := &Message{ThreadID: thread, UserID: user, IsUser: true, Content: fmt.Sprint("message ", i), Status: StatusComplete, TokenCount: 2, CreatedAt: tx.Now}
			if m.ID, err = tx.NewID(); err != nil {
				return err
			}
			if err := tx.SaveMessage(th, m); err != nil {
				return err
			}
			if i == 0 {
				first = m.ID
			}
		}
		sum := &Summary{ThreadID: thread, SummaryText: "short", CreatedAt: tx.Now}
		if sum.ID, err = tx.NewID(); err != nil {
			return err
		}
		a := &Attachment{ThreadID: thread, UserID: user, MessageID: first, Name: "f", Size: 5, SHA256: strings.Repeat("ab", 32)}
		if a.ID, err = tx.NewID(); err != nil {
			return err
		}
		if err := tx.PutAttachment(a); err != nil {
			return err
		}
		return tx.SaveSummary(th, sum)
	})
	if err != nil {
		t.Fatal(err)
	}
	return user, project, thread
}

// A harm is done to a sound store, below its records.
type harm struct {
	do   func(tx kv.Tx, user, project, thread ID) error
	done string // what Repair says; "" if it must not touch it
	left string // what Check still says; "" if all is well again
}

func emptied(space kv.Space) func(tx kv.Tx, user, project, thread ID) error {
	return func(tx kv.Tx, _, _, _ ID) error {
		return kv.Walk(tx, space, kv.Range{}, func(e kv.Entry) error { return tx.Delete(space, e.Key) })
	}
}

func changed(space kv.Space, change func(v []byte)) func(tx kv.Tx, user, project, thread ID) error {
	return func(tx kv.Tx, _, _, _ ID) error {
		return kv.Walk(tx, space, kv.Range{Limit: 1}, func(e kv.Entry) error {
			change(e.Value)
			return tx.Put(space, e.Key, e.Value)
		})
	}
}

// rewritten changes a record without its indexes and counters, checksum and all.
func rewritten[T any](t *table[T], change func(*T)) func(tx kv.Tx, user, project, thread ID) error {
	return func(tx kv.Tx, _, _, _ ID) error {
		return kv.Walk(tx, t.space, kv.Range{Limit: 1}, func(e kv.Entry) error {
			r, err := t.decode(e.Key, e.Value)
			if err != nil {
				return err
			}
			change(r)
			v, err := encode(e.Key, e.Value[0], r)
			if err != nil {
				return err
			}
			return tx.Put(t.space, e.Key, v)
		})
	}
}

var harms = map[string]harm{
	"an index is lost":         {emptied("messages.id"), "messages .*: its entry in index id was made again", ""},
	"an order is lost":         {emptied("threads.activity"), "its entry in index activity", ""},
	"the counts are lost":      {emptied("threads.activity#"), "the count was set to 1", ""},
	"an entry of nothing":      {func(tx kv.Tx, _, _, _ ID) error { return tx.Put("users.email", kv.Key("x"), kv.Key(ID{1})) }, "users.email .*: an entry of no record was removed", ""},
	"an entry points wrong":    {changed("users.email", func(v []byte) { v[3] ^= 1 }), "its entry in index email", ""},
	"an empty entry":           {func(tx kv.Tx, _, _, _ ID) error { return tx.Put("users.email", kv.Key("x"), nil) }, "an entry of no record", ""},
	"a count is wrong":         {changed("threads.title#", func(v []byte) { v[7] = 9 }), "the count was set to 1", ""},
	"a count is cut off":       {func(tx kv.Tx, _, _, _ ID) error { return tx.Put("threads.title#", kv.Key("no group"), []byte{1}) }, "the count was set to 0", ""},
	"a thread counts wrong":    {rewritten(threads, func(t *Thread) { t.RowCount, t.TotalTokens = 7, 1 }), "threads .*: set to 3 rows, 3 messages, 6 tokens, 1 summaries", ""},
	"a thread lost a summary":  {rewritten(threads, func(t *Thread) { t.SummaryCount = 0 }), "1 summaries", ""},
	"a thread shows another":   {rewritten(threads, func(t *Thread) { t.LastMessage.ID = ID{1} }), "threads .*: set to 3 rows", ""},
	"a thread shows nothing":   {rewritten(threads, func(t *Thread) { t.LastMessage = nil }), "threads .*: set to 3 rows", ""},
	"a thread dates a summary": {rewritten(threads, func(t *Thread) { t.LastSummaryAt = Time{} }), "threads .*: set to 3 rows", ""},
	"a thread forgot its end":  {rewritten(threads, func(t *Thread) { t.LastActivityAt = Time{} }), "last active at 2", ""},
	"a project counts wrong":   {rewritten(projects, func(p *Project) { p.ThreadCount = -1; p.LastChatAt = Time{} }), "projects .*: set to 1 threads, last chat at 2", ""},
	"a sum is lost":            {emptied("attachments.project+"), "the sum was set to 5", ""},
	"a sum is wrong":           {changed("attachments.user+", func(v []byte) { v[0] = 9 }), "the sum was set to 5", ""},
	"a sum is cut off":         {func(tx kv.Tx, _, _, _ ID) error { return tx.Put("attachments.user+", kv.Key("x"), []byte{1}) }, "the sum was set to 0", ""},
	"a message shows too much": {rewritten(messages, func(m *Message) { m.Attachments = append(m.Attachments, Attachment{Name: "x"}) }), "shows its 1 attachments as they are", ""},
	"a message shows too few":  {rewritten(messages, func(m *Message) { m.Attachments = nil }), "shows its 1 attachments as they are", ""},
	"a file forgot its project": {func(tx kv.Tx, u, p, th ID) error {
		return rewritten(attachments, func(a *Attachment) { a.ProjectID = ID{} })(tx, u, p, th)
	}, "put into the project of its thread", ""},
	"a record changed its key": {rewritten(users, func(u *User) { u.Email = "b@example.org" }), "index email", ""},

	"a damaged record":      {changed("messages", func(v []byte) { v[len(v)/2] ^= 4 }), "set to 2 rows", "messages .*: the checksum does not fit"},
	"a damaged leaf":        {changed("summaries", func(v []byte) { v[1] ^= 4 }), "", "summaries .*: the checksum does not fit"},
	"a parent is gone":      {func(tx kv.Tx, _, p, _ ID) error { return tx.Delete("projects", kv.Key(p)) }, "projects.user .*: an entry of no record", "refers to project .*, which is not there"},
	"a strange space":       {func(tx kv.Tx, _, _, _ ID) error { return tx.Put("messagfs", []byte("k"), []byte("v")) }, "", `space "messagfs": is not one of ours`},
	"nothing doomed":        {func(tx kv.Tx, _, _, _ ID) error { return tx.Put(doomedSpace, kv.Key("usert", ID{1}), nil) }, "", "names nothing that could be deleted"},
	"the mark of ids":       {func(tx kv.Tx, _, _, _ ID) error { return tx.Put(metaSpace, metaIDs, []byte("x")) }, "", "meta ids: is damaged"},
	"the version":           {func(tx kv.Tx, _, _, _ ID) error { return tx.Put(metaSpace, metaVersion, []byte("x")) }, "", "meta version: is damaged"},
	"two claim a user name": {secondAnn, "", "index username has no entry"},
}

// secondAnn writes a second user with the name of the first.
func secondAnn(tx kv.Tx, _, _, _ ID) error {
	u := &User{ID: ID{1}, Username: "ann", Email: "other@example.org"}
	v, err := encode(kv.Key(u.ID), 0, u)
	if err != nil {
		return err
	}
	if err := tx.Put("users.email", loginKey(u.Email), kv.Key(u.ID)); err != nil {
		return err
	}
	return tx.Put("users", kv.Key(u.ID), v)
}

func TestRepair(t *testing.T) {
	for name, tt := range harms {
		t.Run(name, func(t *testing.T) {
			e, s := openStore(t)
			user, project, thread := fullStore(t, s)
			mustCheck(t, s)
			if err := e.Update(t.Context(), func(tx kv.Tx) error { return tt.do(tx, user, project, thread) }); err != nil {
				t.Fatal(err)
			}
			if found, err := s.Check(t.Context()); err != nil || len(found) == 0 {
				t.Fatalf("the harm shows not: %q, %v", found, err)
			}
			done, err := s.Repair(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			said(t, "repair", done, tt.done)
			left, err := s.Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			said(t, "check", left, tt.left)
			if again, err := s.Repair(t.Context()); err != nil || len(again) > 0 {
				t.Errorf("a second repair did %q, %v", again, err)
			}
		})
	}
}

func said(t *testing.T, who string, lines []string, want string) {
	t.Helper()
	if want == "" && len(lines) == 0 {
		return
	}
	if want == "" || !slices.ContainsFunc(lines, func(l string) bool { return matches(l, want) }) {
		t.Errorf("%s says %q, want %q", who, lines, want)
	}
}

func matches(line, want string) bool {
	for p := range strings.SplitSeq(want, ".*") {
		_, rest, ok := strings.Cut(line, p)
		if !ok {
			return false
		}
		line = rest
	}
	return true
}

func TestRepairOfASoundStoreDoesNothing(t *testing.T) {
	e, s := openStore(t)
	fullStore(t, s)
	before := dump(t, e)
	if done, err := s.Repair(t.Context()); err != nil || len(done) > 0 {
		t.Errorf("did %q, %v", done, err)
	}
	if after := dump(t, e); before != after {
		t.Error("the store has changed")
	}
}

// dump returns every entry of the store's spaces.
func dump(t *testing.T, e kv.Engine) string {
	t.Helper()
	var b strings.Builder
	err := e.View(t.Context(), func(tx kv.Tx) error {
		for _, space := range allSpaces() {
			if err := kv.Walk(tx, space, kv.Range{}, func(e kv.Entry) error {
				fmt.Fprintf(&b, "%s %x %x\n", space, e.Key, e.Value)
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Everything that is derived is lost at once, in a store of several batches.
func TestRepairFromTheRecordsAlone(t *testing.T) {
	e, s := openStore(t)
	_, project, _ := fullStore(t, s)
	for range 3 {
		err := s.Update(t.Context(), func(tx *Tx) error {
			for i := range 70 {
				id, err := tx.NewID()
				if err != nil {
					return err
				}
				if err := tx.CreateThread(&Thread{ID: id, ProjectID: project, Title: fmt.Sprint(i)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	mustCheck(t, s)
	want := dump(t, e)
	for _, c := range checkers {
		for _, space := range c.spaces()[1:] {
			if err := e.Update(t.Context(), func(tx kv.Tx) error { return emptied(space)(tx, ID{}, ID{}, ID{}) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	done, err := s.Repair(t.Context())
	if err != nil || len(done) < 800 {
		t.Fatalf("did %d things, %v", len(done), err)
	}
	mustCheck(t, s)
	if got := dump(t, e); got != want {
		t.Error("what was rebuilt is not what was there")
	}
}
