package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A manualStep is one command of the manual, run on an installation.
type manualStep struct {
	line   string // as the manual has it
	really string // what is run in its place, where the manual has a placeholder
	says   string // part of what it says
	status int
	once   bool // it cannot be run again by the other user
}

// manualDay are the commands of the manual, in an order in which each has something to
// do. A new command in the manual fails the test until it is here.
var manualDay = []manualStep{
	{line: "parley config show", says: "running server"},
	{line: "parley doctor", says: "ok"},
	{line: "parley doctor egress", says: "connect"},
	{line: "parley health", says: "ok"},
	{line: "parley user create ann --email ann@example.org --role admin", really: "parley user create ann --email ann@example.org --role admin <<< 'correct horse battery'", once: true},
	{line: "parley user create bob --email bob@example.org <<< 'correct horse battery'", once: true},
	{line: "parley user list", says: "ann"},
	{line: "parley user disable bob"},
	{line: "parley user enable bob"},
	{line: "parley user keys bob", says: "KEY"},
	{line: "parley user keys bob --end --key ID", really: "parley user keys bob --end --key 01980000-0000-7000-8000-000000000000", status: exitFailed, says: "key"},
	{line: "parley user keys bob --end"},
	{line: "parley user passwd bob --generate"},
	{line: "parley keys list"},
	{line: "parley keys rotate"},
	{line: "parley keys rotate --revoke"},
	{line: "parley sweep"},
	{line: "parley sweep --confirm"},
	{line: "parley check"},
	{line: "parley backup", once: true}, // its name tells the second
	{line: "parley backup /mnt/backup/parley.tar", once: true},
	{line: "parley backup FILE", really: "parley backup /mnt/backup/of-$(id -un).tar"},
	{line: "parley backup - | ssh backup.example.org 'cat > parley.tar'", once: true},
	{line: "parley backup --verify parley.tar", once: true},
	{line: "parley backup --verify /mnt/backup/parley.tar", once: true}, // it is root's,
	{line: "./new/parley migrate --dry-run"},
	{line: "systemctl status parley", once: true},
	{line: "parley config check && systemctl restart parley", once: true},
	{line: "systemctl restart parley", once: true},
	{line: "systemctl reload parley", once: true},
	{line: "parley check --repair", status: exitFailed, says: "running"},
	{line: "parley compact", status: exitFailed, says: "running"},
	{line: "systemctl stop parley", once: true},
	{line: "parley health", status: exitFailed, says: "/var/lib/parley"},
	{line: "parley config check"},
	{line: "parley config show"},
	{line: "parley check"},
	{line: "parley user list", says: "ann"},
	{line: "parley check --repair"},
	{line: "parley check --repair --drop-damaged"},
	{line: "parley compact"},
	{line: "parley copy --to bolt:/srv/new/parley.db", really: "parley copy --to bolt:/srv/new/$(id -un).db"},
	{line: "parley restore /mnt/backup/parley.tar", once: true},
	{line: "systemctl start parley", once: true},
	{line: "parley restore FILE --data practice", really: "parley restore /mnt/backup/parley.tar --data practice", once: true},
	{line: "parley health", says: "ok"},
}

// notCommands are what the manual names of commands without meaning them to be typed so, or
// what the test of a start runs.
var notCommands = []string{
	"parley serve", "parley serve --new", "parley user", "parley user passwd", "parley copy", "parley restore FILE",
	"parley serve --data practice --listen 127.0.0.1:9000 --set backup.every=0",
}

// An installation is Parley as packaging/README.md installs it, in mounts of this process alone.
type installation struct {
	t       *testing.T
	archive string
	work    string
	unit    map[string]string
	server  *exec.Cmd
	log     syncedBuffer
	owner   syscall.Credential
}

const insideInstallation = "TEST_INSIDE_INSTALLATION"

// What the manual says works where the manual has it installed, by root and by the
// service's own user, and no command leaves a file that the service cannot use.
func TestTheManualsCommandsOnAnInstallation(t *testing.T) {
	if os.Getenv(insideInstallation) == "" {
		if _, err := releaseBinary(); err != nil {
			t.Fatal(err)
		}
		inMountsOfItsOwn(t)
		return
	}
	i := &installation{t: t, unit: unitSettings(t)}
	i.mount("/usr", "/etc", "/var/lib", "/srv")
	i.install()
	if t.Failed() {
		return
	}
	for _, step := range manualDay {
		for _, who := range []string{"root", "parley"} {
			if who == "root" || !step.once {
				i.run(who, step)
				wantOwner(t, "/var/lib/parley", i.owner.Uid, i.owner.Gid)
			}
		}
	}
	i.systemctl("stop")
	for _, line := range manualCommands(t) {
		if !slices.ContainsFunc(manualDay, func(s manualStep) bool { return s.line == line }) && !slices.Contains(notCommands, line) {
			t.Errorf("the manual says %q: run it in this test too", line)
		}
	}
}

