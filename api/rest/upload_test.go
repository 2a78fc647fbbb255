package rest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

const boundary = "----parley"

var formHeader = map[string]string{"Content-Type": "multipart/form-data; boundary=" + boundary}

// fileForm is a form with a file in it.
func fileForm(name, content string) string { return formAs(name, "application/octet-stream", content) }

func formAs(name, kind, content string) string {
	return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\nContent-Type: " + kind +
		"\r\n\r\n" + content + "\r\n--" + boundary + "--\r\n"
}

// An uploads is a world with one user who has a thread.
type uploads struct {
	*world
	token, thread string
}

func newUploads(t *testing.T, o Options, change ...func(*api.Options)) *uploads {
	t.Helper()
	u := &uploads{world: newWorld(t, o, change...)}
	u.token = u.setUp()
	u.thread = u.newThread()
	return u
}

func (u *uploads) newThread() string {
	u.t.Helper()
	var made struct{ ID string }
	u.do(ask{method: post, path: "/api/v1/threads", token: u.token, body: `{"project_id":"` + u.project(u.token) + `"}`}).is(201).json(&made)
	return made.ID
}

func (u *uploads) upload(body string) answer {
	u.t.Helper()
	return u.do(ask{method: post, path: "/api/v1/threads/" + u.thread + "/attachments", token: u.token, body: body, header: formHeader})
}

func (u *uploads) bring(name, content string) (f store.Attachment) {
	u.t.Helper()
	u.upload(fileForm(name, content)).is(201).json(&f)
	return f
}

// left are the files in the folder of blobs.
func (u *uploads) left() (names []string) {
	u.t.Helper()
	err := filepath.WalkDir(u.blobs.Folder(), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, d.Name())
		}
		return err
	})
	if err != nil {
		u.t.Error(err)
	}
	return names
}

