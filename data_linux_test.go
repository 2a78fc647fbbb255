package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/backup"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// A client speaks with a server that a test runs, as its first administrator.
type client struct {
	t     *testing.T
	url   string
	token string
}

// signedUp makes the first administrator of s.
func signedUp(t *testing.T, s *server) *client {
	t.Helper()
	inv, err := giveSetupToken(t.Context(), s.house)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, url: "http://" + s.listener.Addr().String() + "/api/v1"}
	out := c.must(http.StatusCreated, "POST", "/setup", map[string]any{"token": inv.Token, "username": "ann", "email": "ann@example.org", "password": "correct horse"})
	c.token, _ = out["access_token"].(string)
	return c
}

func (c *client) do(method, path string, body any) (int, map[string]any) {
	c.t.Helper()
	var b []byte
	if body != nil {
		var err error
		if b, err = json.Marshal(body); err != nil {
			c.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, bytes.NewReader(b))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	out := map[string]any{}
	if text, err := io.ReadAll(resp.Body); err != nil || len(text) > 0 && json.Unmarshal(text, &out) != nil {
		c.t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, text, err)
	}
	return resp.StatusCode, out
}

func (c *client) must(status int, method, path string, body any) map[string]any {
	c.t.Helper()
	got, out := c.do(method, path, body)
	if got != status {
		c.t.Fatalf("%s %s: %d %v, want %d", method, path, got, out, status)
	}
	return out
}

func (c *client) project(name string) string {
	c.t.Helper()
	id, _ := c.must(http.StatusCreated, "POST", "/projects", map[string]any{"name": name})["id"].(string)
	return id
}

func (c *client) thread(project, title string) string {
	c.t.Helper()
	id, _ := c.must(http.StatusCreated, "POST", "/threads", map[string]any{"project_id": project, "title": title})["id"].(string)
	return id
}

// A logBook is a log that a test can read while it is written.
type logBook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// smallDisk mounts a disk of a few MiB, as root or with sudo. Where neither is
// allowed the test is skipped, but never in CI.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	folder := t.TempDir()
	options := fmt.Sprintf("mode=0700,uid=%d,gid=%d,size=%s", os.Getuid(), os.Getgid(), size)
	if out, err := asRoot("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder).CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("needs root, or sudo without a password, to mount a small disk: %v: %s", err, out)
		}
		t.Skipf("needs root, or sudo without a password, to mount a small disk: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := asRoot("umount", "--lazy", folder).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return folder
}

func asRoot(name string, args ...string) *exec.Cmd {
	if os.Getuid() != 0 {
		return exec.Command("sudo", append([]string{"-n", name}, args...)...)
	}
	return exec.Command(name, args...)
}

// On a full disk nothing new is stored, everything else goes on, and it is over
// when there is room, without a restart.
func TestAFullDisk(t *testing.T) {
	disk := smallDisk(t, "24m")
	data := filepath.Join(disk, "data")
	l := testConfig(t, flag{"data", data, ""}, flag{"disk.reserve", "8MiB", ""}, flag{"backup.every", "0", ""})
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
	project := c.project("p")
	keep, drop := c.thread(project, "keep"), c.thread(project, "drop")
	send := func() (int, map[string]any) {
		return c.do("POST", "/threads/"+keep+"/messages?wait=true", map[string]any{"content": "hello"})
	}
	if status, out := send(); status != http.StatusCreated {
		t.Fatalf("%d %v", status, out)
	}

	filler := filepath.Join(disk, "filler")
	if err := os.WriteFile(filler, make([]byte, 17<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		status, out := send()
		if detail, _ := out["detail"].(string); status != http.StatusInsufficientStorage || out["code"] != "disk_full" || !strings.Contains(detail, "Delete what is no longer needed") {
			return fmt.Errorf("a message is answered %d %v", status, out)
		}
		return nil
	})
	for what, try := range map[string]func() (int, map[string]any){
		"a project": func() (int, map[string]any) { return c.do("POST", "/projects", map[string]any{"name": "q"}) },
		"a thread":  func() (int, map[string]any) { return c.do("POST", "/threads", map[string]any{"project_id": project}) },
		"a title":   func() (int, map[string]any) { return c.do("PATCH", "/threads/"+keep, map[string]any{"title": "x"}) },
	} {
		if status, out := try(); status != http.StatusInsufficientStorage {
			t.Errorf("%s is answered %d %v", what, status, out)
		}
	}
	c.must(http.StatusOK, "GET", "/threads/"+keep+"/messages", nil)
	c.must(http.StatusOK, "POST", "/auth/login", map[string]any{"login": "ann", "password": "correct horse"})
	c.must(http.StatusNoContent, "DELETE", "/threads/"+drop, nil)
	c.must(http.StatusNotFound, "GET", "/threads/"+drop, nil)
	var h healthReport
	if err := ask(t.Context(), dataFolder(data), "GET", "health", &h, nil); err != nil || h.Status != "failing" ||
		!strings.Contains(h.Checks["disk"].Detail, "8 MiB are kept in reserve") || h.Checks["store"].Status != "ok" {
		t.Errorf("health is %+v, %v", h, err)
	}
	if status := get(t, s, "/health"); status != http.StatusServiceUnavailable {
		t.Errorf("/health is answered %d", status)
	}
	if status := get(t, s, "/readyz"); status != http.StatusOK { // or nobody could make room
		t.Errorf("/readyz is answered %d", status)
	}
	backUp(t, data, filepath.Join(t.TempDir(), "elsewhere.tar"))
	var r checkResult
	if err := ask(t.Context(), dataFolder(data), "POST", "check", &r, nil); err != nil || !r.OK {
		t.Errorf("check: %+v, %v", r, err)
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		if status, out := send(); status != http.StatusCreated {
			return fmt.Errorf("when there is room a message is answered %d %v", status, out)
		}
		return nil
	})
}

