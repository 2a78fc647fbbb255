package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// get returns the status of a GET, 0 if there is no answer.
func get(t *testing.T, s *server, path string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.listener.Addr().String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// A disk without any room at all, which no reserve has foreseen: what is new is
// refused, and reading, signing in and deleting go on, also after a restart.
func TestADiskWithoutAnyRoom(t *testing.T) {
	for _, wal := range []string{"true", "false"} {
		t.Run("store.wal="+wal, func(t *testing.T) {
			disk := smallDisk(t, "24m")
			l := testConfig(t, flag{"data", filepath.Join(disk, "data"), ""}, flag{"disk.reserve", "0", ""}, flag{"backup.every", "0", ""}, flag{"store.wal", wal, ""}, flag{"rate_limit.enabled", "false", ""})
			s, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.stop(time.Second) }()
			c := signedUp(t, s)
			isWell(t, s)
			thread := c.thread(c.project("p"), "kept")
			fillDisk(t, filepath.Join(disk, "filler"))
			for range 3 {
				wantFull(t, s, c, thread)
				if err := s.stop(time.Second); err != nil {
					t.Fatal(err)
				}
				if s, err = start(t.Context(), l, slog.New(slog.DiscardHandler)); err != nil {
					t.Fatal(err)
				}
				c.url = "http://" + s.listener.Addr().String() + "/api/v1"
			}
			if err := os.Remove(filepath.Join(disk, "filler")); err != nil {
				t.Fatal(err)
			}
			c.must(http.StatusCreated, "POST", "/projects", map[string]any{"name": "with room again"})
			isWell(t, s)
		})
	}
}

// wantFull uses up what the store has of its own, and wants new things refused and
// everything else to go on.
func wantFull(t *testing.T, s *server, c *client, thread string) {
	t.Helper()
	for i := 0; ; i++ {
		status, out := c.do("POST", "/projects", map[string]any{"name": "p" + strconv.Itoa(i)})
		if status == http.StatusInsufficientStorage && out["code"] == "disk_full" {
			break
		}
		if status != http.StatusCreated || i > 10_000 {
			t.Fatalf("project %d is answered %d %v", i, status, out)
		}
	}
	for range 20 {
		c.must(http.StatusOK, "POST", "/auth/login", map[string]any{"login": "ann", "password": "correct horse"})
	}
	c.must(http.StatusOK, "GET", "/threads/"+thread+"/messages", nil)
	if health, ready := get(t, s, "/health"), get(t, s, "/readyz"); health != http.StatusServiceUnavailable || ready != http.StatusOK {
		t.Errorf("/health is answered %d, /readyz %d", health, ready)
	}
	select {
	case err := <-s.failed:
		t.Fatalf("the process would end: %v", err)
	default:
	}
}

// fillDisk writes until nothing more fits.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for piece := 1 << 20; piece > 0; {
		if _, err := f.Write(make([]byte, piece)); err != nil {
			piece /= 2
		}
	}
}

// OPS-3: a disk that fails. The process is about to end by itself then; until it
// has, it must not say that all is well.
func TestHealthOfADiskThatFails(t *testing.T) {
	l := testConfig(t, flag{"backup.every", "0", ""})
	s, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.stop(time.Second) }() // of a store that is broken
	isWell(t, s)
	breakFile(t, filepath.Join(l.Data, "parley.db"))
	turnsTo503(t, s)
	select {
	case err := <-s.failed:
		if err == nil {
			t.Error("the process would end without a reason")
		}
	case <-time.After(patience):
		t.Error("the process would go on")
	}
}

// breakFile puts a file under the open descriptors of path that answers every
// read and write with EIO.
func breakFile(t *testing.T, path string) {
	t.Helper()
	bad, err := os.OpenFile("/proc/self/mem", os.O_RDWR, 0) // at the offsets of a store nothing is mapped
	if err != nil {
		t.Fatal(err)
	}
	defer bad.Close()
	if _, err := bad.WriteAt([]byte("x"), 4096); err != nil && !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	broken := 0
	for _, e := range fds {
		if name, err := os.Readlink("/proc/self/fd/" + e.Name()); err != nil || name != path {
			continue
		}
		fd, err := strconv.Atoi(e.Name())
		if err == nil {
			err = syscall.Dup3(int(bad.Fd()), fd, syscall.O_CLOEXEC)
		}
		if err != nil {
			t.Fatal(err)
		}
		broken++
	}
	if broken == 0 {
		t.Fatalf("%s is not open", path)
	}
}

// isWell waits until /health says so, which it does not where a probe takes too long.
func isWell(t *testing.T, s *server) {
	t.Helper()
	eventually(t, func() error {
		if status := get(t, s, "/health"); status != http.StatusOK {
			return fmt.Errorf("/health is answered %d", status)
		}
		return nil
	})
}

// turnsTo503 gives /health the five seconds that it has, and what a busy machine
// adds to them.
func turnsTo503(t *testing.T, s *server) {
	t.Helper()
	begun := time.Now()
	eventually(t, func() error {
		if status := get(t, s, "/health"); status != http.StatusServiceUnavailable {
			return fmt.Errorf("/health is answered %d", status)
		}
		return nil
	})
	t.Logf("after %v", time.Since(begun))
	if status := get(t, s, "/livez"); status != http.StatusOK {
		t.Errorf("/livez is answered %d", status)
	}
	if status := get(t, s, "/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz is answered %d", status)
	}
}
