package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// fillSeed, in the environment of a child whose task is to fill the disk, is the seed
// of its plan.
const fillSeed = "PARLEY_BOLT_TEST_SEED"

func init() { childTasks["fill"] = writeUntilFull }

// A plan is what a child does, which follows from its seed: steps of a few writes
// each, before one of which it fills the disk. There are three kinds, all of which may
// need more pages, or other ones, at once than step by step.
type plan struct {
	*rand.Rand
	next               func(*plan) map[string][]byte
	keys, size, writes int
	full, last, kill   int // steps: before the first the disk is filled, after one of the others it is killed
	at                 int // steps that were taken
}

func newPlan(seed uint64) *plan {
	p := &plan{Rand: rand.New(rand.NewPCG(seed, 7))}
	p.keys = 20 << p.IntN(6)
	p.size = min(100<<p.IntN(11), 4<<20/p.keys)
	p.writes = 5 + p.IntN(30)
	switch seed % 3 {
	case 0:
		p.next, p.full = (*plan).mix, 4+p.IntN(120)
		p.last = p.full + p.IntN(2)*p.IntN(60)
	case 1:
		p.next, p.full, p.last = (*plan).add, 5, 400
	case 2:
		p.next, p.last = (*plan).merge, 25
		p.full = p.last - p.IntN(2)*20
	}
	if p.kill = p.last; seed%4 == 0 {
		p.kill = p.full + p.IntN(120)
	}
	return p
}

// step returns what the next step writes; nil deletes.
func (p *plan) step() map[string][]byte {
	p.at++
	return p.next(p)
}

// mix changes small and large values; the small ones come to lie in what the large ones
// leave free.
func (p *plan) mix() map[string][]byte {
	writes := map[string][]byte{}
	for range 1 + p.IntN(p.writes) {
		key, size := fmt.Sprint(p.IntN(p.keys)), 100
		if p.IntN(4) == 0 {
			size = p.size
		}
		if writes[key] = nil; p.IntN(4) > 0 {
			writes[key] = []byte(strings.Repeat(key, 1+p.IntN(size)/len(key)))
		}
	}
	return writes
}

// add adds small values in places that are drawn: a tree that grows bit by bit has
// other pages than one that grows at once.
func (p *plan) add() map[string][]byte {
	if p.at < 5 {
		return p.prepare()
	}
	writes, place := map[string][]byte{}, p.IntN(1e6)
	for i := range 1 + p.IntN(p.writes) {
		writes[fmt.Sprintf("%06d %02d a", place, i)] = make([]byte, p.IntN(200))
	}
	return writes
}

// merge takes one of four keys away, so that two pages of which each has two become
// one, and brings it back. At once it does nothing to a page but write it.
func (p *plan) merge() map[string][]byte {
	if p.at < 5 {
		return p.prepare()
	}
	writes, step := map[string][]byte{}, p.at-5
	for i := range 5 {
		key := 4 * (step%10*5 + i)
		if writes[pairKey(key)] = nil; step >= 10 {
			writes[pairKey(key)] = make([]byte, 700)
		}
	}
	return writes
}

func pairKey(i int) string { return fmt.Sprintf("%03d pair", i) }

// prepare makes pages of two keys each, and some that are free: what the log does not
// hold begins it anew, so that in the end its base has those of the first large value.
func (p *plan) prepare() map[string][]byte {
	switch p.at {
	case 1:
		writes := map[string][]byte{}
		for i := range 200 {
			writes[pairKey(i)] = make([]byte, 700)
		}
		return writes
	case 2:
		return map[string][]byte{"first": make([]byte, 290_000+p.IntN(60_000))}
	case 3:
		return map[string][]byte{"first": nil}
	}
	return map[string][]byte{"second": make([]byte, 300_000)}
}

// spaceOf says where key is kept.
func spaceOf(key string) kv.Space { return kv.Space("space " + key[len(key)-1:]) }

// after returns what there is after n steps.
func (p *plan) after(n int) map[string]string {
	there := map[string]string{}
	for range n {
		for key, value := range p.step() {
			if there[key] = string(value); value == nil {
				delete(there, key)
			}
		}
	}
	return there
}

