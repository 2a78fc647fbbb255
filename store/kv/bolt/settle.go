package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"go.etcd.io/bbolt"

	"github.com/parley-app/parley/store/kv"
)

// settle brings a file whose process was cut off to the last write that was
// acknowledged, if there is a log beside it, and says whether there was: back to
// the log's base first, since what came after may be on the disk in part, and from
// there on by the log, in one transaction. Cut off itself, it can be done again, for
// that transaction does not touch the base either. Whoever opens a store settles it
// first; one that was closed, or is settled, stays as it is to the byte.
func settle(ctx context.Context, path string, o Options) (bool, error) {
	t, err := settleBy(ctx, path, o, readWAL)
	return t != nil, err
}

// settleBy is settle by what read finds in the log; it returns that, or nil if no log
// was begun.
func settleBy(ctx context.Context, path string, o Options, read func(path string) (*tale, error)) (*tale, error) {
	if _, err := os.Lstat(WAL(path)); errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // says the comment
	}
	var t *tale
	b := o.bbolt()
	open := b.OpenFile
	b.OpenFile = func(name string, flag int, mode os.FileMode) (*os.File, error) {
		f, err := open(name, flag&^os.O_CREATE, mode)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("it is not there, but %s is, which has what was written to it last: bring it back, or remove that too to begin anew", WAL(path))
		} else if err != nil {
			return nil, err
		}
		if err := lockFile(f, b.Timeout); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		// From here on the log is nobody else's.
		if t, err = read(WAL(path)); err == nil && t != nil {
			err = t.goBack(ctx, f, path)
		}
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return f, nil
	}
	_, err := guard(func() error {
		db, err := bbolt.Open(path, 0o600, b)
		if err != nil {
			return err
		}
		err = t.replay(db)
		if err == nil {
			err = removeWAL(path)
		}
		return errors.Join(err, db.Close())
	})
	return t, err
}

// goBack makes the base what is in force in f, after a look at all of its pages:
// bbolt, which is to search them for the free ones, does not come back from one
// that is damaged.
func (t *tale) goBack(ctx context.Context, f *os.File, path string) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if ours, err := t.fits(f, info.Size()); err != nil {
		return err
	} else if !ours {
		return fmt.Errorf("the log %s belongs to another file, or is not whole: if the store was put here by hand, its own log is to be beside it, or none; nothing was changed", WAL(path))
	}
	if sum, err := sumPage(f, t.meta); err != nil {
		return err
	} else if sum != t.base.rootSum {
		return &DamageError{Faults: []string{fmt.Sprintf("page %d, the root, is not what it was when the log %s began, unless that belongs to another file", t.meta.root, WAL(path))}}
	}
	first := t.metaPages()
	if faults, err := readPages(ctx, &rebased{f, first}, info.Size()); err != nil {
		return err
	} else if len(faults) > 0 {
		return &DamageError{Faults: faults}
	}
	if _, err := f.WriteAt(first, 0); err != nil {
		return err
	}
	return datasync(f)
}

// fits says whether f, of size bytes, can be the file that the log was kept for: it
// has all pages of the base, and nothing that is newer than the log.
func (t *tale) fits(f *os.File, size int64) (bool, error) {
	pageSize := int64(t.meta.pageSize)
	if size < int64(t.meta.high)*pageSize { //nolint:gosec // a file has fewer pages
		return false, nil
	}
	for i := range int64(2) {
		var head [pageHead + metaSize]byte
		if _, err := f.ReadAt(head[:], i*pageSize); err != nil {
			return false, err
		}
		// One commit more is one that had no room in the log.
		if m, err := parseMeta(head[:]); err == nil && m.txid > t.last+1 {
			return false, nil
		} else if err == nil && m.txid > t.last {
			t.Ahead = true
		}
	}
	return true, nil
}

// metaPages are the first two pages of a file in which the base is in force.
func (t *tale) metaPages() []byte {
	size := int(t.meta.pageSize)
	pages := make([]byte, 2*size)
	for i := range 2 {
		copy(pages[i*size:], t.base.meta[:])
		order.PutUint64(pages[i*size:], uint64(i)) //nolint:gosec // 0 or 1
	}
	return pages
}

// A rebased file begins with other pages than it does on the disk.
type rebased struct {
	file  io.ReaderAt
	first []byte
}

func (r *rebased) ReadAt(p []byte, at int64) (int, error) {
	n, err := r.file.ReadAt(p, at)
	if at < int64(len(r.first)) {
		copy(p[:n], r.first[at:])
	}
	return n, err
}

// replay does again what the log tells, at once, and in no more pages than it must: the
// disk may be full (reserve.go).
func (t *tale) replay(db *bbolt.DB) error {
	if t == nil || len(t.groups) == 0 {
		return nil
	}
	return db.Update(func(tx *bbolt.Tx) error {
		s := newSnapshot(tx, nil)
		for _, writes := range t.groups {
			if err := eachWrite(writes, s.write); err != nil {
				return err
			}
		}
		return nil
	})
}

// write puts key, or deletes it if value is nil. The slices must last as long as
// the transaction.
func (s *snapshot) write(space, key, value []byte) error {
	b, err := s.ensure(kv.Space(space))
	if err != nil {
		return err
	}
	b.FillPercent = packedFill
	if value == nil {
		return b.Delete(key)
	}
	return b.Put(key, value)
}

func setOf(spaces []kv.Space) map[kv.Space]bool {
	set := make(map[kv.Space]bool, len(spaces))
	for _, space := range spaces {
		set[space] = true
	}
	return set
}
