package api_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/scan/scantest"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/blob"
	"github.com/parley-app/parley/store/storetest"
)

// A desk is a world with a thread, whose attachments are kept in a folder that
// outlives a restart.
type desk struct {
	*world
	ann    api.Actor
	thread *api.ThreadView
	blobs  *blob.Store
	end    func() // of the job that scans
}

// newDesk makes a desk whose attachments clamd looks at; nil: nobody does.
func newDesk(t *testing.T, clamd *scantest.Clamd, change ...func(*api.Options)) *desk {
	t.Helper()
	d := &desk{blobs: blob.New(filepath.Join(t.TempDir(), "blobs"))}
	d.world = newWorldWith(t, func(o *api.Options) {
		o.Blobs = d.blobs
		if clamd != nil {
			s := clamd.Scanner(time.Minute)
			o.Scanner = s
		}
		for _, f := range change {
			f(o)
		}
	})
	d.ann = d.as("ann")
	d.thread = d.world.thread(d.ann)
	d.scan()
	return d
}

// scan runs the job that scans, as the program does.
func (d *desk) scan() {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	a := d.api
	go func() { ended <- a.ScanAttachments(ctx) }()
	once := false
	d.end = func() {
		if once {
			return
		}
		once = true
		cancel()
		if err := <-ended; err != nil {
			d.t.Error(err)
		}
	}
	d.t.Cleanup(d.end)
}

// restart opens the instance once more on what it has.
func (d *desk) restart() {
	d.t.Helper()
	d.end()
	d.api.Shutdown(context.Background())
	if err := d.store.Close(); err != nil {
		d.t.Fatal(err)
	}
	d.start()
	d.scan()
}

func (d *desk) bring(name, content string) *store.Attachment {
	d.t.Helper()
	return must(d.api.Upload(d.t.Context(), d.ann, api.UploadInput{ThreadID: d.thread.ID, Name: name, Body: strings.NewReader(content)}))(d.t)
}

