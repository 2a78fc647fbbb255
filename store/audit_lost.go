package store

import (
	"encoding/binary"
	"strings"

	"github.com/parley-app/parley/store/kv"
)

// AuditEntryLost is the action of an entry that stands in for one that was damaged. It
// keeps the number, so that the others stay in their places, and the hash, if that was
// noted. The check of the chain names it for good.
const AuditEntryLost = "entry_lost"

// recoverAuditEntry returns what stands in for a damaged entry. Of what it said nothing
// is kept, even if it can be read: nothing proves it.
func recoverAuditEntry(tx *Tx, key []byte, _ *AuditEntry) (*AuditEntry, error) {
	if len(key) != 8 {
		return nil, nil
	}
	e := &AuditEntry{Number: binary.BigEndian.Uint64(key), Action: AuditEntryLost}
	noted, err := tx.get1(metaSpace, metaAudit)
	if err != nil {
		return nil, err
	}
	if hash, ok := strings.CutPrefix(string(noted), string((&AuditEntry{Number: e.Number}).head())); ok {
		e.Hash = hash // it is the newest
	}
	e.At, err = tx.auditTimeBefore(e.Number)
	return e, err
}

// auditTimeBefore returns the time of the last entry before one that can be read, or of
// this transaction: lists are in the order of numbers.
func (tx *Tx) auditTimeBefore(number uint64) (at Time, err error) {
	at = tx.Now
	err = kv.Walk(tx.kv, auditEntries.space, kv.Range{To: kv.Key(number), Reverse: true}, func(entry kv.Entry) error {
		e, err := auditEntries.decode(entry.Key, entry.Value)
		if isDamage(err) {
			return nil
		}
		if err == nil {
			at, err = e.At, kv.Stop
		}
		return err
	})
	return at, err
}
