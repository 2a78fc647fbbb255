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
	"github.com/parley-app/parley/api/egress"
	"github.com/parley-app/parley/store/backup"
	"github.com/parley-app/parley/store/disk"
)

// A house is what the commands of a person with access to the data folder work
// on: inside the server that has the store open, or with the store alone.
type house struct {
	*openStore
	base string // where people find the page; "" if not known
	keys *api.KeyRing
	api  *api.API      // online, or offline with the store alone
	door *egress.Guard // nil where no server runs

	running *runningConfig // nil where no server runs
}

// An errand is a command on a house. What it returns travels as JSON.
type errand struct {
	do     func(context.Context, house, backup.Progress) (any, error)
	take   func(context.Context, house, json.RawMessage) (any, error) // instead of do: with what the command says
	begins bool                                                       // makes a store where there is none
}

// run does the errand; in is what the command says.
func (e errand) run(ctx context.Context, h house, in json.RawMessage, p backup.Progress) (any, error) {
	if e.take != nil {
		return e.take(ctx, h, in)
	}
	return e.do(ctx, h, p)
}

// errands are the commands that a running server does for the command line.
var errands = map[string]errand{
	"setup-token": {begins: true, do: func(ctx context.Context, h house, _ backup.Progress) (any, error) { return giveSetupToken(ctx, h) }},
	"egress":      {do: func(_ context.Context, h house, _ backup.Progress) (any, error) { return egressSeen(h.door), nil }},
	"settings":    {do: func(_ context.Context, h house, _ backup.Progress) (any, error) { return h.running.report(), nil }},
	"doctor": {do: func(ctx context.Context, h house, _ backup.Progress) (any, error) {
		return examine(ctx, h.running.effective()), nil
	}},
	"egress-targets": {do: func(ctx context.Context, h house, _ backup.Progress) (any, error) {
		return h.running.effective().egressTargets(ctx)
	}},
	"keys-list":   {do: func(ctx context.Context, h house, _ backup.Progress) (any, error) { return h.keys.List(ctx) }},
	"keys-rotate": {do: replaceKeys(false)},
	"keys-revoke": {do: replaceKeys(true)},
	"user-create": {take: taking(createUser), begins: true},
	"user-list":   {take: taking(listUsers)},
	"user-update": {take: taking(updateUser)},
	"user-keys":   {take: taking(listUserKeys)},
	"sweep-look":  {do: sweepHouse(false)},
	"sweep":       {do: sweepHouse(true)},
	"check":       {do: func(ctx context.Context, h house, p backup.Progress) (any, error) { return h.checkRunning(ctx, p) }},

	"user-keys-end": {take: taking(endUserKeys)},
}

// maxErrand bounds what a command says with its errand.
const maxErrand = 64 << 10

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
		if err = errors.Join(os.Chmod(path, 0o600), disk.Own(path)); err != nil {
			err = errors.Join(err, l.Close())
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the control socket cannot be made: %w", err), folder.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) { reply(w, health(r.Context()), nil) })
	mux.HandleFunc("POST /backup", func(w http.ResponseWriter, r *http.Request) { h.sendBackup(w, r) })
	for name, e := range errands {
		mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, r *http.Request) {
			in, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxErrand))
			if err != nil {
				http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
				return
			}
			out, err := e.run(r.Context(), h, in, progressLines(w))
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

