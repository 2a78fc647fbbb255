package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/api"
)

// downloadPolicy keeps a file that a browser shows all the same from doing
// anything, as if it came from nowhere.
const downloadPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

// downloadLife bounds how long a file may take to be sent.
const downloadLife = 30 * time.Minute

// A download is the endpoint of a verb that answers with a file, which is made
// while it is sent.
type download[In any] struct {
	s     *Server
	do    func(context.Context, api.Actor, In) (*api.Export, error)
	kinds []string // the media types that it may have
	in    *input
}

func file[In any](s *Server, do func(context.Context, api.Actor, In) (*api.Export, error), kinds ...string) *download[In] {
	return &download[In]{s: s, do: do, kinds: kinds}
}

func (d *download[In]) prepare(b *book) { d.in = newInput(b, reflect.TypeFor[In]()) }

func (d *download[In]) describe(*book) (*input, *huma.Schema) { return d.in, nil }

// mediaTypes are what the document says beside JSON.
func (d *download[In]) mediaTypes() []string { return d.kinds }

func (d *download[In]) serve(ctx context.Context, c *fiber.Ctx, who api.Actor, status int) error {
	var in In
	if err := d.in.fill(c, reflect.ValueOf(&in).Elem()); err != nil {
		return err
	}
	f, err := d.do(ctx, who, in)
	if err != nil {
		return err
	}
	h := &c.Response().Header
	h.Set(fiber.HeaderContentType, f.MediaType)
	h.Set(fiber.HeaderContentDisposition, f.Disposition())
	h.Set(fiber.HeaderContentSecurityPolicy, downloadPolicy)
	h.Set(fiber.HeaderCacheControl, "no-store")
	c.Status(status)
	if c.Method() == fiber.MethodHead {
		return nil
	}
	// The request's own context ends with its handler, which is before the first
	// byte is sent.
	life, cancel := context.WithTimeout(withRequestID(d.s.life, requestID(c)), downloadLife)
	c.Context().SetBodyStream(d.s.stream(life, cancel, f, c.Context().Conn()), -1)
	return nil
}

// stream makes f on a goroutine that ends when the file is sent, when the client is
// gone, or with the server. If it fails in the middle the connection breaks, so
// that nobody takes a part for the whole.
func (s *Server) stream(ctx context.Context, cancel context.CancelFunc, f *api.Export, conn net.Conn) io.Reader {
	r, w := io.Pipe()
	go func() {
		defer cancel()
		err := writeFile(ctx, f, &patientWriter{w, conn, s.o.WriteTimeout})
		if err != nil && !errors.Is(err, io.ErrClosedPipe) && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "a file could not be sent whole", "err", err)
		}
		_ = w.CloseWithError(err)
	}()
	return r
}

// writeFile is f.Write, whose panic takes nothing else along.
func writeFile(ctx context.Context, f *api.Export, w io.Writer) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return f.Write(ctx, w)
}

// A patientWriter gives the client a write timeout for each piece: one for the
// whole would cut off who reads slowly.
type patientWriter struct {
	io.Writer
	conn    net.Conn
	timeout time.Duration
}

// Write writes a piece.
func (w *patientWriter) Write(b []byte) (int, error) {
	_ = w.conn.SetWriteDeadline(time.Now().Add(w.timeout)) // of a connection that is gone, the write says so
	return w.Writer.Write(b)
}
