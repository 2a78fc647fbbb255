package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is a user without rights of its own.
const nobody = 65534

// needsRoot skips a test that changes users, but never in CI.
func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("not root")
	}
	t.Skip("not root")
}

// Run by root, config check looks with the rights of the data folder's owner: what
// root can open, the server may not.
func TestInspectAsTheServersUser(t *testing.T) {
	needsRoot(t)
	top := t.TempDir()
	for dir := top; dir != "/"; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o005 != 0o005 {
			if err := os.Chmod(dir, info.Mode().Perm()|0o055); err != nil { // so that nobody may pass
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(dir, info.Mode().Perm()) })
		}
	}
	data, backups, config := filepath.Join(top, "data"), filepath.Join(top, "backups"), filepath.Join(top, "config.yaml")
	for _, dir := range []string{data, backups} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, config, "backup: {folder: "+backups+"}\n")
	write(t, filepath.Join(data, "parley.db"), "")
	inspect := func() inspection {
		l, err := load(sources{file: config, flags: []flag{{"data", data, ""}}})
		if err != nil {
			t.Fatal(err)
		}
		return l.inspect(t.Context(), nil)
	}
	if in := inspect(); len(in.mistakes) > 0 || in.user != "root" {
		t.Errorf("a folder of root's: %+v", in)
	}
	if err := os.Chown(data, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	in := inspect()
	var all []string
	for _, err := range in.mistakes {
		all = append(all, err.Error())
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{
		config + " cannot be read: permission denied",
		"data: " + data + "/parley.db cannot be used by " + userName(nobody) + " (it belongs to root): permission denied",
		"backup.folder: backups cannot be written to " + backups + " by " + userName(nobody) + " (it belongs to root): permission denied",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if in.user != userName(nobody) || len(in.mistakes) != 3 {
		t.Errorf("looked as %s: %s", in.user, text)
	}
	for _, path := range []string{backups, config, filepath.Join(data, "parley.db")} {
		if err := os.Chown(path, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if in := inspect(); len(in.mistakes) > 0 {
		t.Errorf("all of it is the user's: %+v", in.mistakes)
	}
	if os.Geteuid() != 0 {
		t.Error("the process has changed its user")
	}
}

// forEverybody returns a folder that every user may enter, with parley in it.
func forEverybody(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("parley") // this very test, see TestMain
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "everybody")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	program, err := os.ReadFile(path)
	if err == nil {
		err = errors.Join(os.WriteFile(filepath.Join(folder, "parley"), program, 0o755), os.Chmod(folder, 0o755)) //nolint:gosec // everybody is to run it
	}
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// runAsNobody runs parley as nobody and returns its exit status and what it wrote.
func runAsNobody(t *testing.T, program string, args ...string) (status int, text string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env, cmd.Dir = []string{testConfigFile + "=/nonexistent"}, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// What is refused for want of rights is explained by who owns it; nobody is sent to
// restore a backup.
func TestDeniedDataFolder(t *testing.T) {
	needsRoot(t)
	program := filepath.Join(forEverybody(t), "parley")
	for name, tt := range map[string]struct {
		prepare func(folder string) error
		want    string
	}{
		"a folder of somebody else's": {func(folder string) error { return os.Chmod(folder, 0o700) }, "belongs to root"},
		"a store of somebody else's": {func(folder string) error {
			return os.WriteFile(filepath.Join(folder, "parley.db"), []byte("x"), 0o600)
		}, "parley.db belongs to root"},
	} {
		t.Run(name, func(t *testing.T) {
			folder, err := os.MkdirTemp("", "denied")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(folder) })
			if err := os.Chmod(folder, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := tt.prepare(folder); err != nil {
				t.Fatal(err)
			}
			for _, command := range []string{"serve", "check", "setup-token", "backup -", "compact", "config check"} {
				status, text := runAsNobody(t, program, append(strings.Fields(command), "--data", folder, "--set", "listen=127.0.0.1:0")...)
				want := exitFailed
				if command == "serve" || command == "config check" {
					want = exitConfig
				}
				if status != want || !strings.Contains(text, tt.want) && !strings.Contains(text, "it belongs to root") || strings.Contains(text, "restore") {
					t.Errorf("%s: status %d\n%s", command, status, text)
				}
			}
		})
	}
}
