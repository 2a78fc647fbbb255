package store

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"
)

// A jsonReader goes through JSON as AppendJSON writes it, without white space. Its
// methods consume what they know; where one returns false, the reading is over.
type jsonReader struct {
	b []byte
	i int
}

// word consumes w, if it comes next.
func (r *jsonReader) word(w string) bool {
	if len(r.b)-r.i < len(w) || string(r.b[r.i:r.i+len(w)]) != w {
		return false
	}
	r.i += len(w)
	return true
}

// list reads what is between first and last, and has each read by one.
func (r *jsonReader) list(first, last string, one func() bool) bool {
	if !r.word(first) {
		return false
	}
	if r.word(last) {
		return true
	}
	for one() {
		if !r.word(",") {
			return r.word(last)
		}
	}
	return false
}

// name reads the name of a field, with its colon.
func (r *jsonReader) name() ([]byte, bool) {
	raw, ok := r.quoted()
	return raw, ok && r.word(":")
}

// quoted reads a string, and returns what is between its quotes as it stands.
func (r *jsonReader) quoted() ([]byte, bool) {
	if !r.word(`"`) {
		return nil, false
	}
	start := r.i
	for {
		n := bytes.IndexByte(r.b[r.i:], '"')
		if n < 0 {
			return nil, false
		}
		r.i += n + 1
		before := r.b[start : r.i-1]
		if escapes := len(before) - len(bytes.TrimRight(before, `\`)); escapes%2 == 0 {
			return before, true
		}
	}
}

// text reads a string.
func (r *jsonReader) text() (string, bool) {
	start := r.i
	raw, ok := r.quoted()
	if !ok || !utf8.Valid(raw) {
		return "", false
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw), true
	}
	if s, ok := unescape(raw); ok {
		return s, true
	}
	var s string
	err := json.Unmarshal(r.b[start:r.i], &s)
	return s, err == nil
}

// unescaped are the bytes that stand for themselves, or for what a letter means,
// behind a backslash.
var unescaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape returns what the inside of a string stands for, unless it has an escape by
// number, which is rare.
func unescape(raw []byte) (string, bool) {
	var b strings.Builder
	b.Grow(len(raw))
	for {
		n := bytes.IndexByte(raw, '\\')
		if n < 0 {
			b.Write(raw)
			return b.String(), true
		}
		b.Write(raw[:n])
		c := unescaped[raw[n+1]] // quoted has seen that there is one
		if c == 0 {
			return "", false
		}
		b.WriteByte(c)
		raw = raw[n+2:]
	}
}

// bool reads a truth.
func (r *jsonReader) bool() (is, ok bool) {
	is = r.word("true")
	return is, is || r.word("false")
}

// int reads a whole number of at most 18 digits.
func (r *jsonReader) int() (n int64, ok bool) {
	minus := r.word("-")
	start := r.i
	for ; r.i < len(r.b) && isDigit(r.b[r.i]); r.i++ {
		n = n*10 + int64(r.b[r.i]-'0')
	}
	digits := r.b[start:r.i]
	if minus {
		n = -n
	}
	return n, len(digits) == 1 || 1 < len(digits) && len(digits) <= 18 && digits[0] != '0'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// id reads an ID, in the form in which it is written.
func (r *jsonReader) id(id *ID) bool {
	if r.word("null") {
		return true
	}
	text, ok := r.quoted()
	return ok && readID(id, text)
}

// time reads a Time, in the form in which it is written.
func (r *jsonReader) time(t *Time) bool {
	if r.word("null") {
		return true
	}
	text, ok := r.quoted()
	if !ok || len(text) != len(timeFormat) {
		return false
	}
	var parts [7]int // from the year to the milliseconds
	for i, part := 0, 0; i < len(text); i++ {
		switch c := text[i]; {
		case isDigit(c) && isDigit(timeFormat[i]):
			parts[part] = parts[part]*10 + int(c-'0')
		case c == timeFormat[i]:
			part++
		default:
			return false
		}
	}
	month, day, hour, minute, second := time.Month(parts[1]), parts[2], parts[3], parts[4], parts[5]
	t.Time = time.Date(parts[0], month, day, hour, minute, second, parts[6]*int(time.Millisecond), time.UTC)
	_, m, d := t.Date()
	return m == month && d == day && hour < 24 && minute < 60 && second < 60
}

// skip passes over a value, and returns it.
func (r *jsonReader) skip() ([]byte, bool) {
	start := r.i
	for depth := 0; r.i < len(r.b); {
		switch c := r.b[r.i]; {
		case c == '"':
			if _, ok := r.quoted(); !ok {
				return nil, false
			}
			continue
		case c == '[' || c == '{':
			depth++
		case depth == 0 && (c == ',' || c == ']' || c == '}'):
			return r.b[start:r.i], true
		case c == ']' || c == '}':
			depth--
		}
		r.i++
	}
	return nil, false
}
