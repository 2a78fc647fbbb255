package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api/scan/scantest"
	"github.com/parley-app/parley/store"
)

// A visitor speaks to a server over HTTP, as the first administrator.
type visitor struct {
	t     *testing.T
	s     *server
	token string
}

func (v *visitor) ask(method, path, kind string, body io.Reader, out any) (status int, text string) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.s.house.base+"/api/v1"+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && out != nil {
		err = json.Unmarshal(b, out)
	}
	if err != nil {
		v.t.Fatalf("%s %s: %v: %s", method, path, err, b)
	}
	return res.StatusCode, string(b)
}

func (v *visitor) post(path, body string, out any) {
	v.t.Helper()
	if status, text := v.ask(http.MethodPost, path, "application/json", strings.NewReader(body), out); status > 299 {
		v.t.Fatalf("%s: %d %s", path, status, text)
	}
}

func (v *visitor) upload(thread, name, content string) (f store.Attachment) {
	v.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = io.WriteString(part, content)
	}
	if err != nil || w.Close() != nil {
		v.t.Fatal(err)
	}
	if status, text := v.ask(http.MethodPost, "/threads/"+thread+"/attachments", w.FormDataContentType(), &form, &f); status != http.StatusCreated {
		v.t.Fatalf("%s: %d %s", name, status, text)
	}
	return f
}

// becomes waits for the scanner.
func (v *visitor) becomes(f store.Attachment, want string) {
	v.t.Helper()
	for end := time.Now().Add(2 * time.Minute); f.Scan.Status != want; time.Sleep(10 * time.Millisecond) {
		v.ask(http.MethodGet, "/attachments/"+f.ID.String(), "", nil, &f)
		if time.Now().After(end) {
			v.t.Fatalf("%s is %+v, and never %s", f.Name, f.Scan, want)
		}
	}
}

// content is what an attachment reads as, or the status that keeps it.
func (v *visitor) content(f store.Attachment) (status int, text string) {
	v.t.Helper()
	return v.ask(http.MethodGet, "/attachments/"+f.ID.String()+"/content", "", nil, nil)
}

// parley runs a command that has to succeed.
func parley(t *testing.T, args ...string) {
	t.Helper()
	var out bytes.Buffer
	if status := run(args, nil, strings.NewReader(""), &out, &out); status != exitOK {
		t.Fatalf("parley %s: %d: %s", strings.Join(args, " "), status, out.String())
	}
}

func serving(t *testing.T, data string, clamd *scantest.Clamd) *server {
	t.Helper()
	l := testConfig(t, flag{"data", data, ""}, flag{"scanner.url", clamd.URL, ""})
	s, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What was brought through the API is in a backup, comes back from it, and is
// proven by a check: the sent, the unsent and the infected, with what the scanner
// said of them.
func TestAttachmentsInBackups(t *testing.T) {
	clamd := scantest.New(t)
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "backup.tar")
	s := serving(t, data, clamd)
	v := &visitor{t: t, s: s}
	inv, err := giveSetupToken(context.Background(), s.house)
	if err != nil {
		t.Fatal(err)
	}
	link, err := url.Parse(inv.Link)
	if err != nil {
		t.Fatal(err)
	}
	var in struct {
		Token string `json:"access_token"`
	}
	v.post("/setup", `{"token":"`+link.Query().Get("token")+`","username":"ann","email":"ann@example.org","password":"wrought iron turnip 47"}`, &in)
	v.token = in.Token
	var project, thread struct{ ID string }
	v.post("/projects", `{"name":"Plans"}`, &project)
	v.post("/threads", `{"project_id":"`+project.ID+`"}`, &thread)
	sent, unsent, infected := v.upload(thread.ID, "sent.txt", "sent words"), v.upload(thread.ID, "unsent.txt", "unsent words"), v.upload(thread.ID, "bad.txt", scantest.EICAR)
	v.becomes(sent, store.ScanClean)
	v.becomes(unsent, store.ScanClean)
	v.becomes(infected, store.ScanInfected)
	v.post("/threads/"+thread.ID+"/messages?wait=true", `{"content":"look","attachment_ids":["`+sent.ID.String()+`"]}`, nil)
	parley(t, "backup", file, "--data", data) // while it runs
	if err := s.stop(time.Second); err != nil {
		t.Error(err)
	}

	other := t.TempDir()
	parley(t, "restore", file, "--data", other)
	parley(t, "check", "--data", other)
	v.s = serving(t, other, clamd)
	for _, f := range []struct {
		of     store.Attachment
		status int
		text   string
	}{{sent, 200, "sent words"}, {unsent, 200, "unsent words"}, {infected, 410, ""}} {
		if status, text := v.content(f.of); status != f.status || f.text != "" && text != f.text {
			t.Errorf("%s reads %d %q", f.of.Name, status, text)
		}
	}
	var list struct{ Messages []store.Message }
	v.ask(http.MethodGet, "/threads/"+thread.ID+"/messages", "", nil, &list)
	if len(list.Messages) == 0 || len(list.Messages[0].Attachments) != 1 || list.Messages[0].Attachments[0].ID != sent.ID {
		t.Errorf("the messages are %+v", list.Messages)
	}
	if err := v.s.stop(time.Second); err != nil {
		t.Error(err)
	}
}

// The doctor asks the scanner for its version, by the Unix socket and through the
// guard, and sees it gone.
func TestTheDoctorLooksAtTheScanner(t *testing.T) {
	for name, clamd := range map[string]*scantest.Clamd{"unix": scantest.New(t), "tcp": scantest.NewTCP(t)} {
		l := testConfig(t, flag{"data", t.TempDir(), ""}, flag{"scanner.url", clamd.URL, ""})
		got := lookAtScanner(t.Context(), l)
		if len(got) != 1 || got[0].Status != lookOK || !strings.HasPrefix(got[0].Detail, clamd.URL+" is ClamAV ") {
			t.Errorf("%s: %+v", name, got)
		}
		clamd.Kill()
		got = lookAtScanner(t.Context(), l)
		if len(got) != 1 || got[0].Status != lookBad || got[0].Advice == "" {
			t.Errorf("%s, gone: %+v", name, got)
		}
	}
}
