package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/term"

	"github.com/parley-app/parley/store/backup"
)

// stdoutName stands for the standard output instead of a file.
const stdoutName = "-"

// backupToStdout writes a backup to the standard output and verifies what passes.
// The result is printed to the standard error.
func (c *cli) backupToStdout(ctx context.Context, l *Loaded) error {
	if f, ok := c.stdout.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		c.understood = false
		return errors.New("the standard output is a terminal: redirect it to a file or a pipe")
	}
	b := newBar(c.stderr)
	defer b.end()
	write, done, err := c.backupFrom(ctx, dataFolder(l.Data), stdoutName, b)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(c.stdout, 1<<20)
	stream := backup.NewStream(buffered)
	err = write(ctx, stream)
	b.end()
	if err == nil {
		err = errors.Join(stream.Verify(), buffered.Flush())
	}
	if err = errors.Join(err, done()); err != nil {
		return fmt.Errorf("the backup on the standard output is incomplete, do not keep it: %w", err)
	}
	fmt.Fprintf(c.stderr, "Wrote a complete backup of %s to the standard output. Verify it where it arrives: parley backup --verify FILE\n", backup.Bytes(stream.Size()))
	return nil
}
