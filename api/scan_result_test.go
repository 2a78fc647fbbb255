package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/scan/scantest"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// scanEntries are what the audit tells of scans, the oldest first, as action, user,
// subject and what was found.
func (d *desk) scanEntries() (list []string) {
	d.t.Helper()
	err := d.store.View(d.t.Context(), func(tx *store.Tx) error {
		entries, _, _, err := tx.ListAudit(store.AuditQuery{Limit: 100})
		list = nil
		for _, e := range entries {
			if found := e.Details["signature"] + e.Details["why"]; found != "" {
				list = append([]string{fmt.Sprintf("%s %s %s %s", e.Action, e.Username, e.SubjectID, found)}, list...)
			}
			if all := fmt.Sprint(e); strings.Contains(all, "secret") || strings.Contains(all, "EICAR-STANDARD") {
				d.t.Errorf("the audit has content: %s", all)
			}
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return list
}

// What a scanner finds is in the audit, once, under the name of who brought it and without
// content, and in the figures.
func TestTheAuditTellsOfViruses(t *testing.T) {
	clamd := scantest.New(t)
	d := newDesk(t, clamd)
	clean := d.becomes(d.bring("secret a.txt", "secret words"), store.ScanClean)
	infected := d.becomes(d.bring("secret b.txt", scantest.EICAR), store.ScanInfected)
	large := d.becomes(d.bring("secret c.txt", strings.Repeat("secret ", scantest.StreamMaxLength/7+1)), store.ScanFailed)
	want := []string{
		"virus_found ann " + infected.ID.String() + " " + scantest.Signature,
		"scan_failed ann " + large.ID.String() + " " + large.Scan.Signature,
	}
	if diff := cmp.Diff(want, d.scanEntries()); diff != "" {
		t.Errorf("the audit (-want +got):\n%s", diff)
	}
	eventually := func(what api.ScanStats) {
		t.Helper()
		for end := time.Now().Add(2 * time.Minute); d.api.ScanStats() != what; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("the figures are %+v, want %+v", d.api.ScanStats(), what)
			}
		}
	}
	eventually(api.ScanStats{Clean: 1, Infected: 1, Failed: 1})

	d.end() // other signatures find the same, and that one was a false alarm
	storetest.Update(t, d.store, func(tx *store.Tx) error {
		is, err := tx.Attachment(clean.ID)
		if err != nil {
			return err
		}
		is.Scan.Status, is.Scan.Signature = store.ScanInfected, "a false alarm"
		return tx.PutAttachment(is)
	})
	clamd.Update(2)
	d.scan()
	d.becomes(clean, store.ScanClean)
	eventually(api.ScanStats{Clean: 2, Infected: 2, Failed: 2})
	if diff := cmp.Diff(append(want, "quarantine_ended ann "+clean.ID.String()+" a false alarm"), d.scanEntries()); diff != "" {
		t.Errorf("the audit (-want +got):\n%s", diff)
	}

	clamd.Kill()
	d.bring("secret d.txt", "secret words")
	for end := time.Now().Add(2 * time.Minute); d.api.ScanStats().Unanswered == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nobody counts that the scanner is down")
		}
	}
}
