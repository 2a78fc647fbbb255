package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/parley-app/parley/bench/proc"
)

// A peer is one server, and how a token is given to it.
type peer struct {
	*proc.Process
	address string // of the sockets
	token   string // what a socket signs in with
	thread  string
	project string
	model   *model
	publish func(ctx context.Context, n int, every time.Duration) error
}

// startServer is proc.Start, on one core if that is asked for.
func startServer(mark string, env []string, name string, args ...string) (p *peer, rest string, err error) {
	if *oneCore {
		name, args = "taskset", append([]string{"-c", "0", name}, args...)
		env = append(env, "GOMAXPROCS=1")
	}
	in, rest, err := proc.Start(mark, env, name, args...)
	return &peer{Process: in}, rest, err
}

// mark is what a receiver finds a token by: when it was sent.
func mark() string { return fmt.Sprintf("#%d#", time.Now().UnixNano()) }

// text is a token of 100 bytes.
func text() string {
	m := mark()
	return m + strings.Repeat("x", 100-len(m))
}

// startBareWriter is the floor: one write(2) of a ready frame for each socket.
func startBareWriter(string) (*peer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, at, err := startServer("bare at ", nil, self, "-bare")
	if err != nil {
		return nil, err
	}
	p.address = at
	p.publish = p.lines
	return p, nil
}

// lines writes a token a line to the process.
func (p *peer) lines(ctx context.Context, n int, every time.Duration) error {
	return paced(ctx, n, every, func() error { _, err := fmt.Fprintln(p.Stdin, text()); return err })
}

// paced calls f n times, as often as every says, however long one takes.
func paced(ctx context.Context, n int, every time.Duration, f func() error) error {
	begin := time.Now()
	for i := range n {
		select {
		case <-time.After(time.Until(begin.Add(time.Duration(i) * every))):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

func serveBare() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("bare at " + l.Addr().String())
	conns := make(chan net.Conn, 10_000)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns <- c
		}
	}()
	var all []net.Conn
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		for len(conns) > 0 {
			all = append(all, <-conns)
		}
		frame := append([]byte{0x81, byte(len(lines.Bytes()))}, lines.Bytes()...)
		for _, c := range all {
			if _, err := c.Write(frame); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}

func startNATS(string) (*peer, error) {
	p, urls, err := startServer("", nil, *nats)
	if err != nil {
		return nil, err
	}
	plain, ws, _ := strings.Cut(urls, " ")
	p.address = strings.TrimPrefix(ws, "ws://")
	c, err := net.Dial("tcp", strings.TrimPrefix(plain, "nats://"))
	if err != nil {
		p.Stop()
		return nil, err
	}
	p.OnStop = append(p.OnStop, func() { _ = c.Close() })
	go func() { _, _ = io.Copy(io.Discard, c) }()
	if _, err := fmt.Fprint(c, "CONNECT {\"verbose\":false}\r\n"); err != nil {
		return nil, err
	}
	p.publish = func(ctx context.Context, n int, every time.Duration) error {
		return paced(ctx, n, every, func() error { _, err := fmt.Fprintf(c, "PUB t 100\r\n%s\r\n", text()); return err })
	}
	return p, nil
}

func startSocketIO(string) (*peer, error) {
	p, port, err := startServer("ready ", nil, "node", filepath.Join(*sio, "server.js"))
	if err != nil {
		return nil, err
	}
	p.address = "127.0.0.1:" + port
	p.publish = p.lines
	return p, nil
}

// startParley runs Parley with a model server of ours, whose answer to a question in
// the one thread is the tokens.
func startParley(dir string) (*peer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	program, err := o.Program(dir)
	if err != nil {
		return nil, err
	}
	m := &model{}
	at, err := m.listen()
	if err != nil {
		return nil, err
	}
	p, setup, err := startServer("http", []string{
		"PARLEY_RATE_LIMIT_ENABLED=false", "PARLEY_AUTH_ACCESS_TTL=12h", "PARLEY_LISTEN=127.0.0.1:0", "PARLEY_DATA=" + filepath.Join(dir, "data"),
		"PARLEY_LOG_LEVEL=error", "PARLEY_BACKUP_EVERY=0", "PARLEY_AUTH_BCRYPT_COST=10", "PARLEY_MODEL_OPENAI_BASE_URL=" + at, "PARLEY_MODEL_OPENAI_MODEL=paced", "PARLEY_MODEL_MAX_CONCURRENT=" + strconv.Itoa(max(*answers, 4)),
	}, program, "serve")
	if err != nil {
		m.stop()
		return nil, err
	}
	p.OnStop = append(p.OnStop, m.stop)
	if err := p.setUp("http" + setup); err != nil {
		p.Stop()
		return nil, err
	}
	p.publish = func(ctx context.Context, n int, every time.Duration) error {
		return p.ask(ctx, []string{p.thread}, n, every)
	}
	p.model = m
	return p, nil
}

// ask asks a question in each thread, and waits until the model has said all.
func (p *peer) ask(ctx context.Context, threads []string, n int, every time.Duration) error {
	done := p.model.next(len(threads), n, every)
	for _, id := range threads {
		if err := p.post("/api/v1/threads/"+id+"/messages", map[string]any{"content": "go"}, nil); err != nil {
			return err
		}
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// setUp makes the first account by the link that the server printed, a project and a
// thread.
func (p *peer) setUp(link string) error {
	base, token, ok := strings.Cut(link, "/setup")
	if !ok {
		return fmt.Errorf("the link is %q", link)
	}
	p.address = strings.TrimPrefix(base, "http://")
	token = token[strings.LastIndexAny(token, "=#/")+1:]
	var in struct {
		AccessToken string `json:"access_token"`
	}
	if err := p.post("/api/v1/setup", map[string]any{"token": token, "username": "ann", "email": "ann@example.org", "password": "correct horse battery"}, &in); err != nil {
		return err
	}
	p.token = in.AccessToken
	var project struct {
		ID string `json:"id"`
	}
	if err := p.post("/api/v1/projects", map[string]any{"name": "Garden"}, &project); err != nil {
		return err
	}
	p.project = project.ID
	var err error
	p.thread, err = p.newThread()
	return err
}

func (p *peer) newThread() (string, error) {
	var thread struct {
		ID string `json:"id"`
	}
	err := p.post("/api/v1/threads", map[string]any{"project_id": p.project, "title": "Roses"}, &thread)
	return thread.ID, err
}

func (p *peer) post(path string, body, into any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return p.call(http.MethodPost, path, bytes.NewReader(b), into)
}

// call makes a request and reads the answer's JSON into a value, unless it is nil.
func (p *peer) call(method, path string, body io.Reader, into any) error {
	req, err := http.NewRequest(method, "http://"+p.address+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s: %s: %w", path, resp.Status, said, err)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(said, into)
}
