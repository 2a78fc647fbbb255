package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxWord bounds a word in bytes; what is longer is told apart by its beginning.
const maxWord = 64

// A word is a folded word and where it stands in its text, in bytes.
type word struct {
	term       string
	start, end int
	pair       bool // characters of a script without spaces
}

// words calls fn for every word of s, in order, in linear time. With single, the
// last character of a run without spaces is a word of its own too: so one character
// is found wherever it stands.
func words(s string, single bool, fn func(word)) {
	c := cutter{s: s, single: single, fn: fn}
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		c.take(r, i, i+size)
		i += size
	}
	c.endWord()
	c.endRun()
}

// A cutter holds the word that has begun.
type cutter struct {
	s      string
	single bool
	fn     func(word)

	buf        []byte // the word so far, folded
	start, end int

	last       string // of a run without spaces, its last character, folded
	at, behind int    // where that stands
	run        int    // how many there were
}

func (c *cutter) take(r rune, start, end int) {
	switch {
	case spaceless(r):
		c.endWord()
		c.pair(r, start, end)
	case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
		c.letter(byte(r), start, end)
	case 'A' <= r && r <= 'Z':
		c.letter(byte(r)+'a'-'A', start, end)
	case r < utf8.RuneSelf:
		c.endWord()
		c.endRun()
	case unicode.IsLetter(r) || unicode.IsNumber(r):
		c.endRun()
		c.begin(start)
		c.buf, c.end = fold(c.buf, r), end
	case len(c.buf) > 0 && unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf): // accents of their own, joiners
		c.end = end
	case len(c.buf) > 0 && unicode.Is(unicode.Mc, r): // vowels that stand beside their letter
		c.buf, c.end = utf8.AppendRune(c.buf, r), end
	default:
		c.endWord()
		c.endRun()
	}
}

func (c *cutter) begin(start int) {
	if len(c.buf) == 0 {
		c.start = start
	}
}

func (c *cutter) letter(b byte, start, end int) {
	c.endRun()
	c.begin(start)
	if c.end = end; len(c.buf) < maxWord {
		c.buf = append(c.buf, b)
	}
}

func (c *cutter) endWord() {
	if len(c.buf) > 0 {
		c.fn(word{term: clip(string(c.buf)), start: c.start, end: c.end})
		c.buf = c.buf[:0]
	}
}

// pair takes a character of a script without spaces.
func (c *cutter) pair(r rune, start, end int) {
	now := string(fold(nil, r))
	if c.run++; c.run > 1 {
		c.tell(word{term: c.last + now, start: c.at, end: end, pair: true})
	}
	c.last, c.at, c.behind = now, start, end
}

func (c *cutter) endRun() {
	if c.run == 1 || c.run > 1 && c.single {
		c.tell(word{term: c.last, start: c.at, end: c.behind, pair: true})
	}
	c.run = 0
}

// tell tells of a word of a run. Of vowels that stand above no letter nothing is left.
func (c *cutter) tell(w word) {
	if w.term != "" {
		c.fn(w)
	}
}

// clip cuts a word at maxWord, between characters.
func clip(s string) string {
	if len(s) <= maxWord {
		return s
	}
	n := maxWord
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// folds are letters that no decomposition takes apart.
var folds = strings.NewReplacer("ß", "ss", "ẞ", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "ħ", "h", "ı", "i", "ς", "σ", "ŀ", "l", "ŧ", "t")

// fold appends r without case, accent and width.
func fold(to []byte, r rune) []byte {
	if len(to) >= maxWord {
		return to
	}
	r = unicode.ToLower(r)
	s := string(r)
	if kana := r >= 0x3040 && r <= 0x30ff; !kana { // whose marks are letters of their own
		if d := norm.NFKD.PropertiesString(s).Decomposition(); d != nil {
			s = string(d)
		}
	}
	for _, r := range folds.Replace(s) {
		if !unicode.Is(unicode.Mn, r) && r != 0 {
			to = utf8.AppendRune(to, unicode.ToLower(r))
		}
	}
	return to
}

// spaceless says whether a character belongs to a script whose words are not, or
// not reliably, set apart by spaces.
func spaceless(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) && !unicode.IsPunct(r)
}
