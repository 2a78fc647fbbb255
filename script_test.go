package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/parley-app/parley/api/livetest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"parley": func() {
		if file, ok := os.LookupEnv(testConfigFile); ok {
			defaultConfigFile = file
		}
		main()
	}})
}

// testConfigFile names the variable that a test sets to the file that is to stand
// for /etc/parley/config.yaml, which the machine may have.
const testConfigFile = "TEST_DEFAULT_CONFIG_FILE"

// TestScripts runs testdata/script/*.txtar against the real command line. Beside
// testscript's own commands they may use those below.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serving": cmdServing,
			"signal":  cmdSignal,
			"insist":  cmdInsist,

			"certificate": cmdCertificate,

			"ended":  cmdEnded,
			"get":    cmdGet,
			"hang":   cmdHang,
			"mode":   cmdMode,
			"logged": cmdLogged,

			"fill":   cmdFill,
			"golden": cmdGolden,
			"harm":   cmdHarm,
			"holds":  cmdHolds,
			"flip":   cmdFlip,
			"count":  cmdCount,
		},
		Setup: func(e *testscript.Env) error {
			e.Values[runningKey{}] = new(running)
			e.Setenv("PARLEY_AUTH_BCRYPT_COST", "10")
			e.Setenv(testConfigFile, filepath.Join(e.WorkDir, "etc", "config.yaml"))
			return nil
		},
	})
}

const patience = 2 * time.Minute // of a test, on a slow and busy machine

type runningKey struct{}

// running is the server of one script.
type running struct {
	cmd   *exec.Cmd
	ended <-chan struct{} // closed when it has ended

	mu  sync.Mutex
	log bytes.Buffer
}

func (r *running) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

func (r *running) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

func of(ts *testscript.TestScript) *running { return ts.Value(runningKey{}).(*running) }

// cmdServing starts "parley serve" with the arguments, waits until it says where
// it is, and sets URL to that and HELLO to all it has said by then.
func cmdServing(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("serving cannot be negated")
	}
	r := of(ts)
	r.log.Reset()
	path, err := lookPath(ts, "parley")
	ts.Check(err)
	r.cmd = exec.Command(path, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	r.cmd.Dir = ts.Getenv("WORK")
	r.cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "PARLEY_AUTH_BCRYPT_COST=10", "OPENAI_MODEL=" + ts.Getenv("OPENAI_MODEL"), testConfigFile + "=" + ts.Getenv(testConfigFile)}
	for _, name := range []string{"PARLEY_CONFIG", "PARLEY_MODEL_OPENAI_BASE_URL", "OPENAI_API_KEY", "PARLEY_DISK_RESERVE", "PARLEY_AUTH_MASTER_KEY", "PARLEY_SERVICE_HOST"} {
		if v := ts.Getenv(name); v != "" {
			r.cmd.Env = append(r.cmd.Env, name+"="+v)
		}
	}
	r.cmd.Stderr = r
	said, ended, err := livetest.Launch(r.cmd)
	ts.Check(err)
	r.ended = ended
	var kill sync.Once
	ts.Defer(func() { kill.Do(func() { _ = r.cmd.Process.Kill() }) })
	hello := []string{}
	for len(hello) == 0 {
		select {
		case line, ok := <-said:
			if !ok {
				<-r.ended
				ts.Fatalf("serve ended: %v\n%s", r.cmd.ProcessState, r.logged())
			}
			hello = append(hello, line)
		case <-time.After(patience):
			ts.Fatalf("serve says nothing")
		}
	}
	url, ok := strings.CutPrefix(hello[0], "Parley is at ")
	if !ok {
		ts.Fatalf("the first line is %q", hello[0])
	}
	ts.Setenv("URL", url)
	ts.Setenv("PORT", url[strings.LastIndex(url, ":")+1:])
}

// lookPath finds a program in the script's PATH.
func lookPath(ts *testscript.TestScript, name string) (string, error) {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

// cmdSignal sends HUP, TERM or KILL to the server.
func cmdSignal(ts *testscript.TestScript, _ bool, args []string) {
	sig := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL}[args[0]]
	if err := of(ts).cmd.Process.Signal(sig); !errors.Is(err, os.ErrProcessDone) {
		ts.Check(err)
	}
}

// cmdInsist sends a signal again and again until the server has ended.
func cmdInsist(ts *testscript.TestScript, neg bool, args []string) {
	for end := time.Now().Add(patience); ; {
		cmdSignal(ts, neg, args)
		select {
		case <-of(ts).ended:
			return
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(end) {
			ts.Fatalf("serve does not end")
		}
	}
}

// cmdEnded waits for the server's end, checks its exit status (-1 is killed) and
// writes its log to serve.log.
func cmdEnded(ts *testscript.TestScript, _ bool, args []string) {
	r := of(ts)
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	select {
	case <-r.ended:
	case <-time.After(patience):
		ts.Fatalf("serve does not end")
	}
	ts.Check(os.WriteFile(ts.MkAbs("serve.log"), []byte(r.logged()), 0o600))
	if got := r.cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("serve ended with status %d, want %d:\n%s", got, want, r.logged())
	}
}

// cmdGet asks the server for a path until the answer has the status and matches
// the expression: get PATH STATUS REGEXP.
func cmdGet(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile(args[2])
	var last string
	for end := time.Now().Add(patience); time.Now().Before(end); {
		resp, err := http.Get(ts.Getenv("URL") + args[0])
		ts.Check(err)
		body, err := io.ReadAll(resp.Body)
		ts.Check(err)
		resp.Body.Close()
		if last = fmt.Sprintf("%d %s", resp.StatusCode, body); strconv.Itoa(resp.StatusCode) == args[1] && want.Match(body) {
			return
		}
	}
	ts.Fatalf("%s answers %s", args[0], last)
}

// cmdHang begins a request and never ends it, so that a shutdown has to wait.
func cmdHang(ts *testscript.TestScript, _ bool, _ []string) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(ts.Getenv("URL"), "http://"))
	ts.Check(err)
	ts.Defer(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
	ts.Check(err)
	resp, err := http.Get(ts.Getenv("URL") + "/livez") // who comes later is served later
	ts.Check(err)
	resp.Body.Close()
}

// cmdMode checks a file's permissions: mode FILE 0600.
func cmdMode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}

// cmdLogged waits until the server's log matches the expression.
func cmdLogged(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile(args[0])
	waitFor(ts, func() (bool, string) {
		log := of(ts).logged()
		return want.MatchString(log), fmt.Sprintf("the log has no %q:\n%s", args[0], log)
	})
}

// waitFor waits until done says so.
func waitFor(ts *testscript.TestScript, done func() (bool, string)) {
	for end := time.Now().Add(patience); ; runtime.Gosched() {
		ok, instead := done()
		if ok {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%s", instead)
		}
	}
}
