package main

import (
	"bytes"
	"context"
	"encoding/json"
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

// askControl sends every errand what it does not understand, and those that only tell
// something what they do.
func (r *release) askControl(secrets canaries, said *heard) {
	r.t.Helper()
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", dataFolder(r.data).socket())
	}}}
	defer client.CloseIdleConnections()
	text := func(what string) string { b, _ := json.Marshal(secrets[what]); return string(b) }
	bodies := []string{
		"", text("a new password"), secrets["a new password"], `{"password":[` + text("a new password") + `]}`, `{` + text("a new password") + `:1}`,
		`{"username":` + text("a new password") + `,"email":"x","password":` + text("a new password") + `,"role":` + text("a token that is none") + `}`,
		`{"login":"nobody","password":` + text("a new password") + `,"end_keys":true,"key":` + text("an API key") + `}`,
	}
	for _, name := range slices.Sorted(maps.Keys(errands)) {
		if name == "setup-token" || name == "keys-rotate" || name == "keys-revoke" || name == "sweep" || name == "check" { // a token is its answer; others change something, or take long
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
	text := func(what string) string { b, _ := json.Marshal(secrets[what]); return string(b) }
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
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		r.t.Fatal(err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer %s\r\n\r\n", token)
	out.Write(append([]byte{0x81, 0x80 | 126, byte(len(frame) >> 8), byte(len(frame)), 0, 0, 0, 0}, frame...)) // masked by zeros
	out.Write([]byte{0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8})                                                      // a close of status 1000
	if _, err := conn.Write(out.Bytes()); err != nil {
		r.t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if err != nil && !strings.Contains(err.Error(), "reset") || len(got) == 0 {
		r.t.Fatalf("the socket says %q, %v", got, err)
	}
	return string(got)
}
