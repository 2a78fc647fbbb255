package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/disk"
	"github.com/parley-app/parley/store/kv/bolt"
)

// Restoring says how Restore goes about it.
type Restoring struct {
	// Start opens the restored store as a server would, checks it and closes it
	// again. Its error, or any fault, brings back what was there before.
	Start func(context.Context) (faults []string, err error)
	// Damaged accepts a backup of a store that has faults.
	Damaged  bool
	Now      func() time.Time
	Progress Progress
}

// Restored says what Restore has done.
type Restored struct {
	Manifest *Manifest
	// Aside is the folder with what was there before, "" if there was nothing.
	Aside string
	// Faults are those of the restored store, with Restoring.Damaged.
	Faults []string
}

// Restore makes the data folder what the backup at path has. It verifies the
// whole file first, and refuses one that is damaged, or of a newer program. What is
// in the folder is moved aside, into a folder in it that is named for the time, and
// never deleted; if the restored store does not start, or power goes in the
// middle, it comes back by itself (see Recover). bolt.ErrInUse says that a server
// has the store.
func Restore(ctx context.Context, path, folder string, o Restoring) (*Restored, error) {
	if err := disk.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	release, err := lock(folder)
	if err != nil {
		return nil, err
	}
	defer func() { _ = release() }()
	if _, err := Recover(folder); err != nil {
		return nil, err
	}
	if err := removeStagings(folder); err != nil {
		return nil, err
	}
	m, err := o.admit(ctx, path, folder)
	if err != nil {
		return nil, err
	}
	x := &exchange{folder: folder}
	x.Aside, x.Staging = fresh(folder, "before-restore-", o.Now()), fresh(folder, stagingPrefix, o.Now())
	if err := o.unpack(ctx, path, m, filepath.Join(folder, x.Staging)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(filepath.Join(folder, x.Staging)))
	}
	if err := x.note(); err != nil {
		return nil, errors.Join(err, x.undo())
	}
	// From the note on nobody comes in; but where there was nothing to lock, a
	// server may have made a store meanwhile.
	if err := release(); err != nil {
		return nil, errors.Join(err, x.settle())
	}
	again, err := lock(folder)
	if err != nil {
		return nil, errors.Join(err, x.settle())
	}
	if names, err := moved(folder); err != nil || !slices.Equal(names, x.Had) {
		return nil, errors.Join(fmt.Errorf("%s has changed meanwhile: try again", folder), err, again(), x.settle())
	}
	err = x.swap()
	if err = errors.Join(err, again()); err != nil {
		return nil, errors.Join(err, x.undo())
	}
	return o.try(ctx, m, x)
}

// lock keeps servers from the store that is there; none is needed if none is.
func lock(folder string) (release func() error, err error) {
	release, err = bolt.Lock(filepath.Join(folder, Database))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return func() error { return nil }, nil
	case errors.Is(err, bolt.ErrInUse):
		return nil, fmt.Errorf("the store is in use: %w; stop the server first", err)
	case err != nil:
		return nil, err
	}
	return sync.OnceValue(release), nil
}

// admit proves that the backup is good, not too new, and that there is room.
func (o Restoring) admit(ctx context.Context, path, folder string) (*Manifest, error) {
	f, m, damage, err := openScanned(ctx, path, o.Progress)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if len(damage) > 0 {
		return nil, &BadError{path, &Report{Manifest: m, Damage: damage}}
	}
	age := store.Age{Data: m.DataVersion, Program: store.DataVersion()}
	if err := age.Newer(); err != nil {
		return nil, fmt.Errorf("%s was made by Parley %s: %w", path, m.Program, err)
	}
	return m, Room(folder, m.Size(), 0)
}

// Room returns nil if there is room in folder for so many bytes, and reserve
// bytes are still free then.
func Room(folder string, bytes, reserve int64) error {
	free, err := disk.Free(folder)
	if err != nil || free-bytes >= reserve {
		return err
	}
	return fmt.Errorf("there is not enough room in %s: it takes %s, and %s are free", folder, Bytes(bytes+reserve), Bytes(free))
}

// unpack writes the members of the backup into a new folder.
func (o Restoring) unpack(ctx context.Context, path string, m *Manifest, folder string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := disk.MkdirAll(filepath.Join(folder, Blobs), 0o700); err != nil {
		return err
	}
	dirs := map[string]bool{folder: true, filepath.Join(folder, Blobs): true}
	for _, member := range m.Members {
		to := filepath.Join(folder, filepath.FromSlash(member.Name))
		for dir := filepath.Dir(to); !dirs[dir]; dir = filepath.Dir(dir) {
			dirs[dir] = true
		}
		if err := disk.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		if err := extract(ctx, f, member, m, to, o.Progress); err != nil {
			return err
		}
	}
	for dir := range dirs {
		if err := disk.SyncDir(dir); err != nil {
			return err
		}
	}
	o.Progress.tell("checking", 0, 0)
	faults, err := bolt.CheckFile(ctx, filepath.Join(folder, Database))
	if err == nil && len(faults) > 0 {
		err = &BadError{path, &Report{Manifest: m, Faults: faults}}
	}
	return err
}

// try starts what was restored, and goes back if that fails.
func (o Restoring) try(ctx context.Context, m *Manifest, x *exchange) (*Restored, error) {
	faults, err := o.Start(ctx)
	if errors.Is(err, bolt.ErrInUse) {
		return nil, fmt.Errorf("a server took the restored store before it could be checked: %w; what was there before is in %s", err, x.Aside)
	}
	if len(m.Missing) > 0 { // they were lost before; that they still are is no fault of this
		faults = without(faults, m.Missing)
	}
	if err == nil && len(faults) > 0 && !o.Damaged {
		err = fmt.Errorf("the restored store has faults:\n  %s", strings.Join(first(faults, 20), "\n  "))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the restored store does not start, so what was there before is back: %w", err), x.undo())
	}
	return &Restored{m, x.asideIfAny(), faults}, x.settle()
}

// without returns the faults that name none of the blobs.
func without(faults, blobs []string) (left []string) {
	for _, fault := range faults {
		named := false
		for _, sum := range blobs {
			named = named || strings.Contains(fault, sum)
		}
		if !named {
			left = append(left, fault)
		}
	}
	return left
}

// stagingPrefix begins the name of the folder into which a backup is unpacked.
const stagingPrefix = "restoring-"

// removeStagings removes what a restore that was killed while it unpacked has
// left. It had changed nothing yet.
func removeStagings(folder string) error {
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), stagingPrefix) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(folder, e.Name())))
		}
	}
	return err
}

// fresh returns a name that nothing in the folder has, for this time.
func fresh(folder, prefix string, now time.Time) string {
	name := prefix + Stamp(now)
	for i := 2; ; i++ {
		if _, err := os.Lstat(filepath.Join(folder, name)); err != nil {
			return name
		}
		name = fmt.Sprintf("%s%s-%d", prefix, Stamp(now), i)
	}
}
