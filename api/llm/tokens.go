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

func count(s string) int {
	n, err := o200k().Count(s)
	if err != nil { // the expression gave up; no input is known that makes it
		return (len(s) + 3) / 4
	}
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