func picture(t *testing.T, w, h int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestUpload(t *testing.T) {
	u := newUploads(t, Options{})
	got := u.upload(fileForm("../../notes.txt", "some words")).is(201)
	var f store.Attachment
	got.json(&f)
	sum := sha256.Sum256([]byte("some words"))
	if f.Name != "notes.txt" || f.Size != 10 || f.MediaType != "text/plain" || f.SHA256 != hex.EncodeToString(sum[:]) ||
		f.Scan.Status != store.ScanSkipped || f.ThreadID.String() != u.thread || got.header.Get("Location") != "/api/v1/attachments/"+f.ID.String() {
		t.Errorf("%+v at %s", f, got.header.Get("Location"))
	}
	at := "/api/v1/attachments/" + f.ID.String()
	var again store.Attachment
	u.do(ask{method: get, path: at, token: u.token}).is(200).json(&again)
	if again != f {
		t.Errorf("read again it is %+v", again)
	}
	if body := u.do(ask{method: get, path: at + "/content", token: u.token}).is(200).body; body != "some words" {
		t.Errorf("its content is %q", body)
	}
	u.do(ask{method: remove, path: at, token: u.token}).is(204)
	u.do(ask{method: get, path: at, token: u.token}).problem(404, "not_found")
	u.do(ask{method: get, path: at + "/content", token: u.token}).problem(404, "not_found")
}

func TestHole08UploadsThatAreRefused(t *testing.T) {
	u := newUploads(t, Options{}, func(o *api.Options) { o.Uploads.MaxBytes = 1 << 20 })
	part := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n"
	for name, tt := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"too large":             {fileForm("a.txt", strings.Repeat("x", 1<<20+1)), 413, "file_too_large"},
		"far too large":         {fileForm("a.txt", strings.Repeat("x", 5<<20)), 413, "body_too_large"},
		"no form":               {"words", 422, "invalid"},
		"an empty form":         {"--" + boundary + "--\r\n", 422, "invalid"},
		"another field":         {strings.Replace(fileForm("a.txt", "x"), `name="file"`, `name="user_id"`, 1), 422, "invalid"},
		"two files":             {part + "x\r\n" + part + "y\r\n--" + boundary + "--\r\n", 422, "invalid"},
		"a form without an end": {part + "words", 400, "bad_request"},
		"cut off in its head":   {part[:60], 422, "invalid"},
		"a head of a megabyte":  {"--" + boundary + "\r\nX: " + strings.Repeat("x", 900_000) + "\r\n\r\n", 400, "bad_request"},
		"a tail of a megabyte":  {fileForm("a.txt", "x") + strings.Repeat("x", 900_000), 201, ""},
		"empty":                 {fileForm("a.txt", ""), 422, "unsafe_file"},
		"a program":             {fileForm("a.txt", "\x7fELF\x02\x01\x01"+strings.Repeat("\x00", 100)), 415, "unsupported_media_type"},
		"unknown encoding":      {fileForm("a.txt", "\x80\x81\x8d\x8f\x90\x9d words"), 422, "unsafe_file"},
		"a PDF that is none":    {formAs("a", "application/pdf", "words"), 422, "unsafe_file"},
		"the sample":            {fileForm("a.txt", "words"), 201, ""},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(u.left())
			u.t = t
			if got := u.upload(tt.body); tt.code == "" {
				got.is(tt.status)
				return
			} else {
				got.problem(tt.status, tt.code)
			}
			if after := u.left(); len(after) != before {
				t.Errorf("it left %q", after)
			}
		})
	}
	for kind, status := range map[string]int{
		"application/json": 415, "text/plain": 415, "": 415, "multipart/form-data": 400, "multipart/form-data; boundary=": 415, "multipart/mixed; boundary=x": 415,
		"multipart/form-data; boundary=" + strings.Repeat("x", 71): 400,
	} {
		got := u.do(ask{method: post, path: "/api/v1/threads/" + u.thread + "/attachments", token: u.token, body: fileForm("a", "b"), header: map[string]string{"Content-Type": kind}})
		if got.status != status {
			t.Errorf("%q: %d %s", kind, got.status, got.body)
		}
	}
	u.do(ask{method: post, path: "/api/v1/threads/" + u.thread + "/attachments?x=1", token: u.token, body: fileForm("a", "b"), header: formHeader}).problem(422, "invalid")
}

func TestUploadsIntoWhatIsNotThere(t *testing.T) {
	u := newUploads(t, Options{})
	u.do(ask{method: post, path: "/api/v1/threads/" + someID + "/attachments", token: u.token, body: fileForm("a.txt", "b"), header: formHeader}).problem(404, "not_found")
	u.do(ask{method: post, path: "/api/v1/threads/" + u.thread + "/archive", token: u.token}).is(200)
	u.upload(fileForm("a.txt", "b")).problem(409, "thread_archived")
	if left := u.left(); len(left) > 0 {
		t.Errorf("it left %q", left)
	}
}

func TestQuotas(t *testing.T) {
	for name, set := range map[string]func(*api.Uploads){
		"of a user":       func(l *api.Uploads) { l.UserBytes = 100 },
		"of a project":    func(l *api.Uploads) { l.ProjectBytes = 100 },
		"of the instance": func(l *api.Uploads) { l.InstanceBytes = 100 },
	} {
		t.Run(name, func(t *testing.T) {
			u := newUploads(t, Options{}, func(o *api.Options) { set(&o.Uploads) })
			first := u.bring("a.txt", strings.Repeat("x", 60))
			u.upload(fileForm("b.txt", strings.Repeat("y", 41))).problem(413, "quota_exceeded")
			u.bring("b.txt", strings.Repeat("y", 40))
			u.upload(fileForm("c.txt", "z")).problem(413, "quota_exceeded")
			u.do(ask{method: remove, path: "/api/v1/attachments/" + first.ID.String(), token: u.token}).is(204)
			u.bring("c.txt", "z")
		})
	}
}

