package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// killedStore makes the data folder of a server that was killed with a log of some
// records, and returns it with a message that was acknowledged early and one late.
func killedStore(t *testing.T) (data string) {
	t.Helper()
	dir := t.TempDir()
	l := testConfig(t, flag{"data", filepath.Join(dir, "live"), ""}, flag{"backup.every", "0", ""}, flag{"disk.reserve", "0", ""})
	s, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.stop(time.Second); err != nil {
			t.Error(err)
		}
	}()
	c := signedUp(t, s)
	project := c.project("early")
	for range 5 {
		c.thread(project, "a thread")
	}
	c.must(http.StatusCreated, "POST", "/projects", map[string]any{"name": "late"})
	// A crash leaves the files of one moment: a copy is one only if no job has written
	// meanwhile.
	for n := range 20 {
		data = filepath.Join(dir, "killed", strconv.Itoa(n))
		if err := os.CopyFS(data, onlyStore{os.DirFS(l.Data)}); err != nil {
			t.Fatal(err)
		}
		if sameFiles(t, data, l.Data) {
			return data
		}
	}
	t.Fatal("the server does not stop writing")
	return ""
}

// sameFiles reports whether the files of a folder are in another one, as they are here.
func sameFiles(t *testing.T, folder, other string) bool {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		a, errA := os.ReadFile(filepath.Join(folder, f.Name()))
		b, errB := os.ReadFile(filepath.Join(other, f.Name()))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if !bytes.Equal(a, b) {
			return false
		}
	}
	return true
}

// A log that is damaged in the middle is named, refused by what would lose it, and
// saved by a repair, which says what is in doubt and puts the store as it was aside.
func TestADamagedLogIsSaved(t *testing.T) {
	for name, tt := range map[string]struct {
		harm func(t *testing.T, data string)
		want string
	}{
		"and the file is sound": {func(*testing.T, string) {}, "taken as it lies"},
		"and so is the file": {func(t *testing.T, data string) {
			changeIn(t, filepath.Join(data, "parley.db"), []byte(`"late"`), []byte(`"lame"`))
		}, "that could be read were applied"},
	} {
		t.Run(name, func(t *testing.T) {
			data := killedStore(t)
			wal := filepath.Join(data, "parley.db.wal")
			log, err := os.ReadFile(wal)
			if err != nil {
				t.Fatal(err)
			}
			log[3*4096+60] ^= 1 // in the second record
			write(t, wal, string(log))
			tt.harm(t, data)
			for _, args := range [][]string{{"check"}, {"compact"}, {"backup", filepath.Join(t.TempDir(), "x.tar")}, {"serve", "--listen", "127.0.0.1:0"}} {
				status, said := here(append(args, "--data", data)...)
				if status == exitOK || !strings.Contains(said, "parley.db.wal: bytes") || !strings.Contains(said, "parley check --repair saves") {
					t.Errorf("parley %s: %d, %q", strings.Join(args, " "), status, said)
				}
			}
			status, said := here("check", "--repair", "--data", data)
			if status != exitOK || !strings.Contains(said, tt.want) || !strings.Contains(said, "transactions of the log cannot be read") {
				t.Errorf("check --repair: %d, %q", status, said)
			}
			aside, err := filepath.Glob(filepath.Join(data, "parley.db.before-repair-*.wal"))
			if err != nil || len(aside) != 1 {
				t.Fatalf("the log as it was: %q, %v", aside, err)
			}
			if kept, err := os.ReadFile(aside[0]); err != nil || !bytes.Equal(kept, log) {
				t.Errorf("the log as it was is another one (%v)", err)
			}
			if said := mustRun(t, "check", "--data", data); !strings.Contains(said, "The store is whole.") {
				t.Errorf("then check says %q", said)
			}
			mustRun(t, "user", "list", "--data", data)
		})
	}
}

// The last record of a log that is not whole was perhaps never acknowledged; check says
// that it was dropped, and so does the log of a server.
func TestATornLogIsSaid(t *testing.T) {
	torn := func(t *testing.T) string {
		data := killedStore(t)
		wal := filepath.Join(data, "parley.db.wal")
		log, err := os.ReadFile(wal)
		if err != nil {
			t.Fatal(err)
		}
		log[bytes.LastIndex(log, []byte("PWLr"))+60] ^= 1
		write(t, wal, string(log))
		return data
	}
	if said := mustRun(t, "check", "--data", torn(t)); !strings.Contains(said, "note: the last record of the log is torn") || !strings.Contains(said, "bytes were dropped") ||
		!strings.Contains(said, "note: the file held one transaction more") {
		t.Errorf("check says %q", said)
	}
	var b logBook
	l := testConfig(t, flag{"data", torn(t), ""}, flag{"backup.every", "0", ""}, flag{"disk.reserve", "0", ""})
	s, err := start(t.Context(), l, slog.New(slog.NewTextHandler(&b, nil)))
	if err != nil {
		t.Fatal(err)
	}
	said := mustRun(t, "check", "--data", l.Data)
	if err := s.stop(time.Second); err != nil {
		t.Error(err)
	}
	if !strings.Contains(b.String(), "the last record of the log is torn") || !strings.Contains(said, "note: the last record of the log is torn") {
		t.Errorf("the server logs %q, check says %q", b.String(), said)
	}
}

// changeIn replaces every occurrence of old in a file.
func changeIn(t *testing.T, path string, old, changed []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, old) {
		t.Fatalf("%s has no %q", path, old)
	}
	write(t, path, string(bytes.ReplaceAll(b, old, changed)))
}
