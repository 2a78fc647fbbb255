//go:build torture

package crashtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A volume is an ext4 file system in a file. The loop device below it reads and
// writes the file directly, past the page cache: what the file system has not
// sent to its disk is not in the file.
type volume struct {
	image  string
	dir    string // where it is mounted
	device string // such as loop3, while it is mounted
}

func newVolume(t *testing.T, megabytes int64) *volume {
	t.Helper()
	mayMount(t)
	v := &volume{image: filepath.Join(t.TempDir(), "disk.img"), dir: filepath.Join(t.TempDir(), "mnt")}
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
	v.device = filepath.Base(device)
	if direct := v.sys(t, "loop/dio"); direct != "1" {
		t.Fatalf("%s does not write directly to %s: set TMPDIR to a folder on a disk", device, v.image)
	}
}

func (v *volume) unmount(t *testing.T) {
	t.Helper()
	command(t, "umount", v.dir)
}

// sys returns what the kernel says of the volume's device.
func (v *volume) sys(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("/sys/block", v.device, name))
	must(t, err)
	return strings.TrimSpace(string(b))
}

// cut copies the file as it is, while the file system is mounted: what a power cut
// at this moment would leave of the disk. No process may write meanwhile; what
// the kernel still writes for itself is waited for.
func (v *volume) cut(t *testing.T) (image string) {
	t.Helper()
	image = filepath.Join(t.TempDir(), "disk.img")
	for {
		before := v.atRest(t)
		must(t, copyOfDisk(v.image, image))
		if v.atRest(t) == before {
			return image
		}
	}
}

// atRest waits until the disk has nothing to do, and returns all it has done.
func (v *volume) atRest(t *testing.T) (done string) {
	t.Helper()
	const writes, sectors, running = 4, 6, 8 // see the kernel's Documentation/block/stat.rst
	for {
		stat := strings.Fields(v.sys(t, "stat"))
		if stat[running] == "0" {
			return stat[writes] + " writes of " + stat[sectors] + " sectors"
		}
		time.Sleep(time.Millisecond)
	}
}

// copyOfDisk copies the file below a device past the page cache, to which those
// writes do not go either: what the cache has of the file may be older.
func copyOfDisk(from, to string) error {
	in, err := os.OpenFile(from, os.O_RDONLY|syscall.O_DIRECT, 0)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	// Direct reads want memory that begins at a page.
	piece, err := unix.Mmap(-1, 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return errors.Join(err, out.Close())
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{&sparse{File: out}}, struct{ io.Reader }{in}, piece)
	return errors.Join(err, unix.Munmap(piece), out.Sync(), out.Close())
}

// A sparse file has holes where zeros are written.
type sparse struct {
	*os.File
	size int64
}

func (s *sparse) Write(p []byte) (n int, err error) {
	if n = len(p); bytes.Count(p, []byte{0}) < n {
		n, err = s.WriteAt(p, s.size)
	}
	s.size += int64(n)
	return n, errors.Join(err, s.Truncate(s.size))
}

// mayMount leaves the test out where file systems cannot be mounted.
func mayMount(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	out, err := asRoot("mount", "-t", "tmpfs", "tmpfs", dir).CombinedOutput()
	if err == nil {
		out, err = asRoot("losetup", "--find").CombinedOutput()
		command(t, "umount", dir)
	}
	if err != nil {
		leaveOut(t, "file systems cannot be mounted here; as root, or with sudo without a password, and with loop devices, they can: %v: %s", err, bytes.TrimSpace(out))
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
