package store

import (
	"encoding/binary"
	"slices"

	"github.com/parley-app/parley/store/kv"
)

// An AuditQuery selects entries of the audit. What is zero does not matter.
type AuditQuery struct {
	UserID   ID
	Action   string
	From, To Time // From <= At < To

	Limit         int
	Offset        int
	After, Before uint64 // the number of an entry of the list; at most one of these and Offset
}

func (q AuditQuery) all() bool {
	return q.UserID.IsZero() && q.Action == "" && q.From.IsZero() && q.To.IsZero()
}

func (q AuditQuery) wants(e *AuditEntry) bool {
	return (q.UserID.IsZero() || e.UserID == q.UserID) && (q.Action == "" || e.Action == q.Action) &&
		(q.From.IsZero() || !e.At.Before(q.From.Time)) && (q.To.IsZero() || e.At.Before(q.To.Time))
}

// ListAudit returns a page of the entries that q wants, the newest first, how many
// of them there are, and whether there are more in the direction of the walk. Without a selection it
// costs what the page costs; with one, a walk through the whole audit.
func (tx *Tx) ListAudit(q AuditQuery) (page []*AuditEntry, total int, more bool, err error) {
	r, err := tx.auditRange(q)
	if err != nil {
		return nil, 0, false, err
	}
	skip := q.Offset
	err = tx.walkAudit(r, func(e *AuditEntry) error {
		switch {
		case !q.wants(e):
		case skip > 0:
			skip--
		case len(page) == q.Limit:
			more = true
			return kv.Stop
		default:
			page = append(page, e)
		}
		return nil
	})
	if err != nil {
		return nil, 0, false, err
	}
	if !r.Reverse {
		slices.Reverse(page)
	}
	total, err = tx.countAudit(q)
	return page, total, more, err
}

// auditRange is where the page of q may be, in the order in which it is looked for.
func (tx *Tx) auditRange(q AuditQuery) (kv.Range, error) {
	r := kv.Range{Reverse: true}
	cursor := max(q.After, q.Before)
	if cursor == 0 {
		return r, nil
	}
	e, err := auditEntries.find(tx, kv.Key(cursor))
	if err != nil || e == nil || !q.wants(e) {
		return r, orElse(err, unknownCursor())
	}
	if q.After > 0 { // what follows is older
		r.To = kv.Key(cursor)
	} else {
		r.From, r.Reverse = kv.Key(cursor+1), false
	}
	return r, nil
}

func (tx *Tx) countAudit(q AuditQuery) (n int, err error) {
	if q.all() { // they are numbered without a gap
		last, err := tx.lastAudit()
		return int(last.Number), err
	}
	err = tx.walkAudit(kv.Range{}, func(e *AuditEntry) error {
		if q.wants(e) {
			n++
		}
		return nil
	})
	return n, err
}

func (tx *Tx) walkAudit(r kv.Range, fn func(*AuditEntry) error) error {
	return kv.Walk(tx.kv, auditEntries.space, r, func(entry kv.Entry) error {
		e, err := auditEntries.listed(tx, entry.Key, entry.Value, auditEntries.decode)
		if err != nil || e == nil {
			return err
		}
		return fn(e)
	})
}

// AuditFrom returns at most kv.MaxPage of the entries from number on that q wants,
// the oldest first, and the number to go on with, 0 when there is no more. It looks
// at a bounded part of the audit each time, so that an export holds no reader for
// long. Limit, Offset and cursors of q do not matter.
func (tx *Tx) AuditFrom(number uint64, q AuditQuery) (list []*AuditEntry, next uint64, err error) {
	entries, err := tx.kv.Scan(auditEntries.space, kv.Range{From: kv.Key(number)})
	for _, entry := range entries {
		if err != nil {
			break
		}
		var e *AuditEntry
		if e, err = auditEntries.listed(tx, entry.Key, entry.Value, auditEntries.decode); e != nil && q.wants(e) {
			list = append(list, e)
		}
		if len(entry.Key) == 8 {
			next = binary.BigEndian.Uint64(entry.Key) + 1
		}
	}
	if len(entries) < kv.MaxPage {
		next = 0
	}
	return list, next, err
}
