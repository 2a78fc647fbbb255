package api

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/parley-app/parley/api/inspect"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
)

// maxTextBytes bounds what is read of one attachment for the model: far more than
// the context of any.
const maxTextBytes = 4 << 20

// bytesPerToken is fewer than text has, so that what is read always fills the
// budget that it is counted against.
const bytesPerToken = 8

// quoted is a message as the model is told it: what was said, and behind it its
// attachments, the text of those that have one as far as budget tokens go, of the
// others that they are there. It says how many tokens all that is.
func (a *API) quoted(content string, tokens int, files []store.Attachment, budget int) (string, int) {
	if len(files) == 0 {
		return content, tokens
	}
	var b strings.Builder
	b.WriteString(content)
	for i := range files {
		said, cost := a.told(&files[i], budget-tokens)
		b.WriteString("\n\n" + said)
		tokens += cost
	}
	return b.String(), tokens
}

// told is one attachment as the model is told it.
func (a *API) told(f *store.Attachment, budget int) (said string, tokens int) {
	head := fmt.Sprintf("Attached file %q (%s, %s)", f.Name, f.MediaType, sizeText(f.Size))
	nothing := head + "; its content cannot be shown to you."
	if !inspect.IsText(f.MediaType) {
		return nothing, llm.CountTokens(nothing)
	}
	const frame = 40 // tokens of what stands around the text
	budget -= llm.CountTokens(head) + frame
	if budget <= 0 {
		nothing = head + "; there is no room left to show you its content."
		return nothing, llm.CountTokens(nothing)
	}
	text, whole := a.textOf(f, int64(budget)*bytesPerToken)
	if text == "" {
		return nothing, llm.CountTokens(nothing)
	}
	if cut, all := clipTokens(text, budget); !all {
		text, whole = cut, false
	}
	end := "\nEnd of the attached file."
	if !whole {
		end = "\nThe attached file goes on; there is no room to show you the rest."
	}
	said = head + ":\n" + text + end
	return said, llm.CountTokens(said)
}

// textOf returns the text of an attachment, at most limit bytes of it, and whether
// that is all. It is "" when it cannot be read: by who is asked as by anybody.
func (a *API) textOf(f *store.Attachment, limit int64) (text string, whole bool) {
	if !inspect.IsText(f.MediaType) || a.readable(f) != nil {
		return "", false
	}
	in, size, err := a.o.Blobs.Open(f.SHA256)
	if err != nil {
		return "", false
	}
	defer in.Close()
	limit = min(limit, maxTextBytes)
	b, err := io.ReadAll(io.LimitReader(in, limit))
	if err != nil {
		return "", false
	}
	return plainText(b), size <= limit
}

// plainText is bytes as text, whatever they are: UTF-16 as Windows writes it, and
// what is neither with replacement characters.
func plainText(b []byte) string {
	if s, ok := fromUTF16(b); ok {
		return printable(s)
	}
	s := strings.TrimPrefix(string(b), "\ufeff")
	for range utf8.UTFMax - 1 { // the last character may be cut off
		if r, n := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || n != 1 {
			break
		}
		s = s[:len(s)-1]
	}
	return printable(strings.ToValidUTF8(s, "\ufffd"))
}

func fromUTF16(b []byte) (string, bool) {
	if len(b) < 2 || (b[0] != 0xff || b[1] != 0xfe) && (b[0] != 0xfe || b[1] != 0xff) {
		return "", false
	}
	low, high := 0, 1
	if b[0] == 0xfe {
		low, high = 1, 0
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 2; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i+high])<<8|uint16(b[i+low]))
	}
	return string(utf16.Decode(units)), true
}

// clipTokens cuts text to a number of tokens, and says whether it is all of it.
func clipTokens(text string, most int) (string, bool) {
	n := llm.CountTokens(text)
	if n <= most {
		return text, true
	}
	for n > most && text != "" {
		// Shares of a text have about the same share of its tokens; a little less,
		// so that it ends soon.
		keep := len(text) * most / n * 98 / 100
		text = clip(text, max(keep, 0))
		n = llm.CountTokens(text)
	}
	return text, false
}
