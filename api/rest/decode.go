package rest

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
)

// A field is one field of an input that the body fills.
type field struct {
	index []int
	read  func(v reflect.Value, value []byte) error
}

// fieldsOf makes the fields of t, an input, by the bits of their names in its form. It
// panics if there is none for a name.
func fieldsOf(t reflect.Type, f *form) []field {
	fields := make([]field, len(f.names))
	for _, of := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(of.Tag.Get("json"), ",")
		if p, ok := f.props[name]; ok && !of.Anonymous {
			fields[p.bit] = field{of.Index, reader(of.Type)}
		}
	}
	for bit := range fields {
		if fields[bit].read == nil {
			panic("rest: nothing reads " + f.names[bit])
		}
	}
	return fields
}

// decode fills v, an input, from the values of a body, as encoding/json would from the
// whole of it; but that goes through the text twice more, and test has passed it.
func (in *input) decode(values [][]byte, v reflect.Value) error {
	for bit, value := range values {
		if value != nil {
			if err := in.fields[bit].read(v.FieldByIndex(in.fields[bit].index), value); err != nil {
				return err
			}
		}
	}
	return nil
}

var (
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// reader makes what reads a value that test has passed into a field of type t.
func reader(t reflect.Type) func(v reflect.Value, value []byte) error {
	switch p := reflect.PointerTo(t); {
	case p.Implements(unmarshaler):
		return func(v reflect.Value, value []byte) error {
			return v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(value)
		}
	case p.Implements(textUnmarshaler):
		return readOther
	}
	switch t.Kind() {
	case reflect.String:
		return orNull(func(v reflect.Value, value []byte) error {
			raw := value[1 : len(value)-1]
			v.SetString(textOf(raw, bytes.IndexByte(raw, '\\') >= 0))
			return nil
		})
	case reflect.Bool:
		return orNull(func(v reflect.Value, value []byte) error {
			v.SetBool(value[0] == 't')
			return nil
		})
	case reflect.Pointer:
		read := reader(t.Elem())
		return orNull(func(v reflect.Value, value []byte) error {
			v.Set(reflect.New(t.Elem()))
			return read(v.Elem(), value)
		})
	default:
		return readOther
	}
}

// orNull makes read leave what is null as it is: zero.
func orNull(read func(reflect.Value, []byte) error) func(reflect.Value, []byte) error {
	return func(v reflect.Value, value []byte) error {
		if value[0] == 'n' {
			return nil
		}
		return read(v, value)
	}
}

func readOther(v reflect.Value, value []byte) error {
	return json.Unmarshal(value, v.Addr().Interface())
}
