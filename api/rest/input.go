package rest

import (
	"fmt"
	"mime"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/store"
)

// An input knows how to fill one verb's input from a request. It is made once,
// at start-up, from the tags of the input's type: path:"id", query:"limit",
// json:"title", and huma's for ranges and texts.
type input struct {
	path, query []param
	body        *form        // nil: the verb takes no body
	bodySchema  *huma.Schema // nil with body
	fields      []field      // by the bits of body
	empty       *form        // what a body may be when the verb takes none: {}
}

// A param is one field that is filled from a text.
type param struct {
	name     string
	index    []int
	form     *form
	schema   *huma.Schema
	required bool
	def      string // what an absent query parameter counts as; "" leaves the zero value
	set      func(reflect.Value, string) error
}

// newInput reads the tags of t, a struct. It panics on tags that make no
// sense: the mistake is the programmer's, and start-up is when to find it.
func newInput(b *book, t reflect.Type) *input {
	in := &input{empty: &form{kind: huma.TypeObject}}
	for _, f := range reflect.VisibleFields(t) {
		in.path = b.addParam(in.path, f, "path")
		in.query = b.addParam(in.query, f, "query")
	}
	if in.bodySchema = b.body(t); in.bodySchema != nil {
		in.body = b.forms.of(in.bodySchema)
		in.fields = fieldsOf(t, in.body)
	}
	return in
}

func (b *book) addParam(to []param, f reflect.StructField, tag string) []param {
	name := f.Tag.Get(tag)
	if name == "" {
		return to
	}
	schema := b.param(f)
	p := param{
		name: name, index: f.Index, schema: schema, form: b.forms.of(schema), set: setter(f.Type),
		required: tag == "path" || f.Tag.Get("required") == "true",
		def:      f.Tag.Get("default"),
	}
	if wrong := p.form.testParam(p.def); p.def != "" && wrong != "" {
		panic(fmt.Sprintf("rest: the default of %s %s", name, wrong))
	}
	return append(to, p)
}

// fill fills v, the verb's input, from the request. The error is a not_found
// for an id in the path that is none, and else names everything that is wrong.
func (in *input) fill(c *fiber.Ctx, v reflect.Value) error {
	if err := in.readPath(c, v); err != nil {
		return err
	}
	var wrong []store.FieldError
	if m := c.Method(); m != fiber.MethodGet && m != fiber.MethodHead {
		bad, err := in.readBody(c, v)
		if err != nil {
			return err
		}
		wrong = bad
	}
	if wrong = in.readQuery(c, v, wrong); len(wrong) > 0 {
		return invalid(wrong)
	}
	return nil
}

func (in *input) readPath(c *fiber.Ctx, v reflect.Value) error {
	for i := range in.path {
		p := &in.path[i]
		if text := c.Params(p.name); p.form.testParam(text) != "" || p.set(v.FieldByIndex(p.index), text) != nil {
			return store.Errorf(store.CodeNotFound, "there is nothing here")
		}
	}
	return nil
}

// invalid makes the error that lists what is wrong.
func invalid(wrong []store.FieldError) *store.Error {
	message := fmt.Sprintf("%d parts of the request are wrong", len(wrong))
	if len(wrong) == 1 {
		message = wrong[0].Location + " " + wrong[0].Message
	}
	return &store.Error{Code: store.CodeInvalid, Message: message, Fields: wrong}
}

func (in *input) readBody(c *fiber.Ctx, v reflect.Value) ([]store.FieldError, error) {
	// Not c.Body(): it would unpack a compressed body of any size.
	raw := c.Request().Body()
	if len(raw) == 0 {
		if in.body != nil && in.body.must != 0 {
			return []store.FieldError{{Location: "body", Message: "is required"}}, nil
		}
		return nil, nil
	}
	if err := isJSON(c); err != nil {
		return nil, err
	}
	if in.body == nil {
		return test(raw, in.empty, "body"), nil
	}
	values := make([][]byte, len(in.fields))
	if wrong := testAndFind(raw, in.body, "body", values); wrong != nil {
		return wrong, nil
	}
	// The text is good, so a failure here is about a type's own rule; its
	// words are Go's and not for the client.
	if err := in.decode(values, v); err != nil {
		return nil, &store.Error{
			Code: store.CodeInvalid, Message: "body cannot be read", Err: err,
			Fields: []store.FieldError{{Location: "body", Message: "cannot be read"}},
		}
	}
	return nil, nil
}

