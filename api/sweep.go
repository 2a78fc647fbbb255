package api

import (
	"context"
	"time"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/blob"
)

// blobGrace is how long bytes may lie without a record: as long as the longest
// upload takes to write one, many times over.
const blobGrace = time.Hour

// ExpireUploads removes what was brought long ago and never sent.
func (a *API) ExpireUploads(ctx context.Context) error {
	before := a.o.Now().Add(-a.o.Uploads.KeepUnsent)
	for more := true; more && ctx.Err() == nil; {
		err := a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
			const batch = 32
			list, err := tx.UnsentAttachments(before, batch)
			more = len(list) == batch
			for _, f := range list {
				if err == nil {
					err = tx.DeleteAttachment(f)
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// SweepBlobs removes the bytes of attachments that were deleted. Records go first,
// bytes an hour later or more. Bytes of which the store knows nothing go to the trash
// for a week, and only if they are few: see blob.Store.Discard.
func (a *API) SweepBlobs(ctx context.Context) error {
	if a.o.Blobs == nil {
		return nil
	}
	before := a.o.Now().Add(-blobGrace)
	n, size, err := a.o.Blobs.Sweep(ctx, before, func(sum string) (kept bool, err error) {
		deleted, err := a.blobDeleted(ctx, sum)
		return !deleted, err
	})
	if n > 0 {
		a.log.InfoContext(ctx, "bytes of deleted attachments removed", "files", n, "bytes", size)
	}
	if err == nil {
		err = a.forgetDeletedBlobs(ctx)
	}
	if err == nil {
		_, err = a.discardBlobs(ctx, a.o.Blobs, blob.Discarding{Before: before})
	}
	return err
}

// DiscardBlobs counts the bytes in blobs that belong to no attachment, for an
// administrator who, if that is confirmed, has them moved to the trash, however many
// they are.
func (a *API) DiscardBlobs(ctx context.Context, blobs *blob.Store, confirmed bool) (blob.Discarded, error) {
	return a.discardBlobs(ctx, blobs, blob.Discarding{Before: a.o.Now().Add(-blobGrace), Confirmed: confirmed, Dry: !confirmed})
}

func (a *API) discardBlobs(ctx context.Context, blobs *blob.Store, o blob.Discarding) (blob.Discarded, error) {
	was := blobs.Orphans()
	o.InUse = func(sum string) (used bool, err error) {
		err = a.store.View(ctx, func(tx *store.Tx) error {
			users, err := tx.BlobUsers(sum)
			used = users > 0
			return err
		})
		return used, err
	}
	d, err := blobs.Discard(ctx, o)
	switch {
	case o.Dry:
	case err != nil:
	case d.Orphans > 0 && !d.Moved && d.Orphans != was.Orphans: // once, not every hour
		a.log.WarnContext(ctx, "many files belong to no attachment and were left alone; if parley.db is the right one, confirm with: parley sweep --confirm",
			"files", d.Orphans, "of", d.All, "bytes", d.Size)
	case d.Orphans > 0 && d.Moved:
		a.log.InfoContext(ctx, "files that belong to no attachment moved to the trash", "files", d.Orphans, "bytes", d.Size, "kept", blob.TrashKept.String())
	}
	if d.Purged > 0 {
		a.log.InfoContext(ctx, "trash emptied of old files", "files", d.Purged)
	}
	return d, err
}

// blobDeleted reports whether these bytes were of attachments that were all deleted.
// Bytes that came again since, by a record that this store does not have, were not.
func (a *API) blobDeleted(ctx context.Context, sum string) (deleted bool, err error) {
	var at time.Time
	err = a.store.View(ctx, func(tx *store.Tx) (err error) {
		at, err = tx.BlobDeleted(sum)
		return err
	})
	if err != nil || at.IsZero() {
		return false, err
	}
	put, err := a.o.Blobs.PutAt(sum)
	return err == nil && !put.IsZero() && !put.After(at), err
}

// forgetDeletedBlobs removes the notes of deleted bytes that are gone, or that were
// brought again.
func (a *API) forgetDeletedBlobs(ctx context.Context) error {
	const batch = 100
	for after, more := "", true; more && ctx.Err() == nil; {
		var sums []string
		if err := a.store.View(ctx, func(tx *store.Tx) (err error) {
			sums, err = tx.DeletedBlobs(after, batch)
			return err
		}); err != nil {
			return err
		}
		more = len(sums) == batch
		var done []string
		for _, sum := range sums {
			deleted, err := a.blobDeleted(ctx, sum)
			if err != nil {
				return err
			}
			if after = sum; !deleted {
				done = append(done, sum)
			}
		}
		if len(done) == 0 {
			continue
		}
		if err := a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
			for _, sum := range done {
				if err := tx.ForgetDeletedBlob(sum); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return ctx.Err()
}
