package rest

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// An endpoint is what a route does once the caller is known and may go on.
type endpoint interface {
	// prepare is called once, at start-up.
	prepare(b *book)
	// describe returns, for the document, what it takes (nil: nothing) and the
	// JSON that it answers with (nil: none).
	describe(b *book) (*input, *huma.Schema)
	// serve answers the request; its error becomes a problem.
	serve(ctx context.Context, c *fiber.Ctx, who api.Actor, status int) error
}

// A verb is the endpoint of one of api's verbs.
type verb[In, Out any] struct {
	do       func(context.Context, api.Actor, In) (Out, error)
	splice   splicer[In] // instead of do
	in       *input
	isList   bool
	usual    atomic.Int64 // bytes that the last answer had
	before   func(*fiber.Ctx, api.Actor, *In) error
	after    func(*fiber.Ctx, Out)
	location func(Out) string
}

// A splicer is a verb that appends its own JSON to what it is given; see splice.
type splicer[In any] = func(context.Context, api.Actor, In, []byte) ([]byte, api.Sum, error)

// handle makes an endpoint of a verb. Its input is filled from the path, the
// query and, unless the method is GET, a JSON body; see input. Its output is
// the answer's JSON, or nothing if it is api.Nothing.
func handle[In, Out any](do func(context.Context, api.Actor, In) (Out, error)) *verb[In, Out] {
	return &verb[In, Out]{do: do}
}

// splice makes an endpoint of a verb that appends its own JSON, an Out, to what it is
// given: what the store lends is then copied once, into the answer.
func splice[Out, In any](do splicer[In]) *verb[In, Out] {
	return &verb[In, Out]{splice: do}
}

// with has f complete the input by what only the transport knows, or refuse it.
func (v *verb[In, Out]) with(f func(*fiber.Ctx, api.Actor, *In) error) *verb[In, Out] {
	v.before = f
	return v
}

// then has f complete the answer by what only the transport knows.
func (v *verb[In, Out]) then(f func(*fiber.Ctx, Out)) *verb[In, Out] { v.after = f; return v }

// at has the answer say where that which was made is to be found.
func (v *verb[In, Out]) at(prefix string, id func(Out) store.ID) *verb[In, Out] {
	v.location = func(out Out) string { return prefix + id(out).String() }
	return v
}

func (v *verb[In, Out]) prepare(b *book) {
	v.in, v.isList = newInput(b, reflect.TypeFor[In]()), isList(reflect.TypeFor[Out]())
}

func (v *verb[In, Out]) describe(b *book) (*input, *huma.Schema) {
	t := reflect.TypeFor[Out]()
	if isNothing(t) {
		return v.in, nil
	}
	return v.in, b.registry.Schema(t, true, "")
}

// listing says whether it answers with a list.
func (v *verb[In, Out]) listing() bool { return v.isList }

func isNothing(t reflect.Type) bool {
	return t == reflect.TypeFor[*api.Nothing]() || t == reflect.TypeFor[api.Nothing]()
}

func (v *verb[In, Out]) serve(ctx context.Context, c *fiber.Ctx, who api.Actor, status int) error {
	in, err := v.read(c, who)
	if err != nil {
		return err
	}
	if v.splice != nil {
		return v.answerSpliced(ctx, c, who, in, status)
	}
	out, err := v.do(ctx, who, in)
	if err != nil {
		return err
	}
	if v.after != nil {
		v.after(c, out)
	}
	if v.location != nil {
		c.Set(fiber.HeaderLocation, v.location(out))
	}
	c.Status(status)
	if isNothing(reflect.TypeFor[Out]()) {
		return nil
	}
	var sum api.Sum
	if summed, ok := any(out).(api.Summed); ok {
		sum = summed.Sum()
	}
	return v.tagged(c, sum, v.writeJSON(c, func(body []byte) ([]byte, error) { return store.AppendJSON(body, out) }))
}

func (v *verb[In, Out]) answerSpliced(ctx context.Context, c *fiber.Ctx, who api.Actor, in In, status int) error {
	var sum api.Sum
	err := v.writeJSON(c.Status(status), func(body []byte) (_ []byte, err error) {
		body, sum, err = v.splice(ctx, who, in, body)
		return body, err
	})
	return v.tagged(c, sum, err)
}

// roomBefore bounds the room that is made before an answer is written.
const roomBefore = 64 << 10

// writeJSON makes room for an answer as large as the last one was.
func (v *verb[In, Out]) writeJSON(c *fiber.Ctx, write func(body []byte) ([]byte, error)) error {
	err := writeJSON(c, func(body []byte) ([]byte, error) {
		return write(slices.Grow(body, int(min(v.usual.Load(), roomBefore))))
	})
	v.usual.Store(int64(len(c.Response().Body())))
	return err
}

// tagged tags the answer of a list, whose sum may be known, unless there is an error.
func (v *verb[In, Out]) tagged(c *fiber.Ctx, sum api.Sum, err error) error {
	if err == nil && isGet(c) && v.isList {
		tagAnswer(c, sum)
	}
	return err
}

func isGet(c *fiber.Ctx) bool { return c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead }

// isList says whether a type is the answer of a list, by its has_more.
func isList(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	return slices.ContainsFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return f.Tag.Get("json") == "has_more" })
}

// read fills the input from the request.
func (v *verb[In, Out]) read(c *fiber.Ctx, who api.Actor) (in In, err error) {
	if err := v.in.fill(c, reflect.ValueOf(&in).Elem()); err != nil {
		return in, err
	}
	if v.before != nil {
		err = v.before(c, who, &in)
	}
	return in, err
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled keeps a few huge bodies from staying in memory for good.
const maxPooled = 1 << 20

func answerJSON(c *fiber.Ctx, out any) error {
	return writeJSON(c, func(body []byte) ([]byte, error) { return store.AppendJSON(body, out) })
}

// writeJSON has write append JSON to memory that is anybody's once the answer is sent:
// fasthttp would keep some for each connection, which is then in no cache of the
// processor when the next answer is written. An error leaves the answer empty.
func writeJSON(c *fiber.Ctx, write func(body []byte) ([]byte, error)) error {
	lent := buffers.Get().(*[]byte)
	c.Context().SetUserValue(lentBody{}, (*lentBuffer)(lent))
	body, err := write((*lent)[:0])
	if *lent = body; err != nil {
		return err
	}
	r := c.Response()
	r.Header.SetContentType(fiber.MIMEApplicationJSON)
	r.Header.SetCanonical(cacheControl, noStore)
	r.SetBodyRaw(body)
	return nil
}

// lentBody is the key of the buffer that an answer lies in.
type lentBody struct{}

// A lentBuffer is one of buffers that fasthttp closes when the answer was sent.
type lentBuffer []byte

// Close gives it back.
func (l *lentBuffer) Close() error {
	if cap(*l) <= maxPooled {
		buffers.Put((*[]byte)(l))
	}
	return nil
}
