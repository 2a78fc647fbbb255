package store

import (
	"encoding/binary"

	"github.com/parley-app/parley/store/kv"
)

// fillLastChat sets projects.last_chat_at from the messages there are (DB-1).
func fillLastChat(tx *Tx, from []byte) ([]byte, error) {
	return eachBatch(tx, threads, from, func(t *Thread) error {
		if t.LastMessage == nil {
			return nil
		}
		return tx.updateProject(t.ProjectID, func(p *Project) error {
			if t.LastMessage.CreatedAt.After(p.LastChatAt.Time) {
				p.LastChatAt = t.LastMessage.CreatedAt
			}
			return nil
		})
	})
}

// adoptSummaries gives every summary a reference to its thread, counts it there,
// and removes those whose thread has gone (DB-2). The place begins with how many
// were removed so far.
func adoptSummaries(tx *Tx, place []byte) ([]byte, error) {
	removed, from := uint64(0), []byte(nil)
	if place != nil {
		removed, from = binary.BigEndian.Uint64(place), place[8:]
	}
	next, err := eachBatch(tx, summaries, from, func(s *Summary) error {
		there, err := threads.has(tx, s.ThreadID)
		if err != nil {
			return err
		}
		if !there {
			removed++
			return tx.kv.Delete(summaries.space, summaries.key(s))
		}
		return tx.adoptSummary(s)
	})
	if next == nil && err == nil {
		tx.store.log.Info("summaries whose thread had gone were removed", "summaries", removed)
		return nil, nil
	}
	return append(binary.BigEndian.AppendUint64(nil, removed), next...), err
}

func (tx *Tx) adoptSummary(s *Summary) error {
	if err := summaries.build(tx, "thread", s); err != nil {
		return err
	}
	t, err := tx.Thread(s.ThreadID)
	if err != nil {
		return err
	}
	t.SummaryCount++
	if s.CreatedAt.After(t.LastSummaryAt.Time) {
		t.LastSummaryAt = s.CreatedAt
	}
	return threads.put(tx, t)
}

// boundVersions cuts the edit history of every message to what AddVersion keeps
// (DB-3), the oldest first. None is refused, however long.
func boundVersions(tx *Tx, from []byte) ([]byte, error) {
	next, err := eachBatch(tx, versions, from, func(v *Version) error {
		newer, size, err := tx.versionsFrom(v)
		if err != nil || newer <= MaxVersions && size <= MaxVersionBytes {
			return err
		}
		return versions.remove(tx, v)
	})
	return next, err
}

// dropMessagesByUser empties the index that every message paid for, and only the
// removal of a user used.
func dropMessagesByUser(tx *Tx, _ []byte) ([]byte, error) {
	return emptySpace(tx, "messages.user")
}

// emptySpace is the step of a migration that deletes all that is in a space.
func emptySpace(tx *Tx, space kv.Space) (next []byte, err error) {
	const step = kv.MaxWrites - 10 // the migration notes its place too
	page, err := tx.kv.Scan(space, kv.Range{Limit: step})
	if err != nil {
		return nil, err
	}
	for _, e := range page {
		if err := tx.kv.Delete(space, e.Key); err != nil {
			return nil, err
		}
	}
	if len(page) < step {
		return nil, nil
	}
	return []byte{1}, nil // from the beginning again
}

// noteAuditEnd notes which audit entry is the newest, so that a chain that is cut
// short from now on shows.
func noteAuditEnd(tx *Tx, _ []byte) ([]byte, error) {
	last, err := tx.lastAudit()
	if err != nil || last.Number == 0 {
		return nil, err
	}
	return nil, tx.noteAuditHead(last)
}

// spanSummaries makes the index of what summaries stand for, and sets what threads
// say of their newest one.
func spanSummaries(tx *Tx, from []byte) ([]byte, error) {
	return eachBatch(tx, summaries, from, func(s *Summary) error {
		if err := summaries.build(tx, "span", s); err != nil {
			return err
		}
		t, err := threads.find(tx, kv.Key(s.ThreadID))
		if err != nil || t == nil {
			return err // its thread is being taken down
		}
		return tx.summarized(t)
	})
}

// dropTagsByName empties the index that kept two tags from having one name, by which
// people learned of tags that they do not see.
func dropTagsByName(tx *Tx, _ []byte) ([]byte, error) {
	return emptySpace(tx, "tags.name")
}
