package llm

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

func TestCountTokens(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want int
	}{
		"empty":         {"", 0},
		"one word":      {"hello", 1},
		"a sentence":    {"The quick brown fox jumps over the lazy dog.", 10},
		"non-Latin":     {"こんにちは世界", 2},
		"invalid UTF-8": {"\xff\xfe", 1},
	} {
		t.Run(name, func(t *testing.T) {
			if got := CountTokens(tt.in); got != tt.want {
				t.Errorf("CountTokens(%q) = %d, want %d", tt.in, got, tt.want)
			}
		})
	}
}

// Pieces may only add a token each where they are cut.
func TestCountTokensInPiecesAgreesWithTheWhole(t *testing.T) {
	text := strings.Repeat("The harbour master's log, 3 May: 17 boats, wind NE 4; déjà vu. 港口日志。\n", 2000)
	whole := count(text)
	if got := CountTokens(text); got < whole || got > whole+len(text)/piece+1 {
		t.Errorf("in pieces %d tokens, at once %d", got, whole)
	}
}

// Where the tokenizer is quadratic it needs seven seconds for one of these.
func TestCountTokensIsLinearOnHostileInput(t *testing.T) {
	CountTokens("warm up")
	for name, unit := range map[string]string{
		"one letter": "a", "capitals": "A", "spaces": " ", "line ends": "\r\n", "spaces and a line end": "   \n",
		"digits": "7", "marks": "e\u0301", "punctuation": "!", "apostrophes": "'s", "mixed case": "aA", "ideographs": "漢",
		"not UTF-8": "\xff", "high plane": "😀", "capital and ideograph": "A漢",
	} {
		t.Run(name, func(t *testing.T) {
			in := strings.Repeat(unit, (1<<15)/len(unit))
			// Eight times the text: eight times the time if linear, 64 if quadratic.
			// In processor time, and the least of a few: other work on the machine only
			// ever adds.
			var ratio float64
			for range 5 {
				whole, part := fastest(1, in), fastest(3, in[:len(in)/8])
				if ratio = float64(whole) / float64(part); ratio < 24 {
					return
				}
			}
			t.Errorf("eight times the text takes %.0f times as long", ratio)
		})
	}
}

func fastest(times int, text string) time.Duration {
	best := time.Duration(math.MaxInt64)
	for range times {
		start := processorTime()
		CountTokens(text)
		best = min(best, processorTime()-start)
	}
	return max(best, time.Microsecond)
}

// processorTime is what this process has used.
func processorTime() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
		panic(err)
	}
	return time.Duration(ts.Nano())
}

func TestCountTokensConcurrently(t *testing.T) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got := CountTokens("The quick brown fox jumps over the lazy dog."); got != 10 {
				t.Errorf("got %d", got)
			}
		})
	}
	all.Wait()
}

func TestCutAtKeepsCharactersWhole(t *testing.T) {
	for _, s := range []string{strings.Repeat("漢", 50), strings.Repeat("é", 50), "a" + strings.Repeat("😀", 50), strings.Repeat("\xff", 99)} {
		n := cutAt(s, 40)
		if n <= 0 || n > 40 || (utf8.ValidString(s) && !utf8.ValidString(s[:n])) {
			t.Errorf("cutAt(%q) = %d", s, n)
		}
	}
}

// Words are looked up; what comes of it is what the tokenizer's own expression makes
// of the whole, whatever stands beside a word.
func TestCountByWordsAgreesWithTheExpression(t *testing.T) {
	parts := []string{
		"a", "word", "Word", "WORD", "iPhone", "XMLFile", "supercalifragilisticexpialidociously", " ", "  ", "\n", "\r\n", "\t", "\u00a0", ",", ".", ";", ":", "!", "?", "...", "?!",
		"'", "'s", "'S", "'ll", "don't", "é", "e\u0301", "\u0301", "ß", "Ä", "漢字", "ʰ", "ǅ", "1", "42", "12345", "3.14", "_", "-", "/", "//", "\"", "(", ")", "`", "{", "@", "[",
		" word", " Word", " the", "the ", " I", " a ", "x ", " x", "😀", "\xff", "\x00", "\u200b", "<|endoftext|>", "http://a.b/c?d=e",
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var b strings.Builder
		for range 1 + r.IntN(9) {
			b.WriteString(parts[r.IntN(len(parts))])
			if r.IntN(3) == 0 {
				b.WriteByte(' ')
			}
		}
		if s := b.String(); count(s) != countByExpression(s) {
			t.Fatalf("%q: %d tokens, by the expression %d", s, count(s), countByExpression(s))
		}
	}
	prose := strings.Repeat("Prune the roses in March, before they bud. Don't wait: it's late! The café's 3 cats (all grey) sleep.\n", 5)
	if got, want := count(prose), countByExpression(prose); got != want {
		t.Errorf("prose has %d tokens, by the expression %d", got, want)
	}
}

func TestTheLexiconIsBounded(t *testing.T) {
	l := lexicon{known: map[string]int{}}
	for i := range maxWords + 10 {
		l.known[strconv.Itoa(i)] = 1
	}
	if n := l.count(" word"); n != 1 || len(l.known) > maxWords {
		t.Errorf("%d tokens, %d words are known", n, len(l.known))
	}
	l.count(" " + strings.Repeat("w", maxWordLen))
	if len(l.known) != 1 {
		t.Errorf("a long word is remembered: %v", l.known)
	}
}
