// Package markdown renders what people and models write to HTML that is safe to
// show. The source is rendered first and sanitised afterwards, never the other
// way round: what the renderer makes is what must be clean.
package markdown

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	goldrenderer "github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// MaxHTML is how many bytes HTML returns at most: with the source beside it, a
// message stays within what the store keeps in one piece.
const MaxHTML = 1_000_000

// Version is raised with every change of what HTML returns for some text. Messages that
// an earlier version rendered are then rendered again.
const Version = 1

// renderer reads GitHub's dialect of CommonMark, with emphasis beside Chinese, Japanese
// and Korean punctuation, formulas, and "~~" alone to strike through. It renders no HTML
// of the source's own, and whatever got through would be dropped by the policy.
var renderer = goldmark.New(
	goldmark.WithExtensions(extension.Linkify, extension.Table, extension.TaskList),
	goldmark.WithParserOptions(
		parser.WithBlockParsers(util.Prioritized(mathBlockParser{}, 690)), // before fenced code
		parser.WithInlineParsers(
			util.Prioritized(mathParser{}, 90), // before code spans
			util.Prioritized(&delimiterParser{marks: []byte("*_"), minimum: 1, processor: emphasis{}}, 490), // before goldmark's own
			util.Prioritized(&delimiterParser{marks: []byte("~"), minimum: 2, maximum: 2, processor: strike{}}, 500),
		),
		parser.WithASTTransformers(util.Prioritized(directions{}, 500)),
	),
	goldmark.WithRendererOptions(goldrenderer.WithNodeRenderers(
		util.Prioritized(literalRenderer{}, 100), util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500),
	)),
)

// directions gives every block of a text with Arabic, Hebrew or the like the direction
// of its first letter. Other texts need no mark.
type directions struct{}

// Transform marks the blocks.
func (directions) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	if bytes.IndexFunc(reader.Source(), runsFromTheRight) < 0 {
		return
	}
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			switch n.Kind() {
			case ast.KindParagraph, ast.KindHeading, ast.KindList, ast.KindListItem, ast.KindBlockquote, extast.KindTable, extast.KindTableCell:
				n.SetAttributeString("dir", []byte("auto"))
			case ast.KindCodeSpan: // does not decide the direction of its paragraph
				n.SetAttributeString("dir", []byte("ltr"))
			}
		}
		return ast.WalkContinue, nil
	})
}

// runsFromTheRight reports whether r is a letter of a script that is written from the
// right to the left.
func runsFromTheRight(r rune) bool {
	return r >= 0x590 && unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam, unicode.Mandaic, unicode.Samaritan)
}

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
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`^ltr$`)).OnElements("code")
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`^auto$`)).OnElements("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "table", "th", "td")
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
