package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-app/parley/store/backup"
	"github.com/parley-app/parley/store/blob"
	"github.com/parley-app/parley/store/disk"
	"github.com/parley-app/parley/store/kv/bolt"
)

// backupResult is what `parley backup` made, or looked at.
type backupResult struct {
	Path        string    `json:"path"`
	OK          bool      `json:"ok"`
	Size        int64     `json:"size"`
	MadeAt      time.Time `json:"made_at,omitzero"`
	Program     string    `json:"program,omitempty"`
	DataVersion int       `json:"data_version,omitempty"`
	Attachments int       `json:"attachments"`
	MasterKeys  []string  `json:"master_keys"` // that wrap the signing keys in it, and are not in it
	Findings    []string  `json:"findings"`
	Derived     []string  `json:"derived"` // faults in data that a restore makes again
}

func (c *cli) backupCommand() *cobra.Command {
	var verify bool
	cmd := &cobra.Command{
		Use:   "backup [FILE]",
		Short: "Back up the whole instance to one file and verify it",
		Long: `Makes a backup of the store and all attachments in FILE, or in the folder of backups
(backup.folder; the running server's, if one runs) if none is named. It works while the server runs
or not. The file is read again, its store opened and checked, before it gets its name. It holds
password hashes and keys: store it securely.

With FILE - the backup is written to the standard output, for a pipe to another machine. What is
written is checked for completeness, and the exit status says whether all of it was; the store in
it is not opened. Verify the file where it arrives: parley backup --verify FILE

With --verify it makes nothing and verifies that FILE is good.`,
		Args: maybeArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			path := ""
			if len(args) > 0 {
				path = args[0]
			}
			if verify && (path == "" || path == stdoutName) {
				c.understood = false
				return errors.New("--verify needs FILE")
			}
			ctx, stop := interruptible(cmd)
			defer stop()
			if verify {
				return c.verifyBackup(ctx, path)
			}
			l, err := c.load(cmd)
			if err != nil {
				return err
			}
			if path == stdoutName {
				return c.backupToStdout(ctx, l)
			}
			return c.backup(ctx, l, path)
		},
	}
	cmd.Flags().BoolVar(&verify, "verify", false, "verify that FILE is good, and make nothing")
	return cmd
}

func (c *cli) backup(ctx context.Context, l *Loaded, path string) error {
	d := dataFolder(l.Data)
	if path == "" {
		folder, err := c.backupFolder(ctx, l)
		if err != nil {
			return err
		}
		if err := disk.MkdirAll(folder, 0o700); err != nil {
			return fmt.Errorf("cannot create the folder of backups (backup.folder): %w", err)
		}
		path = filepath.Join(folder, backup.Name(time.Now()))
	}
	if err := folderExists(path); err != nil {
		return err
	}
	b := newBar(c.stderr)
	defer b.end()
	write, done, err := c.backupFrom(ctx, d, path, b)
	if err != nil {
		return err
	}
	r, err := backup.Create(ctx, path, write, b.tell)
	b.end()
	return c.sayBackup(path, r, errors.Join(err, done()))
}

// backupFolder returns the folder of backups of the running server, or else of the
// command's own settings. One that is set with --set wins.
func (c *cli) backupFolder(ctx context.Context, l *Loaded) (string, error) {
	r, err := c.running(ctx, l, false)
	if err != nil || r == nil {
		return l.backupFolder(), err
	}
	return r.BackupFolder, nil
}

// folderExists returns an error that names the folder of path if it is missing.
func folderExists(path string) error {
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the folder %s does not exist", absolute(folder))
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder", absolute(folder))
	}
	return nil
}

// backupFrom returns what writes a backup: the running server, or the store alone.
// done gives the store back.
func (c *cli) backupFrom(ctx context.Context, d dataFolder, path string, b *bar) (write func(context.Context, io.Writer) error, done func() error, err error) {
	resp, err := dial(ctx, d, http.MethodPost, "backup", nil) //nolint:bodyclose // done closes it
	if err == nil {
		size, _ := strconv.ParseInt(resp.Header.Get(sizeHeader), 10, 64)
		if err := roomFor(path, size); path != stdoutName && err != nil {
			return nil, nil, errors.Join(err, resp.Body.Close())
		}
		return func(_ context.Context, w io.Writer) error { return receiveBackup(resp, w, size, b) }, resp.Body.Close, nil
	}
	if !errors.Is(err, errNoServer) {
		return nil, nil, err
	}
	if err := d.exists(c.quietLog()); err != nil {
		return nil, nil, err
	}
	near := filepath.Dir(path) // for a copy of a store that cannot be written
	if path == stdoutName {
		near = os.TempDir()
	}
	at, clean, err := d.writable(ctx, near, b.tell)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			clean()
		}
	}()
	e, err := at.openEngine(ctx, c.quietLog())
	if err != nil {
		return nil, nil, err
	}
	src := sourceOf(e, blob.New(d.path(backup.Blobs)))
	size, err := src.Size(ctx)
	if err == nil && path != stdoutName {
		err = roomFor(path, size)
	}
	if err != nil {
		return nil, nil, errors.Join(err, e.Close())
	}
	return func(ctx context.Context, w io.Writer) error {
		_, err := backup.Write(ctx, w, src, b.tell)
		return err
	}, func() error { defer clean(); return e.Close() }, nil
}

