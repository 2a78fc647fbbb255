package rest

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/store"
)

// decoded has every kind of field that a body may fill, some of them in a part.
type decoded struct {
	ID store.ID `path:"id" json:"-"`
	decodedPart
	Text    string           `json:"text,omitempty"`
	Note    *string          `json:"note,omitempty" nullable:"true"`
	Role    decodedRole      `json:"role,omitempty"`
	Private bool             `json:"private,omitempty"`
	Shown   *bool            `json:"shown,omitempty"`
	Count   int              `json:"count,omitempty"`
	Small   *int8            `json:"small,omitempty"`
	Warmth  *float64         `json:"warmth,omitempty"`
	Other   store.ID         `json:"other,omitempty" nullable:"true"`
	Others  []store.ID       `json:"others,omitempty"`
	Due     store.Time       `json:"due,omitempty" nullable:"true"`
	Parts   []samplePart     `json:"parts,omitempty"`
	Labels  map[string]*bool `json:"labels,omitempty"`
	Any     json.RawMessage  `json:"any,omitempty"`
}

type decodedRole string

type decodedPart struct {
	Inner   string  `json:"inner,omitempty" nullable:"true"`
	Pointed *string `json:"pointed,omitempty"`
}

// What test passes is decoded as encoding/json decodes it, whose rules clients know.
func FuzzDecodeAgreesWithEncodingJSON(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` { "text" : "x" , "private" : true } `, `{"private":false,"shown":false,"count":-7,"small":127,"warmth":-0.5e1}`,
		`{"small":128}`, `{"count":1e2}`, `{"count":9223372036854775808}`,
		`{"text":"","note":"","inner":"a","pointed":"b","role":"owner"}`, `{"note":null,"other":null,"due":null,"inner":null}`,
		`{"text":"a\"b\\c\/d\be\ff\ng\rh\ti\u0041\u00e9\u20ac\ud83d\ude00\u0000\\u0041\\"}`, `{"text":"é€😀\u2028<&>"}`, `{"\u0074ext":"x","no\u0074e":"\\"}`,
		`{"other":"` + someID + `","others":["` + someID + `",null,"0198c0de-0000-7000-8000-000000000000"]}`, `{"other":"\u0030198c0de-0000-7000-8000-000000000001"}`,
		`{"due":"2026-01-02T03:04:05.000Z"}`, `{"due":"2026-01-02T03:04:05+02:00"}`, `{"others":[],"parts":[],"labels":{}}`,
		`{"parts":[{"name":"p","parts":[{"name":"\n"}]}],"labels":{"a":true,"b":false},"any":[1, {"x":null}]}`,
		`{"any":null}`, `{"any":"\ud83d\ude00"}`, `{"any": {"text":"y"}}`, `{"text":"x","Text":"y"}`, `[]`, `null`,
	} {
		f.Add([]byte(seed))
	}
	in := newInput(newBook(), reflect.TypeFor[decoded]())
	f.Fuzz(func(t *testing.T, body []byte) {
		var got, want decoded
		values := make([][]byte, len(in.fields))
		if len(testAndFind(body, in.body, "body", values)) > 0 {
			return
		}
		err, wantErr := in.decode(values, reflect.ValueOf(&got).Elem()), json.Unmarshal(body, &want)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("of %s: %v, want %v", body, err, wantErr)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(decoded{})); err == nil && diff != "" {
			t.Errorf("of %s (-want +got):\n%s", body, diff)
		}
	})
}
