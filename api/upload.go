package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/parley-app/parley/api/inspect"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/blob"
	"github.com/parley-app/parley/store/disk"
)

// What is done with images that come in.
const (
	ImagesKept      = "keep"
	ImagesStripped  = "strip"    // of what is not to be seen in them
	ImagesReencoded = "reencode" // from their pixels
)

// DefaultMediaTypes are the types of files that are taken unless settings say
// otherwise.
var DefaultMediaTypes = []string{
	"text/plain", "text/csv", "text/tab-separated-values", "application/json", "application/x-ndjson", "application/pdf",
	"image/png", "image/jpeg", "image/gif", "image/webp",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.presentation",
	"application/zip", "application/gzip", "application/x-tar",
}

// Uploads say what is taken from outside; see config.yaml. Bytes are of what is
// kept; 0 as a limit of a user, a project or the instance is none.
type Uploads struct {
	MaxBytes, UserBytes, ProjectBytes, InstanceBytes int64

	MediaTypes  []string
	Images      string // ImagesStripped
	MaxPixels   int64
	MaxUnpacked int64
	KeepUnsent  time.Duration // what is in no message after that goes
}

func (u *Uploads) setDefaults() {
	orDefault(&u.MaxBytes, 25<<20)
	orDefault(&u.Images, ImagesStripped)
	orDefault(&u.MaxPixels, 50_000_000)
	orDefault(&u.MaxUnpacked, 256<<20)
	orDefault(&u.KeepUnsent, 24*time.Hour)
	if u.MediaTypes == nil {
		u.MediaTypes = DefaultMediaTypes
	}
}

// MaxUpload is how many bytes an attachment may have.
func (a *API) MaxUpload() int64 { return a.o.Uploads.MaxBytes }

// files are what is shared by all that has to do with the bytes of attachments.
type files struct {
	looking chan struct{} // held while one is looked into, which takes a core
	wake    chan struct{} // there is something to scan
	scanner scannerState
	scanned scanCounts
}

func newFiles() *files {
	return &files{looking: make(chan struct{}, 2), wake: make(chan struct{}, 1)}
}

// An UploadInput is a file that is coming in. Body is read once, to the disk.
type UploadInput struct {
	ThreadID  store.ID
	Name      string // as the client says it
	MediaType string // as the client says it
	Body      io.Reader
}

func noUploads() error {
	return store.Errorf(store.CodeUnavailable, "this instance takes no attachments")
}

// MayUpload says whether the caller could bring a file into a thread, before it
// is read: size is what it will have, or -1.
func (a *API) MayUpload(ctx context.Context, who Actor, thread store.ID, size int64) error {
	err := a.store.View(ctx, func(tx *store.Tx) error {
		t, err := who.writable(tx, thread)
		if err != nil {
			return err
		}
		if size > a.o.Uploads.MaxBytes {
			return a.tooLarge()
		}
		return a.withinQuota(tx, who, t.ProjectID, max(size, 0))
	})
	switch {
	case err != nil:
		return err
	case a.o.Blobs == nil:
		return noUploads()
	case a.o.Scanner != nil && a.o.RefuseUnscanned:
		if _, err := a.o.Scanner.Version(ctx); err != nil {
			return &store.Error{
				Code: store.CodeScannerDown, RetryAfter: 30 * time.Second, Err: err,
				Message: "the virus scanner does not answer, and nothing is taken without it: try again later",
			}
		}
	}
	return a.store.Room(ctx)
}

// Upload takes a file into a thread. It is in no message yet, and nobody may read
// it before it was scanned. Whatever fails, nothing is left of it.
func (a *API) Upload(ctx context.Context, who Actor, in UploadInput) (*store.Attachment, error) {
	if err := a.MayUpload(ctx, who, in.ThreadID, -1); err != nil {
		return nil, err
	}
	received, err := a.o.Blobs.Receive(ctx, in.Body, a.o.Uploads.MaxBytes)
	if err != nil {
		return nil, a.receiveError(err)
	}
	defer func() { received.Discard() }() // of what it is by then
	name := inspect.Name(in.Name)
	found, received, err := a.inspect(ctx, name, in.MediaType, received)
	if err != nil {
		return nil, err
	}
	f := &store.Attachment{
		ThreadID: in.ThreadID, UserID: who.UserID, Name: renamed(name, found.MediaType), Size: received.Size, MediaType: found.MediaType,
		SHA256: received.Sum, Width: found.Width, Height: found.Height, Scan: store.Scan{Status: store.ScanPending},
	}
	if a.o.Scanner == nil {
		f.Scan = store.Scan{Status: store.ScanSkipped}
	}
	// The bytes before the record: a crash in between leaves a blob that nobody
	// refers to, and the sweep finds it.
	if err := received.Keep(); err != nil {
		return nil, a.receiveError(err)
	}
	if err := a.record(ctx, who, f); err != nil {
		return nil, err
	}
	a.files.scanSoon()
	return f, nil
}

