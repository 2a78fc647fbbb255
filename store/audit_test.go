package store

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

// Whatever is done to the audit behind Parley's back, the check says so: an entry
// changed, taken out, put in, put off the end, or all of them gone.
func TestTheAuditShowsWhatWasDoneToIt(t *testing.T) {
	entry := func(n uint64) []byte { return kv.Key(n) }
	space := auditEntries.space
	drop := func(numbers ...uint64) func(*Tx) error {
		return func(tx *Tx) error {
			for _, n := range numbers {
				if err := tx.kv.Delete(space, entry(n)); err != nil {
					return err
				}
			}
			return nil
		}
	}
	rewrite := func(n uint64, change func(*AuditEntry)) func(*Tx) error {
		return func(tx *Tx) error {
			e, err := auditEntries.get(tx, entry(n))
			if err != nil {
				return err
			}
			c := *e
			change(&c)
			return auditEntries.put(tx, &c)
		}
	}
	for name, tt := range map[string]struct {
		harm func(*Tx) error
		want string
	}{
		"nothing":                 {func(*Tx) error { return nil }, ""},
		"one changed":             {rewrite(2, func(e *AuditEntry) { e.Username = "eve" }), "audit 2: the chain of entries is broken here"},
		"one changed, with a sum": {rewrite(2, func(e *AuditEntry) { e.Action, e.Hash = "x", e.chain("") }), "audit 2: the chain"},
		"one taken out":           {drop(2), "audit 3: the chain"},
		"the first taken off":     {drop(1), "audit 2: the chain"},
		"the last taken off":      {drop(4), "the newest entry was number 4, and the chain ends with 3"},
		"the last two taken off":  {drop(3, 4), "the newest entry was number 4, and the chain ends with 2"},
		"all gone":                {drop(1, 2, 3, 4), "the newest entry was number 4, and the chain ends with 0"},
		"the note gone":           {func(tx *Tx) error { return tx.kv.Delete(metaSpace, metaAudit) }, "it is not noted which entry is the newest"},
		"the last written anew": {func(tx *Tx) error {
			before, err := auditEntries.get(tx, entry(3))
			if err != nil {
				return err
			}
			return rewrite(4, func(e *AuditEntry) { e.Username = "eve"; e.Hash = e.chain(before.Hash) })(tx)
		}, "its end was taken off or changed"},
		"one put behind": {rewrite(4, func(e *AuditEntry) { e.Number = 5; e.Hash = e.chain(e.Hash) }), "the chain ends with 5"},
	} {
		t.Run(name, func(t *testing.T) {
			e := openEngine(t, filepath.Join(t.TempDir(), "parley.db"))
			defer e.Close()
			s, err := Open(t.Context(), e, quiet())
			if err != nil {
				t.Fatal(err)
			}
			for range 4 {
				if err := s.Update(t.Context(), func(tx *Tx) error {
					return tx.AddAudit(&AuditEntry{Username: "ann", Action: "user_disabled", Details: map[string]string{"role": "member"}})
				}); err != nil {
					t.Fatal(err)
				}
			}
			mustCheck(t, s)
			if err := s.Update(t.Context(), tt.harm); err != nil {
				t.Fatal(err)
			}
			findings, err := s.Check(t.Context())
			if err != nil || tt.want == "" && len(findings) > 0 || !strings.Contains(strings.Join(findings, "\n"), tt.want) {
				t.Errorf("found %q, %v; want %q", findings, err, tt.want)
			}
		})
	}
}
