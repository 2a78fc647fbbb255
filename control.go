package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// A house is what the commands of a person with access to the data folder work
// on: inside the server that has the store open, or with the store alone.
type house struct {
	store *store.Store
	base  string // where people find the page; "" if not known
}

// An errand is a command on a house. What it returns travels as JSON.
type errand struct {
	do     func(context.Context, house) (any, error)
	begins bool // makes a store where there is none
}

// errands are the commands that a running server does for the command line.
var errands = map[string]errand{
	"setup-token": {begins: true, do: func(ctx context.Context, h house) (any, error) { return giveSetupToken(ctx, h) }},
	"check":       {do: func(ctx context.Context, h house) (any, error) { return checkStore(ctx, h) }},
}

// maxReply bounds what either side of the control socket reads.
const maxReply = 16 << 20

// A control answers the command line on a socket in the data folder, which
// only the folder's owner can reach.
type control struct {
	server *http.Server
	folder *os.File
}

// serveControl starts answering errands and health on the folder's socket.
func serveControl(d dataFolder, h house, health func(context.Context) healthReport, log *slog.Logger) (*control, error) {
	path, folder, err := socketPath(d)
	if err != nil {
		return nil, err
	}
	// Whoever has the store open owns the socket: one that lies there is left over.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(err, folder.Close())
	}
	l, err := net.Listen("unix", path)
	if err == nil {
		if err = os.Chmod(path, 0o600); err != nil {
			err = errors.Join(err, l.Close())
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the control socket cannot be made: %w", err), folder.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) { reply(w, health(r.Context()), nil) })
	for name, e := range errands {
		mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, r *http.Request) {
			out, err := e.do(r.Context(), h)
			reply(w, out, err)
		})
	}
	c := &control{folder: folder, server: &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}
	go func() {
		if err := c.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the control socket failed", "err", err)
		}
	}()
	return c, nil
}

// close lets the errands that run end until ctx does, and removes the socket.
func (c *control) close(ctx context.Context) error {
	err := c.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, c.server.Close())
	}
	return errors.Join(err, c.folder.Close())
}

func reply(w http.ResponseWriter, out any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		out = map[string]string{"error": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(out) // whoever asked has left
}

// socketPath names the socket, and the open folder that the name needs to stay
// good. A socket's path has at most 107 bytes; through the folder's descriptor
// it is short wherever the folder lies.
func socketPath(d dataFolder) (string, *os.File, error) {
	folder, err := os.Open(string(d))
	if err != nil {
		return "", nil, err
	}
	path := d.socket()
	if len(path) > 100 {
		path = fmt.Sprintf("/proc/self/fd/%d/%s", folder.Fd(), filepath.Base(path))
	}
	return path, folder, nil
}

// errNoServer says that no server has the data folder.
var errNoServer = errors.New("no server is running on this data folder")

// ask has the server of the data folder do an errand and fills out with what it
// answers, or returns errNoServer.
func ask(ctx context.Context, d dataFolder, method, name string, out any) error {
	path, folder, err := socketPath(d)
	if errors.Is(err, fs.ErrNotExist) {
		return errNoServer
	} else if err != nil {
		return err
	}
	defer folder.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	req, err := http.NewRequestWithContext(ctx, method, "http://parley/"+name, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	switch {
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ECONNREFUSED):
		return errNoServer
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s belongs to another user: run this as the user that the server runs as", d.socket())
	case err != nil:
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return err
	}
	return unpack(resp.StatusCode, b, out)
}

func unpack(status int, b []byte, out any) error {
	if status == http.StatusOK {
		return json.Unmarshal(b, out)
	}
	var problem struct{ Error string }
	if json.Unmarshal(b, &problem) != nil || problem.Error == "" {
		return fmt.Errorf("the server answers %d: %s", status, bytes.TrimSpace(b))
	}
	return errors.New(problem.Error)
}

// runErrand has the running server do an errand, or opens the store for it.
func (c *cli) runErrand(ctx context.Context, l *Loaded, name string, out any) error {
	d := dataFolder(l.Data)
	err := ask(ctx, d, http.MethodPost, name, out)
	if !errors.Is(err, errNoServer) {
		return err
	}
	e := errands[name]
	if _, err := os.Stat(d.database()); err != nil && !e.begins {
		return fmt.Errorf("there is no store in %s: %w", d, err)
	}
	s, err := d.open(ctx, newLog(c.stderr, "text", slog.LevelWarn))
	if err != nil {
		return err
	}
	got, err := e.do(ctx, house{s.Store, l.baseURL(l.Listen)})
	if err = errors.Join(err, s.Close()); err != nil {
		return err
	}
	b, err := json.Marshal(got) // as if it had travelled, so that both ways are one
	if err != nil {
		return err
	}
	return json.Unmarshal(b, out)
}

// A healthReport is what /health says, for the command line.
type healthReport struct {
	api.Health
	Version string `json:"version"`
	Address string `json:"address"`
}
