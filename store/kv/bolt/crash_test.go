package bolt_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// childStore, in the environment, makes this program one that writes to the
// store at that path until it is killed.
const childStore = "PARLEY_BOLT_TEST_CHILD"

// childTask, in the environment too, says what the child does; without it, it
// writes for ever.
const childTask = "PARLEY_BOLT_TEST_TASK"

var childTasks = map[string]func(path string) error{"": writeForEver}

func TestMain(m *testing.M) {
	if path := os.Getenv(childStore); path != "" {
		fmt.Fprintln(os.Stderr, childTasks[os.Getenv(childTask)](path))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// writeForEver has eight callers write pairs of entries, and prints the key of
// each pair that is acknowledged.
func writeForEver(path string) error {
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return err
	}
	fmt.Println("open")
	var out sync.Mutex
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := 0; ; n++ {
				key := fmt.Sprintf("%d by %d of %d", n, i, os.Getpid())
				err := e.Update(context.Background(), func(tx kv.Tx) error {
					return errors.Join(
						tx.Put("left", []byte(key), make([]byte, 300)), tx.Put("right", []byte(key), nil))
				})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				out.Lock()
				fmt.Println(key)
				out.Unlock()
			}
		})
	}
	wg.Wait()
	return errors.New("the engine failed")
}

// startChild returns when the child has the store open.
func startChild(t *testing.T, path string) (cmd *exec.Cmd, lines *bufio.Scanner) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childStore+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines = bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "open" {
		t.Fatalf("the child said %q", lines.Text())
	}
	return cmd, lines
}

// kill ends the child as a power switch would, and returns what it
// acknowledged before.
func kill(t *testing.T, cmd *exec.Cmd, lines *bufio.Scanner) (acknowledged []string) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		acknowledged = append(acknowledged, lines.Text())
	}
	_ = cmd.Wait()
	return acknowledged
}

func TestNothingAcknowledgedIsLostWhenKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	var acknowledged []string
	for range 3 {
		cmd, lines := startChild(t, path)
		for range 500 {
			if !lines.Scan() {
				t.Fatal("the child ended")
			}
			acknowledged = append(acknowledged, lines.Text())
		}
		acknowledged = append(acknowledged, kill(t, cmd, lines)...)
		wantPairs(t, path, acknowledged)
	}
}

// wantPairs opens the store and looks for what was acknowledged, and for
// halves.
func wantPairs(t *testing.T, path string, acknowledged []string) {
	t.Helper()
	e, err := bolt.Open(path, bolt.Options{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	if !e.Unclean() {
		t.Error("a store whose process was killed is not unclean")
	}
	sides := map[kv.Space]map[string]bool{"left": {}, "right": {}}
	err = e.View(context.Background(), func(tx kv.Tx) error {
		for space, keys := range sides {
			err := kv.Walk(tx, space, kv.Range{}, func(e kv.Entry) error {
				keys[string(e.Key)] = true
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range acknowledged {
		if !sides["left"][key] {
			t.Errorf("%q was acknowledged and is lost", key)
		}
	}
	for key := range sides["left"] {
		if !sides["right"][key] {
			t.Errorf("of %q there is only half", key)
		}
	}
	if len(sides["left"]) != len(sides["right"]) {
		t.Errorf("%d left, %d right", len(sides["left"]), len(sides["right"]))
	}
	put(t, e, "a", nil) // is checked, because of Strict
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestASecondInstanceIsToldOfTheFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	cmd, lines := startChild(t, path)
	_, err := bolt.Open(path, bolt.Options{LockTimeout: soon})
	want := fmt.Sprintf("another instance is running (pid %d)", cmd.Process.Pid)
	if !errors.Is(err, bolt.ErrInUse) || err.Error() != "kv/bolt: open "+path+": "+want {
		t.Errorf("got %v, want %s", err, want)
	}
	kill(t, cmd, lines)
	e := mustOpen(t, path, bolt.Options{LockTimeout: soon}) // what it left behind is no hindrance
	if _, err := bolt.Open(path, bolt.Options{LockTimeout: soon}); !errors.Is(err, bolt.ErrInUse) {
		t.Errorf("second engine in one process: got %v, want ErrInUse", err)
	}
	put(t, e, "a", nil)
}
