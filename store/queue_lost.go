package store

import (
	"bytes"

	"github.com/parley-app/parley/store/kv"
)

// A question that waits has its place in the queue, or nobody would ever answer it. The
// place follows from the message: it is derived data.

// isUnplaced reports whether m waits without a place in the queue. The place of one
// whose thread is being taken down may have gone first.
func (tx *Tx) isUnplaced(m *Message) (bool, error) {
	if m.Status != StatusQueued || m.IsDeleted {
		return false, nil
	}
	if there, err := threads.has(tx, m.ThreadID); err != nil || !there {
		return false, err
	}
	place, err := tx.get1(queue.space, messageKey(m))
	return place == nil, err
}

// checkPlace finds a question that waits without a place.
func checkPlace(tx *Tx, key []byte, m *Message, report *Findings) error {
	unplaced, err := tx.isUnplaced(m)
	if unplaced {
		report.derived("messages %x: waits for an answer, and has no place in the queue", key)
	}
	return err
}

// queue gives the questions that wait without a place theirs again.
func (r *repairer) queue() error {
	return r.each(messages.space, func(tx *Tx, e kv.Entry) error {
		m, err := messages.decode(e.Key, e.Value)
		if err != nil {
			return ignoreDamage(err) // Check names it
		}
		if unplaced, err := tx.isUnplaced(m); err != nil || !unplaced {
			return err
		}
		r.say("messages %x: its place in the queue was made again", e.Key)
		key := bytes.Clone(e.Key)
		r.rewrite(queue.space, key, func(tx *Tx) (place []byte, ok bool, err error) {
			m, err := messages.find(tx, key)
			if err != nil || m == nil {
				return nil, false, ignoreDamage(err)
			}
			if ok, err = tx.isUnplaced(m); ok {
				place, err = encode(key, 0, damagedQueued(key))
			}
			return place, ok, err
		})
		return nil
	})
}
