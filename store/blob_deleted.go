package store

import (
	"time"

	"github.com/parley-app/parley/store/kv"
)

// deletedBlobSpace has an entry for the bytes of each attachment that was deleted as the
// last one with these bytes, until they are removed: [SHA-256] → when. So a sweep can
// tell what people deleted from bytes of which this store knows nothing.
const deletedBlobSpace kv.Space = "blobs.deleted"

// noteDeletedBlob notes that the last attachment with these bytes was deleted.
func (tx *Tx) noteDeletedBlob(sha256 string) error {
	if sha256 == "" {
		return nil
	}
	users, err := tx.BlobUsers(sha256)
	if err != nil || users > 0 {
		return err
	}
	return tx.kv.Put(deletedBlobSpace, []byte(sha256), []byte(tx.Now.String()))
}

// BlobDeleted returns when the last attachment with these bytes was deleted; zero if
// there is one, or none was ever deleted.
func (tx *Tx) BlobDeleted(sha256 string) (time.Time, error) {
	v, err := tx.get1(deletedBlobSpace, []byte(sha256))
	if err != nil || v == nil {
		return time.Time{}, err
	}
	if users, err := tx.BlobUsers(sha256); users > 0 || err != nil {
		return time.Time{}, err
	}
	at, err := time.Parse(timeFormat, string(v))
	if err != nil {
		return time.Time{}, nil //nolint:nilerr // a damaged note says nothing
	}
	return at, nil
}

// DeletedBlobs returns at most n entries of deleted bytes that follow after.
func (tx *Tx) DeletedBlobs(after string, n int) (sums []string, err error) {
	r := kv.Range{Limit: n}
	if after != "" {
		r.From = append([]byte(after), 0)
	}
	page, err := tx.kv.Scan(deletedBlobSpace, r)
	for _, e := range page {
		sums = append(sums, string(e.Key))
	}
	return sums, err
}

// ForgetDeletedBlob removes the note: the bytes are gone, or belong to somebody again.
func (tx *Tx) ForgetDeletedBlob(sha256 string) error {
	return tx.kv.Delete(deletedBlobSpace, []byte(sha256))
}
