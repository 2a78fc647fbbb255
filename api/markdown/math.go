package markdown

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// Formulas are TeX, in which neither "_" nor "\\" means what it means in Markdown. They
// come out as they were written, with their marks; the page lays them out. Its rules,
// in ui/src/components/markdown/math-syntax.ts, are the same.

// maxTeX is how many bytes a formula has at most.
const maxTeX = 10_000

var kindMath = ast.NewNodeKind("Math")

// A mathInline is a formula within a text.
type mathInline struct {
	ast.BaseInline
	source []byte // with its marks
	mark   int    // bytes of each mark
}

func (*mathInline) Kind() ast.NodeKind { return kindMath }

// Dump prints the node for debugging.
func (n *mathInline) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

func (n *mathInline) tex() []byte { return bytes.TrimSpace(n.source[n.mark : len(n.source)-n.mark]) }

var kindMathBlock = ast.NewNodeKind("MathBlock")

// A mathBlock is a formula on lines of its own. Its lines have the marks.
type mathBlock struct {
	ast.BaseBlock
	begin, end string // the marks
	closed     bool
}

func (*mathBlock) Kind() ast.NodeKind { return kindMathBlock }

// IsRaw keeps Markdown from being looked for in it.
func (*mathBlock) IsRaw() bool { return true }

// tex returns the formula without "$$" or "\[", or with its environment.
func (n *mathBlock) tex(source []byte) []byte {
	all := bytes.TrimSpace(joined(n.Lines(), source))
	if len(n.begin) == len("$$") {
		all = bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimPrefix(all, []byte(n.begin)), []byte(n.end)))
	}
	return all
}

// Dump prints the node for debugging.
func (n *mathBlock) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// closing are the marks with which formulas end.
var closing = map[string]string{"$": "$", "$$": "$$", `\(`: `\)`, `\[`: `\]`}

// mathMark returns the mark with which b begins, or "".
func mathMark(b []byte) string {
	for _, mark := range []string{"$$", "$", `\(`, `\[`} {
		if bytes.HasPrefix(b, []byte(mark)) {
			return mark
		}
	}
	return ""
}

// A mathParser finds formulas within a text.
type mathParser struct{}

// Trigger returns the characters with which marks begin.
func (mathParser) Trigger() []byte { return []byte{'$', '\\'} }

// Parse reads a formula to its closing mark, which may be on a later line.
func (mathParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, _ := block.PeekLine()
	mark := mathMark(line)
	if mark == "" {
		return nil
	}
	before := block.PrecendingCharacter()
	var all []byte
	for line != nil && len(all) < maxTeX {
		from := max(len(all), len(mark))
		all = append(all, line...)
		if end := closeMath(all, from, closing[mark]); end >= 0 {
			n := &mathInline{source: all[:end+len(mark)], mark: len(mark)}
			if len(n.tex()) == 0 || mark == "$" && !standsForMath(before, n.source[1:end], all[end+1:]) {
				return nil
			}
			block.Advance(len(line) - (len(all) - len(n.source)))
			return n
		}
		block.AdvanceLine()
		line, _ = block.PeekLine()
	}
	return nil
}

// closeMath returns where in b, from a place on, the closing mark begins, or -1. An
// escaped dollar closes nothing.
func closeMath(b []byte, from int, mark string) int {
	for at := from; ; at++ {
		i := bytes.Index(b[at:], []byte(mark))
		if i < 0 {
			return -1
		}
		if at += i; mark[0] != '$' || b[at-1] != '\\' {
			return at
		}
	}
}

var (
	texSign   = regexp.MustCompile(`[\\^_={}]`)
	longWord  = regexp.MustCompile(`[A-Za-z]{3,}`)
	shortWord = regexp.MustCompile(`[A-Za-z]{2,}`)
)

