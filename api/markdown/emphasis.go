package markdown

import (
	"unicode"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"golang.org/x/text/width"
)

// CommonMark does not see that "**注意：**请" is bold: the mark stands between
// punctuation and a letter, without a space, which Chinese, Japanese and Korean do not
// write. The rules here are those of markdown-cjk-friendly
// (github.com/tats-u/markdown-cjk-friendly, specification.md), which the page's parser
// follows too; without such characters they are those of CommonMark 0.31.

// A delimiterParser finds the marks of emphasis or of text that is struck through.
type delimiterParser struct {
	marks     []byte
	minimum   int // characters of a mark
	maximum   int // 0: any number
	processor parser.DelimiterProcessor
}

// Trigger returns the characters of the marks.
func (d *delimiterParser) Trigger() []byte { return d.marks }

// Parse reads a mark and finds out whether it may open and close.
func (d *delimiterParser) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	before := block.PrecendingCharacter()
	line, segment := block.PeekLine()
	node := parser.ScanDelimiter(line, before, d.minimum, d.processor)
	if node == nil || d.maximum > 0 && (node.OriginalLength > d.maximum || before == rune(node.Char)) {
		return nil
	}
	n := node.OriginalLength
	after := ' '
	if n < len(line) {
		after = util.ToRune(line, n)
	}
	if isCJK(before) || isCJK(after) {
		node.CanOpen, node.CanClose = flanks(rune(node.Char), before, after)
	}
	node.Segment = segment.WithStop(segment.Start + n)
	block.Advance(n)
	pc.PushDelimiter(node)
	return node
}

// flanks reports whether a mark between two characters may open and may close.
func flanks(mark, before, after rune) (opens, closes bool) {
	spaceBefore, spaceAfter := util.IsSpaceRune(before), util.IsSpaceRune(after)
	punctBefore, punctAfter := isForeignPunct(before), isForeignPunct(after)
	left := !spaceAfter && (!punctAfter || spaceBefore || punctBefore || isCJK(before))
	right := !spaceBefore && (!punctBefore || spaceAfter || punctAfter || isCJK(after))
	if mark == '_' {
		return left && (!right || util.IsPunctRune(before)), right && (!left || util.IsPunctRune(after))
	}
	return left, right
}

// isForeignPunct reports whether r is punctuation that is not Chinese, Japanese or Korean.
func isForeignPunct(r rune) bool { return util.IsPunctRune(r) && !isCJK(r) }

// isCJK reports whether r is written in Chinese, Japanese or Korean text alone.
func isCJK(r rune) bool {
	if r < 0x1100 || unicode.In(r, unicode.So) && r >= 0x1f000 { // emoji are wide too
		return false
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth, width.EastAsianHalfwidth:
		return true
	}
	return unicode.Is(unicode.Hangul, r)
}

// emphasis makes nodes of "*" and "_".
type emphasis struct{}

func (emphasis) IsDelimiter(b byte) bool                   { return b == '*' || b == '_' }
func (emphasis) CanOpenCloser(a, b *parser.Delimiter) bool { return a.Char == b.Char }
func (emphasis) OnMatch(n int) ast.Node                    { return ast.NewEmphasis(n) }

// strike makes nodes of "~~". A single "~" is what it is: "5~7 kg, about ~3 boxes".
type strike struct{}

func (strike) IsDelimiter(b byte) bool                   { return b == '~' }
func (strike) CanOpenCloser(a, b *parser.Delimiter) bool { return a.Char == b.Char }
func (strike) OnMatch(int) ast.Node                      { return extast.NewStrikethrough() }
