package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/backup"
	"github.com/parley-app/parley/store/disk"
	"github.com/parley-app/parley/store/kv/bolt"
)

// migrateResult is what `parley migrate` did, or with --dry-run would do.
type migrateResult struct {
	DryRun   bool        `json:"dry_run"`
	From     int         `json:"from"`
	To       int         `json:"to"`
	Ran      []migration `json:"ran"`
	TookMS   int64       `json:"took_ms"`
	Findings []string    `json:"findings"` // damage in the store as it is then
	Derived  []string    `json:"derived"`  // faults in derived data, which the server makes again
}

// A migration is one that ran.
type migration struct {
	Version int    `json:"version"`
	What    string `json:"what"`
	TookMS  int64  `json:"took_ms"`
}

func (c *cli) migrateCommand() *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the data up to this program's version, as a start would",
		Long: `Runs the migrations that are to come, which a start of the server does too, and checks what
comes of it. The store is copied beside itself first. The server must be stopped.

With --dry-run it does so on a copy, and says what would run and how long it took. Then the server
may run: its release may be older than this program.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := c.load(cmd)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd)
			defer stop()
			b := newBar(c.stderr)
			defer b.end()
			do := c.migrate
			if dry {
				do = c.rehearse
			}
			r, err := do(ctx, dataFolder(l.Data), b)
			if err != nil {
				return err
			}
			b.end()
			return c.sayMigrate(r)
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "on a copy: say what would run and how long it took")
	return cmd
}

func (c *cli) sayMigrate(r *migrateResult) error {
	var ran strings.Builder
	for _, m := range r.Ran {
		fmt.Fprintf(&ran, "version %d: %s (%s)\n", m.Version, m.What, time.Duration(m.TookMS)*time.Millisecond)
	}
	text := ran.String()
	took := time.Duration(r.TookMS) * time.Millisecond
	switch {
	case len(r.Ran) == 0:
		text += fmt.Sprintf("The data has version %d, as this program wants it: nothing is to be done.", r.To)
	case r.DryRun:
		text += fmt.Sprintf("A copy went from version %d to %d in %s. The data itself is as it was.", r.From, r.To, took)
	default:
		text += fmt.Sprintf("The data went from version %d to %d in %s.", r.From, r.To, took)
	}
	if err := c.say(r, strings.Join(append([]string{text}, r.Findings...), "\n")); err != nil || len(r.Findings) == 0 {
		return err
	}
	return fmt.Errorf("the store has %d faults", len(r.Findings))
}

func (c *cli) migrate(ctx context.Context, d dataFolder, b *bar) (*migrateResult, error) {
	if err := noServer(ctx, d, "it has the version of its own program"); err != nil {
		return nil, err
	}
	if err := d.exists(c.quietLog()); err != nil {
		return nil, err
	}
	e, err := d.openEngine(ctx, c.quietLog())
	if err != nil {
		return nil, err
	}
	return upgrade(ctx, e, store.Options{Log: c.quietLog(), BeforeUpgrade: func(ctx context.Context, a store.Age) error {
		return d.putAside(ctx, e, a, c.quietLog())
	}}, b)
}

// rehearse migrates a copy of the store.
func (c *cli) rehearse(ctx context.Context, d dataFolder, b *bar) (*migrateResult, error) {
	path := d.temp("dry-run")
	defer os.Remove(path)
	if err := c.copyOf(ctx, d, path, b); err != nil {
		return nil, err
	}
	e, err := bolt.Open(path, bolt.Options{AppendOrdered: store.AppendOrdered()})
	if err != nil {
		return nil, err
	}
	r, err := upgrade(ctx, e, store.Options{Log: slog.New(slog.DiscardHandler)}, b)
	if r != nil {
		r.DryRun = true
	}
	return r, err
}

// copyOf copies the store to path: the running server's, or the one that nobody
// has.
func (c *cli) copyOf(ctx context.Context, d dataFolder, path string, b *bar) error {
	resp, err := dial(ctx, d, http.MethodPost, "backup?blobs=0", nil)
	if errors.Is(err, errNoServer) {
		if err := d.exists(c.quietLog()); err != nil {
			return err
		}
		if err := roomForCopy(d.database(), 1); err != nil {
			return err
		}
		if _, err := d.takeUpLog(ctx, c.quietLog()); err != nil {
			return err
		}
		return bolt.CopyFile(ctx, d.database(), path, func(done, total int64) { b.tell("copying", done, total) })
	} else if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := roomForCopy(d.database(), 2); err != nil {
		return err
	}
	f, err := disk.OpenFile(path+".tar", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := receiveBackup(resp, f, 0, b); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return backup.ExtractStore(ctx, f.Name(), path, b.tell)
}

func roomForCopy(db string, copies int64) error {
	info, err := os.Stat(db)
	if err != nil {
		return err
	}
	return backup.Room(filepath.Dir(db), copies*info.Size(), 0)
}

// upgrade opens the store on an engine, which migrates it, checks it and closes
// the engine.
func upgrade(ctx context.Context, e *bolt.Engine, o store.Options, b *bar) (r *migrateResult, err error) {
	defer func() { err = errors.Join(err, e.Close()) }()
	var age store.Age
	if err := e.Snapshot(ctx, func(s *bolt.Snapshot) error { age, err = store.AgeOf(s); return err }); err != nil {
		return nil, err
	}
	r = &migrateResult{From: age.Data, To: age.Program, Ran: []migration{}}
	began := time.Now()
	last := began
	if before := o.BeforeUpgrade; before != nil {
		o.BeforeUpgrade = func(ctx context.Context, a store.Age) error {
			b.tell("copying", 0, 0)
			err := before(ctx, a)
			began = time.Now() // the copy is no part of the migrations
			last = began
			return err
		}
	}
	o.Migrated = func(v int, what string) {
		now := time.Now()
		r.Ran = append(r.Ran, migration{v, what, now.Sub(last).Milliseconds()})
		last = now
	}
	b.tell("migrating", 0, 0)
	s, err := store.Open(ctx, e, o)
	if err != nil {
		return nil, err
	}
	r.TookMS = time.Since(began).Milliseconds()
	b.tell("checking records", 0, 0)
	f, err := s.Examine(ctx)
	r.Findings, r.Derived = append([]string{}, f.Damage...), append([]string{}, f.Derived...)
	return r, err
}
