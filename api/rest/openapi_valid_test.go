package rest

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// validOpenAPI is what kin-openapi says of a document: every object has what OpenAPI
// 3.1 asks of it and nothing else, every reference leads somewhere, paths declare
// their parameters, no two operations share an id, and every example fits its schema.
// ui/scripts/check-openapi.mjs asks another validator, which reads the official JSON
// schema of OpenAPI instead.
func validOpenAPI(text []byte) error {
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return err
	}
	if !doc.IsOpenAPI31OrLater() {
		return errors.New("OpenAPI " + doc.OpenAPI + " is not 3.1")
	}
	return doc.Validate(context.Background())
}

func TestOpenAPIIsValid(t *testing.T) {
	text, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	if err := validOpenAPI(text); err != nil {
		t.Error(err)
	}
}

// A validator that finds nothing proves nothing: each of these is one mistake in one
// place of the document.
func TestOpenAPIValidatorFindsMistakes(t *testing.T) {
	text, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	const path = "/api/v1/threads/{id}/messages"
	for _, tt := range []struct {
		name string
		at   []string
		to   any // nil takes it away
		want string
	}{
		{"nothing", []string{"paths", path, "x-nothing"}, true, ""},
		{"the version", []string{"openapi"}, "3.0.3", "is not 3.1"},
		{"no title", []string{"info", "title"}, nil, "value of title"},
		{"a response without description", []string{"paths", path, "get", "responses", "200", "description"}, nil, "short description"},
		{"an unknown key", []string{"paths", path, "get", "headline"}, "List", "extra sibling fields: [headline]"},
		{"a reference to nowhere", []string{"paths", path, "get", "responses", "200", "content", "application/json", "schema"}, map[string]any{"$ref": schemaPrefix + "Nowhere"}, `"Nowhere" not found`},
		{"an unknown type", []string{"components", "schemas", "Message", "properties", "id"}, map[string]any{"type": "text"}, `"text"`},
		{"a path's parameter that nothing declares", []string{"paths", path, "get", "parameters"}, nil, "missing: [id]"},
		{"two operations of one id", []string{"paths", path, "get", "operationId"}, "sendMessage", "same operation id"},
		{"an example that does not fit", []string{"components", "examples", "not_found", "value", "status"}, "404", "value must be an integer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc := onePath(t, text, path)
			alter(doc, tt.at, tt.to)
			changed, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			switch err := validOpenAPI(changed); {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%v, want one of %q", err, tt.want)
			}
		})
	}
}

// onePath is the document without its other paths: reading them all takes a second.
func onePath(t *testing.T, text []byte, path string) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	doc["paths"] = map[string]any{path: doc["paths"].(map[string]any)[path]}
	return doc
}

// alter sets what is at a place of a document that was read loosely, or takes it away.
func alter(doc map[string]any, at []string, to any) {
	for _, name := range at[:len(at)-1] {
		doc = doc[name].(map[string]any)
	}
	if last := at[len(at)-1]; to != nil {
		doc[last] = to
	} else {
		delete(doc, last)
	}
}
