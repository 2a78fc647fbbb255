package search

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	snippetSize = 240  // bytes, about
	snippetLead = 50   // bytes of it before the first word that was found
	maxMarks    = 2000 // words of one text that are looked at for the best place
)

// A mark is a word of a text that the question has.
type mark struct{ start, end, which int }

// Snippet returns the part of text that has the most of the question's words, as
// HTML: everything is escaped, and the words are in <mark>.
func (q Query) Snippet(text string) string {
	marks := q.marks(text)
	from, to := window(text, bestMark(marks))
	var b strings.Builder
	if from > 0 {
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
	if to < len(text) {
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
