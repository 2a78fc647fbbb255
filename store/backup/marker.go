package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/disk"
)

// Marker is the file, in the folder of blobs and in that of backups, that says to which
// instance the folder belongs.
const Marker = "parley.instance"

const markerText = "This folder belongs to the Parley instance "

// InstanceOf returns the instance that a folder belongs to; zero if it is not marked.
func InstanceOf(folder string) (store.ID, error) {
	path := filepath.Join(folder, Marker)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return store.ID{}, nil
	} else if err != nil {
		return store.ID{}, err
	}
	id, err := store.ParseID(strings.TrimSpace(strings.TrimPrefix(string(b), markerText)))
	if err != nil {
		return store.ID{}, fmt.Errorf("%s names no instance; remove it if you are sure that %s belongs to this one: %w", path, folder, err)
	}
	return id, nil
}

// Mark says in a folder, which it makes if need be, that it belongs to an instance.
func Mark(folder string, instance store.ID) error {
	if is, err := InstanceOf(folder); err == nil && is == instance {
		return nil
	}
	if err := disk.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := disk.CreateTemp(folder, Marker+".new-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s%s\n", markerText, instance)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = disk.Rename(f.Name(), filepath.Join(folder, Marker))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
