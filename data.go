package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/backup"
	"github.com/parley-app/parley/store/blob"
	"github.com/parley-app/parley/store/disk"
	"github.com/parley-app/parley/store/kv/bolt"
)

// A dataFolder is where one instance keeps all it has.
type dataFolder string

func (d dataFolder) path(name string) string { return filepath.Join(string(d), name) }
func (d dataFolder) database() string        { return d.path(backup.Database) }
func (d dataFolder) socket() string          { return d.path("parley.sock") }

// temp is a name for a copy of the store that a command works on.
func (d dataFolder) temp(what string) string {
	return fmt.Sprintf("%s%s-%d", d.path(tempPrefix), what, os.Getpid())
}

// tempPrefix begins the names of what a command may have left when it was killed.
const tempPrefix = backup.Database + ".temp-"

// make creates the folder if it is not there, for its owner alone.
func (d dataFolder) make() error {
	if err := disk.MkdirAll(string(d), 0o700); err != nil {
		return fmt.Errorf("cannot create the data folder: %w", err)
	}
	return nil
}

// exists returns an error for people if there is no store in the folder. A
// restore that was cut off is undone first.
func (d dataFolder) exists(log *slog.Logger) error {
	if err := d.recover(log); err != nil {
		return err
	}
	if _, err := os.Stat(d.database()); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return fmt.Errorf("there is no store in the data folder %s (--data or --config names another)", d.absolute())
	}
	return nil
}

// An openStore is a store, the engine below it and the blobs beside it.
type openStore struct {
	*store.Store
	engine *bolt.Engine
	blobs  *blob.Store
	folder dataFolder
	notes  []string // what was dropped of the log that the store was left with
}

// An opening says how a store is opened.
type opening struct {
	reserve  int64 // bytes of the disk
	log      bool  // the engine keeps a write-ahead log; commands do without
	migrated func(version int, what string)
	// refuseUpgrade makes it an error that migrations are to come.
	refuseUpgrade bool
	// restoring says that the caller is in the middle of a restore.
	restoring bool
	backups   string // the folder of backups; "" is the one in the data folder
}

// openEngine opens the engine of the folder alone, and makes both if they are
// not there. A restore that was cut off is undone first.
func (d dataFolder) openEngine(ctx context.Context, log *slog.Logger) (*bolt.Engine, error) {
	if err := d.make(); err != nil {
		return nil, err
	}
	if err := d.recover(log); err != nil {
		return nil, err
	}
	return d.justEngine(ctx, log, opening{})
}

// takeUpLog takes up the log of a store that was not closed, and logs what was dropped
// of it, which it returns too.
func (d dataFolder) takeUpLog(ctx context.Context, log *slog.Logger) (notes []string, err error) {
	r, err := bolt.Recover(ctx, d.database())
	if err != nil {
		return nil, advised(err)
	}
	if r != nil {
		log.Info("the write-ahead log was replayed", "transactions", r.Groups, "bytes", r.Bytes)
	}
	for _, note := range r.Notes() {
		log.Warn("not all of the write-ahead log was replayed", "note", note)
	}
	return r.Notes(), nil
}

func (d dataFolder) justEngine(ctx context.Context, log *slog.Logger, o opening) (*bolt.Engine, error) {
	if _, err := d.takeUpLog(ctx, log); err != nil {
		return nil, err
	}
	unclean, err := bolt.Inspect(ctx, d.database())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, advised(err)
	}
	if unclean { // opening it would already change the file
		if err := d.refuseNewer(ctx); err != nil {
			return nil, err
		}
	}
	e, err := bolt.Open(d.database(), bolt.Options{AppendOrdered: store.AppendOrdered(), NoLog: !o.log})
	if err != nil {
		return nil, hinted(err)
	}
	if err := d.sweep(); err != nil {
		log.Warn("what an earlier command left could not be removed", "err", err)
	}
	return e, nil
}

// prove looks at all pages of a store that no server has, for a command that works
// below its records, and refuses data of a newer program.
func (d dataFolder) prove(ctx context.Context, log *slog.Logger, p backup.Progress) error {
	p("checking pages", 0, 0)
	if _, err := d.takeUpLog(ctx, log); err != nil {
		return err
	}
	faults, err := bolt.CheckFile(ctx, d.database())
	if err == nil && len(faults) > 0 {
		err = advised(fmt.Errorf("%s: %w", d.database(), &bolt.DamageError{Faults: faults}))
	}
	if err != nil {
		return err
	}
	return d.refuseNewer(ctx)
}

// refuseNewer returns an error for people if the data is of a newer program. The
// pages of the store must be known to be sound.
func (d dataFolder) refuseNewer(ctx context.Context) error {
	return bolt.Look(ctx, d.database(), func(s *bolt.Snapshot) error {
		a, err := store.AgeOf(s)
		if err != nil {
			return nil //nolint:nilerr // a version that cannot be read is named by whoever needs it
		}
		return a.Newer()
	})
}

// hinted adds what to do about a file that cannot be opened, unless it is the system
// that refuses: then it is not the file.
func hinted(err error) error {
	_, refused := errors.AsType[syscall.Errno](err)
	if refused || errors.Is(err, bolt.ErrInUse) {
		return err
	}
	return fmt.Errorf("%w\nIf the file is damaged, parley check says where, and parley restore FILE brings back a backup", err)
}

