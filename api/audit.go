package api

import "github.com/parley-app/parley/store"

// details are what an audit entry says beside who, when and what about: words
// that name what changed, never content and never secrets.
type details map[string]string

// note adds to the audit what who does in tx.
func (a *API) note(tx *store.Tx, who Actor, action string, subject store.ID, d details) error {
	return tx.AddAudit(&store.AuditEntry{
		UserID: who.UserID, Username: who.Username, Address: who.Address, Action: action, SubjectID: subject, Details: d,
	})
}
