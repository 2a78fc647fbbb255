package api

import (
	"bufio"
	"fmt"
	"html"
	"strings"

	"github.com/parley-app/parley/api/markdown"
	"github.com/parley-app/parley/store"
)

// An htmlExport is one file that needs no other, loads nothing and runs nothing:
// its own policy forbids it, wherever the file is opened.
type htmlExport struct{ w *bufio.Writer }

const htmlHead = `<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>%s</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: break-word; }
article, section { border-top: 1px solid #8886; padding: 1rem 0; }
header p, footer, .notes { color: #666; font-size: .875rem; margin: .25rem 0; }
h2 { font-size: 1rem; margin: 0 0 .5rem; }
pre { overflow-x: auto; padding: .75rem; background: #8882; border-radius: .375rem; }
table { border-collapse: collapse; } td, th { border: 1px solid #8886; padding: .25rem .5rem; }
blockquote { border-inline-start: 3px solid #8886; margin-inline-start: 0; padding-inline-start: 1rem; }
.text { white-space: pre-wrap; }
h1, h2, p, li, th, td, .text { unicode-bidi: plaintext; text-align: start; }
pre, code { direction: ltr; unicode-bidi: isolate; text-align: left; }
@media (prefers-color-scheme: dark) { header p, footer, .notes { color: #aaa; } }
</style>
</head>
<body>
`

func (x *htmlExport) put(format string, args ...any) { _, _ = fmt.Fprintf(x.w, format, args...) }

func (x *htmlExport) begin(h *exportHead) {
	title := html.EscapeString(oneLine(h.Thread.Title))
	x.put(htmlHead, title)
	x.put("<header>\n<h1>%s</h1>\n", title)
	for _, f := range h.facts() {
		x.put("<p>%s: %s</p>\n", f[0], html.EscapeString(f[1]))
	}
	x.put("</header>\n")
}

func (x *htmlExport) summary(s *store.Summary) {
	x.put("<section>\n<h2>%s</h2>\n", html.EscapeString(summaryTitle(s)))
	x.body(s.SummaryText)
	if len(s.KeyTopics) > 0 {
		x.put("<p class=\"notes\">Topics: %s</p>\n", html.EscapeString(oneLine(strings.Join(s.KeyTopics, ", "))))
	}
	x.put("</section>\n")
}

func (x *htmlExport) message(m *exportMessage) {
	x.put("<article id=\"%s\">\n<h2>%s</h2>\n<p class=\"notes\">%s</p>\n", m.ID, html.EscapeString(oneLine(m.Author)),
		html.EscapeString(strings.Join(append([]string{shown(m.CreatedAt)}, m.notes()...), "; ")))
	x.body(m.Content)
	if m.Error != nil {
		x.put("<p class=\"notes\">%s</p>\n", html.EscapeString(m.Error.Message))
	}
	for i := range m.Files {
		x.put("<p class=\"notes\">Attached: %s</p>\n", html.EscapeString(fileLine(&m.Files[i])))
	}
	for _, v := range m.Versions {
		x.put("<details>\n<summary>Until %s it said</summary>\n", shown(v.EditedAt))
		x.put("<div class=\"text\" dir=\"auto\">%s</div>\n", html.EscapeString(v.Content))
		x.put("</details>\n")
	}
	x.put("</article>\n")
}

// body writes a text as the page shows it. It is rendered here, and not taken from
// content_html: what an older release stored there may lack some of the text.
func (x *htmlExport) body(text string) {
	if safe := markdown.HTML(text); safe != "" {
		x.put("<div>%s</div>\n", safe)
		return
	}
	x.put("<div class=\"text\" dir=\"auto\">%s</div>\n", html.EscapeString(text))
}

func (x *htmlExport) end() { x.put("</body>\n</html>\n") }
