package store

import (
	"strings"
	"unicode/utf8"
)

// Excerpt returns the beginning of a Markdown text as plain text on one line, at
// most n characters, cut at a word where there is one.
func Excerpt(markdown string, n int) string {
	const perRune = 4
	if limit := 8 * n * perRune; len(markdown) > limit { // enough even of heavy markup
		markdown = markdown[:limit]
		for len(markdown) > 0 && !utf8.ValidString(markdown[max(0, len(markdown)-perRune):]) && !utf8.RuneStart(markdown[len(markdown)-1]) {
			markdown = markdown[:len(markdown)-1]
		}
	}
	text := make([]byte, 0, min(len(markdown), 2*n))
	length := 0 // of text, in characters
	for line := range strings.Lines(markdown) {
		line = strings.TrimLeft(strings.TrimSpace(line), "#>-*+| ")
		if strings.Trim(line, "`~-=|: ") == "" || strings.HasPrefix(line, "```") {
			continue // fences, rules and the lines under table heads say nothing
		}
		for word := range strings.FieldsSeq(unmarked(line)) {
			if word = strings.ToValidUTF8(word, ""); word == "" {
				continue
			}
			if len(text) > 0 {
				text = append(text, ' ')
				length++
			}
			text = append(text, word...)
			if length += utf8.RuneCountInString(word); length > n {
				return cutAtWord(string(text), n)
			}
		}
	}
	return string(text)
}

var marks = strings.NewReplacer("**", "", "__", "", "`", "")

// unmarked returns line without the marks of emphasis and code, which most lines
// have none of.
func unmarked(line string) string {
	if !strings.ContainsAny(line, "*_`") {
		return line
	}
	return marks.Replace(line)
}

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
