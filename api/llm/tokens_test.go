package llm

import (
	"math"
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
