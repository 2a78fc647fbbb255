package llm

import (
	"strings"
	"unicode/utf8"
)

const (
	goodPart = 600  // bytes after which a part may end
	maxPart  = 1200 // bytes at which it must
	leadPart = 40   // a block as short as this leads to the next one
)

// A part is a piece of a passage that can be quoted: text is exactly as it
// stands there.
type part struct {
	text string
	code bool // lines from inside a code block, without its fences
}

// A block is a run of lines without a blank one between, or a code block with
// its fences.
type block struct {
	start, end int
	code       bool
}

// parts cuts a passage into parts, in order, in linear time: paragraphs, with
// what leads to them (headings, "as follows:"); code blocks whole where they are
// not too long; long paragraphs by sentences.
func parts(text string, fn func(part)) {
	var open block // what is collected and not yet handed out; its last block leads on
	has := false
	blocks(text, func(b block) {
		if has && b.end-open.start <= maxPart {
			open.end, open.code = b.end, false
		} else {
			if has {
				pieces(text, open, fn)
			}
			open, has = b, true
		}
		if !leads(text[b.start:b.end]) || b.code {
			pieces(text, open, fn)
			has = false
		}
	})
	if has {
		pieces(text, open, fn)
	}
}

// leads says whether a block means little without the one that follows.
func leads(s string) bool {
	s = strings.TrimSpace(s)
	return len(s) < leadPart || strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：") ||
		strings.HasPrefix(s, "#") && !strings.Contains(s, "\n")
}

// blocks walks the blocks of a text.
func blocks(text string, fn func(block)) {
	b, fence := block{start: -1}, ""
	close := func(end int) {
		if b.start >= 0 {
			b.end = end
			fn(b)
		}
		b, fence = block{start: -1}, ""
	}
	for at := 0; at < len(text); {
		end := len(text)
		if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		line := strings.TrimSpace(text[at:end])
		switch {
		case fence != "":
			if strings.HasPrefix(line, fence) && strings.Trim(line, fence[:1]) == "" {
				close(end)
			}
		case strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~"):
			close(at)
			b = block{start: at, code: true}
			fence = line[:len(line)-len(strings.TrimLeft(line, line[:1]))]
		case line == "":
			close(at)
		case b.start < 0:
			b.start = at
		}
		at = end
	}
	close(len(text))
}

// pieces hands out a block, cut where it is too long.
func pieces(text string, b block, fn func(part)) {
	s := text[b.start:b.end]
	inside := b.code && len(s) > maxPart
	if inside { // quoted without its fences, a piece can get fences of its own
		if i := strings.IndexByte(s, '\n'); i >= 0 {
			s = s[i+1:]
		}
		if i := strings.LastIndexByte(strings.TrimRight(s, " \r\n"), '\n'); i >= 0 && isFence(s[i+1:]) {
			s = s[:i+1]
		}
	}
	for len(s) > 0 {
		n := len(s)
		if n > maxPart {
			n = cutPart(s[:maxPart], inside)
		}
		if t := strings.TrimRight(strings.TrimLeft(s[:n], "\r\n"), " \t\r\n"); strings.TrimSpace(t) != "" {
			fn(part{text: t, code: inside})
		}
		s = s[n:]
	}
}

// item says whether a line begins an item of a list, a row of a table or a quote.
func item(s string) bool {
	s = strings.TrimLeft(s, " \t")
	if s = strings.TrimLeft(s, "0123456789"); s == "" {
		return false
	}
	return strings.IndexByte("-*+|>.)", s[0]) >= 0
}

func isFence(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~")
}

// cutPart finds where a part of s ends: beyond goodPart behind the first
// sentence, or before the next item of a list or row of a table; else behind a
// line; else behind the last white space; else before the last character that
// may be a half one.
func cutPart(s string, lines bool) int {
	line := 0
	for i := goodPart; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == '\n' && (lines || item(s[i:])):
			return i
		case r == '\n' && line == 0:
			line = i
		case lines:
		case strings.ContainsRune("。！？", r):
			return i
		case strings.ContainsRune(".!?", r) && i < len(s) && space(s[i]):
			return i + 1
		}
	}
	if line > 0 {
		return line
	}
	if i := strings.LastIndexAny(s, " \t\n"); i > 0 {
		return i + 1
	}
	for i := len(s) - 1; i > len(s)-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			if r, n := utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && n == 1 {
				return i
			}
			break
		}
	}
	return len(s)
}