// inMountsOfItsOwn runs this test again as root, where what it mounts nobody else sees.
func inMountsOfItsOwn(t *testing.T) {
	t.Helper()
	private := []string{"unshare", "--mount", "--propagation", "private"}
	if out, err := asRoot(private[0], append(private[1:], "mount", "-t", "tmpfs", "tmpfs", "/mnt")...).CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("needs root that may mount: %v %s", err, out)
		}
		t.Skipf("needs root that may mount: %v %s", err, out)
	}
	args := append(private[1:], "env", insideInstallation+"=1", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	if out, err := asRoot(private[0], args...).CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}

// mount lays a layer over folders that takes what is written, and is gone with the process.
func (i *installation) mount(folders ...string) {
	i.t.Helper()
	const top = "/mnt" // which the service's user reaches, unlike a test's folder
	do := func(args ...string) {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			i.t.Fatalf("%q: %v %s", args, err, out)
		}
	}
	do("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", top)
	for n, folder := range folders {
		upper, work := filepath.Join(top, strconv.Itoa(n)), filepath.Join(top, strconv.Itoa(n)+".work")
		do("mkdir", "-p", folder, upper, work)
		do("mount", "-t", "overlay", "overlay", "-o", "lowerdir="+folder+",upperdir="+upper+",workdir="+work, folder)
	}
	do("rm", "-rf", "/etc/parley", "/var/lib/parley") // of the layer
	i.archive, i.work = filepath.Join(top, "archive"), filepath.Join(top, "work")
	do("mkdir", "-p", filepath.Join(i.work, "new"), filepath.Join(top, "bin"), "/mnt/backup", "/srv/new")
	do("cp", ".cache/parley-under-test", filepath.Join(i.work, "new/parley"))
	do("chmod", "777", i.work, "/mnt/backup", "/srv/new")
	script := func(name, text string) {
		path := filepath.Join(top, "bin", name)
		write(i.t, path, "#!/bin/sh\n"+text)
		do("chmod", "755", path)
	}
	script("sudo", "[ \"$1\" = -u ] || exit 2; user=$2; shift 2\nexec setpriv --reuid=\"$user\" --regid=\"$user\" --init-groups env -i PATH=\"$PATH\" \"$@\"\n")
	script("ssh", "shift; exec sh -c \"$*\"\n") // the other machine is this folder
	script("systemctl", "exit 2\n")             // see installation.shell
	i.t.Setenv("PATH", filepath.Join(top, "bin")+":/usr/bin:/bin:/usr/sbin:/sbin")
}

// install does what packaging/README.md says, with a port that is free.
func (i *installation) install() {
	i.t.Helper()
	if out, err := exec.Command("scripts/dist-files", i.archive).CombinedOutput(); err != nil {
		i.t.Fatalf("%v: %s", err, out)
	}
	if out, err := exec.Command("cp", ".cache/parley-under-test", filepath.Join(i.archive, "parley")).CombinedOutput(); err != nil {
		i.t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(i.archive, "INSTALL.md"))
	if err != nil {
		i.t.Fatal(err)
	}
	for line := range strings.Lines(strings.Split(string(text), "```")[1]) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " #")
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "make ") {
			continue
		}
		if strings.HasPrefix(line, "systemctl daemon-reload") {
			i.change()
		}
		said, status := i.shell("root", i.archive, line)
		if status != 0 || strings.Contains(line, "setup-token") && !strings.Contains(said, "?token=") {
			i.t.Fatalf("%s: status %d: %s\n%s", line, status, said, &i.log)
		}
	}
}

// change changes what this machine needs: a port that nobody has.
func (i *installation) change() {
	i.t.Helper()
	const path = "/etc/parley/config.yaml"
	b, err := os.ReadFile(path)
	if err != nil {
		i.t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		i.t.Fatal(err)
	}
	defer l.Close()
	if b = regexp.MustCompile(`(?m)^#? ?listen: .*$`).ReplaceAll(b, []byte("listen: "+l.Addr().String())); !bytes.Contains(b, []byte(l.Addr().String())) {
		i.t.Fatalf("%s has no listen:\n%s", path, b)
	}
	if err := os.WriteFile(path, b, 0o640); err != nil { // which keeps owner and mode
		i.t.Fatal(err)
	}
	who, err := user.Lookup("parley")
	if err != nil {
		i.t.Fatal(err)
	}
	if _, err := fmt.Sscan(who.Uid+" "+who.Gid, &i.owner.Uid, &i.owner.Gid); err != nil {
		i.t.Fatal(err)
	}
}

