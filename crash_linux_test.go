package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/parley-app/parley/store/crashtest"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// A program that is started behind a gate joins it.
func init() { crashtest.Join() }

// program is this program, as it is run from a command line.
func program(t *testing.T, args ...string) *exec.Cmd {
	return programAt(t, os.Args[0], args...)
}

// programAt is this program, a copy of which lies at path.
func programAt(t *testing.T, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Args[0] = "parley"
	cmd.Env = append(os.Environ(), "PARLEY_AUTH_BCRYPT_COST=10")
	return cmd
}

// here runs a command in this process.
func here(args ...string) (status int, said string) {
	var b bytes.Buffer
	status = run(args, os.Environ(), strings.NewReader(""), &b, &b)
	return status, b.String()
}

// mustRun runs a command that must succeed. A process that another test starts
// holds, until it runs, whatever this one had open, and so the lock of a store.
func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	status, said := here(args...)
	for end := time.Now().Add(patience); status != exitOK && strings.Contains(said, "another instance is running") && time.Now().Before(end); {
		status, said = here(args...)
	}
	if status != exitOK {
		t.Fatalf("parley %s: status %d\n%s", strings.Join(args, " "), status, said)
	}
	return said
}

// inData opens the store of a data folder, which no server may have.
func inData(t *testing.T, folder string, fn func(*openStore) error) {
	t.Helper()
	s, err := dataFolder(folder).open(t.Context(), slog.New(slog.DiscardHandler), opening{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(fn(s), s.Close()); err != nil {
		t.Fatal(err)
	}
}

func wantUser(t *testing.T, folder, name string, want bool) {
	t.Helper()
	inData(t, folder, func(s *openStore) error {
		has, err := holds(s, name)
		if err == nil && has != want {
			err = fmt.Errorf("%s has a user %s: %v", folder, name, has)
		}
		return err
	})
}

// A disk that fails ends the server: whoever waits for a write is told that it
// did not work, nobody is sent here any more, the exit status is not 0, and the
// next start checks and has all that was acknowledged.
func TestADiskThatFails(t *testing.T) {
	data := t.TempDir()
	var dead atomic.Bool
	cmd := program(t, "serve", "--data", data, "--listen", "127.0.0.1:0", "--set", "backup.every=0")
	var log logBook
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	gate, err := crashtest.Start(cmd, func(int) crashtest.Verdict {
		if dead.Load() {
			return crashtest.Fail
		}
		return crashtest.Pass
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	c := setUp(t, out)
	project := c.project("kept")

	dead.Store(true)
	if status, body := c.do("POST", "/projects", map[string]any{"name": "lost"}); status != http.StatusServiceUnavailable || body["code"] != "unavailable" {
		t.Errorf("a write that the disk does not take is answered %d %v", status, body)
	}
	for status := 0; ; {
		resp, err := http.Get(strings.TrimSuffix(c.url, "/api/v1") + "/readyz")
		if err != nil {
			break // it has gone
		}
		resp.Body.Close()
		if status = resp.StatusCode; status != http.StatusServiceUnavailable {
			t.Errorf("after that it is ready: %d", status)
			break
		}
	}
	_, err = gate.Wait()
	if end, ok := errors.AsType[*exec.ExitError](err); !ok || end.ExitCode() != exitFailed {
		t.Errorf("it ends with %v", err)
	}
	if want := "the store failed, and what its last write left is unknown; the next start checks it"; !strings.Contains(log.String(), want) || !strings.Contains(log.String(), syscall.EIO.Error()) {
		t.Errorf("it says %s", log.String())
	}

	l := testConfig(t, flag{"data", data, ""})
	again := &logBook{}
	s, err := start(t.Context(), l, slog.New(slog.NewTextHandler(again, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.stop(0); err != nil {
			t.Error(err)
		}
	}()
	eventually(t, func() error {
		if !strings.Contains(again.String(), `the store was checked" findings=0`) {
			return fmt.Errorf("the next start says %s", again)
		}
		return nil
	})
	c.url = "http://" + s.listener.Addr().String() + "/api/v1"
	c.must(http.StatusOK, "GET", "/projects/"+project, nil)
}

// setUp makes the first administrator of a server that says hello at out.
func setUp(t *testing.T, out io.Reader) *client {
	t.Helper()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		u, err := url.Parse(lines.Text())
		if err != nil || u.Path != "/setup" {
			continue
		}
		c := &client{t: t, url: "http://" + u.Host + "/api/v1"}
		body := c.must(http.StatusCreated, "POST", "/setup", map[string]any{"token": u.Query().Get("token"), "username": "ann", "email": "ann@example.org", "password": "correct horse"})
		c.token, _ = body["access_token"].(string)
		go func() { _, _ = io.Copy(io.Discard, out) }()
		return c
	}
	t.Fatal("it says nothing of how to begin")
	return nil
}

// An ordeal is a command that is killed.
type ordeal struct {
	from string   // the data folder as it is before
	args []string // in which DIR is a folder of the run
	see  func(t *testing.T, data, dir string)
}

// A command that is killed at any sync of the disk leaves a data folder that is
// whole, loses nothing, and can be given again.
func TestCommandsThatAreKilled(t *testing.T) {
	t.Parallel()
	made := t.TempDir()
	ann, both, old, harmed, good := filepath.Join(made, "ann"), filepath.Join(made, "both"), filepath.Join(made, "old"), filepath.Join(made, "harmed"), filepath.Join(made, "good.tar")
	for _, folder := range []string{ann, both, harmed} {
		inData(t, folder, func(s *openStore) error { return fill(s, "ann") })
	}
	inData(t, both, func(s *openStore) error { return fill(s, "bob") })
	if err := errors.Join(dataFolder(harmed).below(loseAnEntry), golden(dataFolder(old), "0")); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "backup", good, "--data", ann)
	for name, o := range map[string]ordeal{
		"restore": {both, []string{"restore", good}, afterRestore},
		"compact": {both, []string{"compact"}, func(t *testing.T, data, _ string) {
			mustRun(t, "check", "--data", data)
			wantUser(t, data, "bob", true)
		}},
		"repair": {harmed, []string{"check", "--repair"}, func(t *testing.T, data, _ string) {
			wantSaid(t, data, "The store is whole", "index id has no entry for it")
			wantUser(t, data, "ann", true)
		}},
		"migrate": {old, []string{"migrate"}, func(t *testing.T, data, _ string) {
			wantSaid(t, data, "The store is whole", "run parley migrate first")
		}},
		"copy": {both, []string{"copy", "--to", "bolt:DIR/parley.db"}, func(t *testing.T, data, dir string) {
			mustRun(t, "check", "--data", data)
			if there(dir, "parley.db") {
				wantUser(t, dir, "bob", true)
				empty(t, dir)
			}
		}},
		"backup": {both, []string{"backup", "DIR/b.tar"}, func(t *testing.T, data, dir string) {
			mustRun(t, "check", "--data", data)
			if there(dir, "b.tar") {
				mustRun(t, "backup", "--verify", filepath.Join(dir, "b.tar"))
				empty(t, dir)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := 1; o.kill(t, n) && !t.Failed(); n += 1 + n/10 { // of long ones, some
			}
		})
	}
}

// kill kills the command at the n-th sync and looks at what is left. It returns
// false when the command ends before.
func (o ordeal) kill(t *testing.T, n int) (killed bool) {
	t.Helper()
	data, dir := filepath.Join(t.TempDir(), "data"), t.TempDir()
	if err := os.CopyFS(data, os.DirFS(o.from)); err != nil {
		t.Fatal(err)
	}
	args := []string{"--data", data}
	for _, arg := range o.args {
		args = append(args, strings.ReplaceAll(arg, "DIR", dir))
	}
	cmd := program(t, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	gate, err := crashtest.Start(cmd, func(i int) crashtest.Verdict {
		if i == n {
			return crashtest.Kill
		}
		return crashtest.Pass
	})
	if err != nil {
		t.Fatal(err)
	}
	syncs, err := gate.Wait()
	if n > syncs {
		if err != nil || n <= 3 {
			t.Errorf("it was not killed, has %d syncs and ends with %v: %s", syncs, err, said.String())
		}
		return false
	}
	if end, ok := errors.AsType[*exec.ExitError](err); !ok || end.Exited() {
		t.Fatalf("at sync %d it was not killed: %v: %s", n, err, said.String())
	}
	t.Logf("killed at sync %d", n)
	o.see(t, data, dir)
	mustRun(t, args...)
	mustRun(t, "check", "--data", data)
	return true
}

// afterRestore wants the data from before in the folder or aside, never nowhere.
func afterRestore(t *testing.T, data, _ string) {
	t.Helper()
	mustRun(t, "check", "--data", data) // which undoes a restore that was cut off
	aside, err := filepath.Glob(filepath.Join(data, "before-restore-*"))
	if err != nil || len(aside) > 1 {
		t.Fatal(aside, err)
	}
	for _, folder := range aside {
		wantUser(t, folder, "bob", true)
	}
	wantUser(t, data, "ann", true)
	wantUser(t, data, "bob", len(aside) == 0)
}

// wantSaid wants one of the texts from a check.
func wantSaid(t *testing.T, data string, texts ...string) {
	t.Helper()
	_, said := here("check", "--data", data)
	if !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(said, text) }) {
		t.Errorf("check says %s", said)
	}
}

func there(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

func empty(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}

// Data of a newer program is left as it is also when its last owner was killed.
func TestANewerStoreThatWasNotClosed(t *testing.T) {
	made, d := dataFolder(t.TempDir()), dataFolder(t.TempDir())
	inData(t, string(made), func(s *openStore) error { return fill(s, "ann") })
	var left []byte
	e, err := bolt.Open(made.database(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = e.Update(t.Context(), func(tx kv.Tx) error { return tx.Put("meta", []byte("version"), []byte("99")) })
	if err == nil {
		left, err = os.ReadFile(made.database()) // as a kill would leave it
	}
	if err := errors.Join(err, e.Close(), os.WriteFile(d.database(), left, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"serve", "check", "compact", "migrate", "backup"} {
		if status, said := here(command, "--data", string(d)); status != exitFailed || !strings.Contains(said, "the data has version 99") {
			t.Errorf("%s: status %d, %s", command, status, said)
		}
		if after, err := os.ReadFile(d.database()); err != nil || !bytes.Equal(left, after) {
			t.Errorf("%s has changed the file (%v)", command, err)
		}
	}
}
