package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store/blob"
)

// What people delete goes without a question, however much it is. What the store knows
// nothing of stays until somebody confirms it, and then lies in the trash.
func TestSweepTellsDeletedFromUnknownBytes(t *testing.T) {
	at := clockAt(time.Now())
	d := newDesk(t, nil, func(o *api.Options) { o.Now = at.Now })
	count := func() (n int) {
		t.Helper()
		if err := d.blobs.Walk(t.Context(), func(string, int64) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	sweep := func(want int) {
		t.Helper()
		if err := d.api.SweepBlobs(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := count(); got != want {
			t.Errorf("%d files are left, want %d", got, want)
		}
	}
	kept := d.bring("kept.txt", "kept")
	for i := range 4 {
		if _, _, err := d.blobs.Put(t.Context(), strings.NewReader(fmt.Sprint("unknown ", i)), 100); err != nil {
			t.Fatal(err)
		}
	}
	deleted := d.bring("deleted.txt", "deleted")
	at.add(2 * time.Hour)
	must(d.api.DeleteAttachment(t.Context(), d.ann, api.IDInput{ID: deleted.ID}))(t)
	sweep(5)
	if o := d.blobs.Orphans(); o.Orphans != 4 || o.All != 5 {
		t.Errorf("to be confirmed: %+v", o)
	}
	if o, err := d.api.DiscardBlobs(t.Context(), d.blobs, true); err != nil || !o.Moved {
		t.Errorf("confirmed: %+v, %v", o, err)
	}
	sweep(1)
	if o := d.blobs.Orphans(); o != (blob.Discarded{}) || d.read(kept) != "kept" {
		t.Errorf("in the end: %+v", o)
	}
}

// Bytes that came again after their attachment was deleted, by a record that an older
// store does not have, are not taken for deleted ones.
func TestSweepKeepsBytesThatCameAgain(t *testing.T) {
	at := clockAt(time.Now().Add(-3 * time.Hour))
	d := newDesk(t, nil, func(o *api.Options) { o.Now = at.Now })
	f := d.bring("a.txt", "text")
	must(d.api.DeleteAttachment(t.Context(), d.ann, api.IDInput{ID: f.ID}))(t) // noted three hours ago
	if _, _, err := d.blobs.Put(t.Context(), strings.NewReader("text"), 100); err != nil {
		t.Fatal(err)
	}
	at.set(time.Now().Add(2 * time.Hour))
	if err := d.api.SweepBlobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	if put, err := d.blobs.PutAt(f.SHA256); err != nil || put.IsZero() {
		t.Errorf("they went, %v", err)
	}
}
