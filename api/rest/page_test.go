package rest

import (
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/fstest"
)

const html = "text/html,application/xhtml+xml,*/*;q=0.8"

func TestThePage(t *testing.T) {
	w := newWorld(t, Options{})
	w.setUp()
	for name, tt := range map[string]struct {
		path, accept, method string
		status               int
		kind, cache          string
	}{
		"root":                     {"/", html, get, 200, "text/html; charset=utf-8", "no-cache"},
		"root for a machine":       {"/", "*/*", get, 200, "text/html; charset=utf-8", "no-cache"},
		"a view":                   {"/threads/" + someID, html, get, 200, "text/html; charset=utf-8", "no-cache"},
		"a view with a query":      {"/setup?token=x", html, get, 200, "text/html; charset=utf-8", "no-cache"},
		"a view's head":            {"/threads/1", html, "HEAD", 200, "text/html; charset=utf-8", "no-cache"},
		"index by name":            {"/index.html", html, get, 200, "text/html; charset=utf-8", "no-cache"},
		"an asset":                 {"/assets/index-Ab12Cd.js", "*/*", get, 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		"a font":                   {"/assets/font-Ab12Cd.woff", "*/*", get, 200, "font/woff", "public, max-age=31536000, immutable"},
		"an icon":                  {"/favicon.svg", "image/*", get, 200, "image/svg+xml", "no-cache"},
		"an asset that is missing": {"/assets/gone-Ab12Cd.js", html, get, 404, "", ""},
		"a view for a machine":     {"/threads/1", "application/json", get, 404, "", ""},
		"a hidden file":            {"/.gitkeep", "*/*", get, 404, "", ""},
		"a folder":                 {"/assets", "*/*", get, 404, "", ""},
		"outside":                  {"/assets/../../page.go", "*/*", get, 404, "", ""},
		"outside, encoded":         {"/assets/%2e%2e/%2e%2e/page.go", "*/*", get, 404, "", ""},
		"the API":                  {"/api/v1/nothing", html, get, 404, "", ""},
		"the API's root":           {"/api", html, get, 404, "", ""},
		"keys that are missing":    {"/.well-known/nothing", html, get, 404, "", ""},
		"a change":                 {"/threads/1", html, post, 404, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			got := w.do(ask{method: tt.method, path: tt.path, header: map[string]string{"Accept": tt.accept}}).is(tt.status)
			if tt.status != 200 {
				got.problem(tt.status, "not_found")
				return
			}
			if kind, cache := got.header.Get("Content-Type"), got.header.Get("Cache-Control"); kind != tt.kind || cache != tt.cache {
				t.Errorf("type %q, cache %q; want %q, %q", kind, cache, tt.kind, tt.cache)
			}
			for name, want := range map[string]string{
				"Content-Security-Policy":    "default-src 'self'; script-src 'self';",
				"X-Content-Type-Options":     "nosniff",
				"Referrer-Policy":            "no-referrer",
				"Cross-Origin-Opener-Policy": "same-origin",
				"Permissions-Policy":         permissions,
			} {
				if !strings.Contains(got.header.Get(name), want) {
					t.Errorf("%s: %q", name, got.header.Get(name))
				}
			}
			if !strings.Contains(got.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
				t.Error("it may be framed")
			}
		})
	}
}

func TestThePageIsSentOnceAndSmall(t *testing.T) {
	w := newWorld(t, Options{})
	const js = "/assets/index-Ab12Cd.js"
	whole := string(testPage[js[1:]].Data)
	plain := w.do(ask{method: get, path: js}).is(200)
	packed := w.do(ask{method: get, path: js, header: map[string]string{"Accept-Encoding": "br, gzip;q=0.8"}}).is(200)
	if plain.body != whole || plain.header.Get("Content-Encoding") != "" || plain.header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("plain: %d bytes, %v", len(plain.body), plain.header)
	}
	r, err := gzip.NewReader(strings.NewReader(packed.body))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(r); err != nil || string(text) != whole || packed.header.Get("Content-Encoding") != "gzip" {
		t.Errorf("packed: %v, %v", err, packed.header)
	}
	if plain.header.Get("ETag") == packed.header.Get("ETag") {
		t.Error("two forms share one tag")
	}
	for _, refuse := range []string{"", "br", "gzip;q=0", "identity"} {
		if got := w.do(ask{method: get, path: js, header: map[string]string{"Accept-Encoding": refuse}}); got.body != whole {
			t.Errorf("Accept-Encoding %q got %q", refuse, got.header.Get("Content-Encoding"))
		}
	}
	again := w.do(ask{method: get, path: js, header: map[string]string{"If-None-Match": `W/"x", ` + plain.header.Get("ETag")}}).is(304)
	if again.body != "" || again.header.Get("Etag") != plain.header.Get("Etag") {
		t.Errorf("not modified: %q %v", again.body, again.header)
	}
	w.do(ask{method: get, path: js, header: map[string]string{"If-None-Match": `"x"`}}).is(200)
	if got := w.do(ask{method: get, path: "/assets/font-Ab12Cd.woff", header: map[string]string{"Accept-Encoding": "gzip"}}); got.header.Get("Content-Encoding") != "" {
		t.Error("a font that is packed already was packed again")
	}
}

func TestWithoutAPage(t *testing.T) {
	w := newWorld(t, Options{Page: fstest.MapFS{}})
	w.do(ask{method: get, path: "/", header: map[string]string{"Accept": html}}).problem(404, "not_found")
	w.do(ask{method: get, path: "/livez"}).is(200)
}
