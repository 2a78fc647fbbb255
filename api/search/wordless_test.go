package search

import (
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// wordless are texts without a letter or a digit.
var wordless = []string{"👍", "???", "…", "!", "—", "👨‍👩‍👧‍👦", "\u200b", "   ", "\n", "\u0301", "(╯°□°)╯", "$$", "```", "·", "€", "\ufffd", "\u202e", "∑", "𝄞"}

// writeWordless makes a message, a title, a summary and an attachment's name of a
// text.
func writeWordless(l *library, text string) (*store.Thread, *store.Message) {
	l.Helper()
	th := storetest.Thread(l, l.Store, &store.Project{ID: l.thread.ProjectID}, l.ann, text)
	m := storetest.Message(l, l.Store, th.ID, l.ann, text)
	storetest.Update(l, l.Store, func(tx *store.Tx) error {
		t, err := tx.Thread(th.ID)
		if err != nil {
			return err
		}
		s := &store.Summary{ThreadID: th.ID, SummaryText: text, KeyTopics: []string{}, CreatedAt: tx.Now}
		if s.ID, err = tx.NewID(); err != nil {
			return err
		}
		a := &store.Attachment{ThreadID: th.ID, UserID: l.ann.ID, Name: text, CreatedAt: tx.Now}
		if a.ID, err = tx.NewID(); err != nil {
			return err
		}
		if err := tx.PutAttachment(a); err != nil {
			return err
		}
		return tx.SaveSummary(t, s)
	})
	return th, m
}

// A text without a word is a healthy text: before it is indexed, after it, when it is
// edited to and from such a text, and when it is deleted.
func TestATextWithoutAWordIsWhole(t *testing.T) {
	for _, text := range wordless {
		t.Run(text, func(t *testing.T) {
			l := newLibrary(t)
			whole := func(when string) {
				t.Helper()
				if findings := l.check(); len(findings) > 0 {
					t.Errorf("%s: %q", when, findings)
				}
			}
			th, m := writeWordless(l, text)
			whole("before it is indexed")
			l.drain()
			whole("indexed")
			if done, err := l.Repair(t.Context()); err != nil || len(done) > 0 {
				t.Errorf("a repair does %q, %v", done, err)
			}
			rewrite(t, l.Store, m.ID, "roses")
			l.drain()
			whole("edited to have a word")
			if l.find("roses") != 2 {
				t.Errorf("%d found", l.find("roses"))
			}
			rewrite(t, l.Store, m.ID, text+text)
			whole("edited back, not yet indexed")
			l.drain()
			whole("edited back")
			if l.find("roses") != 1 {
				t.Errorf("%d found", l.find("roses"))
			}
			storetest.Update(t, l.Store, func(tx *store.Tx) error {
				t, err := tx.Thread(th.ID)
				if err != nil {
					return err
				}
				return tx.DeleteThread(t)
			})
			l.drain()
			if err := l.Reap(t.Context()); err != nil {
				t.Fatal(err)
			}
			l.drain()
			whole("deleted")
		})
	}
}
