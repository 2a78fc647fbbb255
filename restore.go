package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/backup"
)

// restoreResult is what `parley restore` did.
type restoreResult struct {
	MadeAt      time.Time `json:"made_at"`
	Program     string    `json:"program"`
	DataVersion int       `json:"data_version"`
	Aside       string    `json:"aside"` // what was there before, "" if nothing was
	Missing     []string  `json:"missing_blobs"`
	Findings    []string  `json:"findings"`
}

func (c *cli) restoreCommand() *cobra.Command {
	var damaged bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make the data folder what a backup has; what is there is moved aside",
		Long: `Proves that FILE is good, moves what is in the data folder into a folder there that is named
for the time, and puts the backup's store and attachments in its place. If they do not start, what
was there before comes back by itself; it is never deleted. The server must be stopped.`,
		Args: wantArgs("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := c.load(cmd)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd)
			defer stop()
			return c.restore(ctx, dataFolder(l.Data), l.backupFolder(), args[0], damaged)
		},
	}
	cmd.Flags().BoolVar(&damaged, "damaged", false, "accept a backup of a store that has faults")
	return cmd
}

func (c *cli) restore(ctx context.Context, d dataFolder, backups, path string, damaged bool) error {
	if err := noServer(ctx, d, "a store is restored while nobody uses it"); err != nil {
		return err
	}
	before, err := backup.InstanceOf(d.path(backup.Blobs)) // of what is there now
	if err != nil {
		return err
	}
	b := newBar(c.stderr)
	defer b.end()
	var masters []string
	var instance store.ID
	o := backup.Restoring{
		Start: func(ctx context.Context) (faults []string, err error) {
			faults, masters, err = d.tryStart(ctx, c.quietLog(), backups, &instance, b.tell)
			return faults, err
		},
		Damaged: damaged, Progress: b.tell,
	}
	o.Now = time.Now
	r, err := backup.Restore(ctx, path, string(d), o)
	b.end()
	if err == nil {
		err = claimBackups(backups, before, instance)
	}
	if err != nil {
		return err
	}
	m := r.Manifest
	out := restoreResult{m.MadeAt, m.Program, m.DataVersion, r.Aside, append([]string{}, m.Missing...), append([]string{}, r.Faults...)}
	text := fmt.Sprintf("%s now holds what Parley had at %s.", d, m.MadeAt.Format("2006-01-02 15:04:05 UTC"))
	if r.Aside != "" {
		text += fmt.Sprintf("\nWhat was there before is in %s; remove it when you are sure.", r.Aside)
	}
	var notes strings.Builder
	for _, sum := range m.Missing {
		fmt.Fprintf(&notes, "\nnote: the attachment with the sum %s was lost before the backup was made", sum)
	}
	for _, name := range masters {
		fmt.Fprintf(&notes, "\nnote: signing keys in it are wrapped by the master key %s, which no backup holds: set auth.master_key, or run \"parley keys rotate --revoke\"", name)
	}
	for _, f := range r.Faults {
		notes.WriteString("\nfault: " + f)
	}
	return c.say(out, text+notes.String())
}

// tryStart opens the store as a server would, upgrades it if need be, checks it
// and closes it. masters name the master keys that wrap its signing keys. The folder of
// attachments is marked as that of instance, which it sets.
func (d dataFolder) tryStart(ctx context.Context, log *slog.Logger, backups string, instance *store.ID, p backup.Progress) (faults, masters []string, err error) {
	s, err := d.open(ctx, log, opening{restoring: true, backups: backups})
	if err != nil {
		return nil, nil, err
	}
	r, err := s.checkAll(ctx, p)
	if err == nil && len(r.Derived) > 0 {
		_, err = s.rebuild(ctx, p)
	}
	if err == nil {
		masters, err = backup.MasterKeys(ctx, s.Store)
	}
	if err == nil {
		*instance, err = s.Instance(ctx)
	}
	if err == nil {
		err = backup.Mark(s.blobs.Folder(), *instance)
	}
	if err = errors.Join(err, s.Close()); err != nil {
		return nil, nil, err
	}
	return r.Findings, masters, nil
}
