package store

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

// upgraded opens the golden store of a version, cutting the upgrade off after
// every step up to cut and opening it again, and checks what comes of it.
func upgraded(t *testing.T, version, cut int, see func(tx *Tx) error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parley.db")
	e := openEngine(t, path)
	loadGolden(t, e, fmt.Sprintf("testdata/version%d.golden.gz", version))
	for range cut {
		s := &Store{engine: e, now: quietNow, log: quiet().Log}
		s.ids = &idSource{now: s.now}
		if err := s.Update(t.Context(), func(tx *Tx) error { _, err := tx.migrateStep(migrations); return err }); err != nil {
			t.Fatal(err)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		e = openEngine(t, path)
	}
	defer e.Close()
	s, err := Open(t.Context(), e, quiet())
	if err != nil {
		t.Fatal(err)
	}
	mustCheck(t, s)
	if err := s.View(t.Context(), see); err != nil {
		t.Error(err)
	}
}

// Every golden store opens, whole and cut off at every step.
func TestUpgrades(t *testing.T) {
	for version, see := range []func(*testing.T, *Tx) error{seeLastChat, seeSummaries, seeVersions, seeMessages, seeAttachments, seeAudit, seeSpans} {
		for cut := range len(migrations) - version + 1 {
			t.Run(fmt.Sprintf("from version %d, cut off after %d steps", version, cut), func(t *testing.T) {
				upgraded(t, version, cut, func(tx *Tx) error { return see(t, tx) })
			})
		}
	}
}

// What a migration removes is counted in the log, also if it was cut off.
func TestRemovedSummariesAreCounted(t *testing.T) {
	e := openEngine(t, filepath.Join(t.TempDir(), "parley.db"))
	defer e.Close()
	loadGolden(t, e, "testdata/version1.golden.gz")
	var log bytes.Buffer
	if _, err := Open(t.Context(), e, Options{Log: slog.New(slog.NewTextHandler(&log, nil))}); err != nil {
		t.Fatal(err)
	}
	if want := `msg="summaries whose thread had gone were removed" summaries=2`; !strings.Contains(log.String(), want) {
		t.Errorf("the log has no %s:\n%s", want, &log)
	}
}

func seeLastChat(t *testing.T, tx *Tx) error {
	list, err := projects.all(tx)
	for _, p := range list {
		if want := p.Name == "Chatted in"; p.LastChatAt.IsZero() == want {
			t.Errorf("%s: last chat at %v", p.Name, p.LastChatAt)
		}
	}
	if len(list) != 2 {
		t.Errorf("%d projects", len(list))
	}
	return err
}

func seeSummaries(t *testing.T, tx *Tx) error {
	list, err := summaries.all(tx)
	if len(list) != 3 {
		t.Errorf("%d summaries, want the 3 that have a thread", len(list))
	}
	for _, s := range list {
		th, err := tx.Thread(s.ThreadID)
		if err != nil {
			return err
		}
		spans, err := tx.Spans(th.ID)
		if want := !s.StartMessageID.IsZero(); err != nil || want != (len(spans) > 0) {
			t.Errorf("%d spans, %v, of a summary of %s", len(spans), err, s.StartMessageID)
		}
		of, err := tx.SummariesOf(th.ID)
		if err != nil || th.SummaryCount != len(of) || th.LastSummaryAt.IsZero() {
			t.Errorf("thread says %d summaries, the last at %v; there are %d (%v)", th.SummaryCount, th.LastSummaryAt, len(of), err)
		}
	}
	return err
}

func seeVersions(t *testing.T, tx *Tx) error {
	kept := map[ID][]*Version{}
	err := kv.Walk(tx.kv, versions.space, kv.Range{}, func(e kv.Entry) error {
		v, err := versions.decode(e.Key, e.Value)
		if err == nil {
			kept[v.MessageID] = append(kept[v.MessageID], v)
		}
		return err
	})
	for _, list := range kept {
		oldest, newest := list[0].Number, list[len(list)-1].Number
		switch {
		case newest == 30 && oldest == 11 && len(list) == 20:
		case newest == 4 && oldest == 3 && len(list) == 2: // 100,000 bytes each
		default:
			t.Errorf("kept %d versions, %d to %d", len(list), oldest, newest)
		}
	}
	if len(kept) != 2 {
		t.Errorf("versions of %d messages", len(kept))
	}
	return err
}

// Ben was removed when messages still had an index of their users, and they were not
// yet taken off him.
func seeMessages(t *testing.T, tx *Tx) error {
	index, err := tx.kv.Scan("messages.user", kv.Range{})
	if len(index) > 0 {
		t.Errorf("%d entries of the index are left", len(index))
	}
	of := 0
	walked := kv.Walk(tx.kv, messages.space, kv.Range{}, func(e kv.Entry) error {
		m, err := messages.decode(e.Key, e.Value)
		if err == nil && m.Content == "of ben" && !m.UserID.IsZero() {
			of++
		}
		return err
	})
	if pending, err := tx.kv.Scan(doomedSpace, kv.Range{}); of != 2 || len(pending) != 1 || err != nil {
		t.Errorf("%d messages of ben, and %d users to take them off, %v", of, len(pending), err)
	}
	return errors.Join(err, walked)
}

// What an older program has begun to take down, this one takes down.
func TestAnUpgradeInTheMiddleOfARemoval(t *testing.T) {
	e := openEngine(t, filepath.Join(t.TempDir(), "parley.db"))
	defer e.Close()
	loadGolden(t, e, "testdata/version3.golden.gz")
	s, err := Open(t.Context(), e, quiet())
	if err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		if err := s.Update(t.Context(), func(tx *Tx) (err error) { more, err = tx.ReapSome(); return err }); err != nil {
			t.Fatal(err)
		}
	}
	mustCheck(t, s)
	ofNobody := 0
	if err := s.View(t.Context(), func(tx *Tx) error {
		return tx.EachMessage(func(m *Message) {
			if m.UserID.IsZero() {
				ofNobody++
			}
		})
	}); err != nil || ofNobody != 2 {
		t.Errorf("%d messages of nobody, want those 2 of ben (%v)", ofNobody, err)
	}
}

