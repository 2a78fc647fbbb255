package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/backup"
	"github.com/parley-app/parley/store/blob"
	"github.com/parley-app/parley/store/disk"
	"github.com/parley-app/parley/store/kv/bolt"
)

func (d dataFolder) blobs() *blob.Store { return blob.New(d.path(backup.Blobs)) }

// backupsOr returns the folder of backups, which is in the data folder unless another
// one is set.
func (d dataFolder) backupsOr(folder string) string { return cmp.Or(folder, d.path("backups")) }

// isNew reports whether there is no store in the folder yet.
func (d dataFolder) isNew() bool {
	_, err := os.Stat(d.database())
	return errors.Is(err, fs.ErrNotExist)
}

// left names what an instance left in folders that have no store: attachments, backups,
// its log, copies of its store. A new store does not begin beside them.
func (d dataFolder) left(ctx context.Context, backups string) (names []string, err error) {
	some, err := d.blobs().Any(ctx)
	if err != nil {
		return nil, err
	}
	if some {
		names = append(names, d.path(backup.Blobs))
	}
	files, err := backupsIn(backups)
	if err != nil {
		return nil, err
	}
	if len(files) > 0 {
		names = append(names, backups)
	}
	kept, err := filepath.Glob(globEscape(d.database()) + ".before-*")
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(bolt.WAL(d.database())); err == nil {
		kept = append(kept, bolt.WAL(d.database()))
	}
	return append(names, kept...), nil
}

// backupsIn returns the paths of the backups in a folder, also those of a damaged store.
func backupsIn(folder string) (paths []string, err error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if backup.IsName(strings.TrimSuffix(e.Name(), backup.DamagedSuffix)) {
			paths = append(paths, filepath.Join(folder, e.Name()))
		}
	}
	return paths, err
}

// refuseToBegin returns an error for people if a new store would be made beside what
// belongs to another one.
func (d dataFolder) refuseToBegin(ctx context.Context, backups string) error {
	names, err := d.left(ctx, backups)
	if err != nil || len(names) == 0 {
		return err
	}
	return fmt.Errorf("%s is not there, but what belongs to one is: %s. No new store was made beside it, and nothing was changed.\n"+
		"If the file was moved, or its disk is not mounted, bring it back. If it is lost: parley restore FILE.\n"+
		"To begin anew, with these put aside: parley serve --new", d.database(), strings.Join(names, ", "))
}

// putAsideLeft moves what an instance left into folders named for the time, so that a new
// one can begin, and returns those.
func (d dataFolder) putAsideLeft(ctx context.Context, backups string, now time.Time) (asides []string, err error) {
	if !d.isNew() {
		return nil, fmt.Errorf("--new: there is a store in %s already; start without it", d)
	}
	left, err := d.left(ctx, backups)
	if err != nil {
		return nil, err
	}
	stamp := "before-new-" + backup.Stamp(now)
	for _, path := range left {
		paths := []string{path}
		aside := filepath.Join(string(d), stamp)
		if path == backups { // they may be on another disk
			aside = filepath.Join(backups, stamp)
			if paths, err = backupsIn(backups); err != nil {
				return asides, err
			}
			paths = append(paths, filepath.Join(backups, backup.Marker))
		}
		if err := moveTo(aside, paths); err != nil {
			return asides, err
		}
		if len(asides) == 0 || asides[len(asides)-1] != aside {
			asides = append(asides, aside)
		}
	}
	return asides, nil
}

func moveTo(folder string, paths []string) error {
	if err := disk.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for _, path := range paths {
		err := disk.Rename(path, filepath.Join(folder, filepath.Base(path)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// markedInstance returns the instance that the folders beside a store are marked with;
// zero if they are not. A store of an earlier release that was put back takes its id
// from there.
func (d dataFolder) markedInstance(backups string) (id store.ID, err error) {
	for _, folder := range []string{d.path(backup.Blobs), backups} {
		if id, err = backup.InstanceOf(folder); err != nil || !id.IsZero() {
			return id, err
		}
	}
	return id, nil
}

// Instance returns the id of the instance.
func (s *openStore) Instance(ctx context.Context) (id store.ID, err error) {
	err = s.View(ctx, func(tx *store.Tx) (err error) {
		id, err = tx.Instance()
		return err
	})
	return id, err
}

// ownBlobs returns an error for people if the folder of attachments belongs to another
// instance.
func (s *openStore) ownBlobs(ctx context.Context) error {
	id, err := s.Instance(ctx)
	if err != nil {
		return err
	}
	folder := s.blobs.Folder()
	marked, err := backup.InstanceOf(folder)
	if err != nil || marked.IsZero() || marked == id {
		return err
	}
	if some, err := s.blobs.Any(ctx); err != nil || !some {
		return err
	}
	return fmt.Errorf("%s belongs to the instance %s, and %s to %s: bring the two together that belong together. If they do, remove %s",
		folder, marked, s.folder.database(), id, filepath.Join(folder, backup.Marker))
}

// markBlobs marks the folder of attachments as the instance's. One that is empty although
// the store has attachments is not marked: its disk may not be mounted.
func (s *openStore) markBlobs(ctx context.Context, log *slog.Logger) error {
	id, err := s.Instance(ctx)
	if err != nil {
		return err
	}
	folder := s.blobs.Folder()
	marked, err := backup.InstanceOf(folder)
	if err != nil || marked == id {
		return err
	}
	some, err := s.blobs.Any(ctx)
	if err != nil {
		return err
	}
	var stock store.Stock
	if err := s.View(ctx, func(tx *store.Tx) (err error) { stock, err = tx.StockOfAll(); return err }); err != nil {
		return err
	}
	if !some && stock.Count > 0 {
		log.Error("the store has attachments, but their folder is empty: is its disk mounted?", "folder", folder, "attachments", stock.Count)
		return nil
	}
	return backup.Mark(folder, id)
}

// claimBackups marks the folder of backups as that of a restored instance, if it
// belonged to the one whose place this takes; zero: that had none.
func claimBackups(folder string, before, instance store.ID) error {
	marked, err := backup.InstanceOf(folder)
	if err != nil || marked.IsZero() || marked != before {
		return err
	}
	return backup.Mark(folder, instance)
}
