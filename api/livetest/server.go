package livetest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Patience is how long a test waits for what must come, on a slow and busy machine.
const Patience = 3 * time.Minute

// Build builds the program into dir and returns its path.
func Build(dir string) (string, error) {
	path := filepath.Join(dir, "parley")
	cmd := exec.Command("go", "build", "-o", path, "github.com/parley-app/parley")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building parley: %w\n%s", err, out)
	}
	return path, nil
}

// A Server is a run of the program after another, on one data folder and one port.
type Server struct {
	testing.TB
	URL   string // http://127.0.0.1:port
	Token string // of the administrator that New made

	place   Place
	direct  *http.Client
	program string
	data    string
	env     []string
	port    string

	mu    sync.Mutex
	cmd   *exec.Cmd
	log   bytes.Buffer
	ended <-chan struct{} // closed when the run has ended
}

// Settings are environment variables of the program; what is not named has its
// default, but for limits, which are off.
type Settings map[string]string

// A Place is where the program runs and how it is reached there. The zero Place is
// the loopback of this machine.
type Place struct {
	Host string   // an address to listen on; "" is 127.0.0.1
	Wrap []string // a command that the program is started by, such as ip netns exec
	Dial Dialer   // nil is the system's own
}

// A Dialer opens a TCP connection.
type Dialer func(address string) (net.Conn, error)

func (d Dialer) orDefault() Dialer {
	if d != nil {
		return d
	}
	return func(address string) (net.Conn, error) { return net.DialTimeout("tcp", address, Patience) }
}

// New starts the program on an empty folder and makes its first administrator. It is
// killed with the test, if it still runs then.
func New(tb testing.TB, program string, settings Settings) *Server {
	tb.Helper()
	return NewAt(tb, Place{}, program, settings)
}

// NewAt is New at a place.
func NewAt(tb testing.TB, at Place, program string, settings Settings) *Server {
	tb.Helper()
	if at.Host == "" {
		at.Host = "127.0.0.1"
	}
	dial := at.Dial.orDefault()
	s := &Server{TB: tb, place: at, program: program, data: tb.TempDir(), port: "0"}
	s.direct = &http.Client{Timeout: Patience, Transport: &http.Transport{
		MaxIdleConnsPerHost: 64,
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // one that the program has made itself
		DialContext:         func(_ context.Context, _, address string) (net.Conn, error) { return dial(address) },
	}}
	tb.Cleanup(s.direct.CloseIdleConnections)
	s.env = []string{
		"PATH=" + os.Getenv("PATH"), "PARLEY_DATA=" + s.data, "PARLEY_AUTH_BCRYPT_COST=10",
		"PARLEY_RATE_LIMIT_ENABLED=false", "PARLEY_BACKUP_EVERY=0", "PARLEY_DISK_RESERVE=0", "PARLEY_MODEL_TITLES=false",
	}
	for name, value := range settings {
		s.env = append(s.env, name+"="+value)
	}
	tb.Cleanup(s.Kill)
	link := s.Start()
	_, token, _ := strings.Cut(link, "token=")
	var in struct {
		AccessToken string `json:"access_token"`
	}
	s.Call(http.MethodPost, "/setup", map[string]any{"token": token, "username": "ann", "email": "ann@example.org", "password": "correct horse"}, &in)
	s.Token = in.AccessToken
	return s
}

// Start runs the program and waits until it listens. It returns what it says after
// that: for a new store, the link that makes the first administrator.
func (s *Server) Start() string {
	s.Helper()
	args := append(slices.Clone(s.place.Wrap), s.program, "serve", "--listen", net.JoinHostPort(s.place.Host, s.port))
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = s.env
	cmd.Stderr = writer(s.write)
	said, ended, err := Launch(cmd)
	if err != nil {
		s.Fatal(err)
	}
	s.mu.Lock()
	s.cmd, s.ended = cmd, ended
	s.mu.Unlock()
	url, ok := strings.CutPrefix(s.line(said), "Parley is at ")
	if !ok {
		s.Fatalf("the program does not say where it is\n%s", s.Log())
	}
	switch s.URL {
	case url: // again, where clients know it
	case "":
		s.URL, s.port = url, url[strings.LastIndex(url, ":")+1:]
	default:
		s.Fatalf("the program was at %s and is now at %s", s.URL, url)
	}
	if s.Token != "" {
		return ""
	}
	s.line(said) // that nobody has an account
	return s.line(said)
}

// Launch starts cmd. It returns the lines that the program says to its standard output,
// until that is closed, and a channel that is closed when the program has ended and
// cmd.ProcessState tells how.
func Launch(cmd *exec.Cmd) (said <-chan string, ended <-chan struct{}, err error) {
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	lines, over := make(chan string, 16), make(chan struct{})
	go func() {
		in := bufio.NewScanner(stdout)
		for in.Scan() {
			lines <- in.Text()
		}
		close(lines)
		_ = cmd.Wait() // ProcessState tells
		close(over)
	}()
	return lines, over, nil
}

