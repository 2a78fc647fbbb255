package markdown

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Text returns what source says without the marks of its Markdown: a line for each
// line, row, item and paragraph. HTML in it is text. Where shows says yes to the
// address of a link or an image, it stands in parentheses behind its words. A text
// that would take unreasonably long comes back as it is.
func Text(source string, shows func(address string) bool) string {
	if len(source) > MaxHTML || !affordable(source) {
		return source
	}
	p := plainer{source: []byte(source), shows: shows}
	_ = ast.Walk(renderer.Parser().Parse(text.NewReader(p.source)), p.visit) // visit returns no error
	return strings.TrimSpace(p.out.String())
}

// A plainer writes the text of a tree.
type plainer struct {
	source []byte
	shows  func(string) bool
	out    bytes.Buffer
}

func (p *plainer) visit(n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		p.leave(n)
		return ast.WalkContinue, nil
	}
	switch n := n.(type) {
	case *ast.Text:
		p.write(n)
	case *ast.String:
		p.out.Write(n.Value)
	case *ast.AutoLink:
		p.out.Write(n.Label(p.source))
	case *ast.RawHTML:
		if lineBreak.Match(joined(n.Segments, p.source)) {
			p.out.WriteByte('\n')
			return ast.WalkContinue, nil
		}
		p.lines(n.Segments)
	case *mathInline:
		p.out.Write(n.tex())
	case *mathBlock:
		p.out.Write(n.tex(p.source))
	case *ast.HTMLBlock:
		p.lines(n.Lines())
		if n.HasClosure() {
			p.out.Write(n.ClosureLine.Value(p.source))
		}
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		p.lines(n.Lines())
	}
	return ast.WalkContinue, nil
}

func (p *plainer) leave(n ast.Node) {
	switch n := n.(type) {
	case *ast.Link:
		p.address(n.Destination)
	case *ast.Image:
		p.address(n.Destination)
	case *extast.TableCell:
		p.out.WriteByte(' ')
	default:
		if n.Type() == ast.TypeBlock {
			p.out.WriteByte('\n')
		}
	}
}

func (p *plainer) write(n *ast.Text) {
	b := n.Segment.Value(p.source)
	if !n.IsRaw() && n.Parent().Kind() != ast.KindCodeSpan {
		b = util.UnescapePunctuations(util.ResolveEntityNames(util.ResolveNumericReferences(b)))
	}
	p.out.Write(b)
	if n.SoftLineBreak() || n.HardLineBreak() {
		p.out.WriteByte('\n')
	}
}

func (p *plainer) lines(segments *text.Segments) {
	for i := range segments.Len() {
		s := segments.At(i)
		p.out.Write(s.Value(p.source))
	}
}

func (p *plainer) address(to []byte) {
	if address := string(to); p.shows != nil && p.shows(address) {
		p.out.WriteString(" (" + address + ")")
	}
}
