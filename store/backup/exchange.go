package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/parley-app/parley/store/disk"
	"github.com/parley-app/parley/store/kv/bolt"
)

// journal is the file in a data folder that is there while a restore changes it.
const journal = "parley.restoring"

// An exchange takes what is in a data folder aside and puts other data in its
// place. It is noted in the folder from its first step to its last, so that one
// that was cut off can be undone; the note is locked by whoever is at it, so that
// nobody undoes one that goes on.
type exchange struct {
	folder string
	unlock func() error // of the note

	Had     []string `json:"had"`     // the names that were there
	Aside   string   `json:"aside"`   // the folder that they go to
	Staging string   `json:"staging"` // the folder that the new ones come from
}

func (x *exchange) path(parts ...string) string {
	return filepath.Join(append([]string{x.folder}, parts...)...)
}

// moved are the names of a data folder that go aside: the store, its log if it was
// left with one, what was put aside before for it, and the blobs.
func moved(folder string) (names []string, err error) {
	for _, pattern := range []string{Database, bolt.WAL(Database), Database + ".before-*", Blobs} {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if ok, err := filepath.Match(pattern, e.Name()); err != nil || !ok {
				continue
			}
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// swap does it. After an error, undo it.
func (x *exchange) swap() error {
	if err := disk.Mkdir(x.path(x.Aside), 0o700); err != nil {
		return err
	}
	for _, name := range x.Had {
		if err := os.Rename(x.path(name), x.path(x.Aside, name)); err != nil {
			return err
		}
	}
	for _, name := range []string{Database, Blobs} {
		if err := os.Rename(x.path(x.Staging, name), x.path(name)); err != nil {
			return err
		}
	}
	return x.sync()
}

func (x *exchange) sync() error {
	err := disk.SyncDir(x.folder)
	for _, dir := range []string{x.Aside, x.Staging} {
		if e := disk.SyncDir(x.path(dir)); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// note writes the journal, whole or not at all.
func (x *exchange) note() (err error) {
	if x.Had, err = moved(x.folder); err != nil {
		return err
	}
	b, err := json.Marshal(x)
	if err != nil {
		return err
	}
	temp := x.path(journal + ".new")
	f, err := disk.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if x.unlock, err = bolt.Lock(temp); err != nil {
		return err
	}
	return disk.Rename(temp, x.path(journal))
}

// undo brings back what was there. It can be cut off and done again.
func (x *exchange) undo() error {
	if err := disk.MkdirAll(x.path(x.Staging), 0o700); err != nil {
		return err
	}
	had := map[string]bool{}
	for _, name := range x.Had {
		had[name] = true
	}
	names, err := moved(x.folder)
	if err != nil {
		return err
	}
	for _, name := range names {
		_, err := os.Lstat(x.path(x.Aside, name))
		if had[name] && errors.Is(err, fs.ErrNotExist) {
			continue // was never moved, or is back
		}
		if err := os.Rename(x.path(name), x.path(x.Staging, name)); err != nil {
			return err
		}
	}
	for _, name := range x.Had {
		if err := os.Rename(x.path(x.Aside, name), x.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := x.sync(); err != nil {
		return err
	}
	return x.settle()
}

// settle forgets that anything was done: the new data stays, or after undo the
// old. What is left in staging came from the backup, which still has it.
func (x *exchange) settle() error {
	if x.unlock != nil {
		defer func() { _ = x.unlock() }()
	}
	if err := os.Remove(x.path(journal)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_ = os.Remove(x.path(x.Aside)) // only if it is empty
	return errors.Join(disk.SyncDir(x.folder), os.RemoveAll(x.path(x.Staging)))
}

// asideIfAny returns the folder with what was there before.
func (x *exchange) asideIfAny() string {
	if len(x.Had) == 0 {
		return ""
	}
	return x.path(x.Aside)
}

// Recover undoes a restore that was cut off in the data folder, and says whether
// there was one. Whoever opens the store calls it first. bolt.ErrInUse says that
// a restore goes on right now.
func Recover(folder string) (bool, error) {
	path := filepath.Join(folder, journal)
	unlock, err := bolt.Lock(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if errors.Is(err, bolt.ErrInUse) {
		return false, fmt.Errorf("a restore is going on in %s: %w", folder, err)
	} else if err != nil {
		return false, err
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) { // it ended just now
		return false, unlock()
	} else if err != nil {
		return false, errors.Join(err, unlock())
	}
	x := &exchange{folder: folder, unlock: unlock}
	if err := json.Unmarshal(b, x); err != nil || x.Aside == "" || x.Staging == "" || filepath.Base(x.Aside) != x.Aside || filepath.Base(x.Staging) != x.Staging {
		err = fmt.Errorf("a restore was cut off and %s cannot be read: what was there before is in the folder before-restore-… in %s; move it back by hand and remove the file", path, folder)
		return false, errors.Join(err, unlock())
	}
	return true, x.undo()
}
