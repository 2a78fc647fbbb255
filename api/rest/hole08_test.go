package rest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"strings"
	"testing"

	"github.com/parley-app/parley/store"
)

func zipOf(t *testing.T, name, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create(name)
	if err == nil {
		_, err = f.Write([]byte(content))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tarOf(t *testing.T, name string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: 1, Mode: 0o600})
	if err == nil {
		_, err = w.Write([]byte("x"))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// hostileFiles are refused, whatever they say that they are.
func hostileFiles(t *testing.T) map[string][2]string {
	t.Helper()
	gif := "GIF89a\x01\x00\x01\x00\x00\x00\x00;"
	return map[string][2]string{
		"SVG as an image":          {"a.png", `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`},
		"a program":                {"a.txt", "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 100)},
		"a picture and an archive": {"a.gif", gif + zipOf(t, "a", "x")},
		"words and an archive":     {"a.txt", strings.Repeat("words\n", 1000) + zipOf(t, "a", "x")},
		"a bomb":                   {"a.zip", zipOf(t, "a", strings.Repeat("\x00", 80<<20))},
		"a bomb in a bomb":         {"a.zip", zipOf(t, "b.zip", zipOf(t, "a", strings.Repeat("\x00", 80<<20)))},
		"up and out":               {"a.zip", zipOf(t, "../../etc/cron.d/x", "x")},
		"up and out, backwards":    {"a.zip", zipOf(t, `..\..\x`, "x")},
		"an absolute name":         {"a.zip", zipOf(t, "/etc/passwd", "x")},
		"a drive":                  {"a.zip", zipOf(t, `C:\x`, "x")},
		"up and out of a tar":      {"a.tar", tarOf(t, "../x")},
		"absolute in a tar":        {"a.tar", tarOf(t, "/x")},
		"HTML as a program":        {"a.hta", "<script>x()</script>"},
		"HTML as an image":         {"a.png", "<script>x()</script>"},
		"empty":                    {"a.txt", ""},
	}
}

// markup is accepted as text that models read, and must never be a page of ours.
var markup = map[string][2]string{
	"SVG":          {"a.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>`},
	"HTML":         {"a.html", "<!doctype html><script>x()</script>"},
	"HTML as text": {"README.md", "<!doctype html><script>x()</script>"},
	"XHTML":        {"a.xhtml", `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>x()</script></html>`},
	"XML":          {"a.xml", `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`},
}

func TestMarkupIsServedAsTextAlone(t *testing.T) {
	u := newUploads(t, Options{})
	for name, f := range markup {
		for _, query := range []string{"", "?inline=true"} {
			var made store.Attachment
			u.upload(fileForm(f[0], f[1])).is(201).json(&made)
			got := u.do(ask{method: get, path: "/api/v1/attachments/" + made.ID.String() + "/content" + query, token: u.token}).is(200)
			saved := got.header.Get("Content-Disposition")
			if made.MediaType != "text/plain" || got.header.Get("Content-Type") != "text/plain; charset=utf-8" || got.header.Get("X-Content-Type-Options") != "nosniff" ||
				!strings.HasPrefix(saved, "attachment;") || !strings.Contains(saved, `.txt"`) && !strings.Contains(saved, `.md"`) ||
				!strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
				t.Errorf("%s is served as %v", name, got.header)
			}
		}
	}
}

// hostileNames are cleaned: what is shown and sent has nothing of a path, of another
// system's devices, of marks that turn text round, or of what ends a header.
var hostileNames = []string{
	"../../etc/passwd.txt", `..\\..\\boot.txt`, "/etc/passwd.txt", `C:\\Windows\\x.txt`, "CON.txt", "nul.txt", "COM1.txt", "a\x00.txt", "a\u202etxt.exe.txt",
	"a%22; filename=b.html; x=%22.txt", "a%0d%0aX-Evil: 1.txt", "..", ".", "%2e%2e%2fx.txt", strings.Repeat("a", 4096) + ".txt", "a.txt. ", ".htaccess.txt",
	"\u2028a.txt", "a;b.txt", "a/../b.txt", "~root.txt", "-rf.txt", "aux",
}

// TestHole08Uploads brings every hostile file and every hostile name to every route
// that takes a file.
func TestHole08Uploads(t *testing.T) {
	u := newUploads(t, Options{})
	eachRoute(t, u.server, func(t *testing.T, r *route, _ string) {
		if u.t = t; !r.streams {
			return
		}
		to := ask{method: r.method, path: strings.Replace(r.full(), "{id}", u.thread, 1), token: u.token, header: formHeader}
		for name, f := range hostileFiles(t) {
			to.body = fileForm(f[0], f[1])
			if got := u.do(to); got.status != 415 && got.status != 422 {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
			to.body = formAs(f[0], "image/png", f[1]) // what it says that it is counts for nothing
			if got := u.do(to); got.status != 415 && got.status != 422 {
				t.Errorf("%s, said to be a picture: %d %s", name, got.status, got.body)
			}
		}
		if left := u.left(); len(left) > 0 {
			t.Errorf("what was refused has left %q", left)
		}
		for _, name := range hostileNames {
			to.body = fileForm(name, "some words")
			got := u.do(to)
			if got.status != 201 {
				if got.status < 400 || got.status >= 500 {
					t.Errorf("%q: %d %s", name, got.status, got.body)
				}
				continue
			}
			var f store.Attachment
			got.json(&f)
			u.isTame(t, name, f)
		}
	})
}

// isTame looks at what has become of a name, in every place where it is shown, and at
// how the bytes are sent.
func (u *uploads) isTame(t *testing.T, was string, f store.Attachment) {
	t.Helper()
	stem, _, _ := strings.Cut(strings.ToLower(f.Name), ".")
	if strings.ContainsAny(f.Name, "/\\\x00\r\n\"\u202e\u2028") || f.Name == "" || strings.HasPrefix(f.Name, ".") || len(f.Name) > 255 ||
		stem == "con" || stem == "nul" || stem == "com1" || stem == "aux" {
		t.Errorf("%.60q became %q", was, f.Name)
	}
	got := u.do(ask{method: get, path: base + "/attachments/" + f.ID.String() + "/content?inline=true", token: u.token}).is(200)
	for key, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Content-Security-Policy": contentPolicy, "Content-Type": "text/plain; charset=utf-8", "X-Evil": ""} {
		if got.header.Get(key) != want {
			t.Errorf("%.60q is sent with %s: %s", was, key, got.header.Get(key))
		}
	}
	how, said, err := mime.ParseMediaType(got.header.Get("Content-Disposition"))
	if err != nil || how != "attachment" || said["filename"] != f.Name || len(said) != 1 {
		t.Errorf("%.60q is sent as %s: %v", was, got.header.Get("Content-Disposition"), err)
	}
	if !strings.Contains(contentPolicy, "sandbox") {
		t.Error("the policy of files has no sandbox")
	}
}

// TestHole08AFileInAFrame: the frame that shows a file has what the server has found out
// about it, and the client cannot say it another way.
func TestHole08AFileInAFrame(t *testing.T) {
	u := newUploads(t, Options{})
	f := u.bring("../../nul.txt", "some words")
	c := (&live{TB: t, address: u.host}).dialRaw(u.token, "/ws")
	c.send(`{"type":"send_message","request_id":"r","thread_id":"` + u.thread + `","content":"look","attachment_ids":["` + f.ID.String() + `"]}`)
	b, err := json.Marshal(c.next("ack")["message"])
	if err != nil {
		t.Fatal(err)
	}
	var m store.Message
	if err := json.Unmarshal(b, &m); err != nil || len(m.Attachments) != 1 {
		t.Fatalf("%v: %s", err, b)
	}
	got := m.Attachments[0]
	if got.Name != f.Name || got.MediaType != "text/plain" || got.SHA256 != f.SHA256 {
		t.Errorf("shown as %+v", got)
	}
	u.isTame(t, "../../nul.txt", got)
	other := u.bring("b.txt", "other words").ID.String()
	for _, value := range []string{`[{"id":"` + other + `"}]`, `"` + other + `"`, `["file:///etc/passwd"]`, `["data:text/html,x"]`, `["http://127.0.0.1/"]`, `["notes.txt"]`, `[null]`} {
		c.refuses(t, `{"type":"send_message","request_id":"r","thread_id":"`+u.thread+`","content":"x","attachment_ids":`+value+`}`)
	}
}
