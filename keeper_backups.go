package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/backup"
)

// The keeper is what api asks about backups and the size of the store.
var _ api.Keeper = (*keeper)(nil)

// Backups returns those in the folder of backups, the newest first.
func (k *keeper) Backups() ([]api.Backup, error) {
	files, err := backup.List(k.config.backupFolder())
	out := make([]api.Backup, len(files))
	for i, f := range files {
		out[i] = api.Backup{Name: filepath.Base(f.Path), Size: f.Size, MadeAt: store.TimeOf(f.At)}
	}
	return out, err
}

// MakeBackup makes one now, whenever the next would be due. Two at once come one
// after the other.
func (k *keeper) MakeBackup(ctx context.Context) (*api.Backup, error) {
	at, err := k.backUp(ctx)
	if err != nil {
		k.log.ErrorContext(ctx, "a backup that was asked for was not made", "err", err)
		return nil, &store.Error{Code: store.CodeUnavailable, Message: "the backup was not made; the log says why", Err: err}
	}
	name := backup.Name(at)
	info, err := os.Stat(filepath.Join(k.config.backupFolder(), name))
	if err != nil {
		return nil, err
	}
	return &api.Backup{Name: name, Size: info.Size(), MadeAt: store.TimeOf(at)}, nil
}

// StoreSize is how many bytes the store's file has.
func (k *keeper) StoreSize() (int64, error) {
	info, err := os.Stat(k.store.folder.database())
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// freeName returns the time from now on, to the second, for which the folder has no
// backup yet: their names say no more.
func freeName(folder string, now time.Time) time.Time {
	for {
		if _, err := os.Lstat(filepath.Join(folder, backup.Name(now))); err != nil {
			return now.Truncate(time.Second)
		}
		now = now.Add(time.Second)
	}
}
