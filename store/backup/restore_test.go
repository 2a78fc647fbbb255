package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/blob"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// starting opens the store in folder and checks it, as a server does.
func starting(folder string) func(context.Context) ([]string, error) {
	return func(ctx context.Context) (faults []string, err error) {
		e, err := bolt.Open(filepath.Join(folder, Database), bolt.Options{LockTimeout: 100 * time.Millisecond})
		if err != nil {
			return nil, err
		}
		s, err := store.Open(ctx, e, store.Options{})
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		defer func() { err = errors.Join(err, s.Close()) }()
		faults, err = s.Check(ctx)
		if err != nil {
			return nil, err
		}
		more, _, err := CheckBlobs(ctx, s, blob.New(filepath.Join(folder, Blobs)), nil)
		return append(faults, more...), err
	}
}

func restoring(folder string) Restoring {
	return Restoring{Start: starting(folder), Now: func() time.Time { return noon }}
}

// saved makes a backup of an instance that ann uses, with two attachments.
func saved(t *testing.T) string {
	t.Helper()
	i := begin(t, t.TempDir())
	i.fill(t, "ann", "one", "two")
	path := filepath.Join(t.TempDir(), "b.tar")
	i.create(t, path)
	return path
}

// inUse makes a data folder that bob uses, and returns what is in it.
func inUse(t *testing.T) (folder string, content []string) {
	t.Helper()
	folder = t.TempDir()
	i := begin(t, folder)
	i.fill(t, "bob", "three")
	i.close(t)
	if err := os.WriteFile(filepath.Join(folder, Database+".before-v1"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "backups"), 0o700); err != nil {
		t.Fatal(err)
	}
	return folder, tree(t, folder)
}

