package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Who signs in, on either side.
const (
	login    = "user00@example.org"
	password = "correct horse battery"
)

// A server is one process under load.
type server struct {
	cmd   *exec.Cmd
	url   string
	token string
	model *model // that Parley asks
	close func()
}

// start runs a program and waits for a line of its output that begins with mark.
func start(mark string, env []string, name string, args ...string) (*server, string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	s := &server{cmd: cmd}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if line, ok := strings.CutPrefix(lines.Text(), mark); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return s, strings.TrimSpace(line), nil
		}
	}
	s.stop()
	return nil, "", fmt.Errorf("%s ended before it said %q", name, mark)
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
	if s.close != nil {
		s.close()
	}
}

// cpu is what the process has used so far.
func (s *server) cpu() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+2:]))
	user, err1 := strconv.ParseInt(f[11], 10, 64)
	system, err2 := strconv.ParseInt(f[12], 10, 64)
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux that runs Go
	return time.Duration(user+system) * tick, errors.Join(err1, err2)
}

func (s *server) get(path string) ([]byte, error) {
	req, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	return answer(req)
}

func answer(req *http.Request) ([]byte, error) {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s: %s", req.Method, req.URL, resp.Status, b)
	}
	return b, err
}

// signIn posts a JSON body and takes the token out of the answer's field.
func (s *server) signIn(path, body, field string) error {
	req, err := http.NewRequest(http.MethodPost, s.url+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	b, err := answer(req)
	if err != nil {
		return err
	}
	said := map[string]any{}
	if err := json.Unmarshal(b, &said); err != nil {
		return err
	}
	s.token, _ = said[field].(string)
	return nil
}

// startParley runs Parley as it is but without limits and with tokens that outlive
// the run. A model server of our own answers every question at once with one word.
func startParley(dir, home string) (*server, error) {
	program := *parley
	if program == "" {
		program = filepath.Join(dir, "parley")
		build := exec.Command("go", "build", "-o", program, "github.com/parley-app/parley")
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		if err := build.Run(); err != nil {
			return nil, err
		}
	}
	model, err := startModel()
	if err != nil {
		return nil, err
	}
	s, url, err := start("Parley is at ", []string{
		"PARLEY_RATE_LIMIT_ENABLED=false", "PARLEY_AUTH_ACCESS_TTL=12h", "PARLEY_LISTEN=127.0.0.1:0", "PARLEY_DATA=" + home, "PARLEY_LOG_LEVEL=warn",
		"PARLEY_BACKUP_EVERY=0", "PARLEY_MODEL_OPENAI_BASE_URL=" + model.url, "PARLEY_MODEL_OPENAI_MODEL=one-word", "PARLEY_MODEL_MAX_CONCURRENT=64",
	}, program, "serve")
	if err != nil {
		model.close()
		return nil, err
	}
	s.url, s.model, s.close = url, model, model.close
	return s, s.signIn("/api/v1/auth/login", fmt.Sprintf(`{"login":%q,"password":%q}`, login, password), "access_token")
}

// startPocketBase runs PocketBase on an empty folder, which it fills with records.
func startPocketBase(records int) (*server, error) {
	dir, err := os.MkdirTemp("", "pocketbase-")
	if err != nil {
		return nil, err
	}
	at, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s, _, err := start("ready", []string{"RECORDS=" + strconv.Itoa(records)}, *pocketBase, "serve", "--dir", dir, "--http", at)
	if err != nil {
		return nil, err
	}
	s.url, s.close = "http://"+at, func() { _ = os.RemoveAll(dir) }
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err = s.signIn("/api/collections/users/auth-with-password", fmt.Sprintf(`{"identity":"bench@example.org","password":%q}`, password), "token")
		if err == nil || time.Now().After(deadline) {
			return s, err
		}
	}
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// startBare runs this program again as the bare handler of what file holds.
func startBare(file string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s, url, err := start("bare at ", nil, self, "-bare", file)
	if err == nil {
		s.url = url
	}
	return s, err
}

func serveBare(file string) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		return c.Send(body)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("bare at http://" + l.Addr().String())
	return app.Listener(l)
}
