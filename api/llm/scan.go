package llm

import (
	"errors"
	"unicode/utf8"
)

// A scanner walks one JSON text once and decodes only what it is asked for.
// encoding/json costs most of the CPU of a relay, per token, for fields that
// nobody reads. Strings come out as WTF-8: half of a surrogate pair keeps its
// three-byte form, so that a joiner can put it together with the other half,
// and bytes that are no UTF-8 stay as they are, for the same reason.
//
// It accepts all that is JSON, to a depth of 64, and forgives control characters
// inside strings.
type scanner struct {
	b     []byte
	i     int
	depth int
	key   []byte // scratch for keys with escapes
}

var errSyntax = errors.New("not JSON")

const maxDepth = 64

// peek skips white space and returns the byte that follows, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// eat consumes c, if it comes next.
func (s *scanner) eat(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.i++
	return true
}

// word consumes the literal w, if it comes next.
func (s *scanner) word(w string) bool {
	if s.peek() != w[0] || len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return false
	}
	s.i += len(w)
	return true
}

// null consumes a null, if it comes next.
func (s *scanner) null() bool { return s.word("null") }

// object walks an object; fn must consume the value of each key. The key is
// valid until fn scans on.
func (s *scanner) object(fn func(key []byte) error) error {
	if !s.eat('{') {
		return errSyntax
	}
	if s.eat('}') {
		return nil
	}
	if s.depth++; s.depth > maxDepth {
		return errSyntax
	}
	for {
		key, err := s.str(s.key[:0])
		if err != nil || !s.eat(':') {
			return errSyntax
		}
		s.key = key
		if err := fn(key); err != nil {
			return err
		}
		if s.eat(',') {
			continue
		}
		s.depth--
		if s.eat('}') {
			return nil
		}
		return errSyntax
	}
}

// array walks an array; fn must consume each value.
func (s *scanner) array(fn func() error) error {
	if !s.eat('[') {
		return errSyntax
	}
	if s.eat(']') {
		return nil
	}
	if s.depth++; s.depth > maxDepth {
		return errSyntax
	}
	for {
		if err := fn(); err != nil {
			return err
		}
		if s.eat(',') {
			continue
		}
		s.depth--
		if s.eat(']') {
			return nil
		}
		return errSyntax
	}
}

// raw consumes any value and returns it as it stands.
func (s *scanner) raw() ([]byte, error) {
	s.peek()
	start := s.i
	err := s.skip()
	return s.b[start:s.i], err
}

// skip consumes any value.
func (s *scanner) skip() error {
	switch s.peek() {
	case '{':
		return s.object(func([]byte) error { return s.skip() })
	case '[':
		return s.array(s.skip)
	case '"':
		return s.skipStr()
	case 't', 'f', 'n':
		if s.word("true") || s.word("false") || s.word("null") {
			return nil
		}
		return errSyntax
	default:
		_, err := s.number()
		return err
	}
}

// number consumes a number and returns its integer part, within what an int32
// holds: token counts and indexes are all that is read.
func (s *scanner) number() (int, error) {
	s.peek()
	minus := s.eat('-')
	first := s.i
	n := s.digits()
	if s.i == first || (s.b[first] == '0' && s.i > first+1) {
		return 0, errSyntax
	}
	if s.i < len(s.b) && s.b[s.i] == '.' {
		s.i++
		if at := s.i; s.digits() < 0 || s.i == at {
			return 0, errSyntax
		}
	}
	if s.i < len(s.b) && (s.b[s.i] == 'e' || s.b[s.i] == 'E') {
		s.i++
		if s.i < len(s.b) && (s.b[s.i] == '+' || s.b[s.i] == '-') {
			s.i++
		}
		if at := s.i; s.digits() < 0 || s.i == at {
			return 0, errSyntax
		}
	}
	if minus {
		n = -n
	}
	return n, nil
}

func (s *scanner) digits() (n int) {
	for ; s.i < len(s.b) && '0' <= s.b[s.i] && s.b[s.i] <= '9'; s.i++ {
		n = min(n*10+int(s.b[s.i]-'0'), 1<<31-1)
	}
	return n
}

// skipStr consumes a string without decoding it.
func (s *scanner) skipStr() error {
	if !s.eat('"') {
		return errSyntax
	}
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case '"':
			s.i++
			return nil
		case '\\':
			if _, err := s.escape(); err != nil {
				return err
			}
		default:
			s.i++
		}
	}
	return errSyntax
}

// str consumes a string and appends it to dst, decoded.
func (s *scanner) str(dst []byte) ([]byte, error) {
	if !s.eat('"') {
		return dst, errSyntax
	}
	from := s.i // what stands since then goes over as it is
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case '"':
			dst = append(dst, s.b[from:s.i]...)
			s.i++
			return dst, nil
		case '\\':
			dst = append(dst, s.b[from:s.i]...)
			r, err := s.escape()
			if err != nil {
				return dst, err
			}
			dst = appendWTF8(dst, r)
			from = s.i
		default:
			s.i++
		}
	}
	return dst, errSyntax
}

// escape consumes a backslash and what it stands with. The two halves of a
// surrogate pair are two escapes.
func (s *scanner) escape() (rune, error) {
	if s.i+1 >= len(s.b) {
		return 0, errSyntax
	}
	c := s.b[s.i+1]
	s.i += 2
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		return s.hex()
	}
	return 0, errSyntax
}

func (s *scanner) hex() (r rune, err error) {
	if s.i+4 > len(s.b) {
		return 0, errSyntax
	}
	for _, c := range s.b[s.i : s.i+4] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, errSyntax
		}
	}
	s.i += 4
	return r, nil
}

// appendWTF8 is utf8.AppendRune, except that half of a surrogate pair is
// written in three bytes instead of replaced.
func appendWTF8(dst []byte, r rune) []byte {
	if r < 0xD800 || r > 0xDFFF {
		return utf8.AppendRune(dst, r)
	}
	return append(dst, 0xED, 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
}
