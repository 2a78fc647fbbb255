package store

import (
	"slices"

	"github.com/parley-app/parley/store/kv"
)

// A message is stored as the wire shows it, with a copy of its attachments; what
// is written to one of those is written to its message in the same transaction.
func showAttachment(tx *Tx, old, a *Attachment) error {
	var was, is ID
	if old != nil {
		was = old.MessageID
	}
	if a != nil {
		is = a.MessageID
	}
	if err := tx.showAttachments(was); err != nil || was == is {
		return err
	}
	return tx.showAttachments(is)
}

// showAttachments makes a message show the attachments that it has. One that is
// gone, or never was, shows none.
func (tx *Tx) showAttachments(message ID) error {
	if message.IsZero() {
		return nil
	}
	m, err := messages.by(tx, "id", kv.Key(message))
	if err != nil || m == nil {
		return ignoreDamage(err) // what it shows is nothing while it is damaged
	}
	is, err := tx.attachmentsShown(m.ID)
	if isDamage(err) { // the message keeps the copies that it has
		return nil
	}
	if err != nil || slices.Equal(is, m.Attachments) {
		return err
	}
	m.Attachments = is
	return messages.put(tx, m)
}

func (tx *Tx) attachmentsShown(message ID) ([]Attachment, error) {
	entries, err := tx.kv.Scan(attachments.index("message").space, kv.Prefix(kv.Key(message)))
	shown := make([]Attachment, 0, len(entries))
	for _, e := range entries {
		if err != nil {
			break
		}
		var a *Attachment
		if a, err = attachments.get(tx, e.Value); err == nil {
			shown = append(shown, *a)
		}
	}
	return shown, err
}

// checkAttachments proves that messages show the attachments that they have, and
// that those are in the project of their thread.
func checkAttachments(tx *Tx, report *Findings) error {
	err := kv.Walk(tx.kv, messages.space, kv.Range{}, func(e kv.Entry) error {
		m, err := messages.decode(e.Key, e.Value)
		if err != nil {
			return nil //nolint:nilerr // reported by the table's own check
		}
		is, err := tx.attachmentsShown(m.ID)
		if err != nil {
			return nil //nolint:nilerr // of a damaged record: reported
		}
		if !slices.Equal(is, m.Attachments) {
			report.derived("messages %s: shows %d attachments otherwise than they are; there are %d", m.ID, len(m.Attachments), len(is))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return kv.Walk(tx.kv, attachments.space, kv.Range{}, func(e kv.Entry) error {
		a, err := attachments.decode(e.Key, e.Value)
		if err != nil {
			return nil //nolint:nilerr // reported
		}
		t, err := threads.find(tx, kv.Key(a.ThreadID))
		if err == nil && t != nil && t.ProjectID != a.ProjectID {
			report.derived("attachments %s: is in project %s, its thread in %s", a.ID, a.ProjectID, t.ProjectID)
		}
		return nil
	})
}

// attachments makes messages show what they have, and attachments know their
// project.
func (r *repairer) attachments() error {
	err := eachRecord(r, attachments, func(tx *Tx, a *Attachment) error {
		t, err := threads.find(tx, kv.Key(a.ThreadID))
		if err != nil || t == nil || t.ProjectID == a.ProjectID {
			return nil //nolint:nilerr // of a damaged thread; Check names it
		}
		r.say("attachments %s: put into the project of its thread", a.ID)
		return tx.PutAttachment(a)
	})
	if err != nil {
		return err
	}
	return eachRecord(r, messages, func(tx *Tx, m *Message) error {
		is, err := tx.attachmentsShown(m.ID)
		if err != nil || slices.Equal(is, m.Attachments) {
			return nil //nolint:nilerr // of a damaged record; Check names it
		}
		r.say("messages %s: shows its %d attachments as they are", m.ID, len(is))
		m.Attachments = is
		return messages.put(tx, m)
	})
}

// weighAttachments gives every attachment its project and builds the indexes and
// sums that came with it.
func weighAttachments(tx *Tx, from []byte) ([]byte, error) {
	const batch = 40 // each costs some fifteen writes
	return eachOf(tx, attachments, from, batch, func(a *Attachment) error {
		for _, name := range []string{"scan", "engine", "unsent"} {
			if err := attachments.build(tx, name, a); err != nil {
				return err
			}
		}
		if err := attachments.build(tx, "user", a); err != nil {
			return err
		}
		t, err := threads.find(tx, kv.Key(a.ThreadID))
		if err != nil {
			return err
		}
		if t != nil { // or it is about to go with its thread
			a.ProjectID = t.ProjectID
		}
		if err := attachments.put(tx, a); err != nil {
			return err
		}
		return tx.showAttachments(a.MessageID)
	})
}
