package api

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/parley-app/parley/api/scan"
	"github.com/parley-app/parley/store"
)

const (
	scanBatch   = 32               // attachments of one round
	scanLookout = 30 * time.Second // between looks at the version of the signatures
	scanRetry   = 500 * time.Millisecond
	scanMaxWait = 15 * time.Second // between tries of a scanner that is down
	scanPause   = 50 * time.Millisecond
	scanWorkers = 3
	scanTries   = 5 // of a file that the scanner dies of
)

// A scannerState is what is known of the scanner.
type scannerState struct {
	mu     sync.Mutex
	engine string
	down   bool
	tries  int              // since it is down
	deaths map[store.ID]int // that the scanner went down while it looked at it
}

// scanSoon has the job look for something to scan.
func (s *files) scanSoon() {
	select {
	case s.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// ScanAttachments has everything scanned that is to be, and once more what other
// signatures have looked at, until ctx ends. What waits is in the store, so a
// restart or a scanner that comes back finds it.
func (a *API) ScanAttachments(ctx context.Context) error {
	for ctx.Err() == nil {
		wait, err := a.scanRound(ctx)
		if err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "attachments cannot be scanned", "err", err)
			wait = max(wait, scanRetry)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-a.files.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// scanRound scans a batch and says how long to wait for the next.
func (a *API) scanRound(ctx context.Context) (wait time.Duration, err error) {
	if a.o.Blobs == nil {
		return scanLookout, nil
	}
	if a.o.Scanner == nil {
		// Who takes the scanner out of the settings says that none is wanted.
		more, err := a.settle(ctx, store.ScanPending, store.ScanSkipped)
		return orWait(more), err
	}
	if more, err := a.settle(ctx, store.ScanSkipped, store.ScanPending); more || err != nil {
		return 0, err
	}
	engine, err := a.o.Scanner.Version(ctx)
	if err != nil {
		return a.scannerIsDown(ctx, err), nil
	}
	a.scannerIsUp(ctx, engine)
	todo, err := a.toScan(ctx, engine)
	if err != nil {
		return 0, err
	}
	if err := a.scanAll(ctx, engine, todo); err != nil {
		return a.scannerIsDown(ctx, err), nil
	}
	if len(todo) == scanBatch {
		return scanPause, nil
	}
	return scanLookout, nil
}

// scanAll scans a few at a time, so that a large file does not keep the small
// ones waiting. It returns why it could not end.
func (a *API) scanAll(ctx context.Context, engine string, todo []*store.Attachment) error {
	next := make(chan *store.Attachment)
	errs := make([]error, scanWorkers)
	var working sync.WaitGroup
	for i := range errs {
		working.Go(func() {
			for f := range next {
				if errs[i] == nil {
					errs[i] = a.scanOne(ctx, engine, f)
				}
			}
		})
	}
	for _, f := range todo {
		next <- f
	}
	close(next)
	working.Wait()
	return errors.Join(errs...)
}

func orWait(more bool) time.Duration {
	if more {
		return 0
	}
	return scanLookout
}

// toScan returns the next to scan: what waits, before what is looked at again.
func (a *API) toScan(ctx context.Context, engine string) (todo []*store.Attachment, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) error {
		if todo, err = tx.AttachmentsScanned(store.ScanPending, store.ID{}, scanBatch); err != nil || len(todo) == scanBatch {
			return err
		}
		again, err := tx.AttachmentsNotBy(engine, scanBatch-len(todo))
		todo = append(todo, again...)
		return err
	})
	return todo, err
}

// settle gives a batch of attachments another status because a setting changed,
// and says whether there may be more.
func (a *API) settle(ctx context.Context, from, to string) (more bool, err error) {
	return more, a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		list, err := tx.AttachmentsScanned(from, store.ID{}, scanBatch)
		more = len(list) == scanBatch
		for _, f := range list {
			if err == nil {
				f.Scan = store.Scan{Status: to}
				err = a.saveScan(tx, f)
			}
		}
		return err
	})
}

func (a *API) saveScan(tx *store.Tx, f *store.Attachment) error {
	if err := tx.PutAttachment(f); err != nil {
		return err
	}
	return a.emitAttachment(tx, f)
}

// scanOne has one attachment scanned and writes what was found. An error leaves it
// as it was.
func (a *API) scanOne(ctx context.Context, engine string, f *store.Attachment) error {
	verdict, err := a.askScanner(ctx, f)
	if errors.Is(err, scan.ErrDown) && a.files.scanner.diedOf(f.ID) {
		verdict, err = scan.Verdict{Failed: "the scanner stopped answering each time it looked at it"}, nil
	}
	if err != nil {
		return err
	}
	a.files.scanner.livedThrough(f.ID)
	return a.conclude(ctx, engine, f, verdict)
}

func (a *API) askScanner(ctx context.Context, f *store.Attachment) (scan.Verdict, error) {
	bytes, _, err := a.o.Blobs.Open(f.SHA256)
	if errors.Is(err, fs.ErrNotExist) {
		return scan.Verdict{Failed: "its bytes are lost"}, nil
	}
	verdict := scan.Verdict{}
	if err == nil {
		defer bytes.Close()
		verdict, err = a.o.Scanner.Scan(ctx, bytes)
	}
	if err != nil && !errors.Is(err, scan.ErrDown) && ctx.Err() == nil {
		a.log.ErrorContext(ctx, "an attachment cannot be read", "attachment", f.ID.String(), "err", err)
		return scan.Verdict{Failed: "its bytes cannot be read"}, nil
	}
	return verdict, err
}

// diedOf says whether the scanner went down so often over one file that it must
// be the file. Until then it is tried again, so that others do not wait for ever.
func (s *scannerState) diedOf(id store.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deaths == nil {
		s.deaths = map[store.ID]int{}
	}
	s.deaths[id]++
	return s.deaths[id] >= scanTries
}

func (s *scannerState) livedThrough(id store.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.deaths, id)
}

func (a *API) scannerIsUp(ctx context.Context, engine string) {
	s := &a.files.scanner
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down || s.engine != engine {
		a.log.InfoContext(ctx, "the virus scanner answers", "engine", engine)
	}
	s.engine, s.down, s.tries = engine, false, 0
}

// scannerIsDown says how long to wait before the scanner is asked again.
func (a *API) scannerIsDown(ctx context.Context, err error) time.Duration {
	s := &a.files.scanner
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.down {
		a.log.WarnContext(ctx, "the virus scanner does not answer: attachments wait for it", "err", err)
	}
	s.down = true
	a.files.scanned.unanswered.Add(1)
	s.tries++
	return min(scanRetry<<min(s.tries-1, 10), scanMaxWait)
}

// CheckScanner asks the scanner how it does, for CheckHealth: it is to be among
// Options.Checks as "scanner".
func CheckScanner(s *scan.Scanner, now func() time.Time) func(context.Context) HealthCheck {
	return func(ctx context.Context) HealthCheck {
		if s == nil {
			return HealthCheck{Status: HealthOK, Detail: "attachments are not scanned: no scanner is set (scanner.url)"}
		}
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		start := now()
		engine, err := s.Version(ctx)
		c := HealthCheck{Status: HealthOK, LatencyMS: now().Sub(start).Milliseconds(), Detail: engine}
		if err != nil {
			c.Status, c.Detail = HealthDegraded, "the virus scanner does not answer; attachments wait for it"
		}
		return c
	}
}
