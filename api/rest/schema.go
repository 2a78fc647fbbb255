package rest

import (
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/parley-app/parley/store"
)

const schemaPrefix = "#/components/schemas/"

// A book holds the schemas of every type on the wire: for the document, and as
// forms for testing what comes in.
type book struct {
	registry huma.Registry
	forms    forms
}

// Lists are never null on the wire; huma has this as a global of its own.
var listsAreNeverNull = sync.OnceFunc(func() { huma.DefaultArrayNullable = false })

func newBook() *book {
	listsAreNeverNull()
	r := huma.NewMapRegistry(schemaPrefix, huma.DefaultSchemaNamer)
	r.RegisterTypeAlias(reflect.TypeFor[store.ID](), reflect.TypeFor[idText]())
	r.RegisterTypeAlias(reflect.TypeFor[store.Time](), reflect.TypeFor[timeText]())
	return &book{registry: r, forms: forms{registry: r, known: map[string]*form{}}}
}

// idText and timeText say what store.ID and store.Time look like on the wire;
// store knows no schemas.
type (
	idText   struct{}
	timeText struct{}
)

func (idText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "uuid"}
}

func (timeText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time"}
}

// body makes the schema of the fields of t that have a json tag, under t's
// name, or returns nil if it has none. A field is required unless it is a
// pointer, has omitempty or omitzero, or says required:"false".
func (b *book) body(t reflect.Type) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: false, Properties: map[string]*huma.Schema{}}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || f.Anonymous {
			continue
		}
		field := huma.SchemaFromField(b.registry, f, t.Name()+f.Name)
		// null is no way to leave a field out, unless the field says so.
		field.Nullable = f.Tag.Get("nullable") == "true"
		s.Properties[name] = field
		optional := f.Type.Kind() == reflect.Pointer || strings.Contains(options, "omit") || f.Tag.Get("required") == "false"
		if !optional || f.Tag.Get("required") == "true" {
			s.Required = append(s.Required, name)
		}
	}
	if len(s.Properties) == 0 {
		return nil
	}
	s.PrecomputeMessages()
	b.registry.Map()[t.Name()] = s
	return &huma.Schema{Ref: schemaPrefix + t.Name()}
}

// param makes the schema of a path or query field.
func (b *book) param(f reflect.StructField) *huma.Schema {
	s := huma.SchemaFromField(b.registry, f, f.Name)
	s.Nullable = false
	return s
}
