package api

import (
	"strings"
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
	text := strings.Join(strings.Fields(markdown.Text(source, nil)), " ")
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return cutAtWord(text, n)
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
