package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/parley-app/parley/store/kv"
)

// An AuditEntry records what somebody did that concerns the instance. Entries are
// chained: each holds a hash over itself and the one before, so that one that is
// changed, taken out or put in shows; and the newest is noted apart from them, so
// that a chain that was cut short shows too. It names people rather than referring to
// them: it outlives them.
type AuditEntry struct {
	Number    uint64            `json:"number"` // counts up from 1 without a gap
	At        Time              `json:"at"`
	UserID    ID                `json:"user_id"`
	Username  string            `json:"username"`
	Address   string            `json:"address"`
	Action    string            `json:"action"` // such as user_disabled
	SubjectID ID                `json:"subject_id"`
	Details   map[string]string `json:"details,omitempty"`
	Hash      string            `json:"hash"` // SHA-256, hex
}

var auditEntries = &table[AuditEntry]{
	space: "audit", noun: "audit entry",
	key: func(e *AuditEntry) []byte { return kv.Key(e.Number) },
}

// AddAudit appends e; its number, time and hash are set here.
func (tx *Tx) AddAudit(e *AuditEntry) error {
	last, err := tx.lastAudit()
	if err != nil {
		return err
	}
	e.Number, e.At = last.Number+1, tx.Now
	if _, _, err := auditEntries.encode(tx, e); err != nil { // makes of e what can be read back
		return err
	}
	e.Hash = e.chain(last.Hash)
	if err := auditEntries.put(tx, e); err != nil {
		return err
	}
	return tx.noteAuditHead(e)
}

// noteAuditHead remembers which entry is the newest.
func (tx *Tx) noteAuditHead(e *AuditEntry) error {
	return tx.kv.Put(metaSpace, metaAudit, e.head())
}

// head names an entry, and all before it by its hash.
func (e *AuditEntry) head() []byte { return fmt.Appendf(nil, "%d %s", e.Number, e.Hash) }

func (tx *Tx) lastAudit() (*AuditEntry, error) {
	page, err := tx.kv.Scan(auditEntries.space, kv.Range{Reverse: true, Limit: 1})
	if err != nil || len(page) == 0 {
		return &AuditEntry{}, err
	}
	e, err := auditEntries.decode(page[0].Key, page[0].Value)
	if !isDamage(err) {
		return e, err
	}
	tx.store.met(err)
	noted, err := tx.get1(metaSpace, metaAudit)
	if err != nil {
		return nil, err
	}
	number, hash, _ := strings.Cut(string(noted), " ") // see head
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return nil, corrupt(metaSpace, metaAudit, "%q names no entry", noted)
	}
	return &AuditEntry{Number: n, Hash: hash}, nil
}

// chain is the hash of e behind an entry with the hash before.
func (e *AuditEntry) chain(before string) string {
	c := *e
	c.Hash = before
	b, err := json.Marshal(c)
	if err != nil {
		panic("store: an audit entry does not encode: " + err.Error()) // it is all strings
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// String names the entry for logs.
func (e *AuditEntry) String() string {
	return fmt.Sprintf("%d %s by %s", e.Number, e.Action, e.Username)
}
