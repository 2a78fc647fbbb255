package rest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/parley-app/parley/store"
)

const (
	maxDepth    = 32 // of nested JSON values; what a person sends has three
	maxProblems = 20 // named in one answer; the rest adds nothing
	maxEcho     = 64 // bytes of a client's own field name that an answer repeats
)

// test reads JSON text once and says everything that is wrong with it against
// form: syntax, types, names that are unknown, missing or given twice, and
// values out of range. Locations start with root ("body"). It allocates only
// for what is wrong, so the good case costs about one pass over the bytes; the
// caller then decodes what it knows to be good.
func test(b []byte, form *form, root string) []store.FieldError {
	return testAndFind(b, form, root, nil)
}

// testAndFind is test, and puts the values of the outermost object's names into found,
// by their bits. It has room for all that form has, or for none.
func testAndFind(b []byte, form *form, root string, found [][]byte) []store.FieldError {
	s := scanner{b: b, found: found, path: append(make([]byte, 0, 64), root...)}
	if !utf8.Valid(b) {
		s.wrong("is not UTF-8")
		return s.errs
	}
	if !s.value(form) {
		s.path = s.path[:len(root)]
		s.errs = nil
		s.wrong(fmt.Sprintf("is not JSON: unexpected input at byte %d", s.i))
		return s.errs
	}
	if s.space(); s.i < len(b) {
		s.wrong("has text after its end")
	}
	return s.errs
}

// A scanner walks JSON text. Its methods return false where the text is no
// JSON; what is JSON but breaks the form they note in errs and pass over.
type scanner struct {
	b     []byte
	i     int
	depth int
	path  []byte
	errs  []store.FieldError
	found [][]byte
}

func (s *scanner) wrong(message string) {
	if len(s.errs) < maxProblems {
		s.errs = append(s.errs, store.FieldError{Location: string(s.path), Message: message})
	}
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

func (s *scanner) next(c byte) bool {
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

// value passes over one value and tests it.
func (s *scanner) value(f *form) bool {
	if s.space(); s.i == len(s.b) {
		return false
	}
	switch c := s.b[s.i]; c {
	case '{':
		return s.nested(f, huma.TypeObject, s.object)
	case '[':
		return s.nested(f, huma.TypeArray, s.array)
	case '"':
		return s.text(f)
	case 't':
		return s.word("true") && s.is(f, huma.TypeBoolean)
	case 'f':
		return s.word("false") && s.is(f, huma.TypeBoolean)
	case 'n':
		if !s.word("null") {
			return false
		}
		if f != nil && f.kind != "" && !f.nullable {
			s.wrong(f.wanted())
		}
		return true
	default:
		return s.numeric(f)
	}
}

// is notes a value of the wrong kind and always returns true: it was JSON.
func (s *scanner) is(f *form, kind string) bool {
	if f != nil && f.kind != "" && f.kind != kind {
		s.wrong(f.wanted())
	}
	return true
}

func (s *scanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return false
	}
	s.i += len(w)
	return true
}

func (s *scanner) nested(f *form, kind string, read func(*form) bool) bool {
	if s.depth++; s.depth > maxDepth {
		return false
	}
	if f != nil && f.kind != kind {
		s.is(f, kind)
		f = nil
	}
	s.i++
	ok := read(f)
	s.depth--
	return ok
}

func (s *scanner) object(f *form) bool {
	var seen uint64
	if s.space(); !s.next('}') {
		for {
			if !s.member(f, &seen) {
				return false
			}
			if s.space(); s.next('}') {
				break
			}
			if !s.next(',') {
				return false
			}
			s.space()
		}
	}
	if f == nil {
		return true
	}
	for bit, missing := 0, f.must&^seen; missing != 0; bit, missing = bit+1, missing>>1 {
		if missing&1 == 1 {
			s.at("."+f.names[bit], func() { s.wrong("is required") })
		}
	}
	return true
}

// at runs fn with the path one step deeper.
func (s *scanner) at(step string, fn func()) {
	n := len(s.path)
	s.path = append(s.path, step...)
	fn()
	s.path = s.path[:n]
}

func (s *scanner) member(f *form, seen *uint64) bool {
	raw, escaped, _, ok := s.quoted()
	if !ok {
		return false
	}
	if escaped {
		raw = []byte(unquote(raw))
	}
	if s.space(); !s.next(':') {
		return false
	}
	n := len(s.path)
	s.path = append(append(s.path, '.'), raw[:min(len(raw), maxEcho)]...)
	p, known := s.named(f, raw, seen)
	s.space()
	start := s.i
	ok = s.value(p.form)
	if ok && known && s.depth == 1 && p.bit < len(s.found) {
		s.found[p.bit] = s.b[start:s.i]
	}
	s.path = s.path[:n]
	return ok
}

// named finds a name in an object, and says whether the form of that knows it.
func (s *scanner) named(f *form, name []byte, seen *uint64) (p prop, known bool) {
	if f == nil {
		return p, false
	}
	p, known = f.props[string(name)]
	switch {
	case !known && f.open:
		return prop{form: f.extra}, false
	case !known:
		s.wrong("is not a known field")
		return p, false
	case *seen&(1<<p.bit) != 0:
		s.wrong("is given twice")
	}
	*seen |= 1 << p.bit
	return p, true
}

func (s *scanner) array(f *form) bool {
	var items *form
	if f != nil {
		items = f.items
	}
	count := 0
	if s.space(); !s.next(']') {
		for {
			n := len(s.path)
			s.path = append(strconv.AppendInt(append(s.path, '['), int64(count), 10), ']')
			if !s.value(items) {
				return false
			}
			s.path = s.path[:n]
			count++
			if s.space(); s.next(']') {
				break
			}
			if !s.next(',') {
				return false
			}
		}
	}
	if f != nil {
		if wrong := f.testLen(count, "items"); wrong != "" {
			s.wrong(wrong)
		}
	}
	return true
}

func (s *scanner) text(f *form) bool {
	raw, escaped, length, ok := s.quoted()
	if !ok {
		return false
	}
	if f == nil || f.kind == "" {
		return true
	}
	if f.kind != huma.TypeString {
		return s.is(f, huma.TypeString)
	}
	var content string
	if f.readsText() {
		content = textOf(raw, escaped)
	}
	if wrong := f.testText(content, length); wrong != "" {
		s.wrong(wrong)
	}
	return true
}

// quoted passes over a string and returns what is between its quotes, whether
// that has escapes, and how many characters it stands for. Half of a surrogate
// pair is refused, as decoding would silently put another character there.
func (s *scanner) quoted() (raw []byte, escaped bool, length int, ok bool) {
	if !s.next('"') {
		return nil, false, 0, false
	}
	for start := s.i; s.i < len(s.b); length++ {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return s.b[start : s.i-1], escaped, length, true
		case c == '\\':
			escaped = true
			if !s.escape() {
				return nil, true, 0, false
			}
		case c < ' ':
			return nil, false, 0, false
		case c < utf8.RuneSelf:
			s.i++
		default:
			_, size := utf8.DecodeRune(s.b[s.i:])
			s.i += size
		}
	}
	return nil, false, 0, false
}

