package llm

import (
	"strings"
	"unicode/utf8"
)

// A joiner turns pieces of WTF-8 into strings of valid UTF-8. Servers cut
// between tokens, and a token may end inside a character: the beginning of one
// waits here for its rest, be it bytes of UTF-8 or half of a surrogate pair.
type joiner struct{ rest []byte }

// add returns what is whole of the text so far.
func (j *joiner) add(b []byte) string {
	if len(j.rest) == 0 && utf8.Valid(b) {
		return string(b)
	}
	b = append(j.rest, b...)
	var out strings.Builder
	for len(b) > 0 {
		r, n := decodeWTF8(b)
		if n == 0 {
			break
		}
		out.WriteRune(r)
		b = b[n:]
	}
	j.rest = append([]byte(nil), b...)
	return out.String()
}

// end returns what still waited when no more will come: one U+FFFD, or "".
func (j *joiner) end() string {
	if len(j.rest) == 0 {
		return ""
	}
	j.rest = nil
	return string(utf8.RuneError)
}

// decodeWTF8 returns the first character of b and its length, 0 if more bytes
// may complete it. What cannot be completed is U+FFFD.
func decodeWTF8(b []byte) (rune, int) {
	high, n := surrogate(b, 0xA0)
	switch {
	case n < 0:
		return 0, 0
	case n == 0:
		_, n = surrogate(b, 0xB0)
		switch {
		case n > 0: // a low half without its high one
			return utf8.RuneError, n
		case n < 0 || !utf8.FullRune(b):
			return 0, 0
		}
		return utf8.DecodeRune(b)
	}
	low, m := surrogate(b[n:], 0xB0)
	switch {
	case m < 0 || len(b) == n:
		return 0, 0
	case m == 0:
		return utf8.RuneError, n
	default:
		return (high-0xD800)<<10 | (low - 0xDC00) + 0x10000, n + m
	}
}

// surrogate returns the half of a pair that b starts with, high for base 0xA0
// and low for 0xB0, and its length; -1 if b may be the beginning of one, 0 if it
// is none.
func surrogate(b []byte, base byte) (rune, int) {
	switch {
	case len(b) == 0 || b[0] != 0xED:
		return 0, 0
	case len(b) == 1:
		return 0, -1
	case b[1]&0xF0 != base:
		return 0, 0
	case len(b) == 2:
		return 0, -1
	case b[2]&0xC0 != 0x80:
		return 0, 0
	}
	return 0xD000 | rune(b[1]&0x3F)<<6 | rune(b[2]&0x3F), 3
}
