package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/disk"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// copyResult is what `parley copy` did.
type copyResult struct {
	To     string              `json:"to"`
	Spaces map[kv.Space]kv.Sum `json:"spaces"`
}

func (c *cli) copyCommand() *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "copy --to URL",
		Short: "Copy the store, entry by entry, into another engine",
		Long: `Copies every entry of the store into a new one, such as bolt:/srv/new/parley.db, and proves by
counts and sums that it holds the same. Attachments are files in the folder blobs and are not
copied. The server must be stopped.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := boltURL(to)
			if err != nil {
				c.understood = false
				return err
			}
			l, err := c.load(cmd)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd)
			defer stop()
			d := dataFolder(l.Data)
			if err := noServer(ctx, d, "what it writes meanwhile would be missing in the copy"); err != nil {
				return err
			}
			b := newBar(c.stderr)
			defer b.end()
			r, err := d.copyTo(ctx, c.quietLog(), path, b)
			b.end()
			if err != nil {
				return err
			}
			return c.say(r, r.text())
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "where to, such as bolt:/srv/new/parley.db")
	return cmd
}

// boltURL returns the path that a URL of the embedded engine names.
func boltURL(url string) (string, error) {
	scheme, path, ok := strings.Cut(url, ":")
	switch {
	case url == "":
		return "", errors.New("missing --to, such as --to bolt:/srv/new/parley.db")
	case !ok || scheme != "bolt":
		return "", fmt.Errorf("--to %s: this release copies to bolt: only, such as bolt:/srv/new/parley.db", url)
	}
	if path = strings.TrimPrefix(path, "//"); path == "" {
		return "", fmt.Errorf("--to %s: names no file", url)
	}
	return path, nil
}

func (d dataFolder) copyTo(ctx context.Context, log *slog.Logger, path string, b *bar) (r *copyResult, err error) {
	if err := d.exists(log); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	if err := folderExists(path); err != nil {
		return nil, err
	}
	if err := d.prove(ctx, log, b.tell); err != nil {
		return nil, err
	}
	src, err := d.openEngine(ctx, log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	partial := path + ".partial"
	if err := bolt.Remove(partial); err != nil {
		return nil, err
	}
	dst, err := bolt.Open(partial, bolt.Options{AppendOrdered: store.AppendOrdered()})
	if err != nil {
		return nil, err
	}
	defer func() { _ = bolt.Remove(partial) }()
	r, err = copySpaces(ctx, dst, src, b)
	if err = errors.Join(err, dst.Close()); err != nil {
		return nil, err
	}
	if faults, err := bolt.CheckFile(ctx, partial); err != nil || len(faults) > 0 {
		return nil, errors.Join(err, fmt.Errorf("the copy has faults: %q", faults))
	}
	r.To = path
	return r, disk.Rename(partial, path)
}

// copySpaces copies every space and reads it back.
func copySpaces(ctx context.Context, dst, src *bolt.Engine, b *bar) (*copyResult, error) {
	r, total := &copyResult{Spaces: map[kv.Space]kv.Sum{}}, int64(0)
	err := src.Snapshot(ctx, func(s *bolt.Snapshot) error {
		spaces, err := s.Spaces()
		for _, space := range spaces {
			n := s.Count(space)
			r.Spaces[space], total = kv.Sum{Entries: n}, total+2*int64(n)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	done := int64(0)
	count := func(entries int) {
		done += int64(entries)
		b.percent("copying and comparing", done, total)
	}
	for space := range r.Spaces {
		read, err := kv.Copy(ctx, dst, src, space, count)
		if err != nil {
			return nil, err
		}
		written, err := kv.SumOf(ctx, dst, space, count)
		if err != nil {
			return nil, err
		}
		if read != written {
			return nil, fmt.Errorf("space %s: %d entries were read and %d are there, or others", space, read.Entries, written.Entries)
		}
		r.Spaces[space] = written
	}
	return r, nil
}

func (r *copyResult) text() string {
	entries := 0
	for _, s := range r.Spaces {
		entries += s.Entries
	}
	return fmt.Sprintf("%s holds the same %d entries in %d spaces.", r.To, entries, len(r.Spaces))
}
