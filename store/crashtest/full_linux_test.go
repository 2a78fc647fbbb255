//go:build torture

package crashtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A disk that is full costs nothing that was acknowledged; and when there is room
// again, work goes on.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	for name, disk := range map[string]func(t *testing.T) (dir string){
		"tmpfs": func(t *testing.T) string { return newTmpfs(t, 4) },
		"ext4":  func(t *testing.T) string { return newVolume(t, 7).dir },
	} {
		t.Run(name, func(t *testing.T) {
			rounds(t, 0, func(t *testing.T, seed uint64) {
				dir := disk(t)
				path, ballast := filepath.Join(dir, "parley.db"), filepath.Join(dir, "ballast")
				must(t, os.WriteFile(ballast, make([]byte, 2<<20), 0o600))
				tr := newTrial(seed, 3)
				tr.Size = 100_000
				for i := range 2 {
					tr.noLog = i == 1
					e := tr.job(path).start(t, nil).wait(t)
					if e.ok || !strings.Contains(e.said, "no space left on device") {
						t.Fatalf("the disk is full: it ended well: %t, and said %q", e.ok, e.said)
					}
					filler := fill(t, dir)
					must(t, tr.readOnFullDisk(path, e.acked))
					must(t, errors.Join(os.Remove(filler), os.Truncate(ballast, int64(1-i)<<20)))
					must(t, tr.judge(path, nil))
				}
			})
		})
	}
}

// readOnFullDisk is judge without the steps.
func (tr *trial) readOnFullDisk(path string, acked map[int]int) error {
	s, err := openStore(path)
	if err != nil {
		return err
	}
	err = tr.inspect(house{s.Store, blobsBeside(path)}, acked)
	if closing := s.Close(); !errors.Is(closing, syscall.ENOSPC) {
		err = errors.Join(err, closing)
	}
	return err
}

// fill takes all the room that is left.
func fill(t *testing.T, dir string) (file string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "filler"))
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	must(t, f.Close())
	return f.Name()
}

func newTmpfs(t *testing.T, megabytes int) (dir string) {
	t.Helper()
	mayMount(t)
	dir = t.TempDir()
	command(t, "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm,uid=%d,gid=%d,mode=0700", megabytes, os.Getuid(), os.Getgid()), "tmpfs", dir)
	t.Cleanup(func() { _ = asRoot("umount", "--lazy", dir).Run() })
	return dir
}
