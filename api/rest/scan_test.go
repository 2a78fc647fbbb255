package rest

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/store"
)

// sample has every kind of field that an input may have.
type sample struct {
	ID       store.ID          `path:"id"`
	Title    string            `json:"title" minLength:"1" maxLength:"10"`
	Note     *string           `json:"note,omitempty" maxLength:"5"`
	Cleared  *string           `json:"cleared,omitempty" nullable:"true"`
	Color    string            `json:"color,omitempty" enum:"red,blue"`
	Count    int               `json:"count,omitempty" minimum:"1" maximum:"9"`
	Warmth   *float64          `json:"warmth,omitempty" minimum:"0"`
	Private  bool              `json:"private,omitempty"`
	ClientID store.ID          `json:"client_id,omitempty"`
	Due      store.Time        `json:"due,omitempty"`
	Email    string            `json:"email,omitempty" format:"email"`
	Code     string            `json:"code,omitempty" pattern:"^[a-z]+$"`
	Tags     []string          `json:"tags,omitempty" maxItems:"2"`
	Parts    []samplePart      `json:"parts,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
	Any      json.RawMessage   `json:"any,omitempty"`
}

type samplePart struct {
	Name  string       `json:"name" minLength:"1"`
	Parts []samplePart `json:"parts,omitempty"`
}

func sampleForm() (*book, *input) {
	b := newBook()
	return b, newInput(b, reflect.TypeFor[sample]())
}

func TestTestNamesEverythingThatIsWrong(t *testing.T) {
	_, in := sampleForm()
	deep := strings.Repeat(`[`, 40) + strings.Repeat(`]`, 40)
	for name, tt := range map[string]struct {
		body string
		want []string // "location message"
	}{
		"all that is allowed":       {`{"title":"x","note":"n","cleared":null,"color":"red","count":9,"warmth":0.5,"private":true,"client_id":"0198c0de-0000-7000-8000-000000000000","due":"2026-01-02T03:04:05.000Z","email":"a@b.c","code":"abc","tags":["a","b"],"parts":[{"name":"p","parts":[{"name":"q"}]}],"labels":{"any":"thing"},"any":[1,{"x":null}]}`, nil},
		"spaces everywhere":         {" \n{ \"title\" :\t\"x\" , \"tags\" : [ ] }\r\n ", nil},
		"missing field":             {`{}`, []string{"body.title is required"}},
		"unknown field":             {`{"title":"x","tilte":"y"}`, []string{"body.tilte is not a known field"}},
		"name in another case":      {`{"title":"x","Title":"y"}`, []string{"body.Title is not a known field"}},
		"field of the path":         {`{"title":"x","ID":"y"}`, []string{"body.ID is not a known field"}},
		"name written with escapes": {`{"\u0074itle":"x"}`, nil},
		"twice":                     {`{"title":"x","title":"y"}`, []string{"body.title is given twice"}},
		"empty":                     {`{"title":""}`, []string{"body.title must have 1 to 10 characters"}},
		"too long":                  {`{"title":"12345678901"}`, []string{"body.title must have 1 to 10 characters"}},
		"ten that are many bytes":   {`{"title":"ääääääää😀😀"}`, nil},
		"ten that are escaped":      {`{"title":"\n\t\"\\\u00e4\ud83d\ude00\/\b\f\r"}`, nil},
		"number for a text":         {`{"title":5}`, []string{"body.title must be a string"}},
		"null for a text":           {`{"title":null}`, []string{"body.title must be a string"}},
		"null for an optional one":  {`{"title":"x","note":null}`, []string{"body.note must be a string"}},
		"none of the words":         {`{"title":"x","color":"green"}`, []string{"body.color must be one of red, blue"}},
		"under":                     {`{"title":"x","count":0}`, []string{"body.count must be from 1 to 9"}},
		"over":                      {`{"title":"x","count":10}`, []string{"body.count must be from 1 to 9"}},
		"fraction":                  {`{"title":"x","count":1.5}`, []string{"body.count must be a whole number"}},
		"fraction of nothing":       {`{"title":"x","count":1.0}`, []string{"body.count must be a whole number"}},
		"beyond 64 bits":            {`{"title":"x","count":99999999999999999999}`, []string{"body.count must be a whole number"}},
		"beyond a float":            {`{"title":"x","warmth":1e999}`, []string{"body.warmth must be a number"}},
		"below a minimum alone":     {`{"title":"x","warmth":-1}`, []string{"body.warmth must be at least 0"}},
		"text for a number":         {`{"title":"x","count":"1"}`, []string{"body.count must be a whole number"}},
		"text for a boolean":        {`{"title":"x","private":"true"}`, []string{"body.private must be true or false"}},
		"id in capitals":            {`{"title":"x","client_id":"0198C0DE-0000-7000-8000-000000000000"}`, []string{"body.client_id must be an id in canonical lower-case form"}},
		"id in braces":              {`{"title":"x","client_id":"{0198c0de-0000-7000-8000-000000000000}"}`, []string{"body.client_id must be an id in canonical lower-case form"}},
		"id of nothing":             {`{"title":"x","client_id":"00000000-0000-0000-0000-000000000000"}`, []string{"body.client_id must be an id in canonical lower-case form"}},
		"no time":                   {`{"title":"x","due":"tomorrow"}`, []string{"body.due must be a time such as 2026-01-31T12:00:00.000Z"}},
		"no address":                {`{"title":"x","email":"Ann <a@b.c>"}`, []string{"body.email must be an e-mail address"}},
		"pattern":                   {`{"title":"x","code":"A"}`, []string{"body.code must match ^[a-z]+$"}},
		"too many":                  {`{"title":"x","tags":["a","b","c"]}`, []string{"body.tags must have at most 2 items"}},
		"wrong in a list":           {`{"title":"x","tags":["a",2]}`, []string{"body.tags[1] must be a string"}},
		"object for a list":         {`{"title":"x","tags":{"a":1}}`, []string{"body.tags must be a list"}},
		"wrong in depth":            {`{"title":"x","parts":[{"name":"p","parts":[{"x":1}]}]}`, []string{"body.parts[0].parts[0].x is not a known field", "body.parts[0].parts[0].name is required"}},
		"wrong in a map":            {`{"title":"x","labels":{"a":1}}`, []string{"body.labels.a must be a string"}},
		"several":                   {`{"count":0,"color":"x"}`, []string{"body.count must be from 1 to 9", "body.color must be one of red, blue", "body.title is required"}},
		"list for the whole":        {`[]`, []string{"body must be an object"}},
		"null for the whole":        {`null`, []string{"body must be an object"}},
		"cut off":                   {`{"title":"x"`, []string{"body is not JSON: unexpected input at byte 12"}},
		"comma at the end":          {`{"title":"x",}`, []string{"body is not JSON: unexpected input at byte 13"}},
		"two":                       {`{"title":"x"}{}`, []string{"body has text after its end"}},
		"comment":                   {`{"title":"x"/**/}`, []string{"body is not JSON: unexpected input at byte 12"}},
		"single quotes":             {`{'title':'x'}`, []string{"body is not JSON: unexpected input at byte 1"}},
		"line break in a text":      {"{\"title\":\"x\n\"}", []string{"body is not JSON: unexpected input at byte 11"}},
		"leading zero":              {`{"title":"x","count":01}`, []string{"body is not JSON: unexpected input at byte 22"}},
		"NaN":                       {`{"title":"x","warmth":NaN}`, []string{"body is not JSON: unexpected input at byte 22"}},
		"half of a pair":            {`{"title":"\ud83d"}`, []string{"body is not JSON: unexpected input at byte 16"}},
		"the other half":            {`{"title":"\ude00"}`, []string{"body is not JSON: unexpected input at byte 16"}},
		"no UTF-8":                  {"{\"title\":\"\xff\"}", []string{"body is not UTF-8"}},
		"too deep":                  {`{"title":"x","any":` + deep + `}`, []string{"body is not JSON: unexpected input at byte 50"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, e := range test([]byte(tt.body), in.body, "body") {
				got = append(got, e.Location+" "+e.Message)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("of %s (-want +got):\n%s", tt.body, diff)
			}
		})
	}
}

func TestTestBoundsWhatItRepeats(t *testing.T) {
	_, in := sampleForm()
	many := `{"title":"x"` + strings.Repeat(`,"`+strings.Repeat("n", 500)+`":1`, 100) + `}`
	got := test([]byte(many), in.body, "body")
	if len(got) != maxProblems {
		t.Errorf("%d problems, want %d", len(got), maxProblems)
	}
	if n := len(got[0].Location); n > len("body.")+maxEcho {
		t.Errorf("a location of %d bytes", n)
	}
}

// Whatever passes must decode, and must pass huma's own validation of the same
// schema; what huma refuses must not pass.
func FuzzTestAgreesWithTheSchema(f *testing.F) {
	for _, seed := range []string{
		`{"title":"x","note":"n","tags":["a"],"count":3,"any":[{}]}`, `{"title":"\ud83d\ude00","due":"2026-01-02T03:04:05Z"}`,
		`{"title":"x","parts":[{"name":"p","parts":[]}],"labels":{"a":"b"}}`, `{"title":1,"title":2}`, `[]`, `{"title":"x","warmth":-0e1}`,
	} {
		f.Add([]byte(seed))
	}
	b, in := sampleForm()
	f.Fuzz(func(t *testing.T, body []byte) {
		passes := len(test(body, in.body, "body")) == 0
		var loose any
		if json.Unmarshal(body, &loose) != nil {
			if passes {
				t.Fatalf("%q is no JSON and passes", body)
			}
			return
		}
		if !passes {
			return
		}
		var v sample
		if err := json.Unmarshal(body, &v); err != nil {
			t.Fatalf("%q passes and does not decode: %v", body, err)
		}
		var res huma.ValidateResult
		huma.Validate(b.registry, in.bodySchema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, loose, &res)
		if len(res.Errors) > 0 {
			t.Fatalf("%q passes, but huma says %v", body, res.Errors)
		}
	})
}

func TestFormRefusesRulesThatNothingTests(t *testing.T) {
	b := newBook()
	defer func() {
		if recover() == nil {
			t.Error("a schema with multipleOf was accepted")
		}
	}()
	newInput(b, reflect.TypeFor[struct {
		N int `json:"n" multipleOf:"3"`
	}]())
}
