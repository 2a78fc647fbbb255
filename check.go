package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-app/parley/api/search"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/backup"
	"github.com/parley-app/parley/store/kv/bolt"
)

// checkResult is what `parley check` found, and with --repair what it did.
type checkResult struct {
	OK       bool     `json:"ok"`       // there is no damage
	Findings []string `json:"findings"` // damage
	Derived  []string `json:"derived"`  // faults in data that is made again from the records
	Notes    []string `json:"notes"`
	Repaired []string `json:"repaired,omitempty"`
	Dropped  []string `json:"dropped,omitempty"`
	Copy     string   `json:"copy,omitempty"` // of the store, made before it was repaired
}

func found(f store.Findings, notes []string) *checkResult {
	return &checkResult{
		OK: len(f.Damage) == 0, Findings: append([]string{}, f.Damage...), Derived: append([]string{}, f.Derived...), Notes: append([]string{}, notes...),
	}
}

func (c *cli) checkCommand() *cobra.Command {
	var repair, drop bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check that everything in the store fits together; exit status 1 if not",
		Long: `Looks at every page, record, index, reference, counter and attachment, while the server runs
(on a copy made for it) or not, and says what is wrong.

Damage is what nothing can derive again. Faults in derived data (indexes, counts, the index of
words) are told apart from it and do not change the exit status: the server makes that data again
from the records when it next checks the store.

With --repair, and the server stopped, it makes derived data again at once. It puts a copy of the
store aside first and says what it did. What cannot be derived it leaves as it is.

With --repair --drop-damaged it also removes records that are damaged, and says of each what it was
and what can still be read of it. Users, projects and threads, which others need, are written anew
from what can be read. The copy that is put aside still has what was removed.`,
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
			var r *checkResult
			if drop && !repair {
				c.understood = false
				return errors.New("--drop-damaged goes with --repair")
			}
			if repair {
				r, err = c.repair(ctx, dataFolder(l.Data), drop, b.tell)
			} else {
				r, err = c.check(ctx, dataFolder(l.Data), b.tell)
			}
			if err != nil {
				return err
			}
			b.end()
			return c.sayCheck(r)
		},
	}
	cmd.Flags().BoolVar(&repair, "repair", false, "make anew what can be derived; the server must be stopped")
	cmd.Flags().BoolVar(&drop, "drop-damaged", false, "with --repair: remove records that are damaged, and say what they were")
	return cmd
}

func (c *cli) sayCheck(r *checkResult) error {
	lines := []string{}
	if r.Copy != "" {
		lines = append(lines, "The store as it was is in "+r.Copy+".")
	}
	for _, dropped := range r.Dropped {
		lines = append(lines, "dropped: "+dropped)
	}
	for _, done := range r.Repaired {
		lines = append(lines, "repaired: "+done)
	}
	lines = append(lines, r.Findings...)
	for _, fault := range r.Derived {
		lines = append(lines, "derived data: "+fault)
	}
	if len(r.Derived) > 0 {
		lines = append(lines, fmt.Sprintf("%d faults are in derived data, which holds nothing of its own: a server makes it again from the records, and so does \"parley check --repair\".", len(r.Derived)))
	}
	for _, note := range r.Notes {
		lines = append(lines, "note: "+note)
	}
	switch {
	case r.OK && len(r.Derived) > 0:
		lines = append(lines, "The records are whole.")
	case r.OK:
		lines = append(lines, "The store is whole.")
	}
	if err := c.say(r, strings.Join(lines, "\n")); err != nil || r.OK {
		return err
	}
	return fmt.Errorf("the store has %d faults", len(r.Findings))
}

// check has the server check, or does it with the store alone.
func (c *cli) check(ctx context.Context, d dataFolder, p backup.Progress) (*checkResult, error) {
	var r checkResult
	if err := ask(ctx, d, http.MethodPost, "check", &r, p); !errors.Is(err, errNoServer) {
		return &r, err
	}
	if err := d.exists(c.quietLog()); err != nil {
		return nil, err
	}
	at, done, err := d.writable(ctx, os.TempDir(), p)
	if err != nil {
		return nil, err
	}
	defer done()
	r1, s, err := at.openToCheck(ctx, c.quietLog(), p)
	if s == nil {
		return r1, err
	}
	s.blobs = d.blobs()
	r1, err = s.checkAll(ctx, p)
	return r1, errors.Join(err, s.Close())
}

