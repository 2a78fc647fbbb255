package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/blob"
)

// CheckBlobs reads every blob that the store refers to and names those that are
// missing or damaged, and says in notes how many there are that nothing refers to:
// what an upload that was cut off leaves, which does no harm.
func CheckBlobs(ctx context.Context, s *store.Store, b *blob.Store, p Progress) (faults, notes []string, err error) {
	var used map[string]int64
	err = s.View(ctx, func(tx *store.Tx) (err error) {
		used, err = tx.Blobs()
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	done, total := int64(0), int64(0)
	for _, size := range used {
		total += size
	}
	for _, sum := range slices.Sorted(maps.Keys(used)) {
		err := b.Verify(ctx, sum)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			faults = append(faults, fmt.Sprintf("blob %s: is missing", sum))
		case errors.Is(err, blob.ErrDamaged):
			faults = append(faults, err.Error())
		case err != nil:
			return nil, nil, err
		}
		done += used[sum]
		p.tell("checking attachments", done, total)
	}
	notes, err = unused(ctx, used, b)
	return faults, notes, err
}

func unused(ctx context.Context, used map[string]int64, b *blob.Store) (notes []string, err error) {
	n, size := 0, int64(0)
	err = b.Walk(ctx, func(sum string, bytes int64) error {
		if _, ok := used[sum]; !ok {
			n, size = n+1, size+bytes
		}
		return nil
	})
	if n > 0 {
		notes = append(notes, fmt.Sprintf("%d blobs of %d bytes together belong to no attachment", n, size))
	}
	return notes, err
}
