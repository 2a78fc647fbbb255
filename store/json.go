package store

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// An encoder appends a value; see AppendJSON. No page puts a record into HTML, where
// "<" would need an escape. Records are made of few kinds of fields, so that ours is
// several times as fast as encoding/json, and a record is encoded with every write.
// What it does not know it leaves to encoding/json. The value must be addressable.
type encoder func(b []byte, v reflect.Value) ([]byte, error)

var encoders byType[encoder]

// A byType remembers what was made for each type. It is safe for concurrent use; what
// two make at the same time must be worth the same.
type byType[T any] struct{ known sync.Map }

func (m *byType[T]) of(t reflect.Type, create func(reflect.Type) T) T {
	if v, ok := m.known.Load(t); ok {
		return v.(T)
	}
	v := create(t)
	m.known.Store(t, v)
	return v
}

// An Appender appends its own JSON to dst; AppendJSON leaves it to that. It is for
// what is shown again and again as it was.
type Appender interface {
	AppendJSON(dst []byte) ([]byte, error)
}

// AppendJSON appends what pointer points to, a record or what is made of records,
// as encoding/json writes it, but for the escapes that only HTML needs.
func AppendJSON(dst []byte, pointer any) ([]byte, error) {
	v := reflect.ValueOf(pointer)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return appendMarshaled(dst, pointer)
	}
	v = v.Elem()
	return encoderOf(v.Type())(dst, v)
}

func encoderOf(t reflect.Type) encoder { return encoders.of(t, newEncoder) }

var (
	marshaler     = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
	appender      = reflect.TypeFor[Appender]()
)

func newEncoder(t reflect.Type) encoder {
	switch {
	case t == reflect.TypeFor[ID]():
		return appendID
	case t == reflect.TypeFor[Time]():
		return appendTime
	case reflect.PointerTo(t).Implements(appender):
		return func(b []byte, v reflect.Value) ([]byte, error) { return v.Addr().Interface().(Appender).AppendJSON(b) }
	case reflect.PointerTo(t).Implements(marshaler), reflect.PointerTo(t).Implements(textMarshaler):
		return appendOther
	}
	switch t.Kind() {
	case reflect.String:
		return func(b []byte, v reflect.Value) ([]byte, error) { return appendString(b, v.String()), nil }
	case reflect.Bool:
		return func(b []byte, v reflect.Value) ([]byte, error) { return strconv.AppendBool(b, v.Bool()), nil }
	case reflect.Int, reflect.Int64:
		return func(b []byte, v reflect.Value) ([]byte, error) { return strconv.AppendInt(b, v.Int(), 10), nil }
	case reflect.Uint32, reflect.Uint64:
		return func(b []byte, v reflect.Value) ([]byte, error) { return strconv.AppendUint(b, v.Uint(), 10), nil }
	case reflect.Pointer:
		return pointerEncoder(t.Elem())
	case reflect.Slice:
		return sliceEncoder(t.Elem())
	case reflect.Struct:
		return structEncoder(t)
	default:
		return appendOther
	}
}

// appendOther is encoding/json itself.
func appendOther(b []byte, v reflect.Value) ([]byte, error) {
	return appendMarshaled(b, v.Addr().Interface())
}

func appendMarshaled(b []byte, v any) ([]byte, error) {
	buf := bytes.NewBuffer(b)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(buf.Bytes(), []byte{'\n'}), err
}

func appendID(b []byte, v reflect.Value) ([]byte, error) {
	return v.Addr().Interface().(*ID).appendJSON(b), nil
}

func appendTime(b []byte, v reflect.Value) ([]byte, error) {
	return v.Addr().Interface().(*Time).appendJSON(b), nil
}

func pointerEncoder(to reflect.Type) encoder {
	elem := encoderOf(to)
	return func(b []byte, v reflect.Value) ([]byte, error) {
		if v.IsNil() {
			return append(b, "null"...), nil
		}
		return elem(b, v.Elem())
	}
}

func sliceEncoder(of reflect.Type) encoder {
	if of.Kind() == reflect.Uint8 {
		return appendOther // bytes, in base 64
	}
	elem := encoderOf(of)
	return func(b []byte, v reflect.Value) (_ []byte, err error) {
		if v.IsNil() {
			return append(b, "null"...), nil
		}
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = elem(b, v.Index(i)); err != nil {
				return b, err
			}
		}
		return append(b, ']'), nil
	}
}

// A fieldEncoder writes one field of a struct.
type fieldEncoder struct {
	index     int
	name      string // quoted, with the colon
	omitEmpty bool
	encode    encoder
}

func structEncoder(t reflect.Type) encoder {
	fields := make([]fieldEncoder, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.Anonymous && !f.IsExported() {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous || name == "" || name == "-" || options != "" && options != "omitempty":
			return appendOther // its rules are not worth knowing twice
		}
		fields = append(fields, fieldEncoder{i, string(appendString(nil, name)) + ":", options != "", encoderOf(f.Type)})
	}
	return func(b []byte, v reflect.Value) (_ []byte, err error) {
		b = append(b, '{')
		start := len(b)
		for i := range fields {
			f := &fields[i]
			value := v.Field(f.index)
			if f.omitEmpty && isEmpty(value) {
				continue
			}
			if len(b) > start {
				b = append(b, ',')
			}
			if b, err = f.encode(append(b, f.name...), value); err != nil {
				return b, err
			}
		}
		return append(b, '}'), nil
	}
}

// isEmpty is what omitempty means by it.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Struct, reflect.Array:
		return false // an ID or a Time is written as null
	default:
		return v.IsZero()
	}
}

const hexDigits = "0123456789abcdef"

// appendString appends s in quotes. Bytes that are no UTF-8 become U+FFFD, written
// as an escape; see isMended.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			b = appendEscape(append(b, s[start:i]...), c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[start:i]...), `\ufffd`...)
			start = i + size
		case r == '\u2028' || r == '\u2029': // line ends to JavaScript
			b = append(append(b, s[start:i]...), '\\', 'u', '2', '0', '2', hexDigits[r&0xf])
			start = i + size
		}
		i += size
	}
	return append(append(b, s[start:]...), '"')
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	default:
		return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
	}
}
