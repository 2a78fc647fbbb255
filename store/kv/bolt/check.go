package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// CheckFile proves that the pages of the store at path are where and what they
// must be, and returns one sentence for each that is not; an error means that
// the check could not be done, ErrInUse that another process writes to it. It
// reads the file without trusting it, so that a damaged one cannot end the
// process, before bbolt's own check does. What the values say is not its
// business.
//
// A store that was left with a log is settled first, here and wherever a file is
// read that nobody has open: as it lies on the disk, it is not whole.
func CheckFile(ctx context.Context, path string) (faults []string, err error) {
	if err := settleToRead(ctx, path); errors.Is(err, berrors.ErrTimeout) {
		return nil, inUse(path)
	} else if damage, ok := errors.AsType[*DamageError](err); ok {
		return damage.Faults, nil
	} else if err != nil {
		return nil, fmt.Errorf("kv/bolt: open %s: %w", path, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// Whoever opens it to read shares the lock: nobody writes meanwhile.
	db, openErr := openToRead(ctx, path)
	if errors.Is(openErr, berrors.ErrTimeout) {
		return nil, inUse(path)
	} else if openErr == nil {
		defer db.Close()
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	faults, err = readPages(ctx, f, info.Size())
	switch {
	case err != nil || len(faults) > 0:
		return faults, err
	case openErr != nil:
		return []string{fmt.Sprintf("it cannot be opened: %v", explain(path, openErr))}, nil
	}
	return bboltCheck(db)
}

// Inspect looks at the file of a store before it is opened, and says whether its
// last owner left without closing it. Then every page is looked at too, and damage
// is a *DamageError: Open searches such a file for its free pages, and what is not
// a page would end the process.
func Inspect(ctx context.Context, path string) (unclean bool, err error) {
	settled, err := settle(ctx, path, Options{})
	if err == nil {
		unclean, err = inspect(path, Options{}.bbolt())
	}
	if err != nil {
		return unclean, fmt.Errorf("kv/bolt: open %s: %w", path, explain(path, err))
	}
	if !unclean || settled { // settling has looked
		return unclean, nil
	}
	faults, err := CheckFile(ctx, path)
	if err == nil && len(faults) > 0 {
		err = fmt.Errorf("kv/bolt: %s: %w", path, &DamageError{Faults: faults})
	}
	return true, err
}

// Look calls fn with the store in a file that nobody has open, and leaves the file
// as it is to the byte. ErrInUse says that somebody has it open.
func Look(ctx context.Context, path string, fn func(*Snapshot) error) error {
	db, err := openToRead(ctx, path)
	if errors.Is(err, berrors.ErrTimeout) {
		return inUse(path)
	} else if err != nil {
		return fmt.Errorf("kv/bolt: open %s: %w", path, explain(path, err))
	}
	defer db.Close()
	return db.View(func(tx *bbolt.Tx) error {
		s := newSnapshot(tx, nil)
		v := &view{ctx: ctx, snapshot: &s}
		defer v.end()
		return fn(&Snapshot{v, tx})
	})
}

// openToRead opens a file that nobody has open to write.
func openToRead(ctx context.Context, path string) (*bbolt.DB, error) {
	if err := settleToRead(ctx, path); err != nil {
		return nil, err
	}
	var db *bbolt.DB
	_, err := guard(func() (err error) {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: readTimeout, Logger: quiet{}})
		return err
	})
	return db, err
}

func settleToRead(ctx context.Context, path string) error {
	_, err := settle(ctx, path, Options{LockTimeout: readTimeout})
	return err
}

// readTimeout is how long a reader waits for a writer: no longer than it takes
// to see that there is one.
const readTimeout = 100 * time.Millisecond

// quiet is a log for bbolt that drops everything: what matters comes back as
// an error.
type quiet struct{ witness }

// Errorf drops what witness would take for the failure of a commit.
func (quiet) Errorf(string, ...any) {}

// Error is like Errorf.
func (quiet) Error(...any) {}

func bboltCheck(db *bbolt.DB) (faults []string, err error) {
	_, err = guard(func() error {
		return db.View(func(tx *bbolt.Tx) error {
			for fault := range tx.Check() {
				if len(faults) < maxFaults {
					faults = append(faults, strings.TrimSpace(fault.Error()))
				}
			}
			return nil
		})
	})
	return faults, err
}
