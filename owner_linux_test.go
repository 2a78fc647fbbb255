package main

import (
	"bytes"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-app/parley/store/blob"
)

// A rooted is one command as root runs it on a data folder that is another user's.
type rooted struct {
	name  string // as it is called
	args  []string
	stdin string
	fails bool // for want of a server, or of something to do; it leaves nothing all the same
}

// commandsOfRoot are all commands, in an order in which they can be run on one folder;
// {data} stands for the folder, {out} for one outside.
var commandsOfRoot = []rooted{
	{name: "user create", args: []string{"ann", "--email", "ann@example.org", "--role", "admin"}, stdin: "correct horse battery\n"},
	{name: "setup-token", fails: true}, // has its administrator; a new folder is tried below
	{name: "backup"},
	{name: "serve"}, // see serveAsRoot
	{name: "health", fails: true},
	{name: "doctor", fails: true}, // may find something
	{name: "doctor egress"},
	{name: "config check", fails: true}, // the owner may not reach the test's folder
	{name: "config show"},
	{name: "version"},
	{name: "user list"},
	{name: "user passwd", args: []string{"ann", "--generate"}},
	{name: "user disable", args: []string{"ann"}, fails: true}, // the last administrator
	{name: "user enable", args: []string{"ann"}},
	{name: "user keys", args: []string{"ann"}},
	{name: "keys list"},
	{name: "keys rotate"},
	{name: "backup", args: []string{"{data}/backups/mine.tar"}},
	{name: "backup", args: []string{"{data}/mine.tar"}},
	{name: "backup", args: []string{"{out}/mine.tar"}},
	{name: "sweep"},
	{name: "sweep", args: []string{"--confirm"}}, // makes the trash
	{name: "check"},
	{name: "check", args: []string{"--repair"}},
	{name: "compact"},
	{name: "migrate", args: []string{"--dry-run"}},
	{name: "migrate"},
	{name: "copy", args: []string{"--to", "bolt:{data}/copy.db"}},
	{name: "restore", args: []string{"{out}/mine.tar"}},
}

// Whatever root makes in a data folder belongs to its owner, whichever command it is. A
// new command fails this test until it is in the list above.
func TestFilesOfRootBelongToTheOwner(t *testing.T) {
	if os.Getuid() != 0 {
		againAsRoot(t)
		return
	}
	const uid, gid = 4242, 4343
	base := t.TempDir()
	data, out := filepath.Join(base, "data"), filepath.Join(base, "out")
	for path, owner := range map[string]int{data: uid, out: 0} {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, owner, owner/uid*gid); err != nil {
			t.Skip("this root may not give files away:", err)
		}
	}
	known := map[string]bool{}
	for _, cmd := range commandsOfRoot {
		known[cmd.name] = true
		t.Run(strings.Join(append([]string{cmd.name}, cmd.args...), " "), func(t *testing.T) {
			if cmd.name == "serve" {
				serveAsRoot(t, data)
			} else {
				cmd.run(t, data, out)
			}
			wantOwner(t, data, uid, gid)
			wantOwner(t, out, 0, 0)
		})
	}
	for _, name := range leaves((&cli{}).root(), "") {
		if !known[name] {
			t.Errorf("parley %s: run it in this test too", name)
		}
	}
	fresh := filepath.Join(data, "fresh")
	mustRun(t, "setup-token", "--data", fresh)
	wantOwner(t, fresh, uid, gid)
}

func (r rooted) run(t *testing.T, data, out string) {
	t.Helper()
	args := append(strings.Fields(r.name), r.args...)
	for i, arg := range args {
		args[i] = strings.NewReplacer("{data}", data, "{out}", out).Replace(arg)
	}
	var said bytes.Buffer
	env := append(os.Environ(), "PARLEY_AUTH_BCRYPT_COST=10", "PARLEY_DISK_RESERVE=1MiB")
	status := run(append(args, "--data", data), env, strings.NewReader(r.stdin), &said, &said)
	if status == exitUsage || status != exitOK && !r.fails {
		t.Errorf("status %d: %s", status, said.String())
	}
}

// serveAsRoot runs a server that makes what a server makes: an attachment, a backup, a
// certificate.
func serveAsRoot(t *testing.T, data string) {
	t.Helper()
	for _, flags := range [][]flag{nil, {{"tls.self_signed", "true", ""}}} {
		l := testConfig(t, append([]flag{{"data", data, ""}, {"backup.every", "0", ""}, {"disk.reserve", "1MiB", ""}}, flags...)...)
		s, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.keeper.backUp(t.Context()); err != nil {
			t.Error(err)
		}
		sum, _, err := s.store.blobs.Put(t.Context(), strings.NewReader("the bytes of a file"), 100)
		if err != nil {
			t.Error(err)
		}
		long := time.Now().Add(-3 * time.Hour) // so that a sweep takes it
		if err := os.Chtimes(filepath.Join(data, "blobs", filepath.FromSlash(blob.Path(sum))), long, long); err != nil {
			t.Error(err)
		}
		if flags == nil {
			c := &client{t: t, url: "http://" + s.listener.Addr().String() + "/api/v1"}
			c.must(http.StatusOK, "POST", "/auth/login", map[string]any{"login": "ann", "password": "correct horse battery"})
			mustRun(t, "check", "--data", data)
			mustRun(t, "migrate", "--dry-run", "--data", data)
		}
		wantOwner(t, data, 4242, 4343) // the socket and the log too
		if err := s.stop(time.Second); err != nil {
			t.Error(err)
		}
	}
}

// leaves are the commands below cmd that do something, by their names.
func leaves(cmd *cobra.Command, name string) (names []string) {
	subs := slices.DeleteFunc(cmd.Commands(), func(c *cobra.Command) bool { return !c.IsAvailableCommand() })
	if name != "" && (len(subs) == 0 || name == "doctor") {
		names = append(names, name)
	}
	for _, sub := range subs {
		names = append(names, leaves(sub, strings.TrimSpace(name+" "+sub.Name()))...)
	}
	return names
}

// wantOwner fails the test for everything below a folder that is not the owner's.
func wantOwner(t *testing.T, folder string, uid, gid uint32) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if s, ok := info.Sys().(*syscall.Stat_t); !ok || s.Uid != uid || s.Gid != gid {
			t.Errorf("%s belongs to %d:%d, want %d:%d", path, s.Uid, s.Gid, uid, gid)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// againAsRoot runs this test as root.
func againAsRoot(t *testing.T) {
	t.Helper()
	if err := asRoot("true").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root, or sudo without a password:", err)
		}
		t.Skip("needs root, or sudo without a password:", err)
	}
	cmd := asRoot(os.Args[0], "-test.run=^"+t.Name()+"$")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("as root: %v\n%s", err, out)
	}
}