// begin sends the beginning of an upload and returns the connection.
func (u *uploads) begin(announced int, body string) net.Conn {
	u.t.Helper()
	c, err := net.DialTimeout("tcp", u.host, patience)
	if err != nil {
		u.t.Fatal(err)
	}
	_, err = fmt.Fprintf(c, "POST /api/v1/threads/%s/attachments HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		u.thread, u.host, u.token, formHeader["Content-Type"], announced, body)
	if err != nil {
		u.t.Fatal(err)
	}
	return c
}

// eventually waits for what another goroutine is about to do.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); {
		if time.Now().After(end) {
			t.Fatal("it never came to this: " + what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestInterruptedUploadsLeaveNothing(t *testing.T) {
	u := newUploads(t, Options{})
	start := strings.TrimSuffix(fileForm("a.txt", strings.Repeat("x", 100_000)), "\r\n--"+boundary+"--\r\n")
	gone := u.begin(1<<20, start)
	eventually(t, "an upload that has begun", func() bool { return len(u.left()) == 1 })
	_ = gone.Close()
	eventually(t, "nothing left of who went", func() bool { return len(u.left()) == 0 })

	u = newUploads(t, Options{ReadTimeout: 2 * time.Second})
	stalled := u.begin(1<<20, start)
	defer stalled.Close()
	_ = stalled.SetReadDeadline(time.Now().Add(patience))
	said, _ := io.ReadAll(stalled)
	if !strings.HasPrefix(string(said), "HTTP/1.1 408 ") {
		t.Errorf("who stalls hears %q", said)
	}
	if left := u.left(); len(left) > 0 {
		t.Errorf("who stalled left %q", left)
	}
}

func TestAnUploadThatIsTooLargeIsNotWaitedFor(t *testing.T) {
	u := newUploads(t, Options{})
	c := u.begin(1<<30, "-")
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 1000)
	n, _ := c.Read(b)
	if !strings.HasPrefix(string(b[:n]), "HTTP/1.1 413 ") {
		t.Errorf("got %q", b[:n])
	}
}

// The body of an upload that was refused early is not taken for another request.
func TestRestOfABodyIsNoRequest(t *testing.T) {
	u := newUploads(t, Options{})
	smuggled := "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, begin := range map[string]string{
		"an upload":     "POST /api/v1/threads/" + u.thread + "/attachments HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n",
		"nothing":       "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n",
		"a page":        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n",
		"a health":      "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n",
		"without leave": "POST /api/v1/projects HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
	} {
		for _, pad := range []int{0, 100_000} {
			body := strings.Repeat(" ", pad) + smuggled
			c, err := net.DialTimeout("tcp", u.host, patience)
			if err != nil {
				t.Fatal(err)
			}
			_ = c.SetDeadline(time.Now().Add(patience))
			_, _ = fmt.Fprintf(c, begin+"%s", len(body), body)
			_ = c.(*net.TCPConn).CloseWrite()
			said, _ := io.ReadAll(c)
			_ = c.Close()
			if n := strings.Count(string(said), "HTTP/1.1 "); n != 1 {
				t.Errorf("%s, %d: %d answers: %q", name, pad, n, said)
			}
		}
	}
}

// The file is never in memory, however many come at once.
func TestUploadsAreStreamed(t *testing.T) {
	const size, at = 24 << 20, 4
	u := newUploads(t, Options{})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ended := make(chan string, at)
	for i := range at {
		go func() {
			r := io.MultiReader(strings.NewReader("--"+boundary+"\r\nContent-Disposition: form-data; name=\"file\"; filename=\""+fmt.Sprint(i)+".txt\"\r\n\r\n"),
				io.LimitReader(endless{}, size), strings.NewReader("\r\n--"+boundary+"--\r\n"))
			ended <- u.streamed(r)
		}()
	}
	for range at {
		if said := <-ended; said != "201 Created" {
			t.Errorf("got %s", said)
		}
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > at*size/4 {
		t.Errorf("%d uploads of %d bytes allocated %d bytes", at, size, used)
	}
}

// endless is text without an end.
type endless struct{}

var someText = strings.Repeat("0123456789abcde\n", 4096)

func (endless) Read(p []byte) (int, error) { return copy(p, someText), nil }

func (u *uploads) streamed(r io.Reader) string {
	req, err := http.NewRequestWithContext(context.Background(), post, u.url+"/api/v1/threads/"+u.thread+"/attachments", r)
	if err != nil {
		return err.Error()
	}
	req.Header.Set("Authorization", "Bearer "+u.token)
	req.Header.Set("Content-Type", formHeader["Content-Type"])
	res, err := u.client.Do(req)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.Status
}

// Item 8 of the attack list: served as attachment, nosniff, sandbox, found type.
func TestHole08AttachmentContent(t *testing.T) {
	u := newUploads(t, Options{})
	image := u.bring("Bild \u00e4%221.png", picture(t, 30, 20))
	text := u.bring("notes.md", "0123456789")
	content := func(f store.Attachment, query string, header map[string]string) answer {
		t.Helper()
		return u.do(ask{method: get, path: "/api/v1/attachments/" + f.ID.String() + "/content" + query, token: u.token, header: header})
	}
	for name, tt := range map[string]struct {
		file        store.Attachment
		query, kind string
		how         string
	}{
		"text":            {text, "", "text/plain; charset=utf-8", "attachment"},
		"text inline":     {text, "?inline=true", "text/plain; charset=utf-8", "attachment"},
		"an image":        {image, "", "image/png", "attachment"},
		"an image inline": {image, "?inline=true", "image/png", "inline"},
	} {
		got := content(tt.file, tt.query, nil).is(200)
		for key, want := range map[string]string{
			"Content-Type": tt.kind, "X-Content-Type-Options": "nosniff", "Content-Security-Policy": contentPolicy,
			"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "private, no-cache", "Accept-Ranges": "bytes", "Etag": `"` + tt.file.SHA256 + `"`,
		} {
			if got.header.Get(key) != want {
				t.Errorf("%s: %s is %q, want %q", name, key, got.header.Get(key), want)
			}
		}
		if how := got.header.Get("Content-Disposition"); !strings.HasPrefix(how, tt.how+"; filename=") {
			t.Errorf("%s: %s", name, how)
		}
	}
	want := `attachment; filename="Bild __1.png"; filename*=UTF-8''Bild%20%C3%A4_1.png`
	if got := content(image, "", nil).header.Get("Content-Disposition"); got != want {
		t.Errorf("the name is sent as %s, want %s", got, want)
	}
	for spec, tt := range map[string]struct {
		status       int
		body, range_ string
	}{
		"bytes=0-3":                   {206, "0123", "bytes 0-3/10"},
		"bytes=4-":                    {206, "456789", "bytes 4-9/10"},
		"bytes=-3":                    {206, "789", "bytes 7-9/10"},
		"bytes=8-99":                  {206, "89", "bytes 8-9/10"},
		"bytes=10-":                   {416, "", "bytes */10"},
		"bytes=-0":                    {416, "", "bytes */10"},
		"bytes=5-3":                   {200, "0123456789", ""},
		"bytes=0-1,3-4":               {200, "0123456789", ""},
		"bytes=x-y":                   {200, "0123456789", ""},
		"lines=0-1":                   {200, "0123456789", ""},
		"bytes=99999999999999999999-": {200, "0123456789", ""},
	} {
		got := content(text, "", map[string]string{"Range": spec})
		if got.status != tt.status || got.body != tt.body || got.header.Get("Content-Range") != tt.range_ {
			t.Errorf("%s: %d %q %q", spec, got.status, got.body, got.header.Get("Content-Range"))
		}
	}
	if got := content(text, "", map[string]string{"Range": "bytes=0-3", "If-Range": `"another"`}); got.status != 200 {
		t.Errorf("a range of other bytes: %d", got.status)
	}
	if got := content(text, "", map[string]string{"If-None-Match": `"` + text.SHA256 + `"`}); got.status != 304 || got.body != "" {
		t.Errorf("known: %d %q", got.status, got.body)
	}
	content(text, "?inline=maybe", nil).problem(422, "invalid")
}

func TestAttachmentsAreSentWithAMessage(t *testing.T) {
	u := newUploads(t, Options{})
	files := []store.Attachment{u.bring("a.txt", "some words"), u.bring("b.txt", "other words")}
	send := func(ids ...string) answer {
		t.Helper()
		return u.do(ask{
			method: post, path: "/api/v1/threads/" + u.thread + "/messages?wait=true", token: u.token,
			body: `{"content":"look","attachment_ids":["` + strings.Join(ids, `","`) + `"]}`,
		})
	}
	var sent api.SentMessage
	send(files[0].ID.String(), files[1].ID.String()).is(201).json(&sent)
	for i, f := range sent.Message.Attachments {
		if f.ID != files[i].ID || f.Name != files[i].Name || f.MessageID != sent.Message.ID || f.Scan != files[i].Scan {
			t.Errorf("attachment %d is %+v", i, f)
		}
	}
	if len(sent.Message.Attachments) != 2 || sent.Answer == nil {
		t.Errorf("sent %+v", sent)
	}
	var list struct{ Messages []store.Message }
	u.do(ask{method: get, path: "/api/v1/threads/" + u.thread + "/messages", token: u.token}).is(200).json(&list)
	if got := list.Messages[0].Attachments; len(got) != 2 || got[1].Name != "b.txt" {
		t.Errorf("the list shows %+v", got)
	}
	// Not twice; not of another thread; not of somebody else; not one that is not there.
	here := u.thread
	u.thread = u.newThread()
	elsewhere := u.bring("c.txt", "x")
	u.thread = here
	twice := u.bring("d.txt", "y").ID.String()
	for name, ids := range map[string][]string{
		"sent already": {files[0].ID.String()}, "of another thread": {elsewhere.ID.String()}, "nobody's": {someID}, "twice in one": {twice, twice},
	} {
		p := send(ids...).problem(422, "invalid")
		if len(p.Errors) != 1 || p.Errors[0].Location != "body.attachment_ids" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	// What the message had goes with it.
	u.do(ask{method: remove, path: "/api/v1/messages/" + sent.Message.ID.String(), token: u.token}).is(204)
	u.do(ask{method: get, path: "/api/v1/attachments/" + files[0].ID.String(), token: u.token}).problem(404, "not_found")
	var row store.Message
	u.do(ask{method: get, path: "/api/v1/messages/" + sent.Message.ID.String(), token: u.token}).is(200).json(&row)
	if len(row.Attachments) > 0 || !row.IsDeleted {
		t.Errorf("deleted, it shows %+v", row)
	}
}

func TestAForeignAttachmentCannotBeSent(t *testing.T) {
	w := newLive(t)
	w.member("bob", store.ProjectEditor)
	var foreign store.Attachment
	th := w.thread
	a, err := w.api.Upload(context.Background(), w.actor(w.signIn("ann")), api.UploadInput{ThreadID: th.ID, Name: "a.txt", Body: strings.NewReader("words")})
	if err != nil {
		t.Fatal(err)
	}
	foreign = *a
	bob := w.dial("bob", "/ws")
	bob.send(fmt.Sprintf(`{"type":"send_message","request_id":"r","thread_id":"%s","content":"x","attachment_ids":["%s"]}`, th.ID, foreign.ID))
	if f := bob.next("error"); f.text("error_code") != "invalid_message" {
		t.Errorf("got %v", f)
	}
	ann := w.dial("ann", "/ws")
	ann.send(fmt.Sprintf(`{"type":"send_message","request_id":"r","thread_id":"%s","content":"x","attachment_ids":["%s"]}`, th.ID, foreign.ID))
	f := ann.next("ack")
	list, _ := f["message"].(map[string]any)["attachments"].([]any)
	if len(list) != 1 {
		t.Errorf("got %v", f)
	}
}
