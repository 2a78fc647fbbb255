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
	var words []string
	for line := range strings.Lines(markdown) {
		line = strings.TrimLeft(strings.TrimSpace(line), "#>-*+| ")
		if strings.Trim(line, "`~-=|: ") == "" || strings.HasPrefix(line, "```") {
			continue // fences, rules and the lines under table heads say nothing
		}
		words = append(words, strings.Fields(strings.NewReplacer("**", "", "__", "", "`", "").Replace(line))...)
	}
	text := strings.ToValidUTF8(strings.Join(words, " "), "")
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	cut := string([]rune(text)[:n-1])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
		cut = cut[:i]
	}
	return cut + "…"
}
