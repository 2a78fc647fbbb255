package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/parley-app/parley/store/backup"
)

// sweepResult is what `parley sweep` found, and with --confirm did.
type sweepResult struct {
	Orphans int   `json:"orphans"` // files that belong to no attachment
	Bytes   int64 `json:"bytes"`
	Files   int   `json:"files"` // in all
	Moved   bool  `json:"moved"` // to the trash
	Purged  int   `json:"purged"`
}

func (c *cli) sweepCommand() *cobra.Command {
	var confirmed bool
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "Find files in the folder of attachments that belong to none",
		Long: `Counts the files in the folder "blobs" that belong to no attachment of the store, while the
server runs or not. The server moves such files to blobs/trash by itself, unless they are more than
a tenth of all: then parley.db may be the wrong one, and it leaves them alone.

With --confirm they are moved to the trash, however many they are. They stay there for seven days,
and one that turns out to be needed comes back by itself.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := c.load(cmd)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd)
			defer stop()
			name := "sweep-look"
			if confirmed {
				name = "sweep"
			}
			var r sweepResult
			if err := c.runErrand(ctx, l, name, &r); err != nil {
				return err
			}
			return c.say(r, r.text())
		},
	}
	cmd.Flags().BoolVar(&confirmed, "confirm", false, "move them to the trash, however many they are")
	return cmd
}

func (r sweepResult) text() string {
	switch {
	case r.Orphans == 0:
		return fmt.Sprintf("Each of %d files belongs to an attachment, or came less than an hour ago.", r.Files)
	case r.Moved:
		return fmt.Sprintf("%d of %d files (%s) were moved to the trash, where they stay for seven days.", r.Orphans, r.Files, backup.Bytes(r.Bytes))
	default:
		return fmt.Sprintf("%d of %d files (%s) belong to no attachment. If parley.db is the right one, move them to the trash with: parley sweep --confirm",
			r.Orphans, r.Files, backup.Bytes(r.Bytes))
	}
}

// sweepHouse counts the files that belong to no attachment, and moves them to the trash if
// that is confirmed.
func sweepHouse(confirmed bool) func(context.Context, house, backup.Progress) (any, error) {
	return func(ctx context.Context, h house, _ backup.Progress) (any, error) {
		d, err := h.api.DiscardBlobs(ctx, h.blobs, confirmed)
		if err != nil {
			return nil, err
		}
		if confirmed && !d.Moved {
			return nil, errors.New("a backup or a check is reading the files: try again when it has ended")
		}
		return sweepResult{Orphans: d.Orphans, Bytes: d.Size, Files: d.All, Moved: d.Moved, Purged: d.Purged}, nil
	}
}
