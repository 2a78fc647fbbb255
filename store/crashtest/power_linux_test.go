//go:build torture

package crashtest

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/parley-app/parley/store/kv/bolt"
)

// After a power cut the disk has what was synced, and perhaps more. The same
// store goes through all the cuts; the first may come before it is there.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	rounds(t, 1, func(t *testing.T, seed uint64) {
		tr, v := newTrial(seed, 3), newVolume(t, 40)
		for range 8 {
			tr.noLog = tr.rng.IntN(2) == 0
			must(t, tr.powerCut(t, v, filepath.Join(v.dir, "parley.db"), tr.rng.IntN(50), nil))
		}
	})
}

// The proof of the proof: if the disk does not sync, the same trial says so. The
// kernel may by chance have written it all; it does not time after time.
func TestPowerCutFindsWhatIsNotSynced(t *testing.T) {
	t.Parallel()
	v := newVolume(t, 40)
	for n := range 5 {
		tr, dir := newTrial(*drawn, 3), filepath.Join(v.dir, fmt.Sprint(n))
		must(t, errors.Join(os.Mkdir(dir, 0o700), syncFolder(v.dir)))
		path := filepath.Join(dir, "parley.db")
		must(t, tr.powerCut(t, v, path, 20, nil)) // from here on there is a store, and it is sound
		tr.lies = true
		if err := tr.powerCut(t, v, path, 20, func(int) Verdict { return Skip }); err != nil {
			t.Logf("found: %v", err)
			return
		}
	}
	t.Error("again and again nothing was synced and then the power was cut: the trial finds nothing")
}

// powerCut cuts the power some time after the given number of steps, starts the
// machine again, and judges.
func (tr *trial) powerCut(t *testing.T, v *volume, path string, steps int, decide func(int) Verdict) error {
	t.Helper()
	w := tr.job(path).start(t, decide)
	w.after(steps)
	time.Sleep(time.Duration(tr.rng.IntN(2000)) * time.Microsecond)
	must(t, stop(w.cmd.Process.Pid))
	if !tr.lies { // of such a disk nothing whole is left
		writeBack(t, path, tr.rng)
	}
	image := v.cut(t)
	return tr.judgeImage(t, v, image, path, w.kill(t))
}

// judgeImage starts the machine again with the disk as it was when the power went.
func (tr *trial) judgeImage(t *testing.T, v *volume, image, path string, e end) error {
	t.Helper()
	v.unmount(t)
	must(t, os.Rename(image, v.image))
	v.mount(t)
	return tr.judge(path, e.acked)
}

// The power goes just before the n-th sync, for every n of a workload.
func TestPowerCutAtEverySync(t *testing.T) {
	t.Parallel()
	rounds(t, 0, func(t *testing.T, seed uint64) {
		for name, noLog := range logModes {
			t.Run(name, func(t *testing.T) { powerCuts(t, seed, noLog) })
		}
	})
}

func powerCuts(t *testing.T, seed uint64, noLog bool) {
	const steps = 8
	v := newVolume(t, 16)
	for n := 1; ; n++ {
		tr, dir := newTrial(seed, 1), filepath.Join(v.dir, fmt.Sprint(n))
		must(t, os.Mkdir(dir, 0o700))
		must(t, syncFolder(v.dir)) // the folder itself is the test's
		tr.Steps, tr.noLog = steps, noLog
		path := filepath.Join(dir, "parley.db")
		come, gone := make(chan struct{}), make(chan struct{})
		w := tr.job(path).start(t, func(i int) Verdict {
			if i < n {
				return Pass
			}
			close(come)
			<-gone // whoever writes to the store waits for this sync
			return Kill
		})
		select {
		case <-come:
		case <-w.read:
			if e := w.wait(t); !e.ok || n < 2*steps {
				t.Errorf("a run without a fault ends with %d syncs, well: %t (%s)", e.syncs, e.ok, e.said)
			}
			return
		}
		writeBack(t, path, tr.rng)
		image := v.cut(t)
		close(gone)
		if err := tr.judgeImage(t, v, image, path, w.wait(t)); err != nil {
			t.Fatalf("before sync %d: %v", n, err)
		}
		must(t, os.RemoveAll(filepath.Join(v.dir, fmt.Sprint(n))))
	}
}

// writeBack has the kernel send some of the pages that wait to the disk, as it may at
// any time and in any order: none, all, or some of each of the store's files.
func writeBack(t *testing.T, path string, rng *rand.Rand) {
	t.Helper()
	for _, path := range []string{path, bolt.WAL(path)} {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		must(t, err)
		defer f.Close()
		info, err := f.Stat()
		must(t, err)
		share := rng.Float64()*1.4 - 0.2
		for at := int64(0); at < info.Size(); at += 4096 {
			if rng.Float64() < share {
				must(t, unix.SyncFileRange(int(f.Fd()), at, 4096, unix.SYNC_FILE_RANGE_WAIT_BEFORE|unix.SYNC_FILE_RANGE_WRITE|unix.SYNC_FILE_RANGE_WAIT_AFTER))
			}
		}
	}
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// stop stops a process and waits until no thread of it runs.
func stop(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	for {
		stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if err != nil {
			return err
		}
		moving := 0
		for _, file := range stats {
			stat, err := os.ReadFile(file)
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
				continue // it has ended since it was listed
			} else if err != nil {
				return err
			}
			_, state, _ := strings.Cut(string(stat), ") ") // behind the name
			if !strings.ContainsAny(state[:1], "TZX") {    // stopped, or dead
				moving++
			}
		}
		if moving == 0 {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
}
