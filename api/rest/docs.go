package rest

import (
	"context"
	"embed"
	"io/fs"
	"sync"

	"github.com/gofiber/fiber/v2"
)

// docsFiles are the page at /docs: our own, so that it is small, looks like the
// rest and needs nothing from anywhere.
//
//go:embed docs
var docsFiles embed.FS

// docsPolicy is stricter than that of the page: nothing of a document's texts can
// become more than a text.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

var docsAssets = sync.OnceValue(func() *page {
	files, _ := fs.Sub(docsFiles, "docs") // fails on names that are none
	p, _ := newPage(files)                // of embedded files, which can be read
	return p
})

// docsFile serves one file of the page.
func docsFile(name string) endpoint {
	return plain(func(_ context.Context, c *fiber.Ctx) error {
		a := docsAssets().files[name]
		if err := a.load(); err != nil {
			return err
		}
		err := a.send(c)
		c.Set(fiber.HeaderContentSecurityPolicy, docsPolicy)
		return err
	}, nil)
}

// docsRoutes are the lines of the table for the page at /docs.
func docsRoutes() []route {
	file := func(at, name, id, summary string) route {
		return route{
			method: get, path: at, root: true, id: id, tag: "instance", summary: summary,
			do: docsFile(name), access: public, limit: readClass,
		}
	}
	return []route{
		file("/docs", "index.html", "getDocs", "This description as a page"),
		file("/docs/docs.css", "docs.css", "getDocsStyle", "Its style sheet"),
		file("/docs/docs.js", "docs.js", "getDocsScript", "Its script"),
	}
}
