package rest

import (
	"cmp"
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
		Servers: []*huma.Server{{URL: "/", Description: "This instance"}},
		Tags:    documentTags,
		Components: &huma.Components{
			Schemas:  b.registry,
			Examples: problemExamples(),
			Headers:  documentHeaders(),
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
	doc.AddOperation(socketOperation("/ws", "openSocket"))
	doc.AddOperation(socketOperation("/ws/chat/{thread_id}", "openThreadSocket"))
	doc.Extensions = map[string]any{"x-frames": b.frames()}
	b.finish()
	b.examples(doc)
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
	if f, ok := r.do.(interface{ mediaTypes() []string }); ok {
		done.Content = map[string]*huma.MediaType{}
		for _, kind := range f.mediaTypes() {
			done.Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
		}
	}
	op.Responses[strconv.Itoa(r.status)] = done
	if l, ok := r.do.(interface{ listing() bool }); ok && l.listing() && !r.changes() {
		op.Responses["304"] = &huma.Response{Description: "Nothing has changed since the answer whose ETag If-None-Match names"}
	}
	b.failures(op, b.words(r, in))
	if a, ok := r.do.(interface{ amend(*huma.Operation) }); ok {
		a.amend(op)
	}
	setHeaders(op, r)
	return op
}

func jsonContent(s *huma.Schema) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{"application/json": {Schema: s}}
}

// words are the codes of every error that a caller of the route must expect, by
// their status.
func (b *book) words(r *route, in *input) map[int][]string {
	words := map[int][]string{}
	for _, code := range r.codes(in) {
		words[statusOf[code]] = append(words[statusOf[code]], string(code))
	}
	statuses := []int{http.StatusBadRequest, http.StatusRequestHeaderFieldsTooLarge}
	if r.changes() {
		statuses = append(statuses, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	for _, status := range statuses {
		words[status] = append(words[status], transportCodes[status])
	}
	return words
}

// failures adds a response for each status that names its codes, with an example
// of each.
func (b *book) failures(op *huma.Operation, words map[int][]string) {
	for status, list := range words {
		slices.Sort(list)
		list = slices.Compact(list)
		examples := map[string]*huma.Example{}
		for _, code := range list {
			examples[code] = &huma.Example{Ref: "#/components/examples/" + code}
		}
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: strings.Join(list, ", "),
			Content: map[string]*huma.MediaType{"application/problem+json": {
				Schema: &huma.Schema{Ref: schemaPrefix + "Problem"}, Examples: examples,
			}},
		}
	}
}

// problemExamples are what every error looks like, by its code.
func problemExamples() map[string]*huma.Example {
	examples := map[string]*huma.Example{}
	for code, status := range statusOf {
		examples[string(code)] = &huma.Example{Value: problemExample(status, string(code))}
	}
	for status, code := range transportCodes {
		examples[code] = &huma.Example{Value: problemExample(status, code)}
	}
	return examples
}

// problemExample is what an error looks like. Its detail is only an example.
func problemExample(status int, code string) Problem {
	detail := transportTexts[status]
	if detail == "" || code == string(store.CodeNotFound) {
		detail = strings.ReplaceAll(code, "_", " ")
	}
	return Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code,
		Instance: base + "/threads/0198c0de-0000-7000-8000-000000000001", RequestID: "K3S5XWQ2",
	}
}

// documentHeaders are the headers of the answers, by their names.
func documentHeaders() map[string]*huma.Param {
	header := func(kind, text string) *huma.Param {
		return &huma.Param{Description: text, Schema: &huma.Schema{Type: kind}}
	}
	return map[string]*huma.Param{
		"X-Request-Id":        header(huma.TypeString, "Finds this request in the server's log; the client's own if it sent a sane one"),
		"RateLimit-Limit":     header(huma.TypeInteger, "Requests of this kind in a minute, and at once"),
		"RateLimit-Remaining": header(huma.TypeInteger, "How many may come now"),
		"RateLimit-Reset":     header(huma.TypeInteger, "Seconds until all of them may come again"),
		"Retry-After":         header(huma.TypeInteger, "Seconds until it is worth trying again"),
		"ETag":                header(huma.TypeString, "Changes when the answer does; for If-None-Match"),
	}
}

