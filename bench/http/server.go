package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/bench/proc"
)

// Who signs in, on either side.
const (
	login    = "user00@example.org"
	password = "correct horse battery"
)

// A server is one process under load.
type server struct {
	*proc.Process
	url   string
	token string
	model *model // that Parley asks
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
	program, err := o.Program(dir)
	if err != nil {
		return nil, err
	}
	model, err := startModel()
	if err != nil {
		return nil, err
	}
	p, url, err := proc.Start("Parley is at ", []string{
		"PARLEY_RATE_LIMIT_ENABLED=false", "PARLEY_AUTH_ACCESS_TTL=12h", "PARLEY_LISTEN=127.0.0.1:0", "PARLEY_DATA=" + home, "PARLEY_LOG_LEVEL=warn",
		"PARLEY_BACKUP_EVERY=0", "PARLEY_MODEL_OPENAI_BASE_URL=" + model.url, "PARLEY_MODEL_OPENAI_MODEL=one-word", "PARLEY_MODEL_MAX_CONCURRENT=64",
	}, program, "serve")
	if err != nil {
		model.close()
		return nil, err
	}
	p.OnStop = append(p.OnStop, model.close)
	s := &server{Process: p, url: url, model: model}
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
	p, _, err := proc.Start("ready", []string{"RECORDS=" + strconv.Itoa(records)}, *pocketBase, "serve", "--dir", dir, "--http", at)
	if err != nil {
		return nil, err
	}
	p.OnStop = append(p.OnStop, func() { _ = os.RemoveAll(dir) })
	s := &server{Process: p, url: "http://" + at}
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
	p, url, err := proc.Start("bare at ", nil, self, "-bare", file)
	return &server{Process: p, url: url}, err
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
