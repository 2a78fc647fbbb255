package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// readPlaces keeps what the server says where no browser asks: on the control socket, in
// frames, in the names of its files and in what the machine tells of its process.
func (r *release) readPlaces(secrets canaries, said *heard) {
	r.t.Helper()
	r.askControl(secrets, said)
	r.sendFrames(secrets, said)
	err := filepath.WalkDir(r.data, func(path string, _ fs.DirEntry, err error) error {
		said.add("the name of a file", strings.TrimPrefix(path, r.data))
		return err
	})
	if err != nil {
		r.t.Error(err)
	}
	for _, name := range []string{"cmdline", "environ", "comm"} {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", r.cmd.Process.Pid, name))
		if err != nil || len(b) == 0 {
			r.t.Errorf("%s of the process: %q, %v", name, b, err)
		}
		said.add("the "+name+" of the process", string(b))
	}
}

// askControl sends malformed requests to the errands of the control socket and keeps the
// answers. Left out are the one that answers with a token, and those that change the
// store or take long.
func (r *release) askControl(secrets canaries, said *heard) {
	r.t.Helper()
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", dataFolder(r.data).socket())
	}}}
	defer client.CloseIdleConnections()
	text := secrets.quoted
	bodies := []string{
		"", text("a new password"), secrets["a new password"], `{"password":[` + text("a new password") + `]}`, `{` + text("a new password") + `:1}`,
		`{"username":` + text("a new password") + `,"email":"x","password":` + text("a new password") + `,"role":` + text("a token that is none") + `}`,
		`{"login":"nobody","password":` + text("a new password") + `,"end_keys":true,"key":` + text("an API key") + `}`,
	}
	for _, name := range slices.Sorted(maps.Keys(errands)) {
		if slices.Contains([]string{"setup-token", "keys-rotate", "keys-revoke", "sweep", "check"}, name) {
			continue
		}
		for _, body := range bodies {
			resp, err := client.Post("http://parley/"+name, "application/json", strings.NewReader(body))
			if err != nil {
				r.t.Fatal(err)
			}
			b, err := io.ReadAll(resp.Body)
			if resp.Body.Close(); err != nil {
				r.t.Fatal(err)
			}
			said.add("the control socket's "+name, string(b))
		}
	}
}

// sendFrames sends frames with mistakes, and keeps the answers.
func (r *release) sendFrames(secrets canaries, said *heard) {
	r.t.Helper()
	text := secrets.quoted
	for _, frame := range []string{
		secrets["a token that is none"], text("a token that is none"), `{"type":` + text("a token that is none") + `}`, `{"type":"send_message","content":[` + text("a token that is none") + `]}`,
		`{"type":"send_message","thread_id":` + text("an API key") + `,"content":"x"}`, `{"type":"subscribe","thread_id":` + text("a token that is none") + `}`,
		`{"type":"send_message",` + text("a password") + `:1}`, `{"type":"send_message","token":` + text("an access token") + `}`, `{"type":"auth","token":` + text("a token that is none") + `}`,
	} {
		said.add("the socket", r.frame(secrets["an access token"], frame))
	}
	said.add("a socket refused", r.frame(secrets["a token that is none"], "{}"))
}

// frame opens a socket, sends a frame and an end, and returns all that came.
func (r *release) frame(token, frame string) string {
	r.t.Helper()
	conn := r.openSocket(token, frame, 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8) // a close of status 1000
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		r.t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if err != nil && !strings.Contains(err.Error(), "reset") || len(got) == 0 {
		r.t.Fatalf("the socket says %q, %v", got, err)
	}
	return string(got)
}