// tree is every file below folder with its bytes' sum, without the mark of who
// has it open.
func tree(t *testing.T, folder string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		files = append(files, name+" "+sumOf(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func usersIn(t *testing.T, folder string) []string {
	t.Helper()
	i := begin(t, folder)
	defer i.close(t)
	if faults, _, err := CheckBlobs(t.Context(), i.store, i.blobs, nil); err != nil || len(faults) > 0 {
		t.Errorf("blobs: %q, %v", faults, err)
	}
	return i.users(t)
}

func TestRestoreOverAnInstance(t *testing.T) {
	path := saved(t)
	folder, before := inUse(t)
	must(t, os.MkdirAll(filepath.Join(folder, stagingPrefix+"x", Blobs), 0o700)) // of one that was killed
	r, err := Restore(t.Context(), path, folder, restoring(folder))
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Base(r.Aside) != "before-restore-20261122T120000Z" || r.Manifest.Program != "v1.2.3" || len(r.Faults) > 0 {
		t.Errorf("restored %+v", r)
	}
	if diff := cmp.Diff([]string{"backups", filepath.Base(r.Aside), Blobs, Database}, ls(t, folder)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, tree(t, r.Aside)); diff != "" {
		t.Errorf("what was there before (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ann"}, usersIn(t, folder)); diff != "" {
		t.Error(diff)
	}
	// A second time on the same second takes another folder aside.
	again, err := Restore(t.Context(), path, folder, restoring(folder))
	if err != nil || again.Aside != r.Aside+"-2" {
		t.Errorf("%+v, %v", again, err)
	}
}

// The log of a store whose process was killed goes where the store goes, and back.
func TestRestoreOverAnInstanceThatWasKilled(t *testing.T) {
	t.Setenv("PARLEY_STORE_WAL", "true")
	path, folder := saved(t), t.TempDir()
	i := begin(t, t.TempDir())
	i.fill(t, "bob", "three")
	must(t, os.CopyFS(folder, os.DirFS(i.folder)))
	must(t, os.Remove(filepath.Join(folder, Database+".pid")))
	before := tree(t, folder)
	if diff := cmp.Diff([]string{Blobs, Database, bolt.WAL(Database)}, ls(t, folder)); diff != "" {
		t.Fatal(diff)
	}
	o := restoring(folder)
	o.Start = func(context.Context) ([]string, error) { return nil, errors.New("it does not start") }
	if _, err := Restore(t.Context(), path, folder, o); err == nil {
		t.Error("a store that does not start was restored")
	}
	if diff := cmp.Diff(before, tree(t, folder)); diff != "" {
		t.Errorf("after going back (-want +got):\n%s", diff)
	}
	r, err := Restore(t.Context(), path, folder, restoring(folder))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, tree(t, r.Aside)); diff != "" {
		t.Errorf("what was there before (-want +got):\n%s", diff)
	}
	for where, want := range map[string]string{folder: "ann", r.Aside: "bob"} {
		if diff := cmp.Diff([]string{want}, usersIn(t, where)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestRestoreIntoAnEmptyFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "folder")
	r, err := Restore(t.Context(), saved(t), folder, restoring(folder))
	if err != nil || r.Aside != "" {
		t.Fatalf("%+v, %v", r, err)
	}
	if diff := cmp.Diff([]string{Blobs, Database}, ls(t, folder)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ann"}, usersIn(t, folder)); diff != "" {
		t.Error(diff)
	}
}

// Whatever keeps a backup from being restored, what was there stays as it was.
func TestRestoreThatFailsChangesNothing(t *testing.T) {
	refuse := errors.New("the store does not like it")
	for name, tt := range map[string]struct {
		file  func(t *testing.T, path string)
		start func(context.Context) ([]string, error)
		want  string
	}{
		"no file":         {file: func(t *testing.T, path string) { must(t, os.Remove(path)) }, want: "no such file"},
		"no backup":       {file: func(t *testing.T, path string) { must(t, os.WriteFile(path, make([]byte, 9999), 0o600)) }, want: "is no backup of Parley"},
		"a flipped byte":  {file: func(t *testing.T, path string) { flipFile(t, path, 5000) }, want: "parley.db: its bytes are damaged"},
		"cut off":         {file: func(t *testing.T, path string) { must(t, os.Truncate(path, 20_000)) }, want: "is damaged"},
		"newer":           {file: func(t *testing.T, path string) { madeNewer(t, path) }, want: fmt.Sprintf("has version %d and this program knows version %d", store.DataVersion()+5, store.DataVersion())},
		"pages are wrong": {file: func(t *testing.T, path string) { wrongPages(t, path) }, want: "page 0"},
		"it does not start": {
			start: func(context.Context) ([]string, error) { return nil, refuse }, want: "what was there before is back: " + refuse.Error(),
		},
		"it starts with faults": {
			start: func(context.Context) ([]string, error) { return []string{"users 1: is odd"}, nil }, want: "users 1: is odd",
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := saved(t)
			folder, before := inUse(t)
			if tt.file != nil {
				tt.file(t, path)
			}
			o := restoring(folder)
			if tt.start != nil {
				o.Start = tt.start
			}
			r, err := Restore(t.Context(), path, folder, o)
			if err == nil || r != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %+v, %v; want %q", r, err, tt.want)
			}
			if diff := cmp.Diff(before, tree(t, folder)); diff != "" {
				t.Errorf("the folder has changed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"bob"}, usersIn(t, folder)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func flipFile(t *testing.T, path string, at int) {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, flipped(b, at), 0o600))
}

// madeNewer makes at path a backup of data that a later release has written.
func madeNewer(t *testing.T, path string) {
	t.Helper()
	i := begin(t, t.TempDir())
	must(t, i.engine.Update(t.Context(), func(tx kv.Tx) error {
		return tx.Put("meta", []byte("version"), fmt.Append(nil, store.DataVersion()+5))
	}))
	f, err := os.Create(path)
	must(t, err)
	must(t, errors.Join(i.write(t.Context(), f), f.Close()))
}

// wrongPages makes at path a backup whose sums fit and whose store is no store.
func wrongPages(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	must(t, err)
	w := newTestWriter(t, f)
	must(t, w.member(Database, 9000, func(w io.Writer) (int64, error) { n, err := w.Write(make([]byte, 9000)); return int64(n), err }))
	must(t, errors.Join(w.finish(), f.Close()))
}

func TestRestoreWhileAServerHasTheStore(t *testing.T) {
	path := saved(t)
	folder := t.TempDir()
	i := begin(t, folder)
	i.fill(t, "bob")
	before := ls(t, folder)
	if _, err := Restore(t.Context(), path, folder, restoring(folder)); !errors.Is(err, bolt.ErrInUse) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, ls(t, folder)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"bob"}, i.users(t)); diff != "" {
		t.Error(diff)
	}
}

// A server that comes while a restore goes on is kept out, and leaves it alone.
func TestRestoreKeepsServersOut(t *testing.T) {
	folder, _ := inUse(t)
	o := restoring(folder)
	start := o.Start
	asked := false
	o.Start = func(ctx context.Context) ([]string, error) {
		asked = true
		if undone, err := Recover(folder); undone || !errors.Is(err, bolt.ErrInUse) {
			t.Errorf("a server that starts gets %v, %v", undone, err)
		}
		return start(ctx)
	}
	if _, err := Restore(t.Context(), saved(t), folder, o); err != nil || !asked {
		t.Fatal(asked, err)
	}
	if undone, err := Recover(folder); undone || err != nil {
		t.Errorf("afterwards: %v, %v", undone, err)
	}
	if diff := cmp.Diff([]string{"ann"}, usersIn(t, folder)); diff != "" {
		t.Error(diff)
	}
}

// A restore that is killed at any step is undone by whoever opens the folder next.
func TestRestoreThatIsCutOff(t *testing.T) {
	for step := range 8 {
		t.Run(fmt.Sprint("after step ", step), func(t *testing.T) {
			path := saved(t)
			folder, before := inUse(t)
			had := ls(t, folder)
			x := &exchange{folder: folder, Aside: "before-restore-x", Staging: "restore-x"}
			m, err := restoring(folder).admit(t.Context(), path, folder)
			must(t, err)
			must(t, restoring(folder).unpack(t.Context(), path, m, filepath.Join(folder, x.Staging)))
			must(t, x.note())
			// The steps of swap, one by one, then a half-way undo.
			steps := []func() error{
				func() error { return os.Mkdir(x.path(x.Aside), 0o700) },
				func() error { return os.Rename(x.path(Database), x.path(x.Aside, Database)) },
				func() error { return os.Rename(x.path(Database+".before-v1"), x.path(x.Aside, Database+".before-v1")) },
				func() error { return os.Rename(x.path(Blobs), x.path(x.Aside, Blobs)) },
				func() error { return os.Rename(x.path(x.Staging, Database), x.path(Database)) },
				func() error { return os.Rename(x.path(x.Staging, Blobs), x.path(Blobs)) },
				func() error { return os.Rename(x.path(Database), x.path(x.Staging, Database)) },
			}
			for _, do := range steps[:min(step, len(steps))] {
				must(t, do())
			}
			must(t, x.unlock()) // as the death of its process does
			undone, err := Recover(folder)
			if !undone || err != nil {
				t.Fatalf("recover: %v, %v", undone, err)
			}
			if diff := cmp.Diff(before, tree(t, folder)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(had, ls(t, folder)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{"bob"}, usersIn(t, folder)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRecoverFromAJournalThatCannotBeRead(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "cut off": `{"had":["par`, "elsewhere": `{"aside":"../x","staging":"y"}`} {
		t.Run(name, func(t *testing.T) {
			folder, before := inUse(t)
			must(t, os.WriteFile(filepath.Join(folder, journal), []byte(text), 0o600))
			if undone, err := Recover(folder); undone || err == nil || !strings.Contains(err.Error(), "by hand") {
				t.Errorf("%v, %v", undone, err)
			}
			must(t, os.Remove(filepath.Join(folder, journal)))
			if diff := cmp.Diff(before, tree(t, folder)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRestoreOfADamagedStore(t *testing.T) {
	i := begin(t, t.TempDir())
	i.fill(t, "ann", "one", "two")
	flipRecord(t, i.engine, "messages")
	flipBlob(t, i)
	path := filepath.Join(t.TempDir(), "b.tar")
	var bad *BadError
	if _, err := Create(t.Context(), path, i.write, nil); !errors.As(err, &bad) {
		t.Fatal(err)
	}
	folder, before := inUse(t)
	o := restoring(folder)
	if r, err := Restore(t.Context(), bad.Path, folder, o); err == nil {
		t.Errorf("accepted: %+v", r)
	}
	if diff := cmp.Diff(before, tree(t, folder)); diff != "" {
		t.Error(diff)
	}
	o.Damaged = true
	r, err := Restore(t.Context(), bad.Path, folder, o)
	if err != nil || len(r.Faults) == 0 || len(r.Manifest.Missing) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	// The attachment that was lost before is told by the manifest, not as a fault.
	if slices.ContainsFunc(r.Faults, func(f string) bool { return strings.Contains(f, r.Manifest.Missing[0]) }) {
		t.Errorf("faults %q", r.Faults)
	}
}

func TestRoom(t *testing.T) {
	d := t.TempDir()
	if err := Room(d, 1, 1); err != nil {
		t.Error(err)
	}
	if err := Room(d, 1<<60, 0); err == nil || !strings.Contains(err.Error(), "1.0 EiB") {
		t.Errorf("got %v", err)
	}
}
