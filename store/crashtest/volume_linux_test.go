//go:build torture

package crashtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A volume is an ext4 file system in a file. The loop device below it reads and
// writes the file directly, past the page cache: what the file system has not
// sent to its disk is not in the file.
type volume struct {
	image string
	dir   string // where it is mounted
}

func newVolume(t *testing.T, megabytes int64) *volume {
	t.Helper()
	mayMount(t)
	v := &volume{filepath.Join(t.TempDir(), "disk.img"), filepath.Join(t.TempDir(), "mnt")}
	must(t, os.Mkdir(v.dir, 0o700))
	must(t, os.WriteFile(v.image, nil, 0o600))
	must(t, os.Truncate(v.image, megabytes<<20))
	// Whoever runs the test owns the root; nothing is left to write later.
	command(t, "mkfs.ext4", "-q", "-F", "-m", "0", "-E", fmt.Sprintf("root_owner=%d:%d,lazy_itable_init=0,lazy_journal_init=0", os.Getuid(), os.Getgid()), v.image)
	v.mount(t)
	t.Cleanup(func() { _ = asRoot("umount", "--lazy", v.dir).Run() })
	return v
}

// mount mounts the volume. Its kernel sends nothing to the disk by itself for as
// long as a test takes, so that nobody is helped by luck.
func (v *volume) mount(t *testing.T) {
	t.Helper()
	device := command(t, "losetup", "--direct-io=on", "--find", "--show", v.image)
	command(t, "mount", "-o", "commit=1000", device, v.dir)
	command(t, "losetup", "--detach", device) // when it is unmounted
}

func (v *volume) unmount(t *testing.T) {
	t.Helper()
	command(t, "umount", v.dir)
}

// cut copies the file as it is, while the file system is mounted: what a power cut
// at this moment would leave of the disk. No process may write meanwhile.
func (v *volume) cut(t *testing.T) (image string) {
	t.Helper()
	image = filepath.Join(t.TempDir(), "disk.img")
	for range 10 {
		must(t, exec.Command("cp", "--sparse=always", v.image, image).Run())
		if exec.Command("cmp", "--quiet", v.image, image).Run() == nil {
			return image
		}
	}
	t.Fatal("the disk does not come to rest")
	return ""
}

// mayMount skips the test where file systems cannot be mounted, except in CI:
// there a test that does not run must not look like one that passes.
func mayMount(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	out, err := asRoot("mount", "-t", "tmpfs", "tmpfs", dir).CombinedOutput()
	if err == nil {
		err = asRoot("losetup", "--find").Run()
		command(t, "umount", dir)
	}
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("this test needs to mount file systems: run it as root, or let sudo work without a password: %v\n%s", err, out)
	default:
		t.Skipf("not tested: file systems cannot be mounted here (as root, or with sudo without a password, they can): %v\n%s", err, out)
	}
}

// asRoot is exec.Command with the rights to mount.
func asRoot(name string, args ...string) *exec.Cmd {
	if os.Getuid() != 0 {
		return exec.Command("sudo", append([]string{"-n", name}, args...)...)
	}
	return exec.Command(name, args...)
}

// command runs a command as root that must succeed, and returns what it says.
func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := asRoot(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}
