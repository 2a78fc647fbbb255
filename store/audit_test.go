package store

import (
	"fmt"
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
		at   uint64
	}{
		"nothing":                 {func(*Tx) error { return nil }, "", 0},
		"one changed":             {rewrite(2, func(e *AuditEntry) { e.Username = "eve" }), "audit 2: the chain of entries is broken here", 2},
		"one changed, with a sum": {rewrite(2, func(e *AuditEntry) { e.Action, e.Hash = "x", e.chain("") }), "audit 2: the chain", 2},
		"one taken out":           {drop(2), "audit 3: the chain", 3},
		"the first taken off":     {drop(1), "audit 2: the chain", 2},
		"the last taken off":      {drop(4), "the newest entry was number 4, and the chain ends with 3", 4},
		"the last two taken off":  {drop(3, 4), "the newest entry was number 4, and the chain ends with 2", 3},
		"all gone":                {drop(1, 2, 3, 4), "the newest entry was number 4, and the chain ends with 0", 1},
		"the note gone":           {func(tx *Tx) error { return tx.kv.Delete(metaSpace, metaAudit) }, "it is not noted which entry is the newest", 5},
		"the last written anew": {func(tx *Tx) error {
			before, err := auditEntries.get(tx, entry(3))
			if err != nil {
				return err
			}
			return rewrite(4, func(e *AuditEntry) { e.Username = "eve"; e.Hash = e.chain(before.Hash) })(tx)
		}, "its end was taken off or changed", 4},
		"one damaged":    {func(tx *Tx) error { return tx.kv.Put(space, entry(3), []byte("?")) }, "audit 0000000000000003", 3},
		"one put behind": {rewrite(4, func(e *AuditEntry) { e.Number = 5; e.Hash = e.chain(e.Hash) }), "the chain", 5},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := openStore(t)
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
			if first := firstFinding(t, s); !strings.Contains(first.What, tt.want) || first.Number != tt.at {
				t.Errorf("step by step %d %q; want %d %q", first.Number, first.What, tt.at, tt.want)
			}
		})
	}
}

// checkStep is one step of a check of the audit.
func checkStep(t *testing.T, s *Store, c AuditCheck) (now AuditCheck, found []AuditFinding, done bool) {
	t.Helper()
	if err := s.View(t.Context(), func(tx *Tx) (err error) {
		now, found, done, err = tx.CheckAudit(c)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return now, found, done
}

// firstFinding is what a check step by step finds first.
func firstFinding(t *testing.T, s *Store) (first AuditFinding) {
	t.Helper()
	for c, done := (AuditCheck{}), false; !done; {
		var found []AuditFinding
		if c, found, done = checkStep(t, s, c); len(found) > 0 {
			return found[0]
		}
	}
	return AuditFinding{}
}

// A long audit is checked in steps, and what is added between two of them counts.
func TestALongAuditIsCheckedInSteps(t *testing.T) {
	_, s := openStore(t)
	add := func(n int) {
		t.Helper()
		for left := n; left > 0; left -= 250 {
			if err := s.Update(t.Context(), func(tx *Tx) error {
				for range min(left, 250) {
					if err := tx.AddAudit(&AuditEntry{Username: "ann", Action: "signed_in"}); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(kv.MaxPage)
	c, found, done := checkStep(t, s, AuditCheck{})
	if done || c.Entries() != kv.MaxPage || len(found) > 0 {
		t.Fatalf("%d entries, done %t, found %v", c.Entries(), done, found)
	}
	add(250)
	if c, found, done = checkStep(t, s, c); !done || c.Entries() != kv.MaxPage+250 || len(found) > 0 {
		t.Fatalf("%d entries, done %t, found %v", c.Entries(), done, found)
	}
	if err := s.Update(t.Context(), func(tx *Tx) error { return tx.kv.Delete(auditEntries.space, kv.Key(uint64(kv.MaxPage+1))) }); err != nil {
		t.Fatal(err)
	}
	if first := firstFinding(t, s); first.Number != kv.MaxPage+2 {
		t.Errorf("found %+v", first)
	}
}

// One damaged entry is one finding. What stands in for it once it is dropped is told by
// the check of the chain, and goes with a store that is whole; the entries around it are
// proven as before.
func TestALostAuditEntryIsNamedForGood(t *testing.T) {
	for number := uint64(1); number <= 4; number++ {
		_, s := openStore(t)
		add := func() {
			t.Helper()
			if err := s.Update(t.Context(), func(tx *Tx) error { return tx.AddAudit(&AuditEntry{Username: "ann", Action: "signed_in"}) }); err != nil {
				t.Fatal(err)
			}
		}
		for range 4 {
			add()
		}
		write := func(fn func(tx *Tx) error) {
			t.Helper()
			if err := s.Update(t.Context(), fn); err != nil {
				t.Fatal(err)
			}
		}
		write(func(tx *Tx) error { return tx.kv.Put("audit", kv.Key(number), []byte("?")) })
		if found, err := s.Check(t.Context()); err != nil || len(found) != 1 {
			t.Errorf("%d is damaged: found %q, %v", number, found, err)
		}
		dropAndCheck(t, s, "audit")
		add()
		want := fmt.Sprintf("audit %d: this entry was damaged and is lost", number)
		if first := firstFinding(t, s); first.Number != number || first.What != want {
			t.Errorf("%d is lost: found %+v", number, first)
		}
		mustCheck(t, s)
		var list []*AuditEntry
		if err := s.View(t.Context(), func(tx *Tx) (err error) { list, _, err = tx.AuditFrom(1, AuditQuery{}); return err }); err != nil || len(list) != 5 {
			t.Fatalf("%d entries, %v", len(list), err)
		}
		if lost := list[number-1]; lost.Action != AuditEntryLost || lost.Username != "" || lost.At.IsZero() {
			t.Errorf("in place of %d stands %+v", number, lost)
		}
		write(func(tx *Tx) error { // what is not right behind it is proven as before
			entry, err := auditEntries.get(tx, kv.Key(uint64(5)))
			if err != nil {
				return err
			}
			c := *entry
			c.Username = "eve"
			return auditEntries.put(tx, &c)
		})
		if found, err := s.Check(t.Context()); err != nil || len(found) == 0 {
			t.Errorf("with %d lost, a change of 5 is not found: %v", number, err)
		}
	}
}
