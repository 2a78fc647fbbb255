package rest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/store/storetest"
)

// wrongValues are of a type that a field does not have, or beyond what any has.
var wrongValues = []string{
	`null`, `true`, `0`, `-1`, `1.5`, `1e999`, `99999999999999999999999999`, `""`, `"x"`, `"\u0000"`, `"\ud800"`, `[]`, `{}`, `[[]]`, `[{}]`, `{"a":{}}`, `[null]`,
	`"` + strings.Repeat("x", 300_000) + `"`, strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000), strings.Repeat(`{"a":`, 5_000) + "1" + strings.Repeat("}", 5_000),
	`[` + strings.Repeat(`0,`, 50_000) + `0]`,
}

// TestHole11EveryFieldOfEveryRouteSurvivesAnything leaves out each field of each body,
// and the whole body, and gives each every wrong value: no answer is a 5xx, and none ends
// the process. TestHole11EveryRouteSurvivesAnything is about what is no JSON.
func TestHole11EveryFieldOfEveryRouteSurvivesAnything(t *testing.T) {
	w := newWorld(t, Options{})
	c := w.newCast()
	p, th, m, f := c.scene(w, false)
	all := inputs()
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		v := all[r.id]
		if w.t = t; v == nil || v.in.body == nil || r.id == "logout" {
			return
		}
		a := c.askAbout("owner", r, p, th, m, f)
		if r.access == adminOnly {
			a.token = c.tokens["admin"]
		}
		a.path = strings.NewReplacer(p.ID.String(), someID, th.ID.String(), someID, m.ID.String(), someID).Replace(a.path) // or what is right would change it
		sample := map[string]json.RawMessage{}
		if text := samples[r.id] + whole[r.id]; text != "" && json.Unmarshal([]byte(samples[r.id]), &sample) != nil {
			_ = json.Unmarshal([]byte(whole[r.id]), &sample)
		}
		try := func(body string) {
			t.Helper()
			b := a
			b.body = body
			if got := w.do(b); got.status >= 500 || got.status == 401 && needsSignIn(r) {
				t.Errorf("%.200s: %d %s", body, got.status, got.body)
			}
		}
		try("")
		for _, name := range v.in.body.names {
			without := maps.Clone(sample)
			delete(without, name)
			b, _ := json.Marshal(without)
			try(string(b))
			for _, value := range wrongValues {
				if name == "revoke" && value == "true" {
					continue // is right, and would sign everybody out
				}
				body := `{"` + name + `":` + value
				for other, is := range without {
					body += `,"` + other + `":` + string(is)
				}
				try(body + "}")
			}
		}
	})
	w.t = t
	w.do(ask{method: get, path: base + "/threads/" + th.ID.String(), token: c.tokens["owner"]}).is(200)
	if log := w.log.String(); strings.Contains(log, "panic") {
		t.Errorf("a handler panicked: %.2000s", log[max(0, strings.Index(log, "panic")-500):])
	}
}

// TestHole11EveryFieldOfEveryFrameSurvivesAnything does the same by frame. Each answer is
// an error that names its request, or the socket ends; the next one works.
func TestHole11EveryFieldOfEveryFrameSurvivesAnything(t *testing.T) {
	w := newLive(t)
	m := storetest.Message(t, w.store, w.thread.ID, w.owner, "words")
	fill := strings.NewReplacer("THREAD", w.thread.ID.String(), "MESSAGE", m.ID.String())
	in := w.signIn("ann").AccessToken
	c := w.dialRaw(in, "/ws")
	c.next("connection_established")
	b := newBook()
	for _, f := range frameTable() {
		f.complete(b)
		sample := map[string]json.RawMessage{}
		if err := json.Unmarshal([]byte(`{"type":"`+f.name+`"`+fill.Replace(frameSamples[f.name])+"}"), &sample); err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Sorted(maps.Keys(f.form.props)) {
			for _, value := range append(slices.Clone(wrongValues), "") {
				if name == "request_id" || name == "content" && strings.HasPrefix(value, `"x`) || name == "model" && strings.HasPrefix(value, `"`) || name == "message" {
					continue // would be right, or is by what the answer is known
				}
				frame := `{"request_id":"r"`
				for other, is := range sample {
					if other != name {
						frame += `,"` + other + `":` + string(is)
					}
				}
				if value != "" {
					frame += `,"` + name + `":` + value
				}
				if _, there := sample[name]; value == "" && !there {
					continue
				}
				c = w.survives(t, c, in, frame+"}")
			}
		}
	}
	c.stillWorks()
}

// survives sends a frame and returns a socket that works.
func (w *live) survives(t *testing.T, c *client, token, frame string) *client {
	t.Helper()
	c.send(frame)
	for {
		got, err := c.read()
		if err != nil { // too deep: the socket ends, and says so
			c = w.dialRaw(token, "/ws")
			c.next("connection_established")
			return c
		}
		switch {
		case got.text("error_code") == "internal":
			t.Errorf("%.200s: %v", frame, got)
			return c
		case got.text("type") == "error", got.text("type") == "ack":
			return c
		}
	}
}
