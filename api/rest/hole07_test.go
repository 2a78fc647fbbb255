package rest

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	tags "golang.org/x/net/html"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm"
)

// A mirror is a model that says what it is asked, in two pieces.
type mirror struct{}

func (mirror) Name() string { return "mirror" }

func (mirror) Models(context.Context) ([]llm.Model, error) {
	return []llm.Model{{ID: "mirror-1", Provider: "mirror", ContextTokens: 100_000, Default: true}}, nil
}

func (mirror) Stream(_ context.Context, r llm.Request, emit func(llm.Delta)) (llm.Result, error) {
	text := r.Messages[len(r.Messages)-1].Content
	half := len(text) / 2
	for _, piece := range []string{strings.ToValidUTF8(text[:half], ""), strings.ToValidUTF8(text[half:], "")} {
		if piece != "" {
			emit(llm.Delta{Text: piece})
		}
	}
	return llm.Result{Model: "mirror-1", FinishReason: "stop"}, nil
}

// dangers are what in a piece of HTML could run, load or send something.
func dangers(text string) (list []string) {
	z := tags.NewTokenizer(strings.NewReader(text))
	for z.Next() != tags.ErrorToken {
		token := z.Token()
		if token.Type == tags.TextToken || token.Type == tags.CommentToken || token.Type == tags.DoctypeToken {
			continue
		}
		if slices.Contains(strings.Fields("script style img svg math iframe object embed form base meta link video audio source template"), token.Data) {
			list = append(list, "<"+token.Data+">")
		}
		for _, a := range token.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			leads := slices.Contains([]string{"href", "src", "action", "formaction", "xlink:href", "srcset", "data", "poster", "background"}, a.Key)
			if strings.HasPrefix(a.Key, "on") || leads && !strings.HasPrefix(value, "http:") && !strings.HasPrefix(value, "https:") && !strings.HasPrefix(value, "mailto:") {
				list = append(list, token.Data+" "+a.Key+"="+a.Val)
			}
		}
	}
	return list
}

// htmlIn calls fn for every text in a value of JSON whose name says that it is HTML.
func htmlIn(v any, fn func(name, text string)) {
	switch v := v.(type) {
	case map[string]any:
		for name, in := range v {
			if text, ok := in.(string); ok && strings.HasSuffix(name, "_html") {
				fn(name, text)
			}
			htmlIn(in, fn)
		}
	case []any:
		for _, in := range v {
			htmlIn(in, fn)
		}
	}
}

// TestHole07WhatIsShownCannotRun has people write every attack and a model answer with
// it, by request and by frame, and looks at all HTML that any route or frame gives out
// afterwards: the name of a field says that it is HTML, so one that comes later is
// looked at too.
func TestHole07WhatIsShownCannotRun(t *testing.T) {
	var attacks []string
	if b, err := os.ReadFile("../markdown/testdata/hostile.json"); err != nil || json.Unmarshal(b, &attacks) != nil || len(attacks) < 100 {
		t.Fatalf("%d attacks, %v", len(attacks), err)
	}
	w := newWorld(t, Options{}, func(o *api.Options) { o.Providers = []llm.Provider{mirror{}} })
	token := w.setUp()
	thread := w.made(ask{method: post, path: "/api/v1/threads", token: token, body: `{"project_id":"` + w.project(token) + `"}`})
	c := (&live{TB: t, address: w.host}).dialRaw(token, "/ws/chat/"+thread)
	c.next("subscribed")
	seen := map[string]int{}
	look := func(of string, v any) {
		htmlIn(v, func(name, text string) {
			if seen[of+" "+name]++; len(dangers(text)) > 0 {
				t.Errorf("%s shows in %s: %v in %q", of, name, dangers(text), text)
			}
		})
	}
	for i, attack := range attacks {
		b, _ := json.Marshal(map[string]string{"content": attack})
		if i%2 == 0 {
			got := w.do(ask{method: post, path: "/api/v1/threads/" + thread + "/messages?wait=true", token: token, body: string(b)})
			if got.status == 422 { // empty, or not text
				continue
			}
			var v any
			got.is(201).json(&v)
			look("the answer to a request", v)
		} else {
			c.send(`{"type":"send_message","thread_id":"` + thread + `",` + string(b[1:]))
		}
		for ended := false; !ended; {
			m, err := c.read()
			if err != nil {
				t.Fatal(err)
			}
			look("the frame "+m.text("type"), map[string]any(m))
			ended = m["is_final"] == true || m.text("type") == "error"
		}
	}
	w.look(t, token, thread, look)
	for _, of := range []string{"the frame stream_chunk content_html", "the frame new_message content_html", "listMessages content_html", "search snippet_html"} {
		if seen[of] == 0 {
			t.Errorf("nothing was seen of %s: %v", of, seen)
		}
	}
}

// look reads a thread in every way there is.
func (w *world) look(t *testing.T, token, thread string, look func(string, any)) {
	t.Helper()
	id := map[string]string{"threads": thread}
	var list struct{ Messages []struct{ ID string } }
	w.do(ask{method: get, path: "/api/v1/threads/" + thread + "/messages?limit=200", token: token}).is(200).json(&list)
	id["messages"] = list.Messages[len(list.Messages)-1].ID
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		of := strings.Split(r.path, "/")[1]
		if w.t = t; r.changes() || r.access == public || strings.Contains(r.path, "{") && id[of] == "" {
			return
		}
		for _, query := range []string{"?limit=200", "?q=" + url.QueryEscape("x javascript alert") + "&limit=50", "?q=onerror&limit=50", "?format=html", ""} {
			got := w.do(ask{method: get, path: strings.Replace(r.full(), "{id}", id[of], 1) + query, token: token})
			var v any
			if json.Unmarshal([]byte(got.body), &v) == nil {
				look(r.id, v)
			} else if strings.HasPrefix(got.header.Get("Content-Type"), "text/html") && got.header.Get("Content-Disposition") != "" {
				_, body, _ := strings.Cut(got.body, "<body")
				if found := dangers("<body" + body); len(found) > 0 {
					t.Errorf("it shows %v", found)
				}
			}
		}
	})
	w.t = t
}