// A replyLine is what a reply is made of: as many as one likes about how far it is, and
// at the end what came of it.
type replyLine struct {
	What   string          `json:"what,omitempty"`
	Done   int64           `json:"done,omitempty"`
	Total  int64           `json:"total,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
}

func reply(w http.ResponseWriter, out any, err error) {
	var last replyLine
	if err == nil {
		last.Result, err = json.Marshal(out)
	}
	if err != nil {
		last.Error = err.Error()
	}
	_ = json.NewEncoder(w).Encode(last) // whoever asked has left
}

// progressLines tells whoever waits for w, a few times a second, how far it is.
func progressLines(w http.ResponseWriter) backup.Progress {
	var last time.Time
	return func(what string, done, total int64) {
		if now := time.Now(); now.Sub(last) >= time.Second/5 {
			last = now
			_ = json.NewEncoder(w).Encode(replyLine{What: what, Done: done, Total: total})
			_ = http.NewResponseController(w).Flush()
		}
	}
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
var errNoServer = errors.New("no server is running")

// noServerOn is errNoServer with the folder that was looked at.
func noServerOn(d dataFolder) error {
	return fmt.Errorf("%w on the data folder %s (--data or --config names another)", errNoServer, d.absolute())
}

// An answerError is an answer of the control socket with a status other than 200,
// as a server of another version gives it to a request that it does not know.
type answerError struct {
	status int
	text   string
}

// Error says what the server answered.
func (e *answerError) Error() string {
	return fmt.Sprintf("the server answers %d: %s", e.status, e.text)
}

// dial sends a request to the server of the data folder, or returns errNoServer.
// The caller closes the answer.
func dial(ctx context.Context, d dataFolder, method, name string, body []byte) (*http.Response, error) {
	path, folder, err := socketPath(d)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noServerOn(d)
	} else if err != nil {
		return nil, err
	}
	defer folder.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	req, err := http.NewRequestWithContext(ctx, method, "http://parley/"+name, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	switch {
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ECONNREFUSED):
		return nil, noServerOn(d)
	case errors.Is(err, fs.ErrPermission):
		return nil, &fs.PathError{Op: "connect to", Path: d.socket(), Err: syscall.EACCES}
	case err != nil:
		return nil, err
	}
	return resp, nil
}

// ask has the server of the data folder do an errand and fills out with what it
// answers, or returns errNoServer.
func ask(ctx context.Context, d dataFolder, method, name string, out any, p backup.Progress) error {
	return askWith(ctx, d, method, name, nil, out, p)
}

// askWith is ask with something to say.
func askWith(ctx context.Context, d dataFolder, method, name string, in []byte, out any, p backup.Progress) error {
	resp, err := dial(ctx, d, method, name, in)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return receive(resp.StatusCode, resp.Body, out, p)
}

// receive reads the lines of a reply.
func receive(status int, body io.Reader, out any, p backup.Progress) error {
	body = io.LimitReader(body, maxReply)
	if status != http.StatusOK {
		b, err := io.ReadAll(body)
		return errors.Join(&answerError{status, string(bytes.TrimSpace(b))}, err)
	}
	for lines := json.NewDecoder(body); ; {
		var l replyLine
		switch err := lines.Decode(&l); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return errors.New("the server ended before it had answered")
		case err != nil:
			return err
		case l.Error != "":
			return errors.New(l.Error)
		case l.Result != nil:
			return json.Unmarshal(l.Result, out)
		case p != nil:
			p(l.What, l.Done, l.Total)
		}
	}
}

// noServer returns nil if no server has the data folder, and otherwise why the
// command cannot be done.
func noServer(ctx context.Context, d dataFolder, why string) error {
	var h healthReport
	switch err := ask(ctx, d, http.MethodGet, "health", &h, nil); {
	case errors.Is(err, errNoServer):
		return nil
	case err != nil:
		return err
	default:
		return fmt.Errorf("the server is running on this data folder: stop it first; %s", why)
	}
}

// runErrand has the running server do an errand, or opens the store for it.
func (c *cli) runErrand(ctx context.Context, l *Loaded, name string, out any) error {
	return c.runErrandWith(ctx, l, name, nil, out)
}

// runErrandWith is runErrand with something to say.
func (c *cli) runErrandWith(ctx context.Context, l *Loaded, name string, in, out any) error {
	said, err := json.Marshal(in)
	if err != nil {
		return err
	}
	d := dataFolder(l.Data)
	err = askWith(ctx, d, http.MethodPost, name, said, out, nil)
	if !errors.Is(err, errNoServer) {
		return err
	}
	e := errands[name]
	if !e.begins {
		if err := d.exists(c.quietLog()); err != nil {
			return err
		}
	}
	s, err := d.openChecked(ctx, c.quietLog(), opening{reserve: l.Disk.Reserve, backups: l.backupFolder()})
	if err != nil {
		return err
	}
	h := house{openStore: s, base: l.baseURL(l.Listen)}
	if h.keys, err = l.keyRing(s.Store); err == nil {
		h.api, err = api.Offline(api.Options{Store: s.Store, Log: c.quietLog(), BcryptCost: l.Auth.BcryptCost})
	}
	if err != nil {
		return errors.Join(err, s.Close())
	}
	got, err := e.run(ctx, h, said, nil)
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
