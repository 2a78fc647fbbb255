package store

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// A decoder reads the value that comes next into v. false is that it does not know
// what it sees; see decodeJSON.
type decoder func(r *jsonReader, v reflect.Value) bool

var decoders byType[decoder]

// decodeJSON reads into pointer, which points to a zero value, what AppendJSON has
// written, several times as fast as encoding/json. Fields that it lacks are passed
// over. What AppendJSON would have written in another way, such as an older record,
// it leaves to encoding/json, and so what is no JSON. It does not look closely at what
// it passes over: a record's checksum has told that it is whole.
func decodeJSON(record []byte, pointer any) error {
	r := jsonReader{b: record}
	if r.value(pointer) && r.i == len(record) {
		return nil
	}
	reflect.ValueOf(pointer).Elem().SetZero()
	return json.Unmarshal(record, pointer)
}

// value reads what comes next into what pointer points to, which is zero.
func (r *jsonReader) value(pointer any) bool {
	v := reflect.ValueOf(pointer).Elem()
	return decoderOf(v.Type())(r, v)
}

func decoderOf(t reflect.Type) decoder { return decoders.of(t, newDecoder) }

var (
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func newDecoder(t reflect.Type) decoder {
	switch {
	case t == reflect.TypeFor[ID]():
		return func(r *jsonReader, v reflect.Value) bool { return r.id(v.Addr().Interface().(*ID)) }
	case t == reflect.TypeFor[Time]():
		return func(r *jsonReader, v reflect.Value) bool { return r.time(v.Addr().Interface().(*Time)) }
	case reflect.PointerTo(t).Implements(unmarshaler), reflect.PointerTo(t).Implements(textUnmarshaler):
		return decodeOther
	}
	switch t.Kind() {
	case reflect.String:
		return decodeString
	case reflect.Bool:
		return decodeBool
	case reflect.Int, reflect.Int64:
		return decodeInt
	case reflect.Pointer:
		return pointerDecoder(t.Elem())
	case reflect.Slice:
		return sliceDecoder(t.Elem())
	case reflect.Struct:
		return structDecoder(t)
	default:
		return decodeOther
	}
}

// decodeOther is encoding/json itself.
func decodeOther(r *jsonReader, v reflect.Value) bool {
	raw, ok := r.skip()
	return ok && json.Unmarshal(raw, v.Addr().Interface()) == nil
}

func decodeString(r *jsonReader, v reflect.Value) bool {
	s, ok := r.text()
	v.SetString(s)
	return ok
}

func decodeBool(r *jsonReader, v reflect.Value) bool {
	is, ok := r.bool()
	v.SetBool(is)
	return ok
}

func decodeInt(r *jsonReader, v reflect.Value) bool {
	n, ok := r.int()
	if !ok || v.OverflowInt(n) {
		return false
	}
	v.SetInt(n)
	return true
}

func pointerDecoder(to reflect.Type) decoder {
	elem := decoderOf(to)
	return func(r *jsonReader, v reflect.Value) bool {
		if r.word("null") {
			return true
		}
		p := reflect.New(to)
		v.Set(p)
		return elem(r, p.Elem())
	}
}

func sliceDecoder(of reflect.Type) decoder {
	if of.Kind() == reflect.Uint8 {
		return decodeOther // bytes, in base 64
	}
	elem := decoderOf(of)
	return func(r *jsonReader, v reflect.Value) bool {
		if r.word("null") {
			return true
		}
		v.Set(reflect.MakeSlice(v.Type(), 0, 0)) // [] is not null
		return r.list("[", "]", func() bool {
			n := v.Len()
			v.Grow(1)
			v.SetLen(n + 1)
			return elem(r, v.Index(n))
		})
	}
}

// A fieldDecoder reads one field of a struct.
type fieldDecoder struct {
	index  int
	name   string
	decode decoder
}

func structDecoder(t reflect.Type) decoder {
	fields := make([]fieldDecoder, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.Anonymous && !f.IsExported() {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous || name == "" || name == "-" || options != "" && options != "omitempty":
			return decodeOther // its rules are not worth knowing twice
		}
		fields = append(fields, fieldDecoder{i, name, decoderOf(f.Type)})
	}
	return func(r *jsonReader, v reflect.Value) bool {
		next := 0 // fields come in the order in which they were written
		return r.list("{", "}", func() bool {
			name, ok := r.name()
			if !ok {
				return false
			}
			at := next
			for at < len(fields) && fields[at].name != string(name) {
				at++
			}
			if at < len(fields) {
				next = at + 1
				return fields[at].decode(r, v.Field(fields[at].index))
			}
			isEarlier := slices.ContainsFunc(fields[:next], func(f fieldDecoder) bool { return f.name == string(name) })
			_, ok = r.skip()
			return ok && !isEarlier
		})
	}
}
