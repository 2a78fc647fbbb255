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

// OPS-3: a disk without any room at all, which no reserve has foreseen.
func TestHealthOfADiskWithoutRoom(t *testing.T) {
	disk := smallDisk(t, "24m")
	l := testConfig(t, flag{"data", filepath.Join(disk, "data"), ""}, flag{"disk.reserve", "0", ""}, flag{"backup.every", "0", ""})
	s, err := start(t.Context(), &l.Config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.stop(time.Second) }() // of a store that may be broken
	c := signedUp(t, s)
	isWell(t, s)
	fillDisk(t, filepath.Join(disk, "filler"))
	for i := 0; ; i++ { // what the store has of its own is used up
		if status, _ := c.do("POST", "/projects", map[string]any{"name": "p" + strconv.Itoa(i)}); status >= 500 {
			break
		}
		if i > 10_000 {
			t.Fatal("the disk does not get full")
		}
	}
	turnsTo503(t, s)
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
	s, err := start(t.Context(), &l.Config, slog.New(slog.DiscardHandler))
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
