package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/parley-app/parley/store/kv"
)

// An AuditCheck is how far the audit was proven whole. The zero value stands before
// the first entry. It does not change: CheckAudit returns the next.
type AuditCheck struct {
	last      AuditEntry // the last, with its number alone if it could not be read
	isUnknown bool       // the hash of the last
	from      []byte     // the key to go on with
}

// Entries is how many entries the chain had so far.
func (c AuditCheck) Entries() uint64 { return c.last.Number }

// An AuditFinding is a place where the audit is not whole.
type AuditFinding struct {
	Number  uint64 // of the first entry that does not fit, or is missing at the end
	What    string
	damaged bool // the entry cannot be read
	IsLost  bool // the entry stands in for a damaged one; see AuditEntryLost
}

// CheckAudit looks at no more than kv.MaxPage entries behind those that c knows. It
// returns how far it is now, what is wrong there, and whether that was all: then the
// end of the chain is what was noted as the newest entry. What is added between two
// calls is looked at too.
func (tx *Tx) CheckAudit(c AuditCheck) (now AuditCheck, findings []AuditFinding, done bool, err error) {
	page, err := tx.kv.Scan(auditEntries.space, kv.Range{From: c.from})
	if err != nil {
		return c, nil, false, err
	}
	for _, entry := range page {
		if found := c.look(entry); found != nil {
			findings = append(findings, *found)
		}
	}
	if len(page) == kv.MaxPage {
		c.from = append(bytes.Clone(page[len(page)-1].Key), 0)
		return c, findings, false, nil
	}
	end, err := tx.checkAuditEnd(&c.last, c.isUnknown)
	if end != nil {
		findings = append(findings, *end)
	}
	return c, findings, true, err
}

// look takes the next entry for the last one and says what is wrong with it. Behind an
// entry whose hash is lost the chain begins anew.
func (c *AuditCheck) look(entry kv.Entry) *AuditFinding {
	e, err := auditEntries.decode(entry.Key, entry.Value)
	if err != nil {
		number := c.last.Number + 1
		if len(entry.Key) == 8 {
			number = binary.BigEndian.Uint64(entry.Key)
		}
		c.last, c.isUnknown = AuditEntry{Number: number}, true
		return &AuditFinding{Number: number, What: strings.TrimPrefix(err.Error(), "store: "), damaged: true}
	}
	before, unknown := c.last, c.isUnknown
	isLost := e.Action == AuditEntryLost
	c.last, c.isUnknown = *e, isLost && e.Hash == ""
	if e.Number != before.Number+1 || !isLost && !unknown && e.Hash != e.chain(before.Hash) {
		what := fmt.Sprintf("audit %d: the chain of entries is broken here: one was changed, taken out or put in", e.Number)
		return &AuditFinding{Number: e.Number, What: what}
	}
	if isLost {
		return &AuditFinding{Number: e.Number, What: fmt.Sprintf("audit %d: this entry was damaged and is lost", e.Number), IsLost: true}
	}
	return nil
}

// checkAuditEnd compares the last entry with the one that was noted as the newest.
func (tx *Tx) checkAuditEnd(last *AuditEntry, isUnknown bool) (*AuditFinding, error) {
	noted, err := tx.get1(metaSpace, metaAudit)
	what, at := "", last.Number+1
	switch {
	case err != nil:
		return nil, err
	case len(noted) == 0 && last.Number > 0:
		what = fmt.Sprintf("audit: it is not noted which entry is the newest: some behind %d may have been taken off", last.Number)
	case isUnknown && bytes.HasPrefix(noted, last.head()): // what cannot be read has no hash to compare
		return nil, nil
	case len(noted) > 0 && !bytes.Equal(noted, last.head()):
		number, _, _ := strings.Cut(string(noted), " ")
		if n, err := strconv.ParseUint(number, 10, 64); err == nil && n <= last.Number {
			at = min(n+1, last.Number) // that one was changed, or this one put behind it
		}
		what = fmt.Sprintf("audit: the newest entry was number %s, and the chain ends with %d: its end was taken off or changed", number, last.Number)
	default:
		return nil, nil
	}
	return &AuditFinding{Number: at, What: what}, nil
}

// checkAudit proves that the chain is whole.
func checkAudit(tx *Tx, report *Findings) error {
	for c, done := (AuditCheck{}), false; !done; {
		var findings []AuditFinding
		var err error
		if c, findings, done, err = tx.CheckAudit(c); err != nil {
			return err
		}
		for _, f := range findings {
			// What is damaged is reported by the table's own check. What stands in for it
			// is told to who checks the audit, and makes no backup a bad one.
			if !f.damaged && !f.IsLost {
				report.damage("%s", f.What)
			}
		}
	}
	return nil
}
