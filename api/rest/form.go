package rest

import (
	"fmt"
	"maps"
	"net/mail"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/parley-app/parley/store"
)

// A form is a schema made ready for testing values: the same schema that the
// document shows, resolved once at start-up. A nil form accepts anything.
type form struct {
	kind     string // huma.TypeString, …; "" accepts any
	nullable bool

	minLen, maxLen int // of a string in characters, of an array in items; -1: no bound
	min, max       *float64
	enum           []string // a string is one of these; nil: any
	pattern        *regexp.Regexp
	format         func(string) string // "" or what is wrong

	items *form
	props map[string]prop
	names []string // by the bit of their prop
	must  uint64   // the bits of the required
	extra *form    // of the names that are not in props, if open
	open  bool
}

// A prop is one name of an object; bit is its place in form.names.
type prop struct {
	form *form
	bit  int
}

// A forms resolves schemas, each named one once, so that types may contain
// themselves.
type forms struct {
	registry huma.Registry
	known    map[string]*form
}

// of makes the form of s. It panics on what it does not know how to test, so
// that no schema promises what nothing checks.
func (f *forms) of(s *huma.Schema) *form {
	if s == nil {
		return nil
	}
	if s.Ref != "" {
		if known, ok := f.known[s.Ref]; ok {
			return known
		}
		made := &form{}
		f.known[s.Ref] = made
		*made = *f.of(f.registry.SchemaFromRef(s.Ref))
		return made
	}
	if s.OneOf != nil || s.AnyOf != nil || s.AllOf != nil || s.Not != nil || s.MultipleOf != nil || s.Const != nil ||
		s.ExclusiveMinimum != nil || s.ExclusiveMaximum != nil || len(s.DependentRequired) > 0 || s.UniqueItems ||
		s.MinProperties != nil || s.MaxProperties != nil || s.ContentEncoding != "" {
		panic(fmt.Sprintf("rest: the input schema %q uses a rule that form.go does not test", s.Title+s.Description))
	}
	made := &form{kind: s.Type, nullable: s.Nullable, min: s.Minimum, max: s.Maximum, minLen: -1, maxLen: -1}
	switch s.Type {
	case huma.TypeString:
		made.text(s)
	case huma.TypeArray:
		made.minLen, made.maxLen = bound(s.MinItems), bound(s.MaxItems)
		made.items = f.of(s.Items)
	case huma.TypeObject:
		f.object(made, s)
	}
	return made
}

func (m *form) text(s *huma.Schema) {
	m.minLen, m.maxLen = bound(s.MinLength), bound(s.MaxLength)
	for _, e := range s.Enum {
		m.enum = append(m.enum, reflect.ValueOf(e).String())
	}
	if s.Pattern != "" {
		m.pattern = regexp.MustCompile(s.Pattern)
	}
	if s.Format == "" {
		return
	}
	test, ok := formats[s.Format]
	if !ok {
		panic("rest: no test for format " + s.Format)
	}
	m.format = test
}

func (f *forms) object(made *form, s *huma.Schema) {
	made.props = map[string]prop{}
	made.names = slices.Sorted(maps.Keys(s.Properties)) // so that errors have one order
	for bit, name := range made.names {
		made.props[name] = prop{form: f.of(s.Properties[name]), bit: bit}
	}
	if len(made.names) > 64 {
		panic("rest: an input object with more than 64 names")
	}
	for _, name := range s.Required {
		made.must |= 1 << made.props[name].bit
	}
	switch extra := s.AdditionalProperties.(type) {
	case bool:
		made.open = extra
	case *huma.Schema:
		made.open, made.extra = true, f.of(extra)
	}
}

func bound(n *int) int {
	if n == nil {
		return -1
	}
	return *n
}

// formats test the text of a string; the messages complete "<field> …".
var formats = map[string]func(string) string{
	"uuid": func(s string) string {
		// The zero id stands for "none" inside, so nobody may name it.
		if id, err := store.ParseID(s); err != nil || id.IsZero() {
			return "must be an id in canonical lower-case form"
		}
		return ""
	},
	"date-time": func(s string) string {
		if _, err := time.Parse(time.RFC3339Nano, s); err != nil {
			return "must be a time such as 2026-01-31T12:00:00.000Z"
		}
		return ""
	},
	"email": func(s string) string {
		if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
			return "must be an e-mail address"
		}
		return ""
	},
	"password": func(string) string { return "" },
}

// testText says what is wrong with a string, or "".
func (m *form) testText(s string, length int) string {
	if wrong := m.testLen(length, "characters"); wrong != "" {
		return wrong
	}
	if m.enum != nil && !slices.Contains(m.enum, s) {
		return "must be one of " + strings.Join(m.enum, ", ")
	}
	if m.pattern != nil && !m.pattern.MatchString(s) {
		return "must match " + m.pattern.String()
	}
	if m.format != nil {
		return m.format(s)
	}
	return ""
}

// readsText says whether a string's characters matter, not their number alone.
func (m *form) readsText() bool { return m.enum != nil || m.pattern != nil || m.format != nil }

func (m *form) testLen(n int, of string) string {
	switch low, high := m.minLen > 0 && n < m.minLen, m.maxLen >= 0 && n > m.maxLen; {
	case !low && !high:
		return ""
	case m.minLen > 0 && m.maxLen >= 0:
		return fmt.Sprintf("must have %d to %d %s", m.minLen, m.maxLen, of)
	case low && m.minLen == 1:
		return "must not be empty"
	case low:
		return fmt.Sprintf("must have at least %d %s", m.minLen, of)
	default:
		return fmt.Sprintf("must have at most %d %s", m.maxLen, of)
	}
}

// testNumber says what is wrong with a number in JSON's grammar, or "".
func (m *form) testNumber(s string) string {
	n, err := strconv.ParseFloat(s, 64)
	if m.kind == huma.TypeInteger {
		var whole int64
		if whole, err = strconv.ParseInt(s, 10, 64); err != nil {
			return "must be a whole number"
		}
		n = float64(whole)
	}
	low, high := m.min != nil && n < *m.min, m.max != nil && n > *m.max
	switch {
	case err != nil:
		return "must be a number"
	case !low && !high:
		return ""
	case m.min != nil && m.max != nil:
		return fmt.Sprintf("must be from %v to %v", *m.min, *m.max)
	case low:
		return fmt.Sprintf("must be at least %v", *m.min)
	default:
		return fmt.Sprintf("must be at most %v", *m.max)
	}
}

// testParam says what is wrong with the text of a path or query parameter.
func (m *form) testParam(s string) string {
	switch m.kind {
	case huma.TypeBoolean:
		if s != "true" && s != "false" {
			return "must be true or false"
		}
		return ""
	case huma.TypeInteger, huma.TypeNumber:
		if !isNumber(s) {
			return m.wanted()
		}
		return m.testNumber(s)
	}
	if !utf8.ValidString(s) {
		return "must be UTF-8"
	}
	return m.testText(s, utf8.RuneCountInString(s))
}

func isNumber(s string) bool {
	scan := scanner{b: []byte(s)}
	_, ok := scan.number()
	return ok && scan.i == len(s)
}

// wanted says what kind of value the form wants.
func (m *form) wanted() string {
	switch m.kind {
	case huma.TypeInteger:
		return "must be a whole number"
	case huma.TypeArray:
		return "must be a list"
	case huma.TypeObject:
		return "must be an object"
	case huma.TypeBoolean:
		return "must be true or false"
	default:
		return "must be a " + m.kind
	}
}
