package store

import "unicode/utf8"

// maxPreview is how many bytes of its newest message a thread keeps: enough for 200
// characters in any script with their markup.
const maxPreview = 1000

// Head returns the beginning of text, at most n bytes. It never splits a character.
func Head(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
