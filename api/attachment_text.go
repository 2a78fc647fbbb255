package api

import (
	"io"

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
	if size != f.Size { // cut off, or another: a part must not be taken for the whole
		return "", false
	}
	limit = min(max(limit, inspect.CharsetSample), maxTextBytes)
	b, err := io.ReadAll(io.LimitReader(in, limit))
	if err != nil {
		return "", false
	}
	text, err = inspect.DecodeText(inspect.DetectCharset(b[:min(len(b), inspect.CharsetSample)]), b)
	if err != nil { // files that came before their encoding was looked at
		return "", false
	}
	return printable(text), size <= limit
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
