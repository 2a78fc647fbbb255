package rest

import (
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// readFormText reads a whole form as an upload does; what is wrong with it is the error.
func readFormText(boundary string, r io.Reader) (f *formFile, content []byte, err error) {
	if f, err = readForm(&slowBody{from: r, began: time.Now()}, boundary); err != nil {
		return nil, nil, err
	}
	if content, err = io.ReadAll(f); f.err != nil {
		err = f.err
	}
	return f, content, err
}

// FuzzForm reads any bytes as a form with any boundary. What is taken is what the standard
// library takes for one file, however the bytes arrive; what is refused is the client's
// fault and said in text that can be shown.
func FuzzForm(f *testing.F) {
	whole := fileForm("notes.txt", "some words")
	for _, form := range []string{
		whole, formAs("a\"b\\c.txt", "text/html; charset=x", "<p>"), strings.Replace(whole, `name="file"`, `name="user_id"`, 1),
		whole[:40], whole[:len(whole)-4], strings.Replace(whole, "\r\n", "\n", -1), whole + whole, "--" + boundary + "--", "",
		strings.Replace(whole, "Content-Disposition: form-data;", "Content-Disposition: form-data; filename*=UTF-8''..%2f..%2fx; ", 1),
		"--" + boundary + "\r\n\r\n\r\n--" + boundary + "--\r\n", "preamble\r\n" + whole, "--" + boundary + "\r\nX: " + strings.Repeat("x", 20_000) + "\r\n\r\n",
		strings.Replace(whole, "Content-Type: ", "Content-Transfer-Encoding: base64\r\nContent-Type: ", 1),
	} {
		f.Add(formHeader["Content-Type"], form)
	}
	f.Add("multipart/form-data; boundary=\"a b\"", "--a b\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--a b--")
	f.Add("multipart/form-data; boundary="+strings.Repeat("x", 71), "--x")
	f.Add("multipart/mixed; boundary=;", "\x00\xff")
	f.Fuzz(func(t *testing.T, kind, form string) {
		boundary, err := boundaryOf(kind)
		if err != nil {
			isRefusal(t, err)
			return
		}
		if n := len(boundary); n == 0 || n > 70 {
			t.Errorf("the boundary %q of %q", boundary, kind)
		}
		got, content, err := readFormText(boundary, strings.NewReader(form))
		again, same, errAgain := readFormText(boundary, iotest.OneByteReader(strings.NewReader(form)))
		if (err == nil) != (errAgain == nil) || err == nil && (string(content) != string(same) || got.name != again.name || got.kind != again.kind) {
			t.Errorf("byte by byte it is %q, %v; at once %q, %v", same, errAgain, content, err)
		}
		if err != nil {
			isRefusal(t, err)
			return
		}
		p, err := multipart.NewReader(strings.NewReader(form), boundary).NextRawPart()
		if err != nil || p.FormName() != "file" {
			t.Fatalf("taken as a form, which it is not: %v", err)
		}
		if want, err := io.ReadAll(p); err != nil || string(want) != string(content) {
			t.Errorf("the file is %q, want %q, %v", content, want, err)
		}
	})
}

// boundaryOf is formBoundary of a request of that type.
func boundaryOf(kind string) (string, error) {
	app := fiber.New(fiber.Config{Immutable: true})
	var request fasthttp.Request
	request.Header.SetContentType(kind)
	var f fasthttp.RequestCtx
	f.Init(&request, nil, nil)
	c := app.AcquireCtx(&f)
	defer app.ReleaseCtx(c)
	return formBoundary(c)
}

// isRefusal fails for what a client should not be told, or is not to blame for.
func isRefusal(t *testing.T, err error) {
	t.Helper()
	p, _ := problemOf(err)
	if p.Status < 400 || p.Status >= 500 || !utf8.ValidString(p.Detail) || p.Detail == "" {
		t.Errorf("%v is told as %+v", err, p)
	}
	for _, e := range p.Errors {
		if !utf8.ValidString(e.Location) || len(e.Location) > maxEcho+len("body.") {
			t.Errorf("the place %q", e.Location)
		}
	}
}

// The types of forms are read as the standard library reads them.
func TestBoundaries(t *testing.T) {
	for _, kind := range []string{"multipart/form-data; boundary=x", `multipart/form-data; boundary="x y"`, "MULTIPART/FORM-DATA; Boundary=x"} {
		_, params, err := mime.ParseMediaType(kind)
		if got, refused := boundaryOf(kind); err != nil || refused != nil || got != params["boundary"] {
			t.Errorf("%s: %q, %v", kind, got, refused)
		}
	}
}
