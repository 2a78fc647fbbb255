package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/parley-app/parley/store/backup"
	"github.com/parley-app/parley/store/disk"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// compactResult is what `parley compact` did.
type compactResult struct {
	Before int64  `json:"bytes_before"`
	After  int64  `json:"bytes_after"`
	Kept   string `json:"kept"` // the file as it was
}

func (c *cli) compactCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "compact",
		Short: "Write the store anew without the room that deleted things left in its file",
		Long: `Writes the store into a new file, proves that the new one holds the same, and puts it in the old
one's place. The old file is kept as parley.db.before-compact until the server has started again
and was not killed before. The server must be stopped.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := c.load(cmd)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd)
			defer stop()
			d := dataFolder(l.Data)
			if err := noServer(ctx, d, "its file cannot be written anew while it is in use"); err != nil {
				return err
			}
			b := newBar(c.stderr)
			defer b.end()
			r, err := d.compact(ctx, c.quietLog(), b)
			b.end()
			if err != nil {
				return err
			}
			return c.say(r, fmt.Sprintf("%s became %s. The file as it was is %s until the next start.", backup.Bytes(r.Before), backup.Bytes(r.After), r.Kept))
		},
	}
}

// beforeCompact is the file as it was before it was compacted.
func (d dataFolder) beforeCompact() string { return d.database() + ".before-compact" }

func (d dataFolder) compact(ctx context.Context, log *slog.Logger, b *bar) (r *compactResult, err error) {
	if err := d.exists(log); err != nil {
		return nil, err
	}
	if err := d.prove(ctx, log, b.tell); err != nil {
		return nil, err
	}
	e, err := d.openEngine(ctx, log)
	if err != nil {
		return nil, err
	}
	// Until it is closed nobody else gets at the old file, or at the new one under
	// its name.
	defer func() { err = errors.Join(err, e.Close()) }()
	before, err := os.Stat(d.database())
	if err == nil {
		err = backup.Room(string(d), before.Size(), 0)
	}
	if err != nil {
		return nil, err
	}
	path := d.temp("compact")
	defer os.Remove(path)
	if err := e.CompactTo(ctx, path, func(n int64) { b.tell("compacting", n, 0) }); err != nil {
		return nil, advised(err)
	}
	if err := proveSame(ctx, e, path, b); err != nil {
		return nil, err
	}
	after, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return &compactResult{before.Size(), after.Size(), d.beforeCompact()}, d.replace(path)
}

// replace puts the file at path into the store's place, which is never empty, and
// keeps the old one.
func (d dataFolder) replace(path string) error {
	if err := os.Remove(d.beforeCompact()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Link(d.database(), d.beforeCompact()); err != nil {
		return fmt.Errorf("the old file cannot be kept: %w", err)
	}
	return disk.Rename(path, d.database())
}

// proveSame compares what an engine holds with what the file at path does, space
// by space.
func proveSame(ctx context.Context, e *bolt.Engine, path string, b *bar) error {
	other, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return err
	}
	err = sameSpaces(ctx, e, other, b)
	return errors.Join(err, other.Close())
}

func sameSpaces(ctx context.Context, a, b *bolt.Engine, bar *bar) error {
	spaces, err := a.Spaces(ctx)
	if err != nil {
		return err
	}
	n := int64(0)
	count := func(entries int) { n += int64(entries); bar.tell("comparing", n, 0) }
	for _, space := range spaces {
		x, err := kv.SumOf(ctx, a, space, count)
		if err != nil {
			return err
		}
		y, err := kv.SumOf(ctx, b, space, count)
		if err != nil {
			return err
		}
		if x != y {
			return fmt.Errorf("space %s: %d entries became %d, or others: the new file was not used", space, x.Entries, y.Entries)
		}
	}
	return nil
}