func (s *Server) line(said <-chan string) string {
	s.Helper()
	select {
	case line, ok := <-said:
		if !ok {
			s.Fatalf("the program has ended\n%s", s.Log())
		}
		return line
	case <-time.After(Patience):
		s.Fatalf("the program says nothing\n%s", s.Log())
	}
	return ""
}

// Stop asks the program to end, and waits until it has, well.
func (s *Server) Stop() {
	s.Helper()
	s.Signal(syscall.SIGTERM)
	s.Wait()
}

// Signal sends the program a signal.
func (s *Server) Signal(sig os.Signal) {
	s.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.Fatal(err)
	}
}

// Wait waits until the program has ended, well.
func (s *Server) Wait() {
	s.Helper()
	select {
	case <-s.ended:
	case <-time.After(Patience):
		s.Fatalf("the program does not end\n%s", s.Log())
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		s.Fatalf("the program ended with %d\n%s", code, s.Log())
	}
}

// Restart stops the program and starts it again on the same port.
func (s *Server) Restart() {
	s.Helper()
	s.Stop()
	s.Start()
}

// Kill ends the program at once.
func (s *Server) Kill() {
	s.mu.Lock()
	cmd, ended := s.cmd, s.ended
	s.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Kill() // most often it has ended
	<-ended
}

// PID is the process of the current run.
func (s *Server) PID() int { return s.cmd.Process.Pid }

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

func (s *Server) write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(b)
}

// Log is what the program has logged in all its runs.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// Call makes a request of /api/v1 as the administrator, and fails unless that
// succeeds.
func (s *Server) Call(method, path string, in, out any) {
	s.Helper()
	if err := s.Try(method, path, in, out); err != nil {
		s.Fatal(err)
	}
}

// Try is Call that returns what went wrong.
func (s *Server) Try(method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	if in == nil {
		body = nil
	}
	r, err := http.NewRequest(method, s.URL+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if s.Token != "" {
		r.Header.Set("Authorization", "Bearer "+s.Token)
	}
	answer, err := s.direct.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
		return err
	case answer.StatusCode/100 != 2:
		return fmt.Errorf("%s %s: %d %s", method, path, answer.StatusCode, text)
	case out == nil:
		return nil
	}
	return json.Unmarshal(text, out)
}

// NewThread makes a thread in a new project.
func (s *Server) NewThread() string {
	s.Helper()
	var p, t struct {
		ID string `json:"id"`
	}
	s.Call(http.MethodPost, "/projects", map[string]any{"name": "P"}, &p)
	s.Call(http.MethodPost, "/threads", map[string]any{"project_id": p.ID}, &t)
	return t.ID
}

// Ask sends a message, without waiting for its answer; a second time it changes
// nothing.
func (s *Server) Ask(thread, content, clientID string) error {
	return s.Try(http.MethodPost, "/threads/"+thread+"/messages", map[string]any{"content": content, "client_id": clientID}, nil)
}

// A Stored message is what REST says of it.
type Stored struct {
	ID      string `json:"id"`
	IsUser  bool   `json:"is_user"`
	Content string `json:"content"`
	Status  string `json:"status"`
}

// Messages returns those of a thread that follow the message after; for "" the
// newest 200.
func (s *Server) Messages(thread, after string) (all []Stored, err error) {
	for {
		path := "/threads/" + thread + "/messages?limit=200"
		if after != "" {
			path += "&after=" + after
		}
		var page struct {
			Messages []Stored `json:"messages"`
			HasMore  bool     `json:"has_more"`
		}
		if err := s.Try(http.MethodGet, path, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Messages...)
		if !page.HasMore || after == "" || len(page.Messages) == 0 {
			return all, nil
		}
		after = page.Messages[len(page.Messages)-1].ID
	}
}

// Metric reads one figure of /metrics; name may have labels, and then the sum is
// told of those that begin so. 0 if it is not there.
func (s *Server) Metric(name string) float64 {
	s.Helper()
	r, err := s.direct.Get(s.URL + "/metrics")
	if err != nil {
		s.Fatal(err)
	}
	defer r.Body.Close()
	sum := 0.0
	lines := bufio.NewScanner(r.Body)
	for lines.Scan() {
		line := lines.Text()
		at := strings.LastIndexByte(line, ' ')
		if !strings.HasPrefix(line, name) || at < len(name) {
			continue
		}
		v, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			s.Fatal(err)
		}
		sum += v
	}
	return sum
}

// Address is host and port.
func (s *Server) Address() string { return strings.TrimPrefix(s.URL, "http://") }

// FreePort returns an address of 127.0.0.1 that nobody listens on just now.
func FreePort(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
