package markdown

import "strings"

// A renderer of Markdown takes time that grows with the square of some inputs: a
// line of 50,000 ">" takes seconds, a megabyte of them an hour. Nobody writes
// such a text to be read, so it is not rendered.

// budget is what a text may cost, in about nanoseconds.
const budget = 200_000_000

// What was measured, in nanoseconds: for each pair of delimiters in one block, for
// each pair of markers at the head of one line, for each cell of a table.
const (
	perBracketPair  = 12
	perEmphasisPair = 2
	perMarkerPair   = 2
	perCell         = 700
)

// affordable says whether rendering source stays within the budget.
func affordable(source string) bool {
	cost := 0
	var in inline
	var t table
	for line := range strings.Lines(source) {
		trimmed := strings.TrimSpace(line)
		if beginsText(trimmed) {
			cost += in.cost()
			in = inline{}
		}
		if trimmed == "" {
			cost += t.cost()
			t = table{}
		}
		heads := markers(line)
		cost += perMarkerPair * heads * heads
		in.add(line)
		t.add(line)
		if cost > budget {
			return false
		}
	}
	return cost+in.cost()+t.cost() <= budget
}

// beginsText says whether delimiters on this line cannot belong to those before:
// it is empty, or begins an item or a heading even where a paragraph could go on.
func beginsText(line string) bool {
	if line == "" {
		return true
	}
	mark, _, spaced := strings.Cut(line, " ")
	return spaced && (mark == "-" || mark == "*" || mark == "+" || strings.Trim(mark, "#") == "")
}

// markers counts what at the head of a line may open quotes and lists.
func markers(line string) (n int) {
	for _, c := range []byte(line) {
		switch c {
		case '>', '-', '*', '+':
			n++
		case ' ', '\t':
		default:
			return n
		}
	}
	return n
}

// An inline is text within which delimiters look for their partners.
type inline struct{ brackets, emphasis int }

func (in *inline) add(line string) {
	in.brackets += strings.Count(line, "[")
	in.emphasis += strings.Count(line, "*") + strings.Count(line, "_") + strings.Count(line, "~")
}

func (in inline) cost() int {
	return perBracketPair*in.brackets*in.brackets + perEmphasisPair*in.emphasis*in.emphasis
}

// A table is as wide as its widest row: short ones are filled up.
type table struct{ rows, columns int }

func (t *table) add(line string) {
	t.rows++
	t.columns = max(t.columns, strings.Count(line, "|"))
}

func (t table) cost() int { return perCell * t.rows * t.columns }