// writeUntilFull does what the plan says, and waits to be killed.
func writeUntilFull(path string) error {
	seed, err := strconv.ParseUint(os.Getenv(fillSeed), 10, 64)
	if err != nil {
		return err
	}
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return err
	}
	fmt.Println("open")
	p := newPlan(seed)
	for err == nil && p.at < p.last {
		if p.at == p.full {
			if err := fillDisk(filepath.Dir(path)); err != nil {
				return err
			}
		}
		if err = writeAll(e, p.step()); err == nil {
			fmt.Println(p.at)
		}
	}
	if errors.Is(err, syscall.ENOSPC) {
		err = nil
	} else if p.last == p.full {
		err = fillDisk(filepath.Dir(path))
	}
	if err != nil {
		return err
	}
	fmt.Println("end")
	return syscall.Pause()
}

// writeAll does the writes of one step in one transaction.
func writeAll(e *bolt.Engine, writes map[string][]byte) error {
	return e.Update(context.Background(), func(tx kv.Tx) (err error) {
		for key, value := range writes {
			if value == nil {
				err = errors.Join(err, tx.Delete(spaceOf(key), []byte(key)))
			} else {
				err = errors.Join(err, tx.Put(spaceOf(key), []byte(key), value))
			}
		}
		return err
	})
}

// fillDisk takes all the room of the file system that has dir, to the last byte.
func fillDisk(dir string) error {
	f, err := os.Create(filepath.Join(dir, "ballast"))
	for err == nil {
		_, err = f.Write(make([]byte, 64<<10))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return f.Close()
}

// A store whose process is killed while the disk has no room at all can be opened
// as the disk is, and has what was acknowledged.
func TestKilledOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	mountSmall(t, dir)
	logs := 0
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			folder := filepath.Join(dir, fmt.Sprint(seed))
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(folder)
			path := filepath.Join(folder, "store")
			acknowledged := fillAndKill(t, path, seed)
			if _, err := os.Stat(bolt.WAL(path)); err == nil {
				logs++
			}
			wantSteps(t, path, seed, acknowledged)
		})
	}
	if logs < 10 {
		t.Errorf("only %d times a log was left", logs)
	}
}

// fillAndKill has a child write, and returns how many steps it acknowledged.
func fillAndKill(t *testing.T, path string, seed uint64) (acknowledged int) {
	t.Helper()
	t.Setenv(childTask, "fill")
	t.Setenv(fillSeed, fmt.Sprint(seed))
	p := newPlan(seed)
	cmd, lines := startChild(t, path)
	for acknowledged < p.kill && lines.Scan() && lines.Text() != "end" {
		acknowledged++
	}
	for _, line := range kill(t, cmd, lines) {
		if line != "end" {
			acknowledged++
		}
	}
	if acknowledged < p.full {
		t.Fatalf("the disk was full after %d steps", acknowledged)
	}
	return acknowledged
}

// wantSteps opens the store while the disk is full.
func wantSteps(t *testing.T, path string, seed uint64, n int) {
	t.Helper()
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Error(err)
		}
	}()
	got, err := everything(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	// One step more may have been about to be acknowledged.
	if want, more := newPlan(seed).after(n), newPlan(seed).after(n+1); !maps.Equal(got, want) && !maps.Equal(got, more) {
		t.Errorf("there are %d keys, %d were acknowledged, or they differ", len(got), len(want))
	}
}

// everything returns all keys of all spaces.
func everything(ctx context.Context, e *bolt.Engine) (map[string]string, error) {
	got := map[string]string{}
	err := e.Snapshot(ctx, func(s *bolt.Snapshot) error {
		spaces, err := s.Spaces()
		for _, space := range spaces {
			err = errors.Join(err, kv.Walk(s, space, kv.Range{}, func(e kv.Entry) error {
				got[string(e.Key)] = string(e.Value)
				return nil
			}))
		}
		return err
	})
	return got, err
}

// mountSmall mounts a file system of a few megabytes at dir.
func mountSmall(t *testing.T, dir string) {
	t.Helper()
	options := fmt.Sprintf("size=16m,uid=%d,gid=%d", os.Getuid(), os.Getgid())
	if err := asRoot("mount", "-t", "tmpfs", "-o", options, "parley-test", dir).Run(); err != nil {
		if os.Getenv("CI") == "true" { // where no test is left out
			t.Fatal("cannot mount a small file system here:", err)
		}
		t.Skip("cannot mount a small file system here:", err)
	}
	t.Cleanup(func() {
		if err := asRoot("umount", "--lazy", dir).Run(); err != nil {
			t.Error(err)
		}
	})
}

// asRoot is a command with the right to mount.
func asRoot(name string, args ...string) *exec.Cmd {
	if os.Getuid() != 0 {
		return exec.Command("sudo", append([]string{"-n", name}, args...)...)
	}
	return exec.Command(name, args...)
}
