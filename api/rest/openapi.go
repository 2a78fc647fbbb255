package rest

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/parley-app/parley/store"
)

// Document returns the OpenAPI 3.1 description of the route table, which is
// what a running server answers at /openapi.json.
func Document() ([]byte, error) {
	s := &Server{}
	table := s.routes(nil)
	b := newBook()
	for i := range table {
		table[i].complete()
		table[i].do.prepare(b)
	}
	return document(b, table)
}

func document(b *book, table []route) ([]byte, error) {
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Parley", Version: "1.0",
			Description: "Projects, chat threads and their answers. Errors are problems (RFC 9457) with a stable code.",
			License:     &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
		},
		Components: &huma.Components{
			Schemas: b.registry,
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"cookie": {Type: "apiKey", In: "cookie", Name: accessCookie, Description: "Set by signing in; changes are taken only from the page's own origin."},
				"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "The access_token of a sign-in, or an API key (pk_…) whose scope is at least the operation's x-scope."},
			},
		},
	}
	b.problem()
	for i := range table {
		doc.AddOperation(b.operation(&table[i]))
	}
	b.finish()
	out, err := json.MarshalIndent(doc, "", "  ")
	return append(out, '\n'), err
}

// problem adds the schema of errors, with every code that there is.
func (b *book) problem() {
	b.registry.Schema(reflect.TypeFor[Problem](), true, "")
	codes := []string{}
	for code := range statusOf {
		codes = append(codes, string(code))
	}
	for _, code := range transportCodes {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	enum := []any{}
	for _, code := range slices.Compact(codes) {
		enum = append(enum, code)
	}
	b.registry.Map()["Problem"].Properties["code"].Enum = enum
}

func (b *book) operation(r *route) *huma.Operation {
	in, out := r.do.describe(b)
	op := &huma.Operation{
		Method: r.method, Path: r.full(), OperationID: r.id, Summary: r.summary, Tags: []string{r.tag},
		Responses:  map[string]*huma.Response{},
		Extensions: map[string]any{"x-access": string(r.access), "x-rate-limit": r.limit.String()},
	}
	if r.access != public {
		op.Extensions["x-scope"] = r.scope().String()
	}
	if r.access != public {
		op.Security = []map[string][]string{{"cookie": {}}, {"bearer": {}}}
	}
	if r.access == anyone {
		op.Security = append(op.Security, map[string][]string{})
	}
	if in != nil {
		op.Parameters = append(params("path", in.path), params("query", in.query)...)
	}
	if in != nil && in.bodySchema != nil && r.changes() {
		op.RequestBody = &huma.RequestBody{Required: in.body.must != 0, Content: jsonContent(in.bodySchema)}
	}
	done := &huma.Response{Description: http.StatusText(r.status)}
	if out != nil {
		done.Content = jsonContent(out)
	}
	op.Responses[strconv.Itoa(r.status)] = done
	b.failures(op, r.codes(in))
	if a, ok := r.do.(interface{ amend(*huma.Operation) }); ok {
		a.amend(op)
	}
	return op
}

func jsonContent(s *huma.Schema) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{"application/json": {Schema: s}}
}

// failures adds a response for each status of codes that names its codes.
func (b *book) failures(op *huma.Operation, codes []store.Code) {
	words := map[int][]string{}
	for _, code := range codes {
		words[statusOf[code]] = append(words[statusOf[code]], string(code))
	}
	for status, list := range words {
		slices.Sort(list)
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: strings.Join(slices.Compact(list), ", "),
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: &huma.Schema{Ref: schemaPrefix + "Problem"}}},
		}
	}
}

func params(in string, list []param) []*huma.Param {
	var out []*huma.Param
	for _, p := range list {
		schema := *p.schema
		schema.Description = ""
		out = append(out, &huma.Param{Name: p.name, In: in, Required: p.required, Schema: &schema, Description: p.schema.Description})
	}
	return out
}

// finish makes what huma's schemas cannot say true of what is answered: more
// fields may come one day, and a pointer to an object that is sent even when it
// is nil is the object or null, unless it says nullable:"false".
func (b *book) finish() {
	for name, s := range b.registry.Map() {
		t := b.registry.TypeFromRef(schemaPrefix + name)
		if t == nil || t.Kind() != reflect.Struct {
			continue // an input
		}
		if s.AdditionalProperties == false {
			s.AdditionalProperties = nil
		}
		for _, f := range reflect.VisibleFields(t) {
			field, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			p := s.Properties[field]
			if p != nil && p.Ref != "" && f.Type.Kind() == reflect.Pointer && !strings.Contains(options, "omit") && f.Tag.Get("nullable") != "false" {
				s.Properties[field] = &huma.Schema{Description: p.Description, AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}}
			}
		}
	}
}