// openToCheck looks at the pages of a store that no server has and opens it,
// unless they are damaged, which the result then says.
func (d dataFolder) openToCheck(ctx context.Context, log *slog.Logger, p backup.Progress) (*checkResult, *openStore, error) {
	p("checking pages", 0, 0)
	notes, err := d.takeUpLog(ctx, log)
	if damage, ok := errors.AsType[*bolt.DamageError](err); ok && damage.Log {
		return found(store.Findings{Damage: damage.Faults}, []string{"nothing was changed. parley check --repair saves what is whole and lists what is in doubt; or restore a backup (parley restore FILE)"}), nil, nil
	} else if ok {
		return damagedPages(damage.Faults, nil), nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	faults, err := bolt.CheckFile(ctx, d.database())
	if err != nil {
		return nil, nil, err
	}
	if len(faults) > 0 {
		return damagedPages(faults, notes), nil, nil
	}
	// A command that only looks must not be the one that upgrades.
	s, err := d.open(ctx, log, opening{refuseUpgrade: true, backups: d.backupsOr("")})
	if err == nil {
		s.notes = notes
	}
	return nil, s, err
}

func damagedPages(faults, notes []string) *checkResult {
	return found(store.Findings{Damage: faults}, append(notes, "damaged pages cannot be repaired: restore a backup (parley restore FILE); the damaged file is kept"))
}

// checkAll checks records and blobs.
func (s *openStore) checkAll(ctx context.Context, p backup.Progress) (*checkResult, error) {
	p("checking records", 0, 0)
	f, err := s.Examine(ctx)
	if err != nil {
		return nil, err
	}
	return s.withBlobs(ctx, f, p)
}

// withBlobs checks the blobs too.
func (s *openStore) withBlobs(ctx context.Context, f store.Findings, p backup.Progress) (*checkResult, error) {
	faults, notes, err := backup.CheckBlobs(ctx, s.Store, s.blobs, p)
	if err != nil {
		return nil, err
	}
	f.Damage = append(f.Damage, faults...)
	return found(f, append(slices.Clone(s.notes), notes...)), nil
}

// checkRunning checks a store that is in use: on a copy, so that the check, which
// may take minutes, keeps no page from being reused. Without room for a copy it
// looks at the records where they are.
func (s *openStore) checkRunning(ctx context.Context, p backup.Progress) (*checkResult, error) {
	if p == nil {
		p = func(string, int64, int64) {}
	}
	size := int64(0)
	if err := s.engine.Snapshot(ctx, func(snap *bolt.Snapshot) error { size = snap.Size(); return nil }); err != nil {
		return nil, err
	}
	_, reserve, _ := s.Disk()
	if err := backup.Room(string(s.folder), size, reserve); err != nil {
		r, err2 := s.checkAll(ctx, p)
		if r != nil {
			r.Notes = append(r.Notes, fmt.Sprintf("the pages were not checked, only what is in them: %v", err))
		}
		return r, err2
	}
	f, err := s.checkCopy(ctx, p)
	if err != nil {
		return nil, err
	}
	return s.withBlobs(ctx, f, p)
}

func (s *openStore) checkCopy(ctx context.Context, p backup.Progress) (f store.Findings, err error) {
	path := fmt.Sprintf("%s-%d", s.folder.temp("check"), time.Now().UnixNano())
	defer os.Remove(path)
	err = s.engine.CopyTo(ctx, path, func(done, total int64) { p("copying", done, total) })
	if damage, ok := errors.AsType[*bolt.DamageError](err); ok {
		return store.Findings{Damage: damage.Faults}, nil
	} else if err != nil {
		return f, err
	}
	p("checking records", 0, 0)
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	c, err := store.Open(ctx, e, store.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return f, err
	}
	return c.Examine(ctx)
}

// repair makes anew what can be derived, in a store that no server has.
func (c *cli) repair(ctx context.Context, d dataFolder, drop bool, p backup.Progress) (*checkResult, error) {
	if err := noServer(ctx, d, "a store is repaired while nobody uses it"); err != nil {
		return nil, err
	}
	if err := d.exists(c.quietLog()); err != nil {
		return nil, err
	}
	saved, err := d.salvage(ctx, c.quietLog(), p)
	if err != nil {
		return nil, err
	}
	r, s, err := d.openToCheck(ctx, c.quietLog(), p)
	if s == nil {
		return saved.on(r), err
	}
	r, err = s.repairAll(ctx, drop, p)
	return saved.on(r), errors.Join(err, s.Close())
}

func (s *openStore) repairAll(ctx context.Context, drop bool, p backup.Progress) (*checkResult, error) {
	p("checking records", 0, 0)
	if findings, err := s.Check(ctx); err != nil {
		return nil, err
	} else if len(findings) == 0 {
		return s.checkAll(ctx, p)
	}
	aside := unused(s.folder.database() + ".before-repair-" + backup.Stamp(time.Now()))
	if err := s.engine.CopyTo(ctx, aside, func(done, total int64) { p("copying", done, total) }); err != nil {
		return nil, fmt.Errorf("nothing was repaired: the store could not be put aside: %w", err)
	}
	p("repairing", 0, 0)
	var dropped []string
	if drop {
		var err error
		if dropped, err = s.DropDamaged(ctx); err != nil {
			return nil, fmt.Errorf("the repair broke off after %d records were dropped; the store as it was is in %s: %w", len(dropped), aside, err)
		}
		if err := s.Reap(ctx); err != nil { // what hung from them
			return nil, fmt.Errorf("the repair broke off after %d records were dropped; the store as it was is in %s: %w", len(dropped), aside, err)
		}
	}
	done, err := s.rebuild(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("the repair broke off after %d steps, and the next start of the server goes on with it; the store as it was is in %s: %w", len(done), aside, err)
	}
	r, err := s.checkAll(ctx, p)
	if err == nil {
		r.Repaired, r.Dropped, r.Copy = slices.Clone(done), dropped, aside
	}
	return r, err
}

// rebuild makes derived data again from the records, and says what it did.
func (s *openStore) rebuild(ctx context.Context, p backup.Progress) (done []string, err error) {
	if done, err = s.Repair(ctx); err != nil {
		return done, err
	}
	p("indexing texts", 0, 0)
	return done, search.Drain(ctx, s.Store)
}

// unused returns path, or with a number behind it if there is such a file.
func unused(path string) string {
	name := path
	for i := 2; ; i++ {
		if _, err := os.Lstat(name); err != nil {
			return name
		}
		name = fmt.Sprintf("%s-%d", path, i)
	}
}
