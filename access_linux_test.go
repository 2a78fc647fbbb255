package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// storesToRead makes two data folders in dir, each with a project: one that was closed
// and one whose process was killed.
func storesToRead(t *testing.T, dir string) (closed, killed string) {
	t.Helper()
	closed, killed = filepath.Join(dir, "closed"), filepath.Join(dir, "killed")
	l := testConfig(t, flag{"data", closed, ""}, flag{"backup.every", "0", ""}, flag{"disk.reserve", "0", ""})
	s, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c := signedUp(t, s)
	c.must(http.StatusCreated, "POST", "/threads", map[string]any{"project_id": c.project("p"), "title": "kept"})
	if err := os.CopyFS(killed, onlyStore{os.DirFS(closed)}); err != nil {
		t.Fatal(err)
	}
	if err := s.stop(time.Second); err != nil {
		t.Fatal(err)
	}
	return closed, killed
}

// onlyStore is the store of a data folder and its log.
type onlyStore struct{ fs.FS }

func (o onlyStore) Open(name string) (fs.File, error) { return o.FS.Open(name) }

func (o onlyStore) ReadDir(name string) (list []fs.DirEntry, err error) {
	all, err := fs.ReadDir(o.FS, name)
	for _, e := range all {
		if e.Name() == "parley.db" || e.Name() == "parley.db.wal" {
			list = append(list, e)
		}
	}
	return list, err
}

// On a disk that is read-only a store is looked at and backed up all the same, also one
// with a log that was not taken up. What has to write says what to do, and sends nobody
// to restore a backup.
func TestAReadOnlyDisk(t *testing.T) {
	disk := smallDisk(t, "32m")
	closed, killed := storesToRead(t, disk)
	if _, err := os.Stat(filepath.Join(killed, "parley.db.wal")); err != nil {
		t.Fatal(err)
	}
	if out, err := asRoot("mount", "-o", "remount,ro", disk).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, data := range map[string]string{"closed": closed, "killed": killed} {
		t.Run(name, func(t *testing.T) {
			if said := mustRun(t, "check", "--data", data); !strings.Contains(said, "The store is whole.") {
				t.Errorf("check says %q", said)
			}
			file := filepath.Join(t.TempDir(), "backup.tar")
			mustRun(t, "backup", file, "--data", data)
			mustRun(t, "backup", "--verify", file)
			left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*"))
			if err != nil || len(left) != 1 {
				t.Errorf("beside the backup lies %q", left)
			}
			restored := filepath.Join(t.TempDir(), "data")
			mustRun(t, "restore", file, "--data", restored)
			for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"compact"}, {"check", "--repair"}, {"backup"}, {"keys", "rotate"}, {"migrate"}} {
				status, said := here(append(args, "--data", data)...)
				if status == exitOK || !strings.Contains(said, "is read-only, here or for this service") || strings.Contains(said, "restore") || strings.Contains(said, "damaged") {
					t.Errorf("parley %s: status %d, %q", strings.Join(args, " "), status, said)
				}
			}
		})
	}
}

// Where rights are missing, the message names who Parley runs as, whose the file is and
// what to do, and says nothing of damage.
func TestADataFolderOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to be two users")
	}
	dir, err := os.MkdirTemp("", "parley-access-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	closed, killed := storesToRead(t, dir)
	program := filepath.Join(dir, "parley")
	b, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = errors.Join(os.WriteFile(program, b, 0o755), os.Chmod(dir, 0o777), os.Chmod(closed, 0o700), os.Chmod(killed, 0o755))
	}
	for _, name := range []string{"parley.db", "parley.db.wal"} {
		err = errors.Join(err, os.Chmod(filepath.Join(killed, name), 0o644))
	}
	if err != nil {
		t.Fatal(err)
	}
	asOther := func(args ...string) (ok bool, said string) {
		cmd := programAt(t, program, args...)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.CombinedOutput()
		return err == nil, string(out)
	}
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"check"}, {"compact"}, {"keys", "list"}, {"backup", filepath.Join(dir, "x.tar")}, {"migrate"}} {
		ok, said := asOther(append(args, "--data", closed)...)
		if ok || !strings.Contains(said, "Parley runs as nobody") || !strings.Contains(said, "belongs to root") || !strings.Contains(said, "chown") ||
			strings.Contains(said, "damaged") || strings.Contains(said, "parley restore") {
			t.Errorf("parley %s: %q", strings.Join(args, " "), said)
		}
	}
	// Who may read it may look at it and save it.
	if ok, said := asOther("check", "--data", killed); !ok || !strings.Contains(said, "The store is whole.") {
		t.Errorf("check of what may be read only: %q", said)
	}
	if ok, said := asOther("backup", filepath.Join(dir, "y.tar"), "--data", killed); !ok {
		t.Errorf("backup of what may be read only: %q", said)
	}
	if ok, said := asOther("serve", "--listen", "127.0.0.1:0", "--data", killed); ok || !strings.Contains(said, "chown") || strings.Contains(said, "damaged") {
		t.Errorf("serve of what may be read only: %q", said)
	}
}