// standsForMath tells "$n$" from the dollars of "$5 and $10": no space inside the marks,
// no digit behind them; and words without any sign of a formula are words.
func standsForMath(before rune, tex, after []byte) bool {
	if before == '$' || before == '\\' || before == '_' || before < utf8.RuneSelf && (unicode.IsLetter(before) || unicode.IsDigit(before)) {
		return false
	}
	if len(after) > 0 && '0' <= after[0] && after[0] <= '9' || !bytes.Equal(tex, bytes.TrimSpace(tex)) || bytes.Contains(tex, []byte("\n\n")) {
		return false
	}
	if texSign.Match(tex) {
		return true
	}
	number := len(tex) > 0 && '0' <= tex[0] && tex[0] <= '9'
	if number {
		return !shortWord.Match(tex)
	}
	return !longWord.Match(tex) || !bytes.ContainsAny(tex, " \t\n") && bytes.ContainsAny(tex, "()")
}

// A mathBlockParser finds formulas on lines of their own: between "$$" or "\[" and
// "\]", or an environment of TeX. Blank lines do not end them.
type mathBlockParser struct{}

// Trigger returns the characters with which marks begin.
func (mathBlockParser) Trigger() []byte { return []byte{'$', '\\'} }

// environments are those that stand for a formula by themselves.
var environments = regexp.MustCompile(`^\\begin\{((?:equation|align|alignat|gather|multline|eqnarray|flalign|displaymath|math|cases|matrix|pmatrix|bmatrix|vmatrix|split|aligned|gathered|array|CD)\*?)\}`)

// blockEnd returns the mark that closes a formula which begins with line, or "".
func blockEnd(line []byte) (begin, end string) {
	if m := environments.FindSubmatch(line); m != nil {
		return string(m[0]), `\end{` + string(m[1]) + "}"
	}
	if mark := mathMark(line); mark == "$$" || mark == `\[` {
		return mark, closing[mark]
	}
	return "", ""
}

// Open begins a formula if its closing mark comes, with nothing behind it on its line.
func (mathBlockParser) Open(_ ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	pos := pc.BlockOffset()
	if pos < 0 {
		return nil, parser.NoChildren
	}
	begin, end := blockEnd(line[pos:])
	if begin == "" {
		return nil, parser.NoChildren
	}
	source := reader.Source()[segment.Start+pos-segment.Padding:]
	source = source[:min(len(source), maxTeX)]
	at := closeMath(source, len(begin), end)
	if at < 0 || len(bytes.TrimSpace(source[len(begin):at])) == 0 {
		return nil, parser.NoChildren
	}
	if rest, _, _ := bytes.Cut(source[at+len(end):], []byte("\n")); len(bytes.TrimSpace(rest)) > 0 {
		return nil, parser.NoChildren
	}
	node := &mathBlock{begin: begin, end: end}
	node.Lines().Append(text.NewSegment(segment.Start+pos-segment.Padding, segment.Stop))
	reader.AdvanceToEOL()
	node.closed = closes(line[pos+len(begin):], end)
	return node, parser.NoChildren
}

// closes reports whether a line ends with the closing mark.
func closes(line []byte, end string) bool {
	return strings.HasSuffix(strings.TrimRight(string(line), " \t\r\n"), end)
}

// Continue adds a line, the last one if it has the closing mark.
func (mathBlockParser) Continue(node ast.Node, reader text.Reader, _ parser.Context) parser.State {
	n, ok := node.(*mathBlock)
	if !ok || n.closed {
		return parser.Close
	}
	line, segment := reader.PeekLine()
	n.Lines().Append(segment)
	reader.AdvanceToEOL()
	n.closed = closes(line, n.end)
	return parser.Continue | parser.NoChildren
}

// Close does nothing.
func (mathBlockParser) Close(ast.Node, text.Reader, parser.Context) {}

// CanInterruptParagraph lets a formula follow a line of text.
func (mathBlockParser) CanInterruptParagraph() bool { return true }

// CanAcceptIndentedLine leaves indented lines to code.
func (mathBlockParser) CanAcceptIndentedLine() bool { return false }
