// Package markdown renders what people and models write to HTML that is safe to
// show. The source is rendered first and sanitised afterwards, never the other
// way round: what the renderer makes is what must be clean.
package markdown

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// MaxHTML is how many bytes HTML returns at most: with the source beside it, a
// message stays within what the store keeps in one piece.
const MaxHTML = 1_000_000

// Raw HTML in the source is left out by the renderer (it is not "unsafe"), and
// whatever got through would be dropped by the policy.
var renderer = goldmark.New(goldmark.WithExtensions(extension.GFM))

var policy = newPolicy()

func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "em", "strong", "del",
		"ul", "li", "table", "thead", "tbody", "tr")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowElements("ol")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^language-[\w+#.-]{1,30}$`)).OnElements("code")
	p.AllowAttrs("style").Matching(regexp.MustCompile(`^text-align:(left|right|center)$`)).OnElements("th", "td")
	p.AllowElements("th", "td")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^checkbox$`)).OnElements("input")
	p.AllowAttrs("checked", "disabled").Matching(regexp.MustCompile(`^$`)).OnElements("input")
	// No images: showing one would tell its host who reads, and when.
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(false)
	p.RequireNoReferrerOnLinks(true)
	p.RequireNoFollowOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}

// HTML renders source, GitHub's dialect of CommonMark, to sanitised HTML. It never
// fails: any text is Markdown. It returns "" when the result would be longer than
// MaxHTML, or when it would take unreasonably long; such a text is shown from its
// source. It may take some hundred milliseconds: not inside a transaction.
func HTML(source string) string {
	if len(source) > MaxHTML || !affordable(source) {
		return ""
	}
	if isPlain(source) {
		return "<p>" + strings.ReplaceAll(strings.TrimRight(source, " "), "'", "&#39;") + "</p>\n"
	}
	return render(source)
}

// maxPlain is such that what is made of it is certainly within MaxHTML.
const maxPlain = MaxHTML / 8

// isPlain says whether source is one line of words, as most questions are: nothing in
// it means anything to Markdown or HTML.
func isPlain(source string) bool {
	if source == "" || !isLetter(source[0]) || len(source) > maxPlain {
		return false
	}
	for i := range len(source) {
		if c := source[i]; !isLetter(c) && !('0' <= c && c <= '9') && strings.IndexByte(" ,.;:?!()'-", c) < 0 {
			return false
		}
	}
	return !strings.Contains(strings.ToLower(source), "www.") // which is a link
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// render is HTML for a text that can be rendered.
func render(source string) string {
	var b bytes.Buffer
	if err := renderer.Convert([]byte(source), &b); err != nil || b.Len() > 4*MaxHTML {
		return ""
	}
	if html := policy.SanitizeBytes(b.Bytes()); len(html) <= MaxHTML {
		return string(html)
	}
	return ""
}
