package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/jobs"
	"github.com/parley-app/parley/api/rest"
	"github.com/parley-app/parley/store/backup"
	"github.com/parley-app/parley/store/disk"
)

// A keeper looks after the data while the server runs: it makes the backups that
// are due, and checks a store that was not closed.
type keeper struct {
	store  *openStore
	config *Config
	log    *slog.Logger
	now    func() time.Time
	began  time.Time

	making sync.Mutex // a backup

	mu       sync.Mutex
	last     time.Time // of the newest good backup; zero if there is none
	tried    time.Time // when the last one was begun
	failed   error     // why the last one was not made
	checking bool
	faults   int
	checked  time.Time // when the last check ended, or is taken to have; zero if there was none
}

// firstBackup is how long a server that has no backup yet waits with the first.
const firstBackup = 10 * time.Minute

// lookForDue is how often the keeper looks whether a backup is due.
const lookForDue = time.Minute

// retryBackup is how long it waits after one that failed.
const retryBackup = 15 * time.Minute

func newKeeper(s *openStore, c *Config, log *slog.Logger) *keeper {
	k := &keeper{store: s, config: c, log: log, checking: s.engine.Unclean()}
	k.now = time.Now
	k.began = k.now()
	if err := k.ownBackups(context.Background()); err != nil {
		log.Error("no backups are made by themselves", "err", err)
		k.failed, k.tried = err, k.began
		return k
	}
	files, err := backup.List(c.backupFolder())
	if err == nil && c.Backup.Every > 0 {
		err = mayFill(c.backupFolder())
	}
	if err != nil {
		// The server starts all the same: people can work while a backup disk is away.
		log.Error("backups cannot be written", "folder", c.backupFolder(), "err", err)
		k.tried, k.failed = k.began, err
	}
	if len(files) > 0 {
		k.last = files[0].At
	}
	return k
}

