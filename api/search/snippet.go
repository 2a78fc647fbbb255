package search

import (
	"cmp"
	"html"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	snippetSize = 240     // bytes, about
	snippetLead = 50      // bytes of it before the first word that was found
	maxMarks    = 2000    // words of one text that are looked at for the best place
	areaSize    = 1 << 10 // bytes around that place, about, out of which marks of Markdown are taken
)

// A mark is a word of a text that the question has.
type mark struct{ start, end, which int }

// Snippet returns the part of text that has the most of the question's words, as
// HTML: everything is escaped, and the words are in <mark>.
func (q Query) Snippet(text string) string {
	marks := q.marks(text)
	return snippet(text, marks, bestMark(marks), false, false)
}

// MarkdownSnippet is Snippet of a text in Markdown, of which plain makes a text
// without marks. Words that stand only in what plain takes out, or that it puts
// together, are shown in the text as it is.
func (q Query) MarkdownSnippet(text string, plain func(string) string) string {
	marks := q.marks(text)
	place := bestMark(marks)
	from, to := area(text, place)
	part := text[from:to]
	if inFence(text[:from]) {
		part = "```\n" + part
	}
	bare := plain(part)
	bareMarks := q.marks(bare)
	if kinds(bareMarks, 0, len(bare)) < kinds(marks, from, to) {
		return snippet(text, marks, place, false, false)
	}
	return snippet(bare, bareMarks, bestMark(bareMarks), from > 0, to < len(text))
}

// Has says whether text has one of the question's words.
func (q Query) Has(text string) bool { return len(q.marks(text)) > 0 }

// snippet shows text around a place; before and behind say whether it is cut out of
// a longer one.
func snippet(text string, marks []mark, place int, before, behind bool) string {
	from, to := window(text, place)
	var b strings.Builder
	if from > 0 || before {
		b.WriteString("…")
	}
	at := from
	for _, m := range marks {
		if m.start < at || m.end > to {
			continue
		}
		writeText(&b, text[at:m.start])
		b.WriteString("<mark>")
		writeText(&b, text[m.start:m.end])
		b.WriteString("</mark>")
		at = m.end
	}
	writeText(&b, text[at:to])
	if to < len(text) || behind {
		b.WriteString("…")
	}
	return strings.TrimSpace(b.String())
}

// writeText writes text as HTML on one line.
func writeText(b *strings.Builder, text string) {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Bidi_Control, r):
			return -1
		default:
			return r
		}
	}, text)
	for strings.Contains(text, "  ") {
		text = strings.ReplaceAll(text, "  ", " ")
	}
	b.WriteString(html.EscapeString(text))
}

// marks returns the words that the question has, where they overlap as one.
func (q Query) marks(text string) (marks []mark) {
	words(text, true, func(w word) {
		which, ok := q.matches(w.term)
		if !ok || len(marks) == maxMarks {
			return
		}
		if n := len(marks); n > 0 && w.start < marks[n-1].end {
			marks[n-1].end = max(marks[n-1].end, w.end)
			return
		}
		marks = append(marks, mark{w.start, w.end, which})
	})
	return marks
}

// bestMark returns where the most different words of the question stand close
// together, or the beginning.
func bestMark(marks []mark) int {
	best, most := 0, 0
	for i, m := range marks {
		var seen uint64
		n := 0
		for _, other := range marks[i:] {
			if other.end > m.start+snippetSize-snippetLead {
				break
			}
			if bit := uint64(1) << other.which; seen&bit == 0 {
				seen |= bit
				n++
			}
		}
		if n > most {
			best, most = m.start, n
		}
	}
	return best
}

// kinds counts the different words of the question among the marks of a part.
func kinds(marks []mark, from, to int) int {
	var seen uint64
	for _, m := range marks {
		if m.start >= from && m.end <= to {
			seen |= uint64(1) << m.which
		}
	}
	return bits.OnesCount64(seen)
}

// area returns the lines around a place, cut within them where they are long.
func area(text string, place int) (from, to int) {
	if from = place - areaSize; from <= 0 {
		from = 0
	} else if i := cmp.Or(strings.IndexByte(text[from:place], '\n')+1, strings.IndexByte(text[from:place], ' ')+1); i > 0 {
		from += i
	}
	if to = place + areaSize; to >= len(text) {
		to = len(text)
	} else if i := strings.LastIndexByte(text[place:to], '\n'); i > areaSize/2 {
		to = place + i
	} else if i := strings.LastIndexByte(text[place:to], ' '); i > 0 {
		to = place + i
	}
	for from < place && !utf8.RuneStart(text[from]) {
		from++
	}
	for to < len(text) && to > place && !utf8.RuneStart(text[to]) {
		to--
	}
	return from, to
}

// inFence says whether the text before a place has a fence of code that does not end.
func inFence(text string) bool {
	n := strings.Count(text, "\n```")
	if strings.HasPrefix(text, "```") {
		n++
	}
	return n%2 == 1
}

// window returns the part of text around a place, cut between words where it can.
func window(text string, place int) (from, to int) {
	from, to = max(0, place-snippetLead), len(text)
	if from > 0 {
		if i := strings.IndexAny(text[from:place], " \n\t"); i >= 0 {
			from += i + 1
		}
		for from < place && !utf8.RuneStart(text[from]) {
			from++
		}
	}
	if from+snippetSize < len(text) {
		to = from + snippetSize
		if i := strings.LastIndexAny(text[from:to], " \n\t"); i > snippetSize/2 {
			to = from + i
		}
		for !utf8.RuneStart(text[to]) {
			to--
		}
	}
	return from, to
}