// becomes waits until an attachment has a status.
func (d *desk) becomes(f *store.Attachment, status string) *store.Attachment {
	d.t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; {
		is := must(d.api.GetAttachment(d.t.Context(), d.ann, api.IDInput{ID: f.ID}))(d.t)
		if is.Scan.Status == status {
			return is
		}
		if time.Now().After(end) {
			d.t.Fatalf("it is %+v, and never %s", is.Scan, status)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// read returns the content, or the code of what keeps it from being read.
func (d *desk) read(f *store.Attachment) string {
	d.t.Helper()
	_, r, err := d.api.OpenAttachment(d.t.Context(), d.ann, api.IDInput{ID: f.ID})
	if err != nil {
		return string(store.CodeOf(err))
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(b)
}

func (d *desk) send(files ...*store.Attachment) error {
	ids := []store.ID{}
	for _, f := range files {
		ids = append(ids, f.ID)
	}
	_, err := d.api.SendMessage(d.t.Context(), d.ann, api.SendMessageInput{ThreadID: d.thread.ID, Content: "look", AttachmentIDs: ids, Wait: true})
	return err
}

func TestScanFindsWhatIsCleanAndWhatIsNot(t *testing.T) {
	d := newDesk(t, scantest.New(t))
	w := d.watch(d.ann, d.thread.ID)
	clean := d.bring("a.txt", "hello")
	if clean.Scan.Status != store.ScanPending {
		t.Errorf("it begins as %+v", clean.Scan)
	}
	clean = d.becomes(clean, store.ScanClean)
	if !strings.HasPrefix(clean.Scan.Engine, "ClamAV ") || !strings.HasSuffix(clean.Scan.Engine, "/1") || clean.Scan.Signature != "" || clean.Scan.ScannedAt.IsZero() {
		t.Errorf("clean: %+v", clean.Scan)
	}
	if got := d.read(clean); got != "hello" {
		t.Errorf("it reads %q", got)
	}
	infected := d.becomes(d.bring("b.txt", scantest.EICAR), store.ScanInfected)
	if infected.Scan.Signature != scantest.Signature || d.read(infected) != "quarantined" {
		t.Errorf("infected: %+v, it reads %q", infected.Scan, d.read(infected))
	}
	wantCode(t, d.send(infected), store.CodeQuarantined)
	if err := d.send(clean); err != nil {
		t.Error(err)
	}
	for _, want := range []string{store.ScanPending, store.ScanClean, store.ScanPending, store.ScanInfected} {
		f := w.until("attachment_updated")
		a, _ := f["attachment"].(map[string]any)
		s, _ := a["scan"].(map[string]any)
		if s["status"] != want || f["thread_id"] != d.thread.ID.String() {
			t.Errorf("frame %v, want one that is %s", f, want)
		}
	}
	large := d.becomes(d.bring("c.txt", strings.Repeat("text ", scantest.StreamMaxLength/5+1)), store.ScanFailed)
	if d.read(large) != "scan_failed" || !strings.Contains(large.Scan.Signature, "StreamMaxLength") {
		t.Errorf("too large for the scanner: %+v", large.Scan)
	}
	wantCode(t, d.send(large), store.CodeScanFailed)
}

// What comes while the scanner is down waits for it, unread, also over a restart.
func TestUploadsWaitForAScannerThatIsDown(t *testing.T) {
	clamd := scantest.New(t)
	d := newDesk(t, clamd)
	clamd.Kill()
	clean, infected := d.bring("a.txt", "hello"), d.bring("b.txt", scantest.EICAR)
	for range 2 {
		for _, f := range []*store.Attachment{clean, infected} {
			if is := d.becomes(f, store.ScanPending); d.read(is) != "scan_pending" {
				t.Errorf("%s is %+v and reads %q", f.Name, is.Scan, d.read(is))
			}
		}
		wantCode(t, d.send(clean), store.CodeScanPending)
		d.restart()
	}
	clamd.Start()
	d.becomes(clean, store.ScanClean)
	d.becomes(infected, store.ScanInfected)
	if d.read(clean) != "hello" || d.read(infected) != "quarantined" {
		t.Errorf("they read %q and %q", d.read(clean), d.read(infected))
	}
}

func TestScannerKilledInMidScan(t *testing.T) {
	clamd := scantest.New(t)
	d := newDesk(t, clamd)
	clamd.Pause() // it takes the file and says nothing
	f := d.bring("a.txt", scantest.EICAR)
	clamd.Kill()
	if d.read(d.becomes(f, store.ScanPending)) != "scan_pending" {
		t.Errorf("it reads %q", d.read(f))
	}
	clamd.Start()
	d.becomes(f, store.ScanInfected)
}

func TestUploadsAreRefusedWhileTheScannerIsDown(t *testing.T) {
	clamd := scantest.New(t)
	d := newDesk(t, clamd, func(o *api.Options) { o.RefuseUnscanned = true })
	d.becomes(d.bring("a.txt", "hello"), store.ScanClean)
	clamd.Kill()
	_, err := d.api.Upload(t.Context(), d.ann, api.UploadInput{ThreadID: d.thread.ID, Name: "b.txt", Body: strings.NewReader("hello")})
	wantCode(t, err, store.CodeScannerDown)
	clamd.Start()
	d.becomes(d.bring("b.txt", "hello"), store.ScanClean)
}

// Other signatures look at what is stored once more; what was called infected may
// be clean, and the other way around.
func TestNewSignaturesLookAgain(t *testing.T) {
	clamd := scantest.New(t)
	d := newDesk(t, clamd)
	clean := d.becomes(d.bring("a.txt", "hello"), store.ScanClean)
	wrong := d.becomes(d.bring("b.txt", "goodbye"), store.ScanClean)
	sent := d.becomes(d.bring("c.txt", "sent"), store.ScanClean)
	if err := d.send(sent); err != nil {
		t.Fatal(err)
	}
	d.end()
	storetest.Update(t, d.store, func(tx *store.Tx) error {
		for _, f := range []*store.Attachment{wrong, sent} {
			is, err := tx.Attachment(f.ID)
			if err != nil {
				return err
			}
			is.Scan.Status, is.Scan.Signature = store.ScanInfected, "a false alarm"
			if err := tx.PutAttachment(is); err != nil {
				return err
			}
		}
		return nil
	})
	if d.read(wrong) != "quarantined" {
		t.Errorf("it reads %q", d.read(wrong))
	}
	clamd.Update(2)
	d.scan()
	for _, f := range []*store.Attachment{wrong, sent, clean} {
		for end := time.Now().Add(2 * time.Minute); !strings.HasSuffix(d.becomes(f, store.ScanClean).Scan.Engine, "/2"); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s was not looked at again", f.Name)
			}
		}
	}
	list := must(listMessages(t.Context(), d.api, d.ann, api.ListMessagesInput{ThreadID: d.thread.ID}))(t)
	if m := list.Messages[0]; len(m.Attachments) != 1 || !strings.HasSuffix(m.Attachments[0].Scan.Engine, "/2") {
		t.Errorf("the message shows %+v", m.Attachments)
	}
}

// Without a scanner attachments are not scanned, and say so; once there is one
// nobody reads them before it has looked.
func TestAScannerThatIsSetLater(t *testing.T) {
	d := newDesk(t, nil)
	f := d.bring("a.txt", scantest.EICAR)
	if f.Scan.Status != store.ScanSkipped || d.read(f) != scantest.EICAR {
		t.Errorf("without a scanner it is %+v", f.Scan)
	}
	c := must(d.api.Config(t.Context(), d.ann, api.Nothing{}))(t)
	if c.Scanner != "none" || !c.Uploads {
		t.Errorf("the page is told %+v", c)
	}
	clamd := scantest.New(t)
	clamd.Kill()
	before := d.change
	d.change = func(o *api.Options) {
		before(o)
		s := clamd.Scanner(time.Minute)
		o.Scanner = s
	}
	d.restart()
	if d.read(f) != "scan_pending" {
		t.Errorf("it reads %q", d.read(f))
	}
	clamd.Start()
	d.becomes(f, store.ScanInfected)
	waiting := d.becomes(d.bring("b.txt", "hello"), store.ScanClean)
	d.change = before // taken out of the settings again
	d.restart()
	if d.read(f) != "quarantined" || d.read(waiting) != "hello" {
		t.Errorf("without a scanner again they read %q and %q", d.read(f), d.read(waiting))
	}
}

func TestScannerInHealth(t *testing.T) {
	clamd := scantest.New(t)
	s := clamd.Scanner(time.Minute)
	if c := api.CheckScanner(s, time.Now)(t.Context()); c.Status != api.HealthOK || !strings.HasPrefix(c.Detail, "ClamAV ") {
		t.Errorf("up: %+v", c)
	}
	clamd.Pause()
	if c := api.CheckScanner(s, time.Now)(t.Context()); c.Status != api.HealthDegraded || c.LatencyMS < 1000 {
		t.Errorf("hanging: %+v", c)
	}
	clamd.Kill()
	if c := api.CheckScanner(s, time.Now)(t.Context()); c.Status != api.HealthDegraded || c.Detail == "" {
		t.Errorf("down: %+v", c)
	}
	if c := api.CheckScanner(nil, time.Now)(t.Context()); c.Status != api.HealthOK || !strings.Contains(c.Detail, "not scanned") {
		t.Errorf("none: %+v", c)
	}
}

// Bytes go when no attachment has them, and never before.
func TestBytesGoWithTheirLastAttachment(t *testing.T) {
	at := clockAt(time.Now())
	d := newDesk(t, nil, func(o *api.Options) { o.Now = at.Now })
	first, second := d.bring("a.txt", "the same"), d.bring("b.txt", "the same")
	if first.SHA256 != second.SHA256 {
		t.Fatal("the same bytes have two sums")
	}
	sweep := func() bool {
		t.Helper()
		if err := d.api.SweepBlobs(t.Context()); err != nil {
			t.Fatal(err)
		}
		f, _, err := d.blobs.Open(first.SHA256)
		if err == nil {
			_ = f.Close()
		}
		return err == nil
	}
	at.add(2 * time.Hour)
	must(d.api.DeleteAttachment(t.Context(), d.ann, api.IDInput{ID: first.ID}))(t)
	if !sweep() || d.read(second) != "the same" {
		t.Error("the bytes went while somebody has them")
	}
	must(d.api.DeleteAttachment(t.Context(), d.ann, api.IDInput{ID: second.ID}))(t)
	if sweep() {
		t.Error("the bytes stay although nobody has them")
	}
	// Just brought: whoever brings it may not have written the record yet.
	if _, _, err := d.blobs.Put(t.Context(), strings.NewReader("the same"), 100); err != nil {
		t.Fatal(err)
	}
	at.set(time.Now())
	if !sweep() {
		t.Error("the bytes of an upload went under its hands")
	}
}

func TestUploadsThatAreNotSentExpire(t *testing.T) {
	at := clockAt(time.Now())
	d := newDesk(t, nil, func(o *api.Options) { o.Now = at.Now })
	unsent, sent := d.bring("a.txt", "never sent"), d.bring("b.txt", "sent")
	if err := d.send(sent); err != nil {
		t.Fatal(err)
	}
	at.add(23 * time.Hour)
	if err := d.api.ExpireUploads(t.Context()); err != nil || d.read(unsent) != "never sent" {
		t.Errorf("%v, it reads %q", err, d.read(unsent))
	}
	at.add(2 * time.Hour)
	if err := d.api.ExpireUploads(t.Context()); err != nil || d.read(unsent) != "not_found" || d.read(sent) != "sent" {
		t.Errorf("%v, they read %q and %q", err, d.read(unsent), d.read(sent))
	}
}

// A file is known to nobody until all of it is there, and whatever fails leaves
// nothing.
func TestAnUploadThatFailsLeavesNothing(t *testing.T) {
	d := newDesk(t, nil)
	broken := errors.New("the line is dead")
	_, err := d.api.Upload(t.Context(), d.ann, api.UploadInput{ThreadID: d.thread.ID, Name: "a.txt", Body: io.MultiReader(strings.NewReader("some"), failing{broken})})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	n := 0
	if err := d.blobs.Walk(t.Context(), func(string, int64) error { n++; return nil }); err != nil || n > 0 {
		t.Errorf("%d blobs, %v", n, err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestTheModelReadsAttachments(t *testing.T) {
	d := newDesk(t, nil)
	notes := d.bring("notes.md", "# Harvest\n\nThe turnips weigh 4711 grams.\n")
	other := d.bring("data.bin.zip", zipOf(t))
	if err := d.send(notes, other); err != nil {
		t.Fatal(err)
	}
	d.ask(d.ann, d.thread.ID, "how much?")
	calls := d.model.Calls()
	for i, call := range calls {
		body := fmt.Sprint(call.Messages)
		for _, want := range []string{"4711 grams", `notes.md`, "data.bin.zip", "cannot be shown"} {
			if !strings.Contains(body, want) {
				t.Errorf("call %d does not say %q: %s", i, want, body)
			}
		}
	}
	if len(calls) < 2 {
		t.Errorf("%d calls", len(calls))
	}
}

func TestTheModelReadsTextInOtherEncodings(t *testing.T) {
	for name, tt := range map[string]struct{ bytes, want string }{
		"preise.csv": {"Artikel;Gr\xf6\xdfe;Preis\nT\xfcr;gro\xdf;12,50 \x80\n", "Artikel;Größe;Preis\nTür;groß;12,50 €\n"},
		"memo.txt":   {"\x83\x81\x83\x82\x82\xcd\x89\xef\x8bc\x82\xcc\x82\xe0\x82\xcc\x82\xc5\x82\xb7", "メモは会議のものです"},
		"page.html":  {"<!doctype html><p>Gr\xc3\xb6\xc3\x9fe</p>", "<!doctype html><p>Größe</p>"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			if err := d.send(d.bring(name, tt.bytes)); err != nil {
				t.Fatal(err)
			}
			d.ask(d.ann, d.thread.ID, "What is in it?")
			calls := d.model.Calls()
			if body := fmt.Sprint(calls[len(calls)-1].Messages); !strings.Contains(body, tt.want) || strings.Contains(body, "\ufffd") {
				t.Errorf("the model was sent %q", body)
			}
		})
	}
}

// An attachment that is longer than the context is cut, and the question is still
// asked.
func TestALongAttachmentIsCut(t *testing.T) {
	d := newDesk(t, nil, func(o *api.Options) { o.ContextTokens = 2000 })
	long := d.bring("long.txt", strings.Repeat("turnips and beets and more turnips. ", 5000))
	if err := d.send(long); err != nil {
		t.Fatal(err)
	}
	calls := d.model.Calls()
	if len(calls) == 0 || !strings.Contains(fmt.Sprint(calls[len(calls)-1].Messages), "goes on; there is no room") {
		t.Error("it is not said that the file goes on")
	}
	m := must(listMessages(t.Context(), d.api, d.ann, api.ListMessagesInput{ThreadID: d.thread.ID}))(t)
	if answer := m.Messages[1]; answer.Status != store.StatusComplete {
		t.Errorf("the answer is %+v", answer)
	}
}

func zipOf(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("a.txt")
	if err == nil {
		_, err = w.Write([]byte("packed"))
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
