package store

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Every record is encoded as encoding/json does it, to the byte.
func TestRecordsAreEncodedAsJSON(t *testing.T) {
	for _, record := range everyRecord() {
		t.Run(reflect.TypeOf(record).Elem().Name(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				fillRecord(t, reflect.ValueOf(record).Elem())
				got, err := AppendJSON(nil, record)
				if want := plainJSON(t, record); err != nil || !bytes.Equal(got, want) {
					t.Errorf("got  %s, %v\nwant %s", got, err, want)
				}
			})
		})
	}
}

// everyRecord returns one record of each kind, which is empty.
func everyRecord() []any {
	return []any{
		&Activity{}, &APIKey{}, &Attachment{}, &AuditEntry{}, &Invite{}, &Lease{}, &Member{}, &Message{}, &Project{}, &ProjectTag{},
		&Prompt{}, &Request{}, &Session{}, &SigningKey{}, &Summary{}, &Tag{}, &Thread{}, &Usage{}, &User{}, &Version{},
	}
}

func plainJSON(t interface{ Fatal(...any) }, v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'})
}

// fillRecord gives v any value that its type can have.
func fillRecord(t *rapid.T, v reflect.Value) {
	switch p := v.Addr().Interface().(type) {
	case *ID:
		if *p = (ID{}); rapid.Bool().Draw(t, "there") {
			copy(p[:], rapid.SliceOfN(rapid.Byte(), len(p), len(p)).Draw(t, "id"))
		}
		return
	case *Time:
		if *p = (Time{}); rapid.Bool().Draw(t, "there") {
			*p = TimeOf(time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "time")))
		}
		return
	}
	fillPlain(t, v)
}

func fillPlain(t *rapid.T, v reflect.Value) {
	v.SetZero()
	switch v.Kind() {
	case reflect.String:
		v.SetString(anyText().Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "int"))
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "uint") >> (64 - v.Type().Bits()))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fillRecord(t, v.Elem())
		}
	case reflect.Slice:
		if n := rapid.IntRange(-1, 3).Draw(t, "length"); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fillRecord(t, v.Index(i))
			}
		}
	case reflect.Map: // of strings
		v.Set(reflect.ValueOf(rapid.MapOfN(rapid.String(), anyText(), 0, 3).Draw(t, "map")).Convert(v.Type()))
	case reflect.Struct:
		for _, field := range v.Fields() {
			fillRecord(t, field)
		}
	default:
		t.Fatalf("no value for a %s", v.Type())
	}
}

// anyText is text of all kinds, also such as is no UTF-8.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 20), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{"", "\"\\/<>&'", "\x00\x1f\x7f\b\f\n\r\t", "\u2027\u2028\u2029\u2030", "\ufffd", "a\xffb\xed\xa0\x80c\xe2\x80", "日本語 \U0001f339"}),
	)
}
