package api

import (
	"context"
	"time"

	"github.com/parley-app/parley/store"
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

// SweepBlobs deletes the bytes that no attachment has any more. Records go first,
// bytes an hour later or more; see blob.Sweep.
func (a *API) SweepBlobs(ctx context.Context) error {
	if a.o.Blobs == nil {
		return nil
	}
	n, size, err := a.o.Blobs.Sweep(ctx, a.o.Now().Add(-blobGrace), func(sum string) (used bool, err error) {
		err = a.store.View(ctx, func(tx *store.Tx) error {
			users, err := tx.BlobUsers(sum)
			used = users > 0
			return err
		})
		return used, err
	})
	if n > 0 {
		a.log.InfoContext(ctx, "bytes of deleted attachments were removed", "files", n, "bytes", size)
	}
	return err
}