// setHeaders says which answers have which headers.
func setHeaders(op *huma.Operation, r *route) {
	for status, response := range op.Responses {
		names := []string{"X-Request-Id"}
		if r.limit != unlimited && (status < "400" || status == "429") {
			names = append(names, "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
		}
		if status == "429" || status == "503" {
			names = append(names, "Retry-After")
		}
		if op.Responses["304"] != nil && (status == "200" || status == "304") {
			names = append(names, "ETag")
		}
		response.Headers = map[string]*huma.Param{}
		for _, name := range names {
			response.Headers[name] = &huma.Param{Ref: "#/components/headers/" + name}
		}
	}
}

// socketOperation describes the address of the socket.
func socketOperation(path, id string) *huma.Operation {
	op := &huma.Operation{
		Method: http.MethodGet, Path: path, OperationID: id, Tags: []string{"socket"},
		Summary:    "Open a WebSocket; its frames are described in x-frames",
		Security:   []map[string][]string{{"cookie": {}}, {"bearer": {}}},
		Extensions: map[string]any{"x-access": string(signedIn), "x-rate-limit": readClass.String(), "x-scope": "read"},
		Responses:  map[string]*huma.Response{"101": {Description: "Switching Protocols"}},
	}
	codes := []store.Code{store.CodeUnauthorized, store.CodeForbidden, store.CodeRateLimited, store.CodeUnavailable, store.CodeInternal}
	if strings.Contains(path, "{thread_id}") {
		op.Parameters = []*huma.Param{{Name: "thread_id", In: "path", Required: true, Description: "Subscribed from the start", Schema: &huma.Schema{Type: huma.TypeString, Format: "uuid"}}}
		codes = append(codes, store.CodeNotFound)
	}
	words := map[int][]string{http.StatusUpgradeRequired: {"upgrade_required"}}
	for _, code := range codes {
		words[statusOf[code]] = append(words[statusOf[code]], string(code))
	}
	(&book{}).failures(op, words)
	setHeaders(op, socketRoute)
	return op
}

// documentTags are the chapters of the document.
var documentTags = []*huma.Tag{
	{Name: "account", Description: "Signing in, sessions, API keys and the caller's own account"},
	{Name: "projects", Description: "Projects hold threads; their members may read or write them"},
	{Name: "threads", Description: "Conversations"},
	{Name: "messages", Description: "Questions and answers"},
	{Name: "attachments", Description: "Files of a thread, scanned before anybody may read them"},
	{Name: "instance", Description: "The instance as a whole"},
	{Name: "socket", Description: "What is live"},
}

// examples gives every body and every good answer an example, made of its schema.
func (b *book) examples(doc *huma.OpenAPI) {
	add := func(content map[string]*huma.MediaType) {
		if m := content["application/json"]; m != nil && m.Schema != nil {
			m.Example = b.example(m.Schema)
		}
	}
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			if op.RequestBody != nil {
				add(op.RequestBody.Content)
			}
			for _, r := range op.Responses {
				add(r.Content)
			}
		}
	}
}

// paramTexts describe the parameters that many routes have.
var paramTexts = map[string]string{
	"id": "Of what it is about", "limit": "How many at most", "offset": "How many to skip; not together with a cursor",
	"before": "Only what precedes this one in the list's order", "after": "Only what follows this one in the list's order",
	"project_id": "Only of this project", "user_id": "Of the member", "sort": "What the list is ordered by", "order": "Which way",
	"archived": "Whether archived ones are listed too", "search": "Words that must be in it", "wait": "Whether to wait for the answer",
	"include_deleted": "Whether deleted ones are listed, emptied",
}

func params(in string, list []param) []*huma.Param {
	var out []*huma.Param
	for _, p := range list {
		schema := *p.schema
		schema.Description = ""
		text := cmp.Or(p.schema.Description, paramTexts[p.name])
		out = append(out, &huma.Param{Name: p.name, In: in, Required: p.required, Schema: &schema, Description: text})
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
