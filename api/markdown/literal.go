package markdown

import (
	"bytes"
	"regexp"

	"github.com/yuin/goldmark/ast"
	goldrenderer "github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// A literalRenderer renders what is not made into HTML as the text that it is: tags,
// formulas, and pictures as links to them. A text means the same without them being
// left out, and is as safe.
type literalRenderer struct{}

// RegisterFuncs takes the place of goldmark's own functions for these nodes.
func (r literalRenderer) RegisterFuncs(to goldrenderer.NodeRendererFuncRegisterer) {
	to.Register(ast.KindRawHTML, r.rawHTML)
	to.Register(ast.KindHTMLBlock, r.block)
	to.Register(ast.KindImage, r.image)
	to.Register(kindMath, r.math)
	to.Register(kindMathBlock, r.block)
}

// lineBreak is the one tag that people and models write for want of another way to
// break a line in a table.
var lineBreak = regexp.MustCompile(`(?i)^<br\s*/?>$`)

func (literalRenderer) rawHTML(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	n, ok := node.(*ast.RawHTML)
	if !ok || !entering {
		return ast.WalkContinue, nil
	}
	tag := joined(n.Segments, source)
	if lineBreak.Match(tag) {
		_, err := w.WriteString("<br>")
		return ast.WalkSkipChildren, err
	}
	_, err := w.Write(util.EscapeHTML(tag))
	return ast.WalkSkipChildren, err
}

// block renders lines as a paragraph that keeps them apart.
func (literalRenderer) block(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	lines := joined(node.Lines(), source)
	if n, ok := node.(*ast.HTMLBlock); ok && n.HasClosure() {
		lines = append(lines, n.ClosureLine.Value(source)...)
	}
	lines = util.EscapeHTML(bytes.Trim(lines, "\n"))
	begin := "<p>"
	if bytes.IndexFunc(lines, runsFromTheRight) >= 0 {
		begin = `<p dir="auto">`
	}
	_, err := w.WriteString(begin + string(bytes.ReplaceAll(lines, []byte("\n"), []byte("<br>\n"))) + "</p>\n")
	return ast.WalkSkipChildren, err
}

// image renders a picture as a link with its name: showing it would tell its host who
// reads, and when.
func (literalRenderer) image(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	n, ok := node.(*ast.Image)
	if !ok || !entering {
		return ast.WalkContinue, nil
	}
	name := nodeText(n, source)
	if len(name) == 0 {
		name = []byte("image")
	}
	_, err := w.WriteString(`<a href="` + string(util.EscapeHTML(util.URLEscape(n.Destination, true))) + `">` + string(util.EscapeHTML(name)) + "</a>")
	return ast.WalkSkipChildren, err
}

func (literalRenderer) math(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	n, ok := node.(*mathInline)
	if !ok || !entering {
		return ast.WalkContinue, nil
	}
	_, err := w.Write(util.EscapeHTML(n.source))
	return ast.WalkContinue, err
}

func joined(segments *text.Segments, source []byte) []byte {
	var b []byte
	for i := range segments.Len() {
		s := segments.At(i)
		b = append(b, s.Value(source)...)
	}
	return b
}

// nodeText returns the plain text below a node.
func nodeText(n ast.Node, source []byte) []byte {
	p := plainer{source: source}
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		_ = ast.Walk(child, p.visit) // visit returns no error
	}
	return p.out.Bytes()
}