// eventually tries until it works.
func eventually(t *testing.T, try func() error) {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// backUp has the server of a data folder make a backup at path, as the command
// does.
func backUp(t *testing.T, data, path string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if status := run([]string{"backup", path, "--data", data}, nil, strings.NewReader(""), &stdout, &stderr); status != exitOK {
		t.Errorf("backup: %d %s", status, stderr.String())
	}
}

// A disk that is full below its reserve: the server starts, serves what is there
// and says what is wrong.
func TestAStartOnAFullDisk(t *testing.T) {
	disk := smallDisk(t, "24m")
	l := testConfig(t, flag{"data", filepath.Join(disk, "data"), ""}, flag{"disk.reserve", "4MiB", ""})
	s, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	signedUp(t, s).project("p")
	if err := s.stop(time.Second); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(disk, "filler"), make([]byte, 21<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err = start(t.Context(), l, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if err := s.announce(t.Context(), &cli{stdout: io.Discard}); err != nil {
		t.Error(err)
	}
	if h := s.health(t.Context()); h.Status != "failing" || h.Checks["disk"].Status != "failing" {
		t.Errorf("health is %+v", h)
	}
	if err := s.stop(time.Second); err != nil {
		t.Error(err)
	}
}

// A record that was damaged is named in the log when somebody asks for it, and
// nothing else suffers.
func TestADamagedRecordIsNamed(t *testing.T) {
	l := testConfig(t)
	log := &logBook{}
	begin := func() *server {
		s, err := start(t.Context(), l, slog.New(slog.NewTextHandler(log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := begin()
	c := signedUp(t, s)
	project := c.project("p")
	bad, good := c.thread(project, "bad"), c.thread(project, "good")
	for _, id := range []string{bad, good} {
		c.must(http.StatusCreated, "POST", "/threads/"+id+"/messages?wait=true", map[string]any{"content": "hello"})
	}
	if err := s.stop(time.Second); err != nil {
		t.Fatal(err)
	}
	var key []byte
	e, err := bolt.Open(dataFolder(l.Data).database(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = e.Update(t.Context(), func(tx kv.Tx) error {
		page, err := tx.Scan("messages", kv.Range{Limit: 1}) // of the thread that was made first
		if err != nil {
			return err
		}
		key = page[0].Key
		page[0].Value[30] ^= 1
		return tx.Put("messages", key, page[0].Value)
	})
	if err := errors.Join(err, e.Close()); err != nil {
		t.Fatal(err)
	}
	s = begin()
	defer func() {
		if err := s.stop(time.Second); err != nil {
			t.Error(err)
		}
	}()
	c.url = "http://" + s.listener.Addr().String() + "/api/v1"
	if out := c.must(http.StatusOK, "GET", "/threads/"+bad+"/messages", nil); !strings.Contains(fmt.Sprint(out), store.DamagedText) || !strings.Contains(fmt.Sprint(out), "content:") {
		t.Errorf("answered %v", out)
	}
	if out := c.must(http.StatusInternalServerError, "GET", "/messages/"+store.ID(key[16:]).String(), nil); out["code"] != "damaged" {
		t.Errorf("answered %v", out)
	}
	if want := fmt.Sprintf("messages %x: the checksum does not fit", key); !strings.Contains(log.String(), want) {
		t.Errorf("the log has no %q:\n%s", want, log)
	}
	c.must(http.StatusOK, "GET", "/threads/"+good+"/messages", nil)
}

// Whoever asks for a backup and dies does not keep the server from ending.
func TestABackupThatIsBrokenOff(t *testing.T) {
	l := testConfig(t)
	s, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	resp, err := dial(ctx, dataFolder(l.Data), "POST", "backup", nil)
	if err != nil {
		t.Fatal(err)
	}
	cancel() // its process died
	resp.Body.Close()
	if err := s.stop(time.Second); err != nil {
		t.Error(err)
	}
	if faults, err := bolt.CheckFile(t.Context(), filepath.Join(l.Data, backup.Database)); err != nil || len(faults) > 0 {
		t.Error(faults, err)
	}
}