func (s *scanner) escape() bool {
	s.i++
	if s.i == len(s.b) {
		return false
	}
	switch s.b[s.i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.i++
		return true
	case 'u':
		first, ok := s.hex()
		if !ok || first>>10 == 0xDC00>>10 {
			return false
		}
		if first>>10 == 0xD800>>10 {
			if !s.next('\\') || s.i == len(s.b) || s.b[s.i] != 'u' {
				return false
			}
			second, ok := s.hex()
			return ok && second>>10 == 0xDC00>>10
		}
		return true
	}
	return false
}

// hex reads the u of an escape and its four digits.
func (s *scanner) hex() (n uint32, ok bool) {
	if len(s.b)-s.i < 5 {
		return 0, false
	}
	for _, c := range s.b[s.i+1 : s.i+5] {
		switch {
		case '0' <= c && c <= '9':
			n = n<<4 | uint32(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			n = n<<4 | uint32(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	s.i += 5
	return n, true
}

// textOf is the text of a string that quoted has passed.
func textOf(raw []byte, escaped bool) string {
	if escaped {
		return unquote(raw)
	}
	return string(raw)
}

// unquote resolves the escapes of a string that quoted has passed.
func unquote(raw []byte) string {
	var b strings.Builder
	b.Grow(len(raw))
	for {
		n := bytes.IndexByte(raw, '\\')
		if n < 0 {
			b.Write(raw)
			return b.String()
		}
		b.Write(raw[:n])
		c := raw[n+1]
		if raw = raw[n+2:]; c != 'u' {
			b.WriteByte(escapes[c])
			continue
		}
		r := codeUnit(raw)
		if raw = raw[4:]; utf16.IsSurrogate(r) {
			r = utf16.DecodeRune(r, codeUnit(raw[2:]))
			raw = raw[6:]
		}
		b.WriteRune(r)
	}
}

// escapes are what the letters behind a backslash stand for.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// codeUnit reads four digits that hex has passed.
func codeUnit(b []byte) rune {
	var pair [2]byte
	_, _ = hex.Decode(pair[:], b[:4])
	return rune(pair[0])<<8 | rune(pair[1])
}

func (s *scanner) numeric(f *form) bool {
	raw, ok := s.number()
	if !ok {
		return false
	}
	switch {
	case f == nil || f.kind == "":
	case f.kind != huma.TypeInteger && f.kind != huma.TypeNumber:
		s.wrong(f.wanted())
	default:
		if wrong := f.testNumber(string(raw)); wrong != "" {
			s.wrong(wrong)
		}
	}
	return true
}

// number passes over a number in JSON's grammar.
func (s *scanner) number() ([]byte, bool) {
	start := s.i
	s.next('-')
	if !s.next('0') && !s.digits() {
		return nil, false
	}
	if s.next('.') && !s.digits() {
		return nil, false
	}
	if s.next('e') || s.next('E') {
		if !s.next('+') {
			s.next('-')
		}
		if !s.digits() {
			return nil, false
		}
	}
	return s.b[start:s.i], true
}

func (s *scanner) digits() bool {
	start := s.i
	for s.i < len(s.b) && '0' <= s.b[s.i] && s.b[s.i] <= '9' {
		s.i++
	}
	return s.i > start
}