// isJSON refuses bodies of another type. It is also what keeps forms of other
// sites out: a browser asks first before it sends JSON across sites, and we
// never say yes.
func isJSON(c *fiber.Ctx) error {
	if enc := c.Request().Header.ContentEncoding(); len(enc) > 0 && string(enc) != "identity" {
		return &transportError{fiber.StatusUnsupportedMediaType, "a compressed body is not supported"}
	}
	sent := c.Request().Header.ContentType()
	if string(sent) == fiber.MIMEApplicationJSON {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(string(sent)); err != nil || kind != fiber.MIMEApplicationJSON {
		return &transportError{fiber.StatusUnsupportedMediaType, "the body must be application/json"}
	}
	return nil
}

func (in *input) readQuery(c *fiber.Ctx, v reflect.Value, wrong []store.FieldError) []store.FieldError {
	var seen uint64
	add := func(name, message string) {
		if len(wrong) < maxProblems {
			wrong = append(wrong, store.FieldError{Location: "query." + name[:min(len(name), maxEcho)], Message: message})
		}
	}
	for key, value := range c.Context().QueryArgs().All() {
		i := in.named(key)
		if i < 0 {
			add(strings.ToValidUTF8(string(key), "?"), "is not a known parameter")
			continue
		}
		p := &in.query[i]
		if seen&(1<<i) != 0 {
			add(p.name, "is given twice")
			continue
		}
		seen |= 1 << i
		text := string(value)
		if message := p.form.testParam(text); message != "" {
			add(p.name, message)
		} else if p.set(v.FieldByIndex(p.index), text) != nil {
			add(p.name, "cannot be read")
		}
	}
	for i := range in.query {
		switch p := &in.query[i]; {
		case seen&(1<<i) != 0:
		case p.required:
			add(p.name, "is required")
		case p.def != "":
			_ = p.set(v.FieldByIndex(p.index), p.def) // tested by newInput
		}
	}
	return wrong
}

func (in *input) named(key []byte) int {
	for i := range in.query {
		if in.query[i].name == string(key) {
			return i
		}
	}
	return -1
}

// setter makes the function that reads a text into a field of type t.
func setter(t reflect.Type) func(reflect.Value, string) error {
	if t.Kind() == reflect.Pointer {
		set := setter(t.Elem())
		return func(v reflect.Value, s string) error {
			v.Set(reflect.New(t.Elem()))
			return set(v.Elem(), s)
		}
	}
	switch {
	case t == reflect.TypeFor[store.ID]():
		return func(v reflect.Value, s string) (err error) {
			*v.Addr().Interface().(*store.ID), err = store.ParseID(s)
			return err
		}
	case t.Kind() == reflect.String:
		return func(v reflect.Value, s string) error { v.SetString(s); return nil }
	case t.Kind() == reflect.Bool:
		return func(v reflect.Value, s string) error { v.SetBool(s == "true"); return nil }
	case reflect.Int <= t.Kind() && t.Kind() <= reflect.Int64:
		return func(v reflect.Value, s string) error {
			n, err := strconv.ParseInt(s, 10, t.Bits())
			v.SetInt(n)
			return err
		}
	case t.Kind() == reflect.Float64:
		return func(v reflect.Value, s string) error {
			n, err := strconv.ParseFloat(s, 64)
			v.SetFloat(n)
			return err
		}
	}
	panic("rest: a parameter cannot be a " + t.String())
}
