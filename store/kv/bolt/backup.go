package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/parley-app/parley/store/disk"
	"github.com/parley-app/parley/store/kv"
)

// A Snapshot is one moment of a store that others go on writing. It is valid
// inside the function it was given to; the pages it needs are kept until that
// returns, so the file grows meanwhile if much is written.
type Snapshot struct {
	kv.Tx
	bolt *bbolt.Tx
}

// Snapshot calls fn with this moment of the store.
func (e *Engine) Snapshot(ctx context.Context, fn func(*Snapshot) error) error {
	return e.View(ctx, func(tx kv.Tx) error { return fn(&Snapshot{tx, tx.(*view).bolt}) })
}

// Size returns how many bytes WriteTo writes.
func (s *Snapshot) Size() int64 { return s.bolt.Size() }

// WriteTo writes the snapshot to w, as a file that Open opens.
func (s *Snapshot) WriteTo(w io.Writer) (int64, error) { return s.bolt.WriteTo(w) }

// Spaces returns every keyspace there is, in order.
func (s *Snapshot) Spaces() (spaces []kv.Space, err error) {
	err = s.bolt.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		spaces = append(spaces, kv.Space(name))
		return nil
	})
	return spaces, err
}

// Count returns how many entries a keyspace has. It looks at pages, not at
// entries.
func (s *Snapshot) Count(space kv.Space) int {
	b := s.bolt.Bucket([]byte(space))
	if b == nil {
		return 0
	}
	return b.Stats().KeyN
}

// Spaces returns every keyspace that the engine has, in order.
func (e *Engine) Spaces(ctx context.Context) (spaces []kv.Space, err error) {
	err = e.Snapshot(ctx, func(s *Snapshot) error {
		spaces, err = s.Spaces()
		return err
	})
	return spaces, err
}

// CopyTo makes a copy of the store at path, where nothing may be yet, while
// others go on writing. The copy has that name when it is whole, durable and
// has passed CheckFile. progress, if not nil, hears how many bytes are done.
func (e *Engine) CopyTo(ctx context.Context, path string, progress func(done, total int64)) error {
	return placed(ctx, path, func(f *os.File) error {
		return e.Snapshot(ctx, func(s *Snapshot) error {
			_, err := s.WriteTo(&meter{ctx: ctx, w: f, total: s.Size(), progress: progress})
			return errors.Join(ctx.Err(), err) // bbolt does not wrap all of what it gets
		})
	})
}

// CopyFile is CopyTo of a store that nobody has open, which it leaves as it is to
// the byte. ErrInUse says that somebody has.
func CopyFile(ctx context.Context, from, to string, progress func(done, total int64)) error {
	db, err := openToRead(ctx, from)
	if errors.Is(err, berrors.ErrTimeout) {
		return inUse(from)
	} else if err != nil {
		return fmt.Errorf("kv/bolt: open %s: %w", from, explain(from, err))
	}
	defer db.Close()
	return placed(ctx, to, func(f *os.File) error {
		return db.View(func(tx *bbolt.Tx) error {
			_, err := tx.WriteTo(&meter{ctx: ctx, w: f, total: tx.Size(), progress: progress})
			return errors.Join(ctx.Err(), err)
		})
	})
}

// placed makes the file at path: under another name first, which write fills,
// then checked and linked to path.
func placed(ctx context.Context, path string, write func(*os.File) error) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("kv/bolt: %s: %w", path, os.ErrExist)
	}
	f, err := disk.CreateTemp(filepath.Dir(path), filepath.Base(path)+".partial-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("kv/bolt: copy to %s: %w", path, err)
	}
	switch faults, err := CheckFile(ctx, f.Name()); {
	case err != nil:
		return err
	case len(faults) > 0:
		return fmt.Errorf("kv/bolt: copy to %s: %w", path, &DamageError{Faults: faults})
	}
	// A link takes the name from nobody; where there are none it can only hope.
	if err := os.Link(f.Name(), path); errors.Is(err, os.ErrExist) {
		return err
	} else if err != nil {
		if err := os.Rename(f.Name(), path); err != nil {
			return err
		}
	}
	return syncDir(filepath.Dir(path))
}

// A DamageError tells what CheckFile found in a file that should have been
// whole.
type DamageError struct {
	Faults []string
	Log    bool // it is the log that is damaged; see Salvage
}

// Error returns the first fault and how many there are.
func (d *DamageError) Error() string {
	if len(d.Faults) == 1 {
		return "damaged: " + d.Faults[0]
	}
	return fmt.Sprintf("damaged: %s (and %d more)", d.Faults[0], len(d.Faults)-1)
}

// A meter counts what is written and stops when its context ends.
type meter struct {
	ctx         context.Context
	w           io.Writer
	done, total int64
	progress    func(done, total int64)
}

func (m *meter) Write(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.w.Write(p)
	if m.done += int64(n); m.progress != nil {
		m.progress(m.done, m.total)
	}
	return n, err
}
