package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/store/backup"
)

func TestWhenABackupIsDue(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	failed := errors.New("no room")
	for name, tt := range map[string]struct {
		every              time.Duration
		began, last, tried time.Duration // before now; last 0 is none
		failed             error
		want               bool
	}{
		"none, just begun":             {every: day, began: time.Minute},
		"none, begun a while ago":      {every: day, began: 11 * time.Minute, want: true},
		"none, and often":              {every: time.Second, began: 2 * time.Second, want: true},
		"a fresh one":                  {every: day, began: time.Hour, last: 23 * time.Hour},
		"an old one, just begun":       {every: day, began: time.Second, last: 25 * time.Hour, want: true},
		"an old one, it just failed":   {every: day, began: time.Hour, last: 25 * time.Hour, tried: time.Minute, failed: failed},
		"it failed some time ago":      {every: day, began: time.Hour, last: 25 * time.Hour, tried: 16 * time.Minute, failed: failed, want: true},
		"none, and it failed just now": {every: day, began: time.Hour, tried: time.Minute, failed: failed},
		"from the future":              {every: day, began: time.Hour, last: -time.Hour},
		"from the far future":          {every: day, began: time.Hour, last: -48 * time.Hour, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			c := &Config{}
			c.Backup.Every = tt.every
			k := &keeper{config: c, began: now.Add(-tt.began), tried: now.Add(-tt.tried), failed: tt.failed}
			if tt.last != 0 {
				k.last = now.Add(-tt.last)
			}
			if got := k.due(now); got != tt.want {
				t.Errorf("due: %v", got)
			}
		})
	}
}

func TestHealthOfBackups(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	c := &Config{}
	c.Backup.Every = time.Hour
	for name, tt := range map[string]struct {
		k      *keeper
		status string
		detail string
	}{
		"none":    {&keeper{}, "ok", "none was made yet"},
		"fresh":   {&keeper{last: now.Add(-time.Minute)}, "ok", "the last one was made at 2026-11-22T11:59:00Z"},
		"overdue": {&keeper{last: now.Add(-3 * time.Hour)}, "degraded", "the last one was made at 2026-11-22T09:00:00Z"},
		"failed":  {&keeper{last: now.Add(-time.Minute), failed: errors.New("x")}, "degraded", "the last try failed, and the log says why; the last one was made at 2026-11-22T11:59:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.k.config = c
			if h := tt.k.backupHealth(now); h.Status != tt.status || h.Detail != tt.detail {
				t.Errorf("got %+v", h)
			}
		})
	}
}

// A backup for which there is no room is not begun, and older ones stay.
func TestABackupWithoutRoom(t *testing.T) {
	l := testConfig(t, flag{"disk.reserve", "4096TiB", ""}, flag{"backup.keep_count", "1", ""})
	s, err := dataFolder(l.Data).open(t.Context(), slog.New(slog.DiscardHandler), opening{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	k := newKeeper(s, &l.Config, slog.New(slog.DiscardHandler))
	if err := k.writeBackup(t.Context(), time.Now()); err == nil || !strings.Contains(err.Error(), "there is not enough room in") {
		t.Errorf("got %v", err)
	}
	if files, err := backup.List(l.backupFolder()); err != nil || len(files) > 0 {
		t.Errorf("there is %v, %v", files, err)
	}
	l.Disk.Reserve = 0
	first := time.Now().Add(-time.Hour)
	for _, at := range []time.Time{first, time.Now()} {
		if err := k.writeBackup(t.Context(), at); err != nil {
			t.Fatal(err)
		}
	}
	files, err := backup.List(l.backupFolder())
	if err != nil || len(files) != 1 || !files[0].At.After(first.Add(time.Minute)) {
		t.Errorf("there is %v, %v", files, err)
	}
	if again := newKeeper(s, &l.Config, slog.New(slog.DiscardHandler)); !again.last.Equal(files[0].At) {
		t.Errorf("after a restart the last one is of %v", again.last)
	}
}

func TestBar(t *testing.T) {
	show := func(terminal bool, do func(b *bar)) string {
		var out bytes.Buffer
		synctest.Test(t, func(*testing.T) {
			b := &bar{w: &out, terminal: terminal, now: time.Now}
			do(b)
			b.end()
		})
		return out.String()
	}
	const half = time.Second / 2
	got := show(true, func(b *bar) {
		b.tell("copying", 0, 200)
		b.tell("copying", 50, 200) // too soon
		time.Sleep(half)
		b.tell("copying", 100, 200)
		time.Sleep(half / 2)
		b.tell("checking", 0, 0)
		time.Sleep(2*time.Second + half) // of which nothing is told
	})
	blank := strings.Repeat(" ", len("copying [..............................]   0 %, 0s")-len("checking, 0s"))
	want := "\rcopying [..............................]   0 %, 0s" +
		"\rcopying [###############...............]  50 %, 1s" +
		"\rchecking, 0s" + blank + "\rchecking, 0s\rchecking, 1s\rchecking, 2s" +
		"\r            \r"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	got = show(false, func(b *bar) {
		for range 25 {
			b.tell("copying", 1<<20, 2<<20)
			time.Sleep(time.Second)
		}
	})
	if diff := cmp.Diff(strings.Repeat("copying: 50 %, 1.0 MiB of 2.0 MiB\n", 2), got); diff != "" {
		t.Errorf("in a log: %s", diff)
	}
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if newBar(f).terminal || newBar(new(bytes.Buffer)).terminal {
		t.Error("a file counts as a terminal")
	}
}

func TestBoltURL(t *testing.T) {
	for url, want := range map[string]string{
		"bolt:/a/b.db": "/a/b.db", "bolt:b.db": "b.db", "bolt:///a/b.db": "/a/b.db",
		"": "", "b.db": "", "bolt:": "", "bolt://": "", "postgres://h/db": "", "/a/b.db": "",
	} {
		got, err := boltURL(url)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", url, got, err)
		}
	}
}

// Backups that are asked for at the same time are all made, each under a name of
// its own, and each is good.
func TestBackupsOnDemand(t *testing.T) {
	l := testConfig(t)
	s, err := dataFolder(l.Data).open(t.Context(), slog.New(slog.DiscardHandler), opening{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	k := newKeeper(s, &l.Config, slog.New(slog.DiscardHandler))
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if _, err := k.MakeBackup(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	list, err := k.Backups()
	if err != nil || len(list) != 3 || list[0].Size == 0 {
		t.Fatalf("backups %+v, %v", list, err)
	}
	for _, b := range list {
		r, err := backup.Verify(t.Context(), filepath.Join(l.backupFolder(), b.Name), t.TempDir(), nil)
		if err != nil || !r.Good() {
			t.Errorf("%s: %+v, %v", b.Name, r, err)
		}
	}
	if size, err := k.StoreSize(); err != nil || size == 0 {
		t.Errorf("the store has %d bytes, %v", size, err)
	}
}