// roomFor proves that there is room for a backup at path, and for the store once
// more, which is taken out of it to be checked.
func roomFor(path string, size int64) error { return backup.Room(filepath.Dir(path), 2*size, 0) }

func sourceOf(e *bolt.Engine, b *blob.Store) backup.Source {
	s := backup.Source{Engine: e, Blobs: b, Program: version}
	s.Now = time.Now
	return s
}

const (
	sizeHeader  = "Parley-Size"  // about how many bytes will come
	errorHeader = "Parley-Error" // a trailer: why no more came
)

// sendPatience is how long the server waits for a reader of a backup that does not
// read: meanwhile the store cannot reuse the pages that it frees.
const sendPatience = 30 * time.Second

// sendBackup writes a backup as the answer to a request: who asks has the file
// where they want it, as their own user, wherever the server may write.
func (h house) sendBackup(w http.ResponseWriter, r *http.Request) {
	src := h.source()
	if r.URL.Query().Get("blobs") == "0" {
		src.Blobs = nil
	}
	size, err := src.Size(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Trailer", errorHeader)
	w.Header().Set(sizeHeader, strconv.FormatInt(size, 10))
	if _, err = backup.Write(r.Context(), impatient{w}, src, nil); err != nil {
		w.Header().Set(errorHeader, fmt.Sprintf("%q", err.Error()))
	}
}

// An impatient writer gives up on a reader that does not read.
type impatient struct{ http.ResponseWriter }

func (i impatient) Write(p []byte) (int, error) {
	if err := http.NewResponseController(i.ResponseWriter).SetWriteDeadline(time.Now().Add(sendPatience)); err != nil {
		return 0, err
	}
	return i.ResponseWriter.Write(p)
}

// receiveBackup copies what sendBackup sends.
func receiveBackup(resp *http.Response, w io.Writer, size int64, b *bar) error {
	if resp.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
		return errors.Join(fmt.Errorf("the server answers %d: %s", resp.StatusCode, text), err)
	}
	_, err := io.Copy(w, io.TeeReader(resp.Body, &counter{b: b, total: size}))
	if why, e := strconv.Unquote(resp.Trailer.Get(errorHeader)); e == nil {
		return fmt.Errorf("the server could not finish the backup: %s", why)
	}
	if err != nil {
		return fmt.Errorf("the server stopped sending: %w", err)
	}
	return nil
}

// A counter tells a bar how much has passed.
type counter struct {
	b           *bar
	done, total int64
}

func (c *counter) Write(p []byte) (int, error) {
	c.done += int64(len(p))
	c.b.tell("copying", min(c.done, c.total), c.total)
	return len(p), nil
}

func (c *cli) verifyBackup(ctx context.Context, path string) error {
	b := newBar(c.stderr)
	defer b.end()
	r, err := backup.Verify(ctx, path, os.TempDir(), b.tell)
	b.end()
	if err == nil && !r.Good() {
		err = &backup.BadError{Path: path, Report: r}
	}
	return c.sayBackup(path, r, err)
}

// sayBackup prints what was made at path, or why it is not good.
func (c *cli) sayBackup(path string, r *backup.Report, err error) error {
	if bad, ok := errors.AsType[*backup.BadError](err); ok {
		path = bad.Path
	} else if err != nil {
		return err
	}
	out := backupResult{Path: path, OK: r.Good(), Findings: append(append([]string{}, r.Damage...), r.Faults...), MasterKeys: append([]string{}, r.MasterKeys...), Derived: append([]string{}, r.Derived...)}
	if info, err := os.Stat(path); err == nil {
		out.Size = info.Size()
	}
	if m := r.Manifest; m != nil {
		out.MadeAt, out.Program, out.DataVersion, out.Attachments = m.MadeAt, m.Program, m.DataVersion, len(m.Members)-1
	}
	if err != nil && !c.json {
		return err
	}
	text := fmt.Sprintf("%s is good: %s, made %s by Parley %s.", path, backup.Bytes(out.Size), out.MadeAt.Format("2006-01-02 15:04:05 UTC"), out.Program)
	return errors.Join(c.say(out, text+masterKeysText(r.MasterKeys)), err)
}

// masterKeysText says what a backup is worth without what is kept beside it.
func masterKeysText(names []string) string {
	if len(names) == 0 {
		return "\nIt contains everything needed to restore, including signing keys and password hashes. Store it securely."
	}
	return fmt.Sprintf("\nIts signing keys are wrapped by the master key %s, which is not in it: keep that apart. "+
		"A restore without it loses no data; see \"parley keys rotate --help\".", strings.Join(names, ", "))
}
