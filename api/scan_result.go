package api

import (
	"context"
	"sync/atomic"

	"github.com/parley-app/parley/api/scan"
	"github.com/parley-app/parley/store"
)

// ScanStats are what has come of scanning attachments since the start.
type ScanStats struct {
	Clean, Infected, Failed uint64 // attachments, each time one was looked at to the end
	Unanswered              uint64 // times that the scanner did not answer
}

// scanCounts are counted by the scanning job and read by anybody.
type scanCounts struct{ clean, infected, failed, unanswered atomic.Uint64 }

// ScanStats returns the figures for the metrics.
func (a *API) ScanStats() ScanStats {
	c := &a.files.scanned
	return ScanStats{c.clean.Load(), c.infected.Load(), c.failed.Load(), c.unanswered.Load()}
}

func (c *scanCounts) count(status string) {
	switch status {
	case store.ScanClean:
		c.clean.Add(1)
	case store.ScanInfected:
		c.infected.Add(1)
	case store.ScanFailed:
		c.failed.Add(1)
	}
}

// conclude writes what a scan of f has found, unless f is gone by now.
func (a *API) conclude(ctx context.Context, engine string, f *store.Attachment, verdict scan.Verdict) error {
	is := store.Scan{Status: store.ScanClean, Engine: engine, Signature: verdict.Signature, ScannedAt: store.TimeOf(a.o.Now())}
	switch {
	case verdict.Signature != "":
		is.Status = store.ScanInfected
		a.log.WarnContext(ctx, "a virus was found in an attachment", "attachment", f.ID.String(), "user", f.UserID.String(), "signature", verdict.Signature)
	case verdict.Failed != "":
		is.Status, is.Signature = store.ScanFailed, verdict.Failed
		a.log.WarnContext(ctx, "an attachment could not be scanned", "attachment", f.ID.String(), "why", verdict.Failed)
	}
	err := a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		now, err := tx.Attachment(f.ID)
		if store.CodeOf(err) == store.CodeNotFound {
			return nil // deleted meanwhile
		}
		if err != nil {
			return err
		}
		was := now.Scan
		now.Scan = is
		if _, err := tx.Thread(now.ThreadID); store.CodeOf(err) == store.CodeNotFound {
			return nil // about to go with its thread
		}
		if err := a.saveScan(tx, now); err != nil {
			return err
		}
		return a.noteScan(tx, now, was)
	})
	if err == nil {
		a.files.scanned.count(is.Status)
	}
	return err
}

// noteScan tells the audit of a file that is kept from people, or given back to them,
// under the name of who brought it; not of what other signatures find just the same. The
// file is named by its id: what it is called is content.
func (a *API) noteScan(tx *store.Tx, f *store.Attachment, was store.Scan) error {
	if f.Scan.Status == was.Status && f.Scan.Signature == was.Signature {
		return nil
	}
	action, d := "", details{"engine": f.Scan.Engine, "thread": f.ThreadID.String()}
	switch {
	case f.Scan.Status == store.ScanInfected:
		action, d["signature"] = "virus_found", clip(f.Scan.Signature, 200)
	case f.Scan.Status == store.ScanFailed:
		action, d["why"] = "scan_failed", clip(f.Scan.Signature, 200)
	case was.Status == store.ScanInfected:
		action, d["signature"] = "quarantine_ended", clip(was.Signature, 200)
	default:
		return nil
	}
	who := Actor{UserID: f.UserID}
	u, err := tx.User(f.UserID)
	switch {
	case err == nil:
		who.Username = u.Username
	case store.CodeOf(err) != store.CodeNotFound:
		return err
	}
	return tx.AddAudit(who.entry(action, f.ID, d))
}
