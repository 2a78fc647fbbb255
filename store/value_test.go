package store_test

import (
	"testing"
	"time"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// Text that is no UTF-8 is stored with replacement characters, and so are the keys
// and index entries that are made of it: Check, which runs when the test ends too,
// finds all of them.
func TestTextThatIsNotUTF8(t *testing.T) {
	const bad = "a\xff\xfeÜb\\ufffd"
	s := storetest.New(t)
	u := storetest.User(t, s, bad)
	th := storetest.Thread(t, s, storetest.Project(t, s, u, bad), u, bad)
	storetest.Message(t, s, th.ID, u, bad)
	id := func(tx *store.Tx) store.ID { id, _ := tx.NewID(); return id }
	var tagged store.ID
	for name, put := range map[string]func(*store.Tx) error{
		"tag": func(tx *store.Tx) error { tagged = id(tx); return tx.PutTag(&store.Tag{ID: tagged, Name: bad}) },
		"prompt": func(tx *store.Tx) error {
			return tx.PutPrompt(&store.Prompt{ID: id(tx), UserID: u.ID, IsShared: true, Title: bad})
		},
		"attachment": func(tx *store.Tx) error {
			return tx.PutAttachment(&store.Attachment{ID: id(tx), ThreadID: th.ID, SHA256: bad})
		},
		"usage": func(tx *store.Tx) error { return tx.AddUsage(&store.Usage{UserID: u.ID, Day: bad, Model: bad}) },
		"lease": func(tx *store.Tx) error { _, err := tx.TakeLease(bad, bad, time.Second); return err },
		"audit entry": func(tx *store.Tx) error {
			return tx.AddAudit(&store.AuditEntry{Username: bad, Details: map[string]string{bad: bad}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Update(t, s, put)
			if findings, err := s.Check(t.Context()); err != nil || len(findings) > 0 {
				t.Errorf("check: %v %q", err, findings)
			}
		})
	}
	storetest.Update(t, s, func(tx *store.Tx) error {
		tag, err := tx.Tag(tagged)
		if err != nil {
			return err
		}
		if want := "a\ufffd\ufffdÜb\\ufffd"; tag.Name != want {
			t.Errorf("the tag is called %q, want %q", tag.Name, want)
		}
		return tx.DeleteTag(tag)
	})
}
