package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/backup"
	"github.com/parley-app/parley/store/disk"
	"github.com/parley-app/parley/store/kv/bolt"
)

// A salvaged is what was done about a damaged log; nil if there was none.
type salvaged struct {
	did, notes []string
	copy       string // the store as it was; its log is beside it
}

// on adds s to the result of a repair.
func (s *salvaged) on(r *checkResult) *checkResult {
	if s == nil || r == nil {
		return r
	}
	r.Repaired = append(s.did, r.Repaired...)
	r.Notes = append(s.notes, r.Notes...)
	if r.Copy != "" {
		r.Notes = append(r.Notes, "the store as it was after the log was saved is in "+r.Copy)
	}
	r.Copy = s.copy
	return r
}

// salvage saves a store whose log is damaged, which no start takes up: the store's file
// as it lies, if all of it is sound and it has what can be read in the log, or else
// what can be read in the log on top of where it began. It works on a copy, which takes
// the store's place only when it is good.
func (d dataFolder) salvage(ctx context.Context, log *slog.Logger, p backup.Progress) (*salvaged, error) {
	_, err := d.takeUpLog(ctx, log)
	if damage, ok := errors.AsType[*bolt.DamageError](err); !ok || !damage.Log {
		return nil, nil //nolint:nilnil,nilerr // says the comment; whoever opens the store tells of the rest
	}
	if err := roomForCopy(d.database(), 1); err != nil {
		return nil, err
	}
	temp := d.temp("salvage")
	defer func() { _ = bolt.Remove(temp) }()
	p("saving what is whole", 0, 0)
	saved, err := d.salvageInto(ctx, temp)
	if err != nil {
		return nil, fmt.Errorf("the log is damaged, and the store cannot be put together without it: %w\nNothing was changed. Restore a backup (parley restore FILE)", err)
	}
	out := &salvaged{notes: saved.Doubt, copy: unused(d.database() + ".before-repair-" + backup.Stamp(time.Now()))}
	if saved.AsItLies {
		out.did = []string{"the damaged log was removed, and the store's file was taken as it lies: all of its pages and records are sound"}
	} else {
		out.did = []string{fmt.Sprintf("the damaged log was removed, after %d transactions that could be read were applied", saved.Groups)}
	}
	release, err := bolt.Lock(d.database()) // nobody else can have opened it, as its log is damaged
	if err != nil {
		return nil, err
	}
	return out, errors.Join(d.exchange(temp, out.copy), release())
}

// salvageInto puts what can be saved of the store into the file temp.
func (d dataFolder) salvageInto(ctx context.Context, temp string) (*bolt.Salvage, error) {
	if err := bolt.CopyRaw(ctx, d.database(), temp); err != nil {
		return nil, err
	}
	saved, err := bolt.TakeAsItLies(ctx, temp)
	if err == nil && saved != nil {
		if err = sound(ctx, temp); err == nil {
			return saved, nil
		}
	}
	if err := errors.Join(ctx.Err(), bolt.Remove(temp)); err != nil {
		return nil, err
	}
	if err := bolt.CopyRaw(ctx, d.database(), temp); err != nil {
		return nil, err
	}
	return bolt.SalvageLog(ctx, temp)
}

// sound opens the store in a file and returns an error if a record in it is damaged.
func sound(ctx context.Context, path string) error {
	e, err := bolt.Open(path, bolt.Options{NoLog: true})
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, e, store.Options{
		Log:           slog.New(slog.DiscardHandler),
		BeforeUpgrade: func(context.Context, store.Age) error { return errors.New("its data is of another version") },
	})
	if err != nil {
		return errors.Join(err, e.Close())
	}
	f, err := s.Examine(ctx)
	if err == nil && len(f.Damage) > 0 {
		err = errors.New(f.Damage[0])
	}
	return errors.Join(err, s.Close())
}

// exchange puts the file temp into the store's place, and the store and its log aside.
// Until the log is removed as the last, a start refuses what it finds.
func (d dataFolder) exchange(temp, aside string) error {
	if err := os.Link(d.database(), aside); err != nil {
		return fmt.Errorf("the store cannot be put aside: %w", err)
	}
	if err := os.Link(bolt.WAL(d.database()), bolt.WAL(aside)); err != nil {
		return fmt.Errorf("the log cannot be put aside: %w", err)
	}
	if err := disk.Rename(temp, d.database()); err != nil {
		return err
	}
	return errors.Join(os.Remove(bolt.WAL(d.database())), disk.SyncDir(string(d)))
}

// writable returns the folder itself if its store can be opened, and otherwise one
// beside the folder near, with a copy of the store: on a disk that is read-only, or for
// somebody who may only read, a store can be looked at and backed up all the same. done
// removes the copy.
func (d dataFolder) writable(ctx context.Context, near string, p backup.Progress) (at dataFolder, done func(), err error) {
	if err := d.mayWrite(); err == nil || !isRefused(err) {
		return d, func() {}, nil //nolint:nilerr // opening it says more
	}
	info, err := os.Stat(d.database())
	if err != nil {
		return d, nil, err
	}
	if err := backup.Room(near, info.Size(), 0); err != nil {
		return d, nil, fmt.Errorf("%s cannot be written to, so the store is read from a copy in %s: %w", d, near, err)
	}
	folder, err := disk.MkdirTemp(near, "parley-copy-*")
	if err != nil {
		return d, nil, err
	}
	done = func() { _ = os.RemoveAll(folder) }
	p("copying", 0, 0)
	at = dataFolder(folder)
	if err := bolt.CopyRaw(ctx, d.database(), at.database()); err != nil {
		done()
		return d, nil, err
	}
	return at, done, nil
}

// mayWrite returns an error if this process may not write to the store or its folder.
func (d dataFolder) mayWrite() error {
	f, err := disk.OpenFile(d.database(), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	probe, err := disk.CreateTemp(string(d), filepath.Base(tempPrefix)+"probe-*")
	if errors.Is(err, fs.ErrExist) || err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}
