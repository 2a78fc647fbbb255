package backup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/parley-app/parley/store/disk"
)

// DamagedSuffix ends the name of a backup that is a true copy of a store that has
// faults: better than none, and not to be taken for a good one.
const DamagedSuffix = ".damaged"

// Create makes the backup at path, where nothing may be yet. write writes it, by
// Write here or in another process. It is written under another name, made
// durable, read again and verified, the store in it opened and checked; only then
// does it get the name path. When it is not good Create returns a *BadError, and
// leaves nothing, unless the file is right and it is the store that has faults:
// then it is at path+DamagedSuffix.
func Create(ctx context.Context, path string, write func(context.Context, io.Writer) error, p Progress) (r *Report, err error) {
	folder := filepath.Dir(path)
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	f, err := disk.CreateTemp(folder, filepath.Base(path)+".partial-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	buffered := bufio.NewWriterSize(f, 1<<20)
	if err = write(ctx, buffered); err == nil {
		err = buffered.Flush()
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if r, err = Verify(ctx, f.Name(), folder, p); err != nil {
		return nil, err
	}
	switch {
	case r.Good():
		return r, give(f.Name(), path)
	case len(r.Damage) == 0: // another damaged one there was worth less
		path += DamagedSuffix
		err = disk.Rename(f.Name(), path)
	}
	return r, errors.Join(err, &BadError{path, r})
}

// give gives a file its name, and takes that from no other.
func give(from, to string) error {
	err := os.Link(from, to)
	if errors.Is(err, fs.ErrExist) {
		return err
	} else if err != nil { // no hard links here
		return disk.Rename(from, to)
	}
	return disk.SyncDir(filepath.Dir(to))
}
