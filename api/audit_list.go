package api

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/parley-app/parley/store"
)

// An AuditView is one entry of the audit.
type AuditView struct {
	Number    uint64            `json:"number" doc:"Counts up from 1 without a gap; the cursor of this list"`
	At        store.Time        `json:"at"`
	UserID    store.ID          `json:"user_id" nullable:"true" doc:"Who did it; null: nobody who was known"`
	Username  string            `json:"username" doc:"Their name at that time"`
	Address   string            `json:"address" doc:"Where the request came from; empty: the command line"`
	Action    string            `json:"action" example:"user_updated"`
	SubjectID store.ID          `json:"subject_id" nullable:"true" doc:"What it was about"`
	Details   map[string]string `json:"details" doc:"What changed, without content and secrets"`
	Hash      string            `json:"hash" doc:"SHA-256 over this entry and the one before"`
}

func viewAudit(e *store.AuditEntry) AuditView {
	d := e.Details
	if d == nil {
		d = details{}
	}
	return AuditView{e.Number, e.At, e.UserID, e.Username, e.Address, e.Action, e.SubjectID, d, e.Hash}
}

// AuditFilter selects entries of the audit.
type AuditFilter struct {
	UserID store.ID `query:"user_id" doc:"Of this user alone"`
	Action string   `query:"action" maxLength:"100" doc:"This action alone, such as user_updated"`
	From   string   `query:"from" maxLength:"40" doc:"Not before this time (RFC 3339)"`
	To     string   `query:"to" maxLength:"40" doc:"Before this time (RFC 3339)"`
}

func (f AuditFilter) query() (q store.AuditQuery, err error) {
	q = store.AuditQuery{UserID: f.UserID, Action: f.Action}
	if q.From, err = timeIn("query.from", f.From); err != nil {
		return q, err
	}
	q.To, err = timeIn("query.to", f.To)
	return q, err
}

// timeIn reads a time of a query; "" is the zero Time.
func timeIn(location, s string) (store.Time, error) {
	if s == "" {
		return store.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, strings.ReplaceAll(s, " ", "+")) // a + that was not encoded
	if err != nil {
		return store.Time{}, store.Invalid(location, "must be a time such as 2026-11-22T12:00:00Z")
	}
	return store.TimeOf(t), nil
}

// ListAuditInput selects a page of the audit. Its cursors are numbers of entries.
type ListAuditInput struct {
	AuditFilter
	Limit  int  `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Offset *int `query:"offset" minimum:"0" maximum:"1000000" doc:"Entries to skip; not with a cursor"`
	Before int  `query:"before" minimum:"1" doc:"The entries that precede this number, which are newer"`
	After  int  `query:"after" minimum:"1" doc:"The entries that follow this number, which are older"`
}

// AuditList is a page of the audit, the newest entries first.
type AuditList struct {
	Entries []AuditView `json:"entries"`
	Total   int         `json:"total"`
	HasMore bool        `json:"has_more"`
}

// ListAudit returns a page of the audit.
func (a *API) ListAudit(ctx context.Context, who Actor, in ListAuditInput) (*AuditList, error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	orDefault(&in.Limit, 50)
	if err := oneWay(in.Offset != nil, in.Before > 0, in.After > 0); err != nil {
		return nil, err
	}
	q.Limit, q.Before, q.After = in.Limit, uint64(in.Before), uint64(in.After)
	if in.Offset != nil {
		q.Offset = *in.Offset
	}
	out := &AuditList{}
	err = a.store.View(ctx, func(tx *store.Tx) (err error) {
		var list []*store.AuditEntry
		list, out.Total, out.HasMore, err = tx.ListAudit(q)
		out.Entries = []AuditView{}
		for _, e := range list {
			out.Entries = append(out.Entries, viewAudit(e))
		}
		return err
	})
	return out, err
}

// An AuditCheck is whether the chain of the audit is whole.
type AuditCheck struct {
	Whole     bool       `json:"whole"`
	Entries   int        `json:"entries" doc:"That were looked at; all of them, where the chain is whole"`
	BrokenAt  *int       `json:"broken_at" nullable:"true" doc:"The number of the first entry that was changed, taken out or put in; null: none"`
	Finding   string     `json:"finding" doc:"What is wrong there; empty: nothing"`
	CheckedAt store.Time `json:"checked_at"`
}

// CheckAudit proves that the chain of the audit is whole, or says where it first is
// not. An entry that is known to be lost comes after all else that is wrong. It holds no
// transaction between its steps.
func (a *API) CheckAudit(ctx context.Context, who Actor, _ Nothing) (*AuditCheck, error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	out := &AuditCheck{Whole: true}
	var c store.AuditCheck
	broken := false
	for done := false; !done && !broken; {
		var next store.AuditCheck
		var wrong []store.AuditFinding
		err := a.store.View(ctx, func(tx *store.Tx) (err error) {
			out.CheckedAt = tx.Now
			next, wrong, done, err = tx.CheckAudit(c)
			return err
		})
		if err := orElse(err, ctx.Err()); err != nil {
			return nil, err
		}
		c = next
		for _, f := range wrong {
			if broken = !f.IsLost; broken || out.Whole {
				at := int(f.Number)
				out.Whole, out.BrokenAt, out.Finding = false, &at, f.What
			}
			if broken {
				break
			}
		}
	}
	out.Entries = int(c.Entries())
	return out, nil
}

// ExportAudit returns the entries that in selects as they are at this moment, the
// oldest first, piece by piece: one JSON object a line. Next returns nil when there
// is no more. It holds no transaction between its pieces.
func (a *API) ExportAudit(_ context.Context, who Actor, in AuditFilter) (*AuditExport, error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	q, err := in.query()
	return &AuditExport{store: a.store, query: q, next: 1}, err
}

// An AuditExport is an export under way. It is for one goroutine.
type AuditExport struct {
	store *store.Store
	query store.AuditQuery
	next  uint64
}

// Next returns some more lines, perhaps none, or nil after the last.
func (x *AuditExport) Next(ctx context.Context) ([]byte, error) {
	if x.next == 0 {
		return nil, nil
	}
	var list []*store.AuditEntry
	var next uint64
	err := x.store.View(ctx, func(tx *store.Tx) (err error) {
		list, next, err = tx.AuditFrom(x.next, x.query)
		return err
	})
	if err != nil {
		return nil, err
	}
	x.next = next
	b := bytes.NewBuffer([]byte{})
	lines := json.NewEncoder(b)
	for _, e := range list {
		if err := lines.Encode(viewAudit(e)); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}
