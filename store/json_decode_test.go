package store

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Every record is read as encoding/json does it, and so is what one says.
func TestRecordsAreDecodedAsJSON(t *testing.T) {
	for _, record := range append(everyRecord(), &Said{}) {
		kind := reflect.TypeOf(record).Elem()
		t.Run(kind.Name(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				fillRecord(t, reflect.ValueOf(record).Elem())
				wantDecoded(t, plainJSON(t, record), kind)
			})
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		var m Message
		fillRecord(t, reflect.ValueOf(&m).Elem())
		wantDecoded(t, plainJSON(t, &m), reflect.TypeFor[Said]())
	})
}

func wantDecoded(t interface{ Fatalf(string, ...any) }, record []byte, kind reflect.Type) {
	got := reflect.New(kind).Interface()
	wantAsJSON(t, record, got, decodeJSON(record, got))
	if kind == reflect.TypeFor[Said]() {
		said, err := WhatIsSaid([]StoredMessage{record})
		wantAsJSON(t, record, &append(said, Said{})[0], err)
	}
}

func wantAsJSON(t interface{ Fatalf(string, ...any) }, record []byte, got any, gotErr error) {
	want := reflect.New(reflect.TypeOf(got).Elem()).Interface()
	wantErr := json.Unmarshal(record, want)
	if (gotErr == nil) != (wantErr == nil) || wantErr == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\ngot  %+v, %v\nwant %+v, %v", record, got, gotErr, want, wantErr)
	}
}

var someMessage = Message{
	ID: ID{1, 0xfe}, UserID: ID{2}, IsUser: true, Content: "a \"quote\"\n\tand \\ ü", ContentHTML: `<p class="x">\</p>`, Status: StatusComplete,
	Alternatives: []ID{{3}, {4}}, Attachments: []Attachment{{ID: ID{5}, Name: "a.txt", CreatedAt: TimeOf(time.UnixMilli(9))}}, TokenCount: -12,
	Error: &MessageError{Code: CodeConflict, RetryAfter: 3}, CreatedAt: TimeOf(time.UnixMilli(1_700_000_000_123)),
}

// What a message is usually like is read without encoding/json.
func TestUsualRecordsAreDecodedFast(t *testing.T) {
	record := plainJSON(t, &someMessage)
	for _, into := range []any{&Message{}, &Said{}} {
		v := reflect.ValueOf(into).Elem()
		r := jsonReader{b: record}
		if !decoderOf(v.Type())(&r, v) || r.i != len(record) {
			t.Errorf("a %s is left to encoding/json from byte %d of %s on", v.Type(), r.i, record)
		}
	}
	for _, m := range []Message{someMessage, {Reasoning: "a thought", ReasoningMS: 1200}, {}} {
		record := plainJSON(t, &m)
		r := jsonReader{b: record}
		if s := (Said{}); !s.read(&r) {
			t.Errorf("what a message says is not where it is looked for, from byte %d of %s on", r.i, record)
		}
	}
}

// What was written in another way, or is none, is read as encoding/json does it.
func TestOtherJSONIsDecodedAsJSON(t *testing.T) {
	for _, record := range []string{
		``, `{`, `{}`, `{} `, `{}}`, `[]`, `null`, `""`, `{"id"}`, `{"id":}`, `{"id":null,}`, `{"id" : null}`, `{"content":"a","id":null}`,
		`{"content":"\u003cp\u003e \ud83c\udf39 \ud83c"}`, `{"content":"\x"}`, `{"content":"a\"}`, `{"content":"\\"}`, `{"content":null}`,
		"{\"content\":\"\xff\"}", `{"content":7}`, `{"is_user":1}`, `{"is_user":truest}`, `{"is_user":null}`, `{"is_user":false}`,
		`{"token_count":007}`, `{"token_count":-}`, `{"token_count":-0}`, `{"token_count":1.5}`, `{"token_count":1e3}`, `{"token_count":1234567890123456789012}`,
		`{"token_count":9223372036854775807}`, `{"token_count":999999999999999999}`, `{"token_count":null}`, `{"token_count":true}`,
		`{"id":"018f0000-0000-7000-8000-00000000000A"}`, `{"id":"018f0000-0000-7000-8000-00000000000a"}`, `{"id":"018f000000000-7000-8000-00000000000a"}`, `{"id":""}`,
		`{"created_at":"2026-02-30T00:00:00.000Z"}`, `{"created_at":"2026-02-28T24:00:00.000Z"}`, `{"created_at":"2026-02-28T23:59:60.000Z"}`,
		`{"created_at":"2026-02-28T23:59:59.999Z"}`, `{"created_at":"2024-02-29T23:59:59.9Z"}`, `{"created_at":"2024-02-29T23:59:59.999+01:00"}`,
		`{"created_at":"0001-01-01T00:00:00.000Z"}`, `{"created_at":"2026-00-28T23:59:59.999Z"}`, `{"created_at":"2026a02-28T23:59:59.999Z"}`,
		`{"attachments":[]}`, `{"attachments":null}`, `{"attachments":[{}]}`, `{"attachments":[{},]}`, `{"attachments":[{},null]}`, `{"attachments":[`, `{"attachments":{}}`,
		`{"unknown":{"a":[1,{"b":"]}"}],"c":null},"token_count":3}`, `{"unknown":[`, `{"unknown":"`, `{"token_count":3,"token_count":4}`, `{"unknown":1,"id":null}`,
	} {
		wantDecoded(t, []byte(record), reflect.TypeFor[Said]())
		wantDecoded(t, []byte(record), reflect.TypeFor[Message]())
	}
}

// Whatever a record is, reading it does no harm.
func TestDamagedJSONIsNoHarm(t *testing.T) {
	record := plainJSON(t, &someMessage)
	rapid.Check(t, func(t *rapid.T) {
		damaged := []byte(strings.Clone(string(record)))
		for range rapid.IntRange(1, 4).Draw(t, "bytes") {
			damaged[rapid.IntRange(0, len(damaged)-1).Draw(t, "at")] = rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte(`"\{}[],:0-t`))).Draw(t, "byte")
		}
		damaged = damaged[:rapid.IntRange(0, len(damaged)).Draw(t, "length")]
		_ = decodeJSON(damaged, &Message{})
		_ = decodeJSON(damaged, &Said{})
		_, _ = WhatIsSaid([]StoredMessage{damaged})
	})
}

func BenchmarkSaid(b *testing.B) {
	m := someMessage
	m.Attachments, m.Error = []Attachment{}, nil
	m.Content, m.ContentHTML = strings.Repeat("Prune the roses in March. ", 14), strings.Repeat("Prune the roses in March. ", 14)
	page := slices.Repeat([]StoredMessage{plainJSON(b, &m)}, 50)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := WhatIsSaid(page); err != nil {
			b.Fatal(err)
		}
	}
}
