//go:build torture

package crashtest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/blob"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// A job is what a worker is told to do.
type job struct {
	Store string        // the file; the blobs lie beside it
	Clock time.Duration // how far its clock is ahead
	NoLog bool          // the engine does without its log
	// One of:
	Play  *play  // people use the store
	Reap  bool   // what was deleted is taken down
	Begin bool   // it only opens the store, which brings old data up to date
	Syncs string // it syncs this file many times; for the test of Gate
}

// A play is people at work, all at once.
type play struct {
	Seed  uint64
	Size  int   // of the longest texts, in bytes
	Done  []int // the steps that each person has taken before
	Steps int   // that each of them takes now; 0 is no end
}

// untested is why some tests were left out.
var (
	untestedMu sync.Mutex
	untested   []string
)

// leaveOut skips a test that this machine cannot do; but never in CI, where a test
// that does not run must not look like one that passes.
func leaveOut(t *testing.T, format string, args ...any) {
	t.Helper()
	why := fmt.Sprintf(format, args...)
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	untestedMu.Lock()
	untested = append(untested, t.Name()+": "+why)
	untestedMu.Unlock()
	t.Skip(why)
}

const jobVar = "PARLEY_CRASHTEST_JOB"

// TestMain is also where a worker begins.
func TestMain(m *testing.M) {
	Join()
	text := os.Getenv(jobVar)
	if text == "" {
		os.Exit(judgeAll(m))
	}
	var j job
	err := json.Unmarshal([]byte(text), &j)
	if err == nil {
		err = j.do()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// judgeAll runs the tests, and says what it does not show otherwise: the seed that
// was drawn, and which parts of the matrix this machine cannot do.
func judgeAll(m *testing.M) int {
	flag.Parse()
	fmt.Printf("the seed that was drawn is %d\n", *drawn)
	status := m.Run()
	for _, why := range untested {
		fmt.Printf("NOT TESTED: %s\n", why)
	}
	return status
}

// do opens the store as the server does, works, and closes it.
func (j job) do() error {
	if j.Syncs != "" {
		return syncMuch(j.Syncs, os.Stdout)
	}
	engine, err := bolt.Open(j.Store, bolt.Options{AppendOrdered: store.AppendOrdered(), LockTimeout: lockTimeout, NoLog: j.NoLog})
	if err != nil {
		return err
	}
	s, err := store.Open(context.Background(), engine, store.Options{Now: func() time.Time { return time.Now().Add(j.Clock) }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return errors.Join(err, engine.Close())
	}
	switch {
	case j.Play != nil:
		err = j.Play.run(house{s, blobsBeside(j.Store)}, os.Stdout)
	case j.Reap:
		err = reap(s, os.Stdout)
	}
	switch {
	case err == nil || isUpload(err):
	case errors.Is(err, kv.ErrFull) && !errors.Is(err, kv.ErrBroken):
		err = errors.Join(err, goesOn(s, engine))
	default:
		err = errors.Join(err, refusesAll(s, engine))
	}
	return errors.Join(err, s.Close())
}

func blobsBeside(path string) *blob.Store {
	return blob.New(filepath.Join(filepath.Dir(path), "blobs"))
}

// An uploadError is one that harms nobody else: the engine goes on.
type uploadError struct{ error }

// isUpload says whether err is of uploads alone.
func isUpload(err error) bool {
	if all, ok := err.(interface{ Unwrap() []error }); ok { // as errors.Join makes it
		return !slices.ContainsFunc(all.Unwrap(), func(err error) bool { return !isUpload(err) })
	}
	_, ok := errors.AsType[uploadError](err)
	return ok
}

// run has all people take their steps; out gets a line for each step when it is
// acknowledged: the number of the person. It ends with the first error.
func (p *play) run(h house, out io.Writer) error {
	var all sync.WaitGroup
	errs := make([]error, len(p.Done))
	for i := range p.Done {
		all.Go(func() {
			one := p.person(i)
			for taken := 0; errs[i] == nil && (p.Steps == 0 || taken < p.Steps); taken++ {
				if errs[i] = one.act(h); errs[i] == nil {
					_, errs[i] = fmt.Fprintln(out, i)
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (p *play) person(i int) *person {
	return newPerson(p.Seed, fmt.Sprint("person", i), p.Size, p.Done[i])
}

// act takes a step.
func (p *person) act(h house) error {
	step := p.next()
	if p.upload != "" {
		if _, _, err := h.blobs.Put(context.Background(), strings.NewReader(p.upload), 1<<20); err != nil {
			return uploadError{fmt.Errorf("upload: %w", err)}
		}
	}
	return h.Update(context.Background(), func(tx *store.Tx) error { return step(tx, p.name) })
}

// reap takes down all that was deleted; out gets a line for each transaction.
func reap(s *store.Store, out io.Writer) error {
	for more := true; more; {
		err := s.Update(context.Background(), func(tx *store.Tx) (err error) {
			more, err = tx.ReapSome()
			return err
		})
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, 0); err != nil {
			return err
		}
	}
	return nil
}

// refusesAll proves that a store whose disk has failed takes nothing any more,
// and that it has told its owner.
func refusesAll(s *store.Store, engine *bolt.Engine) error {
	for name, call := range map[string]func(context.Context, func(*store.Tx) error) error{"Update": s.Update, "View": s.View} {
		err := call(context.Background(), func(*store.Tx) error { panic(name + " runs on a broken engine") })
		if !errors.Is(err, kv.ErrBroken) {
			return fmt.Errorf("NOT REFUSED: %s after a failed commit returns %v", name, err)
		}
	}
	select {
	case err := <-engine.Failed():
		return err
	case <-time.After(time.Minute): // whom the failure met is told a moment before
		return errors.New("NOT TOLD: the owner of the engine knows nothing of the failure")
	}
}

// goesOn proves that a store whose disk is full is read as before.
func goesOn(s *store.Store, engine *bolt.Engine) error {
	if err := s.View(context.Background(), func(*store.Tx) error { return nil }); err != nil {
		return fmt.Errorf("NOT READ: a full disk is an error of what is written alone, and View returns %w", err)
	}
	select {
	case err := <-engine.Failed():
		return fmt.Errorf("NOT REFUSED: a full disk has broken the engine: %w", err)
	default:
		return nil
	}
}

// A worker is a process that does a job.
type worker struct {
	cmd    *exec.Cmd
	gate   *Gate // or nil
	stderr bytes.Buffer

	mu    sync.Mutex
	acked map[int]int // steps acknowledged, for each person
	total int
	moved chan struct{} // closed and made anew with each step
	read  chan struct{} // closed when all that it said is read
}

// start starts a worker, behind a gate if decide is not nil.
func (j job) start(t testing.TB, decide func(n int) Verdict) *worker {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	w := &worker{cmd: exec.Command(os.Args[0]), acked: map[int]int{}, moved: make(chan struct{}), read: make(chan struct{})}
	w.cmd.Env = append(os.Environ(), jobVar+"="+string(text))
	w.cmd.Stderr = &w.stderr
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if decide == nil {
		err = w.cmd.Start()
	} else {
		w.gate, err = Start(w.cmd, decide)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.cmd.Process.Kill() })
	go w.listen(out)
	return w
}

func (w *worker) listen(out io.Reader) {
	defer close(w.read)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var who int
		if _, err := fmt.Sscan(lines.Text(), &who); err != nil {
			panic("crashtest: a worker says " + lines.Text())
		}
		w.mu.Lock()
		w.acked[who]++
		w.total++
		close(w.moved)
		w.moved = make(chan struct{})
		w.mu.Unlock()
	}
}

// after waits until n steps are acknowledged, or the worker has ended.
func (w *worker) after(n int) {
	for {
		w.mu.Lock()
		total, moved := w.total, w.moved
		w.mu.Unlock()
		if total >= n {
			return
		}
		select {
		case <-moved:
		case <-w.read:
			return
		}
	}
}

// kill kills the worker, which must still be at work.
func (w *worker) kill(t testing.TB) end {
	t.Helper()
	must(t, w.cmd.Process.Kill())
	e := w.wait(t)
	if e.ok || e.said != "" {
		t.Fatalf("before it was killed the worker ended by itself and said %q", e.said)
	}
	return e
}

// An end is how a worker ended.
type end struct {
	acked map[int]int // steps acknowledged, for each person
	syncs int         // that came to the gate
	ok    bool        // the exit status is 0
	said  string      // on stderr; nothing if it was killed
}

// wait waits for the worker's end. A worker that panics, or whose store goes on
// after a failure, fails the test.
func (w *worker) wait(t testing.TB) end {
	t.Helper()
	<-w.read
	var e end
	var err error
	if w.gate != nil {
		e.syncs, err = w.gate.Wait()
	} else {
		err = w.cmd.Wait()
	}
	e.ok, e.acked, e.said = err == nil, w.acked, w.stderr.String()
	for _, bad := range []string{"panic:", "NOT REFUSED", "NOT READ", "NOT TOLD", "DATA RACE", "fatal error"} {
		if strings.Contains(e.said, bad) {
			t.Fatalf("the worker says:\n%s", e.said)
		}
	}
	return e
}