// record writes an attachment whose bytes are kept.
func (a *API) record(ctx context.Context, who Actor, f *store.Attachment) error {
	return a.store.Update(ctx, func(tx *store.Tx) error {
		t, err := who.writable(tx, f.ThreadID) // much may have happened meanwhile
		if err != nil {
			return err
		}
		if err := a.withinQuota(tx, who, t.ProjectID, f.Size); err != nil {
			return err
		}
		if f.ID, err = tx.NewID(); err != nil {
			return err
		}
		f.CreatedAt = tx.Now
		if err := tx.PutAttachment(f); err != nil {
			return err
		}
		return a.emitAttachment(tx, f)
	})
}

func (a *API) withinQuota(tx *store.Tx, who Actor, project store.ID, size int64) error {
	u := &a.o.Uploads
	for _, q := range []struct {
		limit int64
		stock func() (store.Stock, error)
		what  string
	}{
		{u.UserBytes, func() (store.Stock, error) { return tx.StockOfUser(who.UserID) }, "you have"},
		{u.ProjectBytes, func() (store.Stock, error) { return tx.StockOfProject(project) }, "this project has"},
		{u.InstanceBytes, tx.StockOfAll, "everybody together has"},
	} {
		if q.limit <= 0 {
			continue
		}
		stock, err := q.stock()
		if err != nil {
			return err
		}
		if stock.Bytes+size > q.limit {
			return store.Errorf(store.CodeQuotaExceeded, "there is no room for this file: %s %s of attachments, of at most %s; delete some first",
				q.what, sizeText(stock.Bytes), sizeText(q.limit))
		}
	}
	return nil
}

func sizeText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}

func (a *API) tooLarge() error {
	return store.Errorf(store.CodeFileTooLarge, "the file is larger than %s, the most that is taken", sizeText(a.o.Uploads.MaxBytes))
}

func (a *API) receiveError(err error) error {
	switch {
	case errors.Is(err, blob.ErrTooLarge):
		return a.tooLarge()
	case disk.IsFull(err):
		return &store.Error{Code: store.CodeDiskFull, Message: "the server's disk is full: nothing new is stored until there is room", Err: err}
	}
	return err
}

func (a *API) rules() inspect.Rules {
	u := &a.o.Uploads
	return inspect.Rules{Types: u.MediaTypes, MaxUnpacked: u.MaxUnpacked, MaxPixels: u.MaxPixels, Temp: a.o.Blobs.Temp}
}

// inspect says what a file is, and returns what is to be kept of it in its place;
// two at a time, as looking into archives takes a core.
func (a *API) inspect(ctx context.Context, name, claimed string, in *blob.Incoming) (inspect.Found, *blob.Incoming, error) {
	select {
	case a.files.looking <- struct{}{}:
		defer func() { <-a.files.looking }()
	case <-ctx.Done():
		return inspect.Found{}, in, ctx.Err()
	}
	file := inspect.File{ReaderAt: in, Size: in.Size, Name: name, Claimed: claimed}
	found, err := a.rules().Look(file)
	if err == nil && inspect.IsRaster(found.MediaType) && a.o.Uploads.Images != ImagesKept {
		in, err = a.cleaned(ctx, file, &found, in)
	}
	return found, in, refused(err)
}

// refused makes a refusal an error of ours.
func refused(err error) error {
	r, ok := errors.AsType[*inspect.RefusalError](err)
	switch {
	case !ok:
		return err
	case r.BadType:
		return store.Errorf(store.CodeMediaType, "%s", r.Reason)
	}
	return store.Errorf(store.CodeUnsafeFile, "this file is not taken: %s", r.Reason)
}

// cleaned replaces an image that came in by what is to be kept of it.
func (a *API) cleaned(ctx context.Context, file inspect.File, found *inspect.Found, in *blob.Incoming) (*blob.Incoming, error) {
	r, w := io.Pipe()
	written := make(chan error, 1)
	go func() {
		kind, err := found.MediaType, error(nil)
		if a.o.Uploads.Images == ImagesReencoded {
			kind, err = a.rules().Reencode(w, file, kind)
		} else {
			err = inspect.Strip(w, file, kind)
		}
		if err == nil {
			found.MediaType = kind
		}
		_ = w.CloseWithError(err)
		written <- err
	}()
	clean, err := a.o.Blobs.Receive(ctx, r, a.o.Uploads.MaxBytes)
	_ = r.Close() // wakes who writes, should nobody read any more
	if wrote := <-written; err == nil {
		err = wrote
	}
	if err != nil {
		return in, a.receiveError(err)
	}
	in.Discard()
	return clean, nil
}

// renamed gives an image that changed its type the extension of what it is now.
func renamed(name, mediaType string) string {
	if ext := inspect.Extension(name); mediaType == "image/png" && ext == ".webp" {
		return name[:len(name)-len(ext)] + ".png"
	}
	return name
}