func seeAttachments(t *testing.T, tx *Tx) error {
	list, err := projects.all(tx)
	if err != nil || len(list) != 1 {
		return fmt.Errorf("%d projects, %w", len(list), err)
	}
	// Three threads with three files each, of which one thread is being taken down.
	for name, stock := range map[string]func() (Stock, error){
		"all":         tx.StockOfAll,
		"the user":    func() (Stock, error) { return tx.StockOfUser(list[0].UserID) },
		"the project": func() (Stock, error) { return tx.StockOfProject(list[0].ID) },
	} {
		want := Stock{Count: 9, Bytes: 18_000}
		if name == "the project" {
			want = Stock{Count: 6, Bytes: 12_000}
		}
		if got, err := stock(); got != want || err != nil {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, want)
		}
	}
	shown := 0
	err = kv.Walk(tx.kv, messages.space, kv.Range{}, func(e kv.Entry) error {
		m, err := messages.decode(e.Key, e.Value)
		if err == nil {
			shown += len(m.Attachments)
		}
		return err
	})
	if shown != 6 {
		t.Errorf("messages show %d attachments", shown)
	}
	return err
}

func seeAudit(_ *testing.T, tx *Tx) error {
	list, _, _, err := tx.ListAudit(AuditQuery{Limit: 10})
	if err != nil || len(list) != 3 || list[0].Action != "keys_rotated" {
		return fmt.Errorf("the audit has %v, %w", list, err)
	}
	noted, err := tx.get1(metaSpace, metaAudit)
	if err == nil && string(noted) != "3 "+list[0].Hash {
		err = fmt.Errorf("noted is %q", noted)
	}
	return err
}

// seeSpans sees a thread with three summaries, one of which stands for no messages
// and two for messages that overlap, and every text waiting for the search index.
func seeSpans(t *testing.T, tx *Tx) error {
	list, err := threads.all(tx)
	if err != nil || len(list) != 1 {
		return fmt.Errorf("%d threads, %w", len(list), err)
	}
	th := list[0]
	spans, err := tx.Spans(th.ID)
	if err != nil || len(spans) != 2 || !spans[0].Has(spans[1].End) || spans[0].Has(spans[1].Start) {
		t.Errorf("spans %v, %v", spans, err)
	}
	if th.SummaryCount != 3 || th.LastSummaryAt.IsZero() {
		t.Errorf("%d summaries, the last %v", th.SummaryCount, th.LastSummaryAt)
	}
	marked := 0
	page, _, err := tx.ListMessages(th.ID, Page{Limit: 50}, false)
	if err == nil {
		err = tx.MarkSummarized(th.ID, page)
	}
	for _, s := range page {
		m, err := s.Decode()
		if err != nil {
			return err
		}
		if m.IsSummarized {
			marked++
		}
	}
	if marked != 5 || len(page) != 9 || err != nil {
		t.Errorf("%d of %d messages are summarized, %v", marked, len(page), err)
	}
	// A title, nine messages, three summaries, a file's name.
	if queue, err := tx.kv.Scan(searchQueueSpace, kv.Range{}); len(queue) != 14 || err != nil {
		t.Errorf("%d texts wait for the index, %v", len(queue), err)
	}
	return nil
}
