package rest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
)

const indexFile = "index.html"

// A page is the built web page, ready to be sent.
type page struct {
	files map[string]*asset // by their path from the root, without a slash in front
}

// An asset is one file. What sending it takes is made when it is first asked
// for, as most are not in the life of a process.
type asset struct {
	fs    fs.FS
	name  string
	kind  string
	cache string

	once sync.Once
	err  error
	etag string
	raw  []byte
	gzip []byte // nil where it saves nothing
}

func newPage(files fs.FS) (*page, error) {
	p := &page{files: map[string]*asset{}}
	if files == nil {
		return p, nil
	}
	return p, fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		p.files[name] = &asset{fs: files, name: name, kind: kindOf(name), cache: cacheOf(name)}
		return nil
	})
}

// kinds are told here and not asked of the machine, whose tables differ.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8", ".json": "application/json", ".map": "application/json", ".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8", ".woff2": "font/woff2", ".woff": "font/woff", ".ttf": "font/ttf", ".png": "image/png",
	".ico": "image/x-icon", ".webp": "image/webp", ".wasm": "application/wasm", ".webmanifest": "application/manifest+json",
}

func kindOf(name string) string {
	if kind, ok := kinds[path.Ext(name)]; ok {
		return kind
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// cacheOf: the build puts a hash of the content into the names of what lies in
// assets, so those never change; everything else is asked for again each time.
func cacheOf(name string) string {
	if strings.HasPrefix(name, "assets/") {
		return "public, max-age=31536000, immutable"
	}
	return "no-cache"
}

func (a *asset) load() error {
	a.once.Do(func() {
		if a.raw, a.err = fs.ReadFile(a.fs, a.name); a.err != nil {
			return
		}
		sum := sha256.Sum256(a.raw)
		a.etag = hex.EncodeToString(sum[:12])
		// The document itself is small and comes with cookies: what is packed together
		// with a secret can be guessed by its length (BREACH), so it never is.
		if packs(a.kind) && len(a.raw) >= 1<<10 && a.name != indexFile {
			if packed := pack(a.raw); len(packed) < len(a.raw)*9/10 {
				a.gzip = packed
			}
		}
	})
	return a.err
}

func packs(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "application/") || kind == "image/svg+xml" || kind == "font/ttf"
}

func pack(raw []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return raw
	}
	_, _ = w.Write(raw) // into memory: cannot fail
	_ = w.Close()
	return b.Bytes()
}

// servePage answers what no route did: a file of the page, or the page itself
// for the addresses that its script knows. Else the next says 404 or 405.
func (s *Server) servePage(c *fiber.Ctx) error {
	if err := s.count(c, pageClass, callerAt(addressOf(c, s.o.TrustedProxies))); err != nil {
		return err
	}
	if m := c.Method(); m != http.MethodGet && m != http.MethodHead {
		return c.Next()
	}
	name := strings.TrimPrefix(c.Path(), "/")
	a, ok := s.page.files[name]
	if !ok && isView(c, name) {
		a, ok = s.page.files[indexFile]
	}
	if !ok {
		return c.Next()
	}
	if err := a.load(); err != nil {
		return err
	}
	return a.send(c)
}

// isView says whether a browser asks for a view of the page: it wants HTML, and
// the path is not the API's nor that of a file that is missing.
func isView(c *fiber.Ctx, name string) bool {
	if name == "" {
		return true
	}
	if name == "api" || strings.HasPrefix(name, "api/") || strings.HasPrefix(name, "assets/") || strings.HasPrefix(name, ".well-known/") {
		return false
	}
	return strings.Contains(c.Get(fiber.HeaderAccept), "text/html")
}

func (a *asset) send(c *fiber.Ctx) error {
	h := &c.Response().Header
	h.Set(fiber.HeaderContentType, a.kind)
	h.Set(fiber.HeaderCacheControl, a.cache)
	h.Set(fiber.HeaderContentSecurityPolicy, pagePolicy)
	body, tag := a.raw, `"`+a.etag+`"`
	if a.gzip != nil {
		h.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
		if acceptsGzip(c.Get(fiber.HeaderAcceptEncoding)) {
			h.Set(fiber.HeaderContentEncoding, "gzip")
			body, tag = a.gzip, `"`+a.etag+`-gzip"`
		}
	}
	h.Set(fiber.HeaderETag, tag)
	if strings.Contains(c.Get(fiber.HeaderIfNoneMatch), tag) {
		h.Del(fiber.HeaderContentEncoding)
		c.Status(http.StatusNotModified)
		return nil
	}
	c.Response().SetBodyRaw(body)
	return nil
}

// acceptsGzip reads Accept-Encoding; q=0 is a no.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if coding = strings.TrimSpace(coding); coding != "gzip" && coding != "*" {
			continue
		}
		q, found := strings.CutPrefix(strings.TrimSpace(weight), "q=")
		value, err := strconv.ParseFloat(q, 64)
		return !found || err == nil && value > 0
	}
	return false
}
