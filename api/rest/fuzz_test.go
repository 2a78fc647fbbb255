package rest

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/parley-app/parley/store"
)

// inputs are what every verb of the table reads, by the route's operation.
func inputs() map[string]*verbInput {
	s := &Server{}
	b, all := newBook(), map[string]*verbInput{}
	table := s.routes(nil)
	for i := range table {
		r := &table[i]
		r.complete()
		r.do.prepare(b)
		v := reflect.Indirect(reflect.ValueOf(r.do))
		if do := v.FieldByName("do"); do.IsValid() { // a verb's
			in, _ := r.do.describe(b)
			all[r.id] = &verbInput{in, do.Type().In(2), r.method}
		}
	}
	return all
}

type verbInput struct {
	in     *input
	of     reflect.Type
	method string
}

// read fills an input as a request would; the error is what the client is told.
func (v *verbInput) read(query, body string) (any, error) {
	app := fiber.New(fiber.Config{Immutable: true})
	var f fasthttp.RequestCtx
	var r fasthttp.Request
	r.Header.SetMethod(v.method)
	r.SetRequestURI("/x")
	r.URI().SetQueryString(query)
	r.Header.SetContentType("application/json")
	r.SetBodyString(body)
	f.Init(&r, nil, nil)
	c := app.AcquireCtx(&f)
	defer app.ReleaseCtx(c)
	made := reflect.New(v.of)
	in := *v.in
	in.path = nil // their ids are FuzzID's
	err := in.fill(c, made.Elem())
	return made.Interface(), err
}

// FuzzInputs: whatever comes, an input is filled or refused with the places of all
// that is wrong, and what is refused has a message that can be shown.
func FuzzInputs(f *testing.F) {
	all := inputs()
	for id := range all {
		f.Add(id, "limit=1&after="+someID, samples[id])
		f.Add(id, "limit=%zz&limit=2&=", `{"a":[{}],"b":1e5,"title":"\ud83d\ude00"}`)
	}
	f.Fuzz(func(t *testing.T, id, query, body string) {
		v := all[id]
		if v == nil {
			return
		}
		made, err := v.read(query, body)
		if err == nil {
			if _, err := json.Marshal(made); err != nil {
				t.Errorf("%s took %q and cannot be written: %v", id, body, err)
			}
			return
		}
		p, _ := problemOf(err)
		if p.Status >= 500 {
			t.Errorf("%s: %q, %q: %v", id, query, body, err)
		}
		if text, err := json.Marshal(p); err != nil || !utf8.Valid(text) {
			t.Errorf("%s: a problem that cannot be written: %v", id, err)
		}
		for _, e := range p.Errors {
			if !utf8.ValidString(e.Location) || len(e.Location) > 4*maxEcho+len("body")+maxDepth*(maxEcho+8) || e.Message == "" {
				t.Errorf("%s: an error of %q: %q", id, e.Location, e.Message)
			}
		}
	})
}

// FuzzFrames: a frame of the socket is read or refused, never worse.
func FuzzFrames(f *testing.F) {
	b, table := newBook(), frameTable()
	for _, kind := range table {
		kind.complete(b)
		f.Add(`{"type":"` + kind.name + `","request_id":"r"` + strings.NewReplacer("THREAD", someID, "MESSAGE", someID).Replace(frameSamples[kind.name]) + `}`)
	}
	f.Add(`{"type":"heartbeat","request_id":{}}`)
	f.Add("{\"type\":\"\xff\"}")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := readHead([]byte(text))
		if err != nil {
			return
		}
		if !json.Valid([]byte(text)) || len(h.RequestID) > maxRequestID {
			t.Errorf("%q passed with request_id %q", text, h.RequestID)
		}
		for _, kind := range table {
			if kind.name == h.Type && len(test([]byte(text), kind.form, "frame")) == 0 {
				made := reflect.New(kind.in)
				if err := json.Unmarshal([]byte(text), made.Interface()); err != nil && strings.Contains(err.Error(), "cannot unmarshal") {
					t.Errorf("%q passed the test and cannot be read: %v", text, err)
				}
			}
		}
	})
}

// FuzzID: what is taken for an id is its one form, and nothing else is.
func FuzzID(f *testing.F) {
	f.Add(someID)
	f.Add(strings.ToUpper(someID))
	f.Add("{" + someID + "}")
	f.Add("urn:uuid:" + someID)
	f.Fuzz(func(t *testing.T, text string) {
		if id, err := store.ParseID(text); err == nil && id.String() != text {
			t.Errorf("%q counts as %s", text, id)
		}
	})
}

// FuzzHeaders: what negotiates, names and forwards is read whatever it says.
func FuzzHeaders(f *testing.F) {
	f.Add("gzip;q=0.5, br", `W/"x", "y"`, "https://x.example", "req-1")
	f.Add(";;q=,*;q=NaN", ",,,", "null", strings.Repeat("x", 200))
	f.Fuzz(func(t *testing.T, accept, match, origin, id string) {
		if i := bestPacker(accept); i >= len(packers) {
			t.Error(i)
		}
		_ = matches(match, `W/"x"`)
		if u, err := url.Parse(origin); err == nil {
			_ = u.Host
		}
		if saneID(id) && (len(id) > 128 || strings.ContainsAny(id, " \r\n\"")) {
			t.Errorf("%q is sane", id)
		}
		_ = bodyLimit(nil, accept, origin)
		if fits(origin, match) && strings.Count(origin, "/") != strings.Count(match, "/") {
			t.Errorf("%q fits %q", match, origin)
		}
	})
}
