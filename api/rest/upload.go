package rest

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

const (
	uploadTimeout = 30 * time.Minute // of the slowest upload that is taken
	uploadPace    = 4 << 10          // bytes a second that it must come to, after the first minute
	// envelope bounds what stands around the file in a form.
	envelope = 64 << 10
)

// An uploadInput is what an upload has beside its form.
type uploadInput struct {
	ThreadID store.ID `path:"id"`
}

// uploadBody is the largest body of an upload.
func (s *Server) uploadBody() int {
	if s.api == nil { // for the document
		return defaultBody
	}
	return int(s.api.MaxUpload()) + envelope
}

// An uploadEndpoint takes one file as multipart/form-data and hands it on as it
// comes: no more of it is in memory than a buffer.
type uploadEndpoint struct {
	s  *Server
	in *input
}

func (u *uploadEndpoint) prepare(b *book) { u.in = newInput(b, reflect.TypeFor[uploadInput]()) }

func (u *uploadEndpoint) describe(b *book) (*input, *huma.Schema) {
	return u.in, b.registry.Schema(reflect.TypeFor[*store.Attachment](), true, "")
}

// amend documents the form.
func (u *uploadEndpoint) amend(op *huma.Operation) {
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{fiber.MIMEMultipartForm: {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"file"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{"file": {
			Type: huma.TypeString, Format: "binary", Description: "The file, with its name. Its type is found from its bytes",
		}},
	}}}}
}

func (u *uploadEndpoint) serve(ctx context.Context, c *fiber.Ctx, who api.Actor, status int) error {
	var in uploadInput
	v := reflect.ValueOf(&in).Elem()
	if err := u.in.readPath(c, v); err != nil {
		return err
	}
	if wrong := u.in.readQuery(c, v, nil); len(wrong) > 0 {
		return invalid(wrong)
	}
	boundary, err := formBoundary(c)
	if err != nil {
		return err
	}
	// Who may not, and what is too large, is refused before it is read.
	if err := u.s.api.MayUpload(ctx, who, in.ThreadID, int64(c.Request().Header.ContentLength()-envelope)); err != nil {
		return err
	}
	from, err := u.s.openBody(c, u.s.uploadBody())
	if err != nil {
		return err
	}
	if from == nil {
		return store.Invalid("body.file", "is required")
	}
	body := &slowBody{from: from, began: time.Now()}
	f, err := readForm(body, boundary)
	if err != nil {
		return err
	}
	made, err := u.s.api.Upload(ctx, who, api.UploadInput{ThreadID: in.ThreadID, Name: f.name, MediaType: f.kind, Body: f})
	if f.err != nil {
		return f.err // rather than what it led to
	}
	if err != nil {
		return err
	}
	body.allow(envelope)
	_, _ = io.Copy(io.Discard, body) // what may stand behind the form
	c.Set(fiber.HeaderLocation, base+"/attachments/"+made.ID.String())
	c.Status(status)
	return answerJSON(c, made)
}

// formBoundary reads how the parts of the form are told from one another.
func formBoundary(c *fiber.Ctx) (string, error) {
	if enc := c.Request().Header.ContentEncoding(); len(enc) > 0 && string(enc) != "identity" {
		return "", &transportError{http.StatusUnsupportedMediaType, "a compressed body is not supported"}
	}
	kind, params, err := mime.ParseMediaType(string(c.Request().Header.ContentType()))
	if err != nil || kind != fiber.MIMEMultipartForm {
		return "", &transportError{http.StatusUnsupportedMediaType, "the body must be multipart/form-data"}
	}
	if n := len(params["boundary"]); n == 0 || n > 70 {
		return "", &transportError{http.StatusBadRequest, "the form names no boundary of its parts"}
	}
	return params["boundary"], nil
}

// A formFile is the file of a form. Reading it to its end proves that the form
// ends there.
type formFile struct {
	name, kind string

	body  *slowBody
	parts *multipart.Reader
	part  *multipart.Part
	err   error // what is wrong with the form, for the client
}

// readForm reads up to the file.
func readForm(body *slowBody, boundary string) (*formFile, error) {
	body.allow(envelope)
	f := &formFile{body: body, parts: multipart.NewReader(body, boundary)}
	part, err := f.parts.NextRawPart()
	if errors.Is(err, io.EOF) {
		return nil, store.Invalid("body.file", "is required")
	}
	if err != nil {
		return nil, formError(err)
	}
	if name := part.FormName(); name != "file" {
		return nil, store.Invalid("body."+saneName(name), "is not a known field: the file is to be in the field file")
	}
	if _, params, err := mime.ParseMediaType(part.Header.Get(fiber.HeaderContentDisposition)); err == nil {
		f.name = unescaped.Replace(params["filename"])
	}
	f.part, f.kind = part, part.Header.Get(fiber.HeaderContentType)
	body.allow(1<<63 - 1) // what is too much of it, api says
	return f, nil
}

// unescaped undoes what browsers do to the name of a file in a form, and nothing
// more: a name that has %41 in it has it.
var unescaped = strings.NewReplacer("%22", `"`, "%0D", "\r", "%0A", "\n")

func saneName(name string) string {
	if !saneID(name) || len(name) > maxEcho {
		return "?"
	}
	return name
}

// Read implements io.Reader.
func (f *formFile) Read(p []byte) (int, error) {
	n, err := f.part.Read(p)
	if err == nil || n > 0 {
		return n, nil
	}
	if errors.Is(err, io.EOF) {
		f.body.allow(envelope)
		_, err = f.parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		if err == nil {
			err = store.Invalid("body", "takes one file and nothing else")
		}
	}
	f.err = formError(err)
	return 0, f.err
}

// formError says what is wrong with a form that cannot be read.
func formError(err error) error {
	if _, ok := errors.AsType[*store.Error](err); ok {
		return err
	}
	if errors.Is(err, fiber.ErrRequestTimeout) || errors.Is(err, fiber.ErrRequestEntityTooLarge) {
		return err
	}
	return &transportError{http.StatusBadRequest, "the form cannot be read: it was cut off, or is no multipart/form-data"}
}

// A slowBody is a body that may take its time, as long as it keeps coming, and of
// which no more is read than is allowed for each part of the form.
type slowBody struct {
	from  io.Reader // see openBody
	began time.Time
	read  int64
	left  int64
}

// allow lets n more bytes be read than were read so far.
func (b *slowBody) allow(n int64) { b.left = n }

// errEnvelope is what stands around the file being larger than any form needs.
var errEnvelope = errors.New("the form is larger than its file needs")

// Read implements io.Reader.
func (b *slowBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errEnvelope
	}
	took := time.Since(b.began)
	if took > time.Minute && b.read < int64(took.Seconds())*uploadPace {
		return 0, fiber.ErrRequestTimeout
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.read, b.left = b.read+int64(n), b.left-int64(n)
	return n, err
}
