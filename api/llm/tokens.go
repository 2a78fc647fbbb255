package llm

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tiktoken-go/tokenizer/codec"
)

// o200k takes some 25 ms and 7 MiB to set up, so it waits for its first use.
// NewO200kBase and not tokenizer.Get, which links every vocabulary there is.
var o200k = sync.OnceValue(codec.NewO200kBase)

// piece bounds what is tokenised at once, in bytes. The tokenizer's expression
// is quadratic in a run of white space that holds line ends, its memory linear
// in a run of letters; pieces keep both small and the whole linear, at the price
// of a token too many where one is cut.
const piece = 2 << 10

// CountTokens returns how many tokens s has in OpenAI's o200k vocabulary, an
// estimate rough for other models: where a server tells usage,
// believe the server. It is linear in len(s) for any input, needs no network,
// and is safe for concurrent use.
func CountTokens(s string) int {
	total := 0
	for len(s) > 0 {
		n := cutAt(s, piece)
		total += count(s[:n])
		s = s[n:]
	}
	return total
}

// count goes from one piece of the tokenizer's expression to the next: words it
// looks up, and leaves to the expression what is no plain word, up to where one is
// sure to begin.
func count(s string) int {
	total := 0
	for len(s) > 0 {
		n := plainWord(s)
		switch {
		case n > 0:
			total += words.count(s[:n])
		case isLoneMark(s):
			n = 1
			total++
		default:
			n = nextWord(s)
			total += countByExpression(s[:n])
		}
		s = s[n:]
	}
	return total
}

func countByExpression(s string) int {
	n, err := o200k().Count(s)
	if err != nil { // the expression gave up; no input is known that makes it
		return (len(s) + 3) / 4
	}
	return n
}

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

// plainWord is the length of the piece with which s begins, if that is a plain word,
// with the one space before it: nothing may follow that could belong to it, such as
// an apostrophe or an accent. Else it is 0.
func plainWord(s string) int {
	i := 0
	if s[0] == ' ' {
		i = 1
	}
	for i < len(s) && isUpper(s[i]) {
		i++
	}
	small := i
	for i < len(s) && isLower(s[i]) {
		i++
	}
	if i == small || i < len(s) && (isUpper(s[i]) || s[i] == '\'' || s[i] >= utf8.RuneSelf) {
		return 0
	}
	return i
}

// isLoneMark says whether s begins with a mark that is a piece, and a token, of its own.
func isLoneMark(s string) bool {
	return strings.IndexByte(",.;:!?", s[0]) >= 0 && (len(s) == 1 || s[1] == ' ')
}

// nextWord is where, after the beginning of s, a piece is sure to begin, whatever is
// before: at a space between two letters. Else it is the end of s.
func nextWord(s string) int {
	for i := 1; i+1 < len(s); i++ {
		if s[i] == ' ' && isLower(s[i-1]|0x20) && isLower(s[i+1]|0x20) {
			return i
		}
	}
	return len(s)
}

// A lexicon remembers how many tokens words have. It is safe for concurrent use.
type lexicon struct {
	mu    sync.RWMutex
	known map[string]int
}

var words = lexicon{known: map[string]int{}}

// The bounds keep a lexicon at two megabytes or so.
const (
	maxWords   = 20_000
	maxWordLen = 24
)

func (l *lexicon) count(word string) int {
	l.mu.RLock()
	n, ok := l.known[word]
	l.mu.RUnlock()
	if ok {
		return n
	}
	if n = countByExpression(word); len(word) > maxWordLen {
		return n
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.known) >= maxWords {
		clear(l.known)
	}
	l.known[strings.Clone(word)] = n
	return n
}

// cutAt returns where to cut s so that the first part has at most limit bytes:
// before white space near the end if there is any, never inside a character.
func cutAt(s string, limit int) int {
	if len(s) <= limit {
		return len(s)
	}
	if i := strings.LastIndexAny(s[limit/2:limit], " \n"); i > 0 {
		return limit/2 + i
	}
	for i := limit; i > limit-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			return i
		}
	}
	return limit
}
