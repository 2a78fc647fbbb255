package rest

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// unpacked undoes what the answer says was done to it.
func (a answer) unpacked() string {
	a.t.Helper()
	var r io.Reader = strings.NewReader(a.body)
	var err error
	switch coding := a.header.Get("Content-Encoding"); coding {
	case "":
	case "gzip":
		r, err = gzip.NewReader(r)
	case "br":
		r = brotli.NewReader(r)
	case "zstd":
		r, err = zstd.NewReader(r)
	default:
		a.t.Fatalf("an unknown coding %q", coding)
	}
	if err != nil {
		a.t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		a.t.Fatal(err)
	}
	return b.String()
}

// longList makes enough projects for an answer that is worth packing.
func (w *world) longList(token string) ask {
	for range 10 {
		w.project(token)
	}
	return ask{method: get, path: "/api/v1/projects", token: token, header: map[string]string{}}
}

func TestAnswersArePacked(t *testing.T) {
	w := newWorld(t, Options{})
	list := w.longList(w.setUp())
	plain := w.do(list).is(200)
	for accept, want := range map[string]string{
		"":                              "",
		"identity":                      "",
		"gzip":                          "gzip",
		"gzip, deflate, br, zstd":       "zstd",
		"gzip, deflate, br":             "br",
		"br;q=0.5, gzip;q=0.8":          "gzip",
		"zstd;q=0, gzip":                "gzip",
		"*":                             "gzip",
		"*;q=0":                         "",
		"*, gzip;q=0":                   "",
		"GZIP":                          "gzip",
		"gzip;q=nonsense":               "",
		"compress, x-unknown":           "",
		strings.Repeat("gzip;q=0,", 50): "",
	} {
		list.header["Accept-Encoding"] = accept
		got := w.do(list).is(200)
		if coding := got.header.Get("Content-Encoding"); coding != want {
			t.Errorf("%q: coding %q, want %q", accept, coding, want)
		}
		if got.unpacked() != plain.body {
			t.Errorf("%q: another text", accept)
		}
		if want != "" && len(got.body)*2 > len(plain.body) {
			t.Errorf("%q: %d of %d bytes", accept, len(got.body), len(plain.body))
		}
		if !strings.Contains(strings.Join(got.header.Values("Vary"), ","), "Accept-Encoding") {
			t.Errorf("%q: Vary %q", accept, got.header.Values("Vary"))
		}
	}
}

// Nothing secret is packed, however large it is.
func TestWhatSignsInIsNotPacked(t *testing.T) {
	w := newWorld(t, Options{})
	w.setUp()
	all := map[string]string{"Accept-Encoding": "gzip, br, zstd"}
	got := w.do(ask{method: post, path: "/api/v1/auth/login", body: `{"login":"ann","password":"` + password + `"}`, header: all}).is(200)
	if got.header.Get("Content-Encoding") != "" {
		t.Error("a sign-in is packed")
	}
	eachRoute(t, w.server, func(t *testing.T, r *route, path string) {
		if w.t = t; r.changes() {
			if got := w.do(ask{method: r.method, path: path, header: all}); got.header.Get("Content-Encoding") != "" {
				t.Error("an answer to a change is packed")
			}
		}
	})
}

func TestEveryListSaysWhetherItChanged(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	other, _ := w.signIn(w.user("bob", "member").Username)
	all := w.longList(token)
	lists := 0
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		if w.t = t; r.method != get || r.access != signedIn {
			return
		}
		a := ask{method: get, path: r.full(), token: token, header: map[string]string{}}
		first := w.do(a)
		if first.status == 422 {
			return // it wants to be told more
		}
		tag := first.header.Get("ETag")
		if isListing := strings.Contains(first.body, `"has_more"`); isListing != (tag != "") || first.status != 200 {
			t.Fatalf("status %d, ETag %q", first.status, tag)
		}
		if tag == "" {
			if first.header.Get("Cache-Control") != "no-store" {
				t.Errorf("Cache-Control %q", first.header.Get("Cache-Control"))
			}
			return
		}
		lists++
		for header, want := range map[string]int{tag: 304, strings.TrimPrefix(tag, "W/"): 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200, `W/"`: 200, "": 200} {
			for _, coding := range []string{"", "gzip"} {
				a.header["If-None-Match"], a.header["Accept-Encoding"] = header, coding
				got := w.do(a)
				if got.status != want || want == 304 && got.body != "" {
					t.Errorf("%s: status %d with %d bytes", header, got.status, len(got.body))
				}
				vary := strings.Join(got.header.Values("Vary"), ",")
				if got.header.Get("ETag") != tag || got.header.Get("Cache-Control") != "private, no-cache" ||
					!strings.Contains(vary, "Authorization") || !strings.Contains(vary, "Cookie") || !strings.Contains(vary, "Accept-Encoding") {
					t.Errorf("%s: %v", header, got.header)
				}
			}
		}
	})
	if w.t = t; lists < 3 {
		t.Errorf("%d lists", lists)
	}
	all.header["If-None-Match"] = w.do(all).header.Get("ETag")
	w.do(all).is(304)
	w.project(token)
	w.do(all).is(200)
	all.header["If-None-Match"] = w.do(all).header.Get("ETag")
	all.token = other
	w.do(all).is(200)
	all.token = ""
	w.do(all).is(401)
}
