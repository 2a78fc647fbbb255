package api

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parley-app/parley/api/markdown"
	"github.com/parley-app/parley/store"
)

// maxPreview is how many characters of its newest message a thread shows.
const maxPreview = 200

// lastMessageView returns m with its text as a list shows it: plain, on one line.
func lastMessageView(m *store.LastMessage) *store.LastMessage {
	if m == nil {
		return nil
	}
	v := *m
	v.Content = excerpt(m.Content, maxPreview)
	return &v
}

// excerpt returns the beginning of a Markdown text as plain text on one line, at most
// n characters, cut after a word where there is one.
func excerpt(source string, n int) string {
	const perChar = 32 // bytes that are read for each character: enough of heavy markup
	source = strings.ToValidUTF8(store.Head(source, perChar*n), "")
	text := strings.Join(strings.Fields(withoutMathMarks(markdown.Text(source, nil))), " ")
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return cutAtWord(text, n)
}

// withoutMathMarks returns text without the dollars around formulas. Prices and shell
// variables keep theirs.
func withoutMathMarks(text string) string {
	if !strings.Contains(text, "$") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		mark := "$"
		if strings.HasPrefix(rest, "$") {
			mark, rest = "$$", rest[1:]
		}
		tex, after, closed := strings.Cut(rest, mark)
		if last, _ := utf8.DecodeLastRuneInString(before); !closed || isWord(last) || !isFormula(mark, tex, after) {
			b.WriteString(mark)
			text = rest
			continue
		}
		b.WriteString(tex)
		text = after
	}
}

// isFormula reports whether tex, between two marks and with after behind it, is a formula.
func isFormula(mark, tex, after string) bool {
	if strings.TrimSpace(tex) == "" || strings.Contains(tex, "\n\n") {
		return false
	}
	if mark == "$$" {
		return true
	}
	next, _ := utf8.DecodeRuneInString(after)
	return tex == strings.TrimSpace(tex) && !isWord(next)
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// cutAtWord returns at most n characters of text, which has more.
func cutAtWord(text string, n int) string {
	end := 0
	for range n - 1 {
		_, size := utf8.DecodeRuneInString(text[end:])
		end += size
	}
	cut := text[:end]
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
		cut = cut[:i]
	}
	return cut + "…"
}
