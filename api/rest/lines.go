package rest

import (
	"context"
	"io"
	"log/slog"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/api"
)

// A source is an answer that is made piece by piece; nil is the end.
type source interface {
	Next(ctx context.Context) ([]byte, error)
}

// A linesEndpoint answers with JSON lines, as a file to keep, however many.
type linesEndpoint[In any, Out source] struct {
	*verb[In, Out]
	server *Server
	name   string
}

// lines makes an endpoint of a verb whose output is a source of JSON lines.
func lines[In any, Out source](v *verb[In, Out], s *Server, name string) *linesEndpoint[In, Out] {
	return &linesEndpoint[In, Out]{v, s, name}
}

func (l *linesEndpoint[In, Out]) describe(*book) (*input, *huma.Schema) { return l.in, nil }

func (l *linesEndpoint[In, Out]) serve(ctx context.Context, c *fiber.Ctx, who api.Actor, status int) error {
	in, err := l.read(c, who)
	if err != nil {
		return err
	}
	out, err := l.do(ctx, who, in)
	if err != nil {
		return err
	}
	c.Status(status).Set(fiber.HeaderContentType, "application/jsonl")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+l.name+`"`)
	if c.Method() == fiber.MethodHead {
		return nil
	}
	life := withRequestID(l.server.life, requestID(c)) // ctx ends with the handler
	c.Context().SetBodyStream(&pieces{ctx: life, from: out, log: l.server.log}, -1)
	return nil
}

// pieces reads a source. When that fails in the middle, all that can be done is to
// break off, which the client sees: the last chunk is missing.
type pieces struct {
	ctx  context.Context
	from source
	log  *slog.Logger
	rest []byte
}

// Read returns what comes next, or io.EOF after the last piece.
func (p *pieces) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		piece, err := p.from.Next(p.ctx)
		switch {
		case err != nil:
			p.log.ErrorContext(p.ctx, "an answer broke off", "err", err)
			return 0, err
		case piece == nil:
			return 0, io.EOF
		}
		p.rest = piece
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}