// tidy removes the file that compacting kept, once a start has shown that the new
// one serves.
func (k *keeper) tidy() {
	if k.store.engine.Unclean() {
		return
	}
	path := k.store.folder.beforeCompact()
	if err := os.Remove(path); err == nil {
		k.log.Info("the store serves: the file from before it was compacted was removed", "path", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		k.log.Warn("the file from before the store was compacted cannot be removed", "err", err)
	}
}

func (k *keeper) jobs() (list []jobs.Job) {
	if k.config.Backup.Every > 0 {
		list = append(list, jobs.Job{Name: "backup", Every: min(lookForDue, k.config.Backup.Every), Do: k.backUpIfDue})
	}
	if k.store.engine.Unclean() {
		list = append(list, jobs.Job{Name: "check after an unclean end", Do: k.check})
	}
	return append(list, jobs.Job{Name: "check in the background", Every: lookForDue, Later: true, Do: k.checkIfDue})
}

// due says whether it is time for a backup.
func (k *keeper) due(now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	every := k.config.Backup.Every
	if k.failed != nil && now.Sub(k.tried) < min(retryBackup, every) {
		return false
	}
	if k.last.IsZero() {
		return now.Sub(k.began) >= min(firstBackup, every)
	}
	// A clock that was set back must not put backups off.
	return now.Sub(k.last) >= every || k.last.Sub(now) > every
}

func (k *keeper) backUpIfDue(ctx context.Context) error {
	if !k.due(k.now()) {
		return nil
	}
	_, err := k.backUp(ctx)
	return err
}

// backUp makes a backup, one at a time, remembers what came of it, and returns the
// time that its name says.
func (k *keeper) backUp(ctx context.Context) (time.Time, error) {
	k.making.Lock()
	defer k.making.Unlock()
	now := freeName(k.config.backupFolder(), k.now())
	err := k.writeBackup(ctx, now)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tried, k.failed = now, err
	if err == nil {
		k.last = now
	}
	return now, err
}

// writeBackup makes a backup in the folder of backups and removes those that are
// not to be kept any longer; only once the new one is good.
func (k *keeper) writeBackup(ctx context.Context, now time.Time) error {
	folder := k.config.backupFolder()
	if err := k.markBackups(ctx); err != nil {
		return err
	}
	src := k.store.source()
	size, err := src.Size(ctx)
	if err != nil {
		return err
	}
	reserve := int64(0)
	if disk.Same(folder, string(k.store.folder)) {
		reserve = k.config.Disk.Reserve
	}
	if err := backup.Room(folder, 2*size, reserve); err != nil {
		return err
	}
	path := filepath.Join(folder, backup.Name(now))
	if _, err := backup.Create(ctx, path, func(ctx context.Context, w io.Writer) error {
		_, err := backup.Write(ctx, w, src, nil)
		return err
	}, nil); err != nil {
		return err
	}
	took := k.now().Sub(now)
	removed, err := backup.Prune(folder, k.config.Backup.KeepCount, k.config.Backup.KeepAge, now)
	k.log.Info("a backup was made", "path", path, "took", took.Round(time.Millisecond), "removed", len(removed))
	if err != nil {
		k.log.Warn("older backups cannot be removed", "err", err)
	}
	return nil
}

// ownBackups returns an error if the folder of backups belongs to another instance, whose
// backups would be taken for old ones of this.
func (k *keeper) ownBackups(ctx context.Context) error {
	id, err := k.store.Instance(ctx)
	if err != nil {
		return err
	}
	folder := k.config.backupFolder()
	marked, err := backup.InstanceOf(folder)
	if err != nil || marked.IsZero() || marked == id {
		return err
	}
	files, err := backupsIn(folder)
	if err != nil || len(files) == 0 {
		return err
	}
	return fmt.Errorf("%s belongs to another instance, %s: set backup.folder to a folder of this one's own, or remove %s if the backups there are its own",
		folder, marked, filepath.Join(folder, backup.Marker))
}

// markBackups marks the folder of backups as the instance's.
func (k *keeper) markBackups(ctx context.Context) error {
	if err := k.ownBackups(ctx); err != nil {
		return err
	}
	id, err := k.store.Instance(ctx)
	if err != nil {
		return err
	}
	return backup.Mark(k.config.backupFolder(), id)
}

// rebuild makes derived data again if a check found faults in it, while the store is in
// use. The queue of texts, which it may fill, is emptied by the job that indexes.
func (k *keeper) rebuild(ctx context.Context, faults []string) error {
	if len(faults) == 0 {
		return nil
	}
	for _, f := range faults {
		k.log.Warn("derived data has a fault", "finding", f)
	}
	done, err := k.store.Repair(ctx)
	for _, what := range done {
		k.log.Info("derived data was made again", "what", what)
	}
	return err
}

// checks are what the keeper adds to health.
func (k *keeper) checks() map[string]func(context.Context) api.HealthCheck {
	checks := map[string]func(context.Context) api.HealthCheck{}
	if k.config.Backup.Every > 0 {
		checks["backup"] = func(context.Context) api.HealthCheck { return k.backupHealth(k.now()) }
	}
	checks["integrity"] = func(context.Context) api.HealthCheck { return k.integrity() }
	checks["records"] = k.records
	checks["attachments"] = func(context.Context) api.HealthCheck { return k.attachments() }
	return checks
}

// records is degraded while a record that was read is damaged.
func (k *keeper) records(ctx context.Context) api.HealthCheck {
	found, err := k.store.Damage(ctx)
	switch {
	case err != nil:
		k.log.ErrorContext(ctx, "damaged records cannot be looked at", "err", err)
		return api.HealthCheck{Status: api.HealthDegraded, Detail: "what is damaged cannot be read; the log says why"}
	case len(found) == 0:
		return api.HealthCheck{Status: api.HealthOK}
	}
	const most = 3
	text := strings.Join(found[:min(most, len(found))], "; ")
	if len(found) > most {
		text += fmt.Sprintf("; and %d more", len(found)-most)
	}
	return api.HealthCheck{Status: api.HealthDegraded, Detail: fmt.Sprintf("%d damaged records were read: %s. "+
		"Restore a backup, or remove them with the server stopped: parley check --repair --drop-damaged", len(found), text)}
}

// attachments is degraded while many files wait for a person to say that they belong to
// no attachment indeed.
func (k *keeper) attachments() api.HealthCheck {
	d := k.store.blobs.Orphans()
	if d.Orphans == 0 {
		return api.HealthCheck{Status: api.HealthOK}
	}
	return api.HealthCheck{Status: api.HealthDegraded, Detail: fmt.Sprintf("%d of %d files belong to no attachment and were left alone: "+
		"is parley.db the right one? If so, confirm with: parley sweep --confirm", d.Orphans, d.All)}
}

func (k *keeper) backupHealth(now time.Time) api.HealthCheck {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := api.HealthCheck{Status: api.HealthOK, Detail: "none was made yet"}
	if !k.last.IsZero() {
		h.Detail = "the last one was made at " + k.last.UTC().Format(time.RFC3339)
	}
	switch {
	case k.failed != nil:
		h.Status, h.Detail = api.HealthDegraded, "the last try failed, and the log says why; "+h.Detail
	case !k.last.IsZero() && now.Sub(k.last) > 2*k.config.Backup.Every+firstBackup:
		h.Status = api.HealthDegraded
	}
	return h
}

// figures are what the keeper adds to the metrics.
func (k *keeper) figures() []rest.Figure {
	return []rest.Figure{
		{Name: "parley_backup_last_success_timestamp_seconds", Help: "When the newest good backup in the folder of backups was made; 0 if there is none.", Value: func() float64 {
			k.mu.Lock()
			defer k.mu.Unlock()
			if k.last.IsZero() {
				return 0
			}
			return float64(k.last.Unix())
		}},
		{Name: "parley_store_damaged_records", Help: "Records that were read and found damaged.", Value: func() float64 {
			found, err := k.store.Damage(context.Background())
			if err != nil {
				return 0
			}
			return float64(len(found))
		}},
		{Name: "parley_blobs_orphaned", Help: "Files of attachments that belong to none and wait for \"parley sweep --confirm\", because they are many.", Value: func() float64 {
			return float64(k.store.blobs.Orphans().Orphans)
		}},
		{Name: "parley_disk_free_bytes", Help: "Room on the disk of the data folder.", Value: func() float64 {
			free, err := disk.Free(string(k.store.folder))
			if err != nil {
				return 0
			}
			return float64(free)
		}},
		{Name: "parley_store_oldest_reader_seconds", Help: "For how long the oldest read transaction has run, such as that of a backup; 0 if there is none. The file grows while it does.", Value: func() float64 {
			return k.store.engine.OldestReader().Seconds()
		}},
		{Name: "parley_store_damaged_reads", Help: "How often a request has met a damaged page of the store since the start.", Value: func() float64 {
			return float64(k.store.engine.Damages())
		}},
		{Name: "parley_store_faults", Help: "Faults that the last check of the store has found, after an unclean end or in the background.", Value: func() float64 {
			k.mu.Lock()
			defer k.mu.Unlock()
			return float64(k.faults)
		}},
	}
}