// run runs a step as a user, and fails the test if it does not end as it should.
func (i *installation) run(who string, step manualStep) {
	i.t.Helper()
	line := step.line
	if step.really != "" {
		line = step.really
	}
	said, status := i.shell(who, i.work, line)
	if status != step.status || !strings.Contains(said, step.says) {
		i.t.Errorf("%s: %s: status %d, want %d and %q: %s", who, line, status, step.status, step.says, said)
	}
}

// shell runs a line as a user does, but for systemctl, whose part the test plays.
func (i *installation) shell(who, folder, line string) (said string, status int) {
	i.t.Helper()
	for part := range strings.SplitSeq(line, " && ") {
		if rest, ok := strings.CutPrefix(part, "systemctl "); ok {
			i.systemctl(strings.Fields(rest)[0])
			continue
		}
		args := []string{"bash", "-o", "pipefail", "-c", part}
		if who != "root" {
			args = append([]string{"sudo", "-u", who}, args...)
		}
		cmd := exec.CommandContext(i.t.Context(), args[0], args[1:]...)
		cmd.Dir, cmd.Env = folder, []string{"PATH=" + os.Getenv("PATH")}
		out, _ := cmd.CombinedOutput() // the status says it
		said += string(out)
		if status = cmd.ProcessState.ExitCode(); status != 0 {
			return said, status
		}
	}
	return said, status
}

// systemctl does with the unit what systemd would.
func (i *installation) systemctl(verb string) {
	i.t.Helper()
	switch verb {
	case "enable", "start":
		i.start()
	case "stop":
		i.stop()
	case "restart":
		i.stop()
		i.start()
	case "reload":
		if out, err := i.asUnit("/usr/bin/parley config check").CombinedOutput(); err != nil {
			i.t.Errorf("reload: %v %s", err, out)
		}
	case "daemon-reload", "status":
	default:
		i.t.Errorf("systemctl %s: the test cannot do that", verb)
	}
}

// asUnit is a command with the user, mask and environment of the unit.
func (i *installation) asUnit(line string, environ ...string) *exec.Cmd {
	cmd := exec.Command("bash", "-c", "umask "+i.unit["UMask"]+" && exec "+line)
	cmd.Dir = "/"
	cmd.Env = append(append(strings.Fields(i.unit["Environment"]), "PATH=/usr/bin"), environ...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &i.owner, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// start starts the service, and waits until it says that it is ready.
func (i *installation) start() {
	i.t.Helper()
	path := filepath.Join(i.work, "notify")
	_ = os.Remove(path) // of the last start
	ready, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		i.t.Fatal(err)
	}
	defer ready.Close()
	if err := os.Chmod(path, 0o777); err != nil {
		i.t.Fatal(err)
	}
	i.server = i.asUnit(i.unit["ExecStart"], "NOTIFY_SOCKET="+path)
	i.server.Stdout, i.server.Stderr = &i.log, &i.log
	if err := i.server.Start(); err != nil {
		i.t.Fatal(err)
	}
	server := i.server
	i.t.Cleanup(func() { _ = server.Process.Kill() })
	if err := ready.SetReadDeadline(time.Now().Add(patience)); err != nil {
		i.t.Fatal(err)
	}
	for b := make([]byte, 4096); ; {
		n, err := ready.Read(b)
		if err != nil {
			i.t.Fatalf("the service is not ready: %v\n%s", err, &i.log)
		}
		if bytes.Contains(b[:n], []byte("READY=1")) {
			return
		}
	}
}

// stop stops the service.
func (i *installation) stop() {
	i.t.Helper()
	if err := i.server.Process.Signal(syscall.SIGTERM); err != nil {
		i.t.Fatal(err)
	}
	if err := i.server.Wait(); err != nil {
		i.t.Errorf("the service ended with %v\n%s", err, &i.log)
	}
}

// manualCommands are the commands that the manual shows, in blocks and within sentences.
func manualCommands(t *testing.T) (lines []string) {
	t.Helper()
	command := regexp.MustCompile(`^(?:(?:sudo -u parley )?(?:\./new/)?parley|systemctl (?:start|stop|reload|restart|status)) [^…]+$`)
	eachManualPart(t, func(_, text string, isBlock bool) {
		found := strings.Split(text, "\n")
		if !isBlock {
			found = nil
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
				found = append(found, strings.Join(strings.Fields(m[1]), " "))
			}
		}
		for _, line := range found {
			line, _, _ = strings.Cut(line, " #")
			if line = strings.TrimSpace(line); command.MatchString(line) && !strings.Contains(line, "setup-token") {
				lines = append(lines, line)
			}
		}
	})
	if len(lines) < 30 {
		t.Errorf("only %d commands were found in the manual", len(lines))
	}
	return lines
}
