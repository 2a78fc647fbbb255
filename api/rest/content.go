package rest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/inspect"
	"github.com/parley-app/parley/store"
)

// contentPolicy lets what somebody brought do nothing, should a browser ever show
// it as a page of ours.
const contentPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'"

// A contentInput asks for the bytes of an attachment.
type contentInput struct {
	ID     store.ID `path:"id"`
	Inline bool     `query:"inline" doc:"To be shown and not saved: of PNG, JPEG, GIF and WebP alone"`
}

// A contentEndpoint answers with the bytes of an attachment, from the disk, or a
// range of them.
type contentEndpoint struct {
	s  *Server
	in *input
}

func (e *contentEndpoint) prepare(b *book) { e.in = newInput(b, reflect.TypeFor[contentInput]()) }

func (e *contentEndpoint) describe(*book) (*input, *huma.Schema) { return e.in, nil }

// amend documents the answers.
func (e *contentEndpoint) amend(op *huma.Operation) {
	bytes := map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: fiber.HeaderRange, In: "header", Schema: &huma.Schema{Type: huma.TypeString}, Description: "One range, such as bytes=0-1023",
	})
	op.Responses["200"].Content, op.Responses["200"].Description = bytes, "The bytes, as the type that was found from them"
	op.Responses["206"] = &huma.Response{Description: "The range that was asked for", Content: bytes}
	op.Responses["304"] = &huma.Response{Description: "They are those of If-None-Match"}
	op.Responses["416"] = &huma.Response{Description: "There is no such range"}
}

func (e *contentEndpoint) serve(ctx context.Context, c *fiber.Ctx, who api.Actor, _ int) error {
	var in contentInput
	if err := e.in.fill(c, reflect.ValueOf(&in).Elem()); err != nil {
		return err
	}
	f, bytes, err := e.s.api.OpenAttachment(ctx, who, api.IDInput{ID: in.ID})
	if err != nil {
		return err
	}
	if err := setContentHeaders(c, f, bytes, in.Inline); err != nil {
		return errors.Join(err, bytes.Close())
	}
	if strings.Contains(c.Get(fiber.HeaderIfNoneMatch), f.SHA256) {
		c.Status(http.StatusNotModified)
		return bytes.Close()
	}
	from, size, ok := rangeOf(c, f)
	if !ok {
		c.Set(fiber.HeaderContentRange, "bytes */"+strconv.FormatInt(f.Size, 10))
		c.Status(http.StatusRequestedRangeNotSatisfiable)
		return bytes.Close()
	}
	if _, err := bytes.Seek(from, io.SeekStart); err != nil {
		return errors.Join(err, bytes.Close())
	}
	if size < f.Size {
		c.Status(http.StatusPartialContent)
		c.Set(fiber.HeaderContentRange, "bytes "+strconv.FormatInt(from, 10)+"-"+strconv.FormatInt(from+size-1, 10)+"/"+strconv.FormatInt(f.Size, 10))
	}
	out := &slowContent{Reader: io.LimitReader(bytes, size), Closer: bytes, conn: c.Context().Conn(), wait: e.s.o.WriteTimeout}
	c.Context().SetBodyStream(out, int(size)) // which closes it
	return nil
}

// setContentHeaders describes f, whose bytes it reads the beginning of if that tells
// their character set.
func setContentHeaders(c *fiber.Ctx, f *store.Attachment, bytes io.Reader, inline bool) error {
	how, kind := "attachment", f.MediaType
	if inline && inspect.IsRaster(kind) {
		how = "inline"
	}
	if strings.HasPrefix(kind, "text/") {
		head, err := io.ReadAll(io.LimitReader(bytes, inspect.CharsetSample))
		if err != nil {
			return err
		}
		if charset := inspect.DetectCharset(head); charset != "" {
			kind += "; charset=" + charset
		}
	}
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderContentDisposition, disposition(how, inspect.DownloadName(f.Name, f.MediaType)))
	c.Set(fiber.HeaderContentSecurityPolicy, contentPolicy)
	// Kept by the browser, and asked about each time: who may read it can change.
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	c.Set(fiber.HeaderETag, `"`+f.SHA256+`"`)
	c.Set(fiber.HeaderAcceptRanges, "bytes")
	return nil
}

// disposition names a file as RFC 6266 says: once for clients that read ASCII
// alone, and once as RFC 8187 writes every character.
func disposition(how, name string) string {
	var plain, coded strings.Builder
	for _, r := range name {
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' {
			r = '_'
		}
		plain.WriteRune(r)
	}
	for _, b := range []byte(name) {
		letter := 'a' <= b|0x20 && b|0x20 <= 'z'
		if letter || '0' <= b && b <= '9' || strings.IndexByte("!#$&+-.^_`|~", b) >= 0 {
			coded.WriteByte(b)
			continue
		}
		coded.WriteString("%" + strings.ToUpper(strconv.FormatInt(int64(b)+0x100, 16)[1:]))
	}
	return how + `; filename="` + plain.String() + `"; filename*=UTF-8''` + coded.String()
}

// rangeOf reads which part is asked for: all, unless it is one range of these very
// bytes. ok is false where that lies outside.
func rangeOf(c *fiber.Ctx, f *store.Attachment) (from, size int64, ok bool) {
	spec, isBytes := strings.CutPrefix(c.Get(fiber.HeaderRange), "bytes=")
	first, last, isRange := strings.Cut(spec, "-")
	same := c.Get(fiber.HeaderIfRange) == "" || c.Get(fiber.HeaderIfRange) == `"`+f.SHA256+`"`
	if !isBytes || !isRange || !same || strings.Contains(spec, ",") {
		return 0, f.Size, true
	}
	end, errEnd := strconv.ParseUint(last, 10, 62)
	if first == "" { // the last so many
		if errEnd != nil {
			return 0, f.Size, true
		}
		size = min(int64(end), f.Size)
		return f.Size - size, size, size > 0
	}
	begin, err := strconv.ParseUint(first, 10, 62)
	if last == "" {
		end, errEnd = uint64(f.Size), nil
	}
	if err != nil || errEnd != nil || end < begin {
		return 0, f.Size, true
	}
	if begin >= uint64(f.Size) {
		return 0, 0, false
	}
	return int64(begin), min(int64(end), f.Size-1) - int64(begin) + 1, true
}

// A slowContent is a body that may take its time, as long as the client keeps
// reading.
type slowContent struct {
	io.Reader
	io.Closer
	conn net.Conn
	wait time.Duration
}

// Read implements io.Reader.
func (s *slowContent) Read(p []byte) (int, error) {
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.wait)); err != nil {
		return 0, err
	}
	return s.Reader.Read(p)
}