// advised says what to do about a damaged file.
func advised(err error) error {
	damage, damaged := errors.AsType[*bolt.DamageError](err)
	if !damaged {
		return err
	}
	if damage.Log {
		return fmt.Errorf("%w\nNothing was changed. parley check --repair saves what is whole and lists what is in doubt; or restore a backup (parley restore FILE)", err)
	}
	return fmt.Errorf("%w\nRestore a backup (parley restore FILE); the damaged file is kept", err)
}

func (d dataFolder) recover(log *slog.Logger) error {
	undone, err := backup.Recover(string(d))
	if undone {
		log.Warn("a restore was cut off: what was there before is back", "data", string(d))
	}
	return err
}

// sweep removes copies that a command made for itself and could not remove. That
// the caller has the store open says that no such command runs, but for one that
// tries an upgrade, which can be tried again.
func (d dataFolder) sweep() (err error) {
	entries, err := os.ReadDir(string(d))
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, tempPrefix) || strings.HasPrefix(name, backup.Database+".") && strings.Contains(name, ".partial-") {
			err = errors.Join(err, os.Remove(d.path(name)))
		}
	}
	return err
}

// open opens the store in the folder, brought up to this program's version, and
// makes both if they are not there.
func (d dataFolder) open(ctx context.Context, log *slog.Logger, o opening) (*openStore, error) {
	backups := d.backupsOr(o.backups)
	if !o.restoring {
		if err := d.prepare(ctx, log, backups); err != nil {
			return nil, err
		}
	}
	var instance store.ID
	if !d.isNew() {
		var err error
		if instance, err = d.markedInstance(backups); err != nil {
			return nil, err
		}
	}
	notes, err := d.takeUpLog(ctx, log)
	if err != nil {
		return nil, err
	}
	e, err := d.justEngine(ctx, log, o)
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, e, store.Options{
		Log: log, Migrated: o.migrated, Instance: instance,
		BeforeUpgrade: func(ctx context.Context, a store.Age) error {
			if o.refuseUpgrade {
				return fmt.Errorf("the data has version %d and this program would bring it to %d: run parley migrate first", a.Data, a.Program)
			}
			return d.putAside(ctx, e, a, log)
		},
		Reserve: store.Reserve{Bytes: o.reserve, Free: func() (int64, error) { return disk.Free(string(d)) }},
	})
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	open := &openStore{s, e, d.blobs(), d, notes}
	if err := open.ownBlobs(ctx); err != nil {
		return nil, errors.Join(err, open.Close())
	}
	return open, nil
}

// prepare makes the folder if it is not there, and undoes a restore that was cut off. It
// returns an error if a new store would begin beside what belongs to another one.
func (d dataFolder) prepare(ctx context.Context, log *slog.Logger, backups string) error {
	if err := d.make(); err != nil {
		return err
	}
	if err := d.recover(log); err != nil || !d.isNew() {
		return err
	}
	return d.refuseToBegin(ctx, backups)
}

// openChecked is open for a command, which checks a store that its last owner did
// not close at once. What it finds is logged and does not keep it from going on.
func (d dataFolder) openChecked(ctx context.Context, log *slog.Logger, o opening) (*openStore, error) {
	s, err := d.open(ctx, log, o)
	if err != nil || !s.engine.Unclean() {
		return s, err
	}
	log.Warn("the store was not closed by its last owner: checking it")
	found, err := s.Examine(ctx)
	for _, f := range found.Damage {
		log.Error("the store is damaged", "finding", f)
	}
	for _, f := range found.Derived {
		log.Warn("derived data has a fault; the server makes it again", "finding", f)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the store cannot be checked: %w", err), s.Close())
	}
	return s, nil
}

// putAside copies the store beside itself before its first migration. The copies
// of upgrades before go when the new one is there.
func (d dataFolder) putAside(ctx context.Context, e *bolt.Engine, a store.Age, log *slog.Logger) error {
	older, err := filepath.Glob(globEscape(d.database()) + ".before-v*")
	if err != nil {
		return err
	}
	size := int64(0)
	if err := e.Snapshot(ctx, func(s *bolt.Snapshot) error { size = s.Size(); return nil }); err != nil {
		return err
	}
	if err := backup.Room(string(d), size, 0); err != nil {
		return err
	}
	path := fmt.Sprintf("%s.before-v%d", d.database(), a.Program)
	for i, old := range older {
		if old == path { // of an upgrade that was abandoned
			older[i] += ".old"
			if err := disk.Rename(old, older[i]); err != nil {
				return err
			}
		}
	}
	if err := e.CopyTo(ctx, path, nil); err != nil {
		return err
	}
	log.Info("the store was put aside before its upgrade", "path", path, "from", a.Data, "to", a.Program)
	for _, old := range older {
		err = errors.Join(err, os.Remove(old))
	}
	return err
}

// globEscape makes a pattern that matches path alone.
func globEscape(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// source is what a backup of the store is made of.
func (s *openStore) source() backup.Source {
	return sourceOf(s.engine, s.blobs)
}
