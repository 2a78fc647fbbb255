package llm

import (
	"context"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxTerms = 48   // of a question; more would only slow the search
	maxHits  = 12   // candidates kept while searching
	enough   = 0.34 // of what a question asks for, by weight, a quote must have

	// The usual constants of BM25 (Robertson and Zaragoza, 2009).
	saturation = 1.2
	byLength   = 0.75
)

// A hit is a part that fits a question.
type hit struct {
	source   string
	part     part
	score    float64
	coverage float64 // how much of the question it has, from 0 to 1
}

// A search looks for one question. It remembers of the library only what the
// terms of the question need.
type search struct {
	terms    map[string]int // to their place in the arrays
	pair     [maxTerms]bool // the term is two characters of a script without spaces
	question string         // all its terms, to know it again
	longest  int            // bytes that the same question may have in other words
	texts    int            // passages that were looked through
	parts    int
	length   int // of all parts, in terms
	in       [maxTerms]int
	weight   [maxTerms]float64
	total    float64 // of all weights
	hits     []hit   // best first
}

func newSearch(question string) *search {
	s := &search{terms: map[string]int{}, question: fingerprint(question), longest: 2*len(question) + 100}
	stop := stopWords()
	terms(question, func(t []byte) {
		if _, has := s.terms[string(t)]; !has && !stop[string(t)] && len(s.terms) < maxTerms {
			r, _ := utf8.DecodeRune(t)
			s.pair[len(s.terms)] = spaceless(r)
			s.terms[string(t)] = len(s.terms)
		}
	})
	return s
}

// fingerprint tells texts apart that differ in more than case and punctuation.
func fingerprint(s string) string {
	var b strings.Builder
	terms(s, func(t []byte) {
		b.Write(t)
		b.WriteByte(' ')
	})
	return b.String()
}

// run walks the library twice: to weigh the terms, and to rank the parts.
func (s *search) run(ctx context.Context, lib Library) error {
	err := s.walk(ctx, lib, func(_ string, p part) {
		seen, n := s.count(p.text)
		for i := range len(s.terms) {
			if seen[i] > 0 {
				s.in[i]++
			}
		}
		s.parts++
		s.length += n
	})
	if err != nil || s.parts == 0 {
		return err
	}
	for i := range len(s.terms) {
		s.weight[i] = math.Log(1 + (float64(s.parts-s.in[i])+0.5)/(float64(s.in[i])+0.5))
		if s.pair[i] && s.in[i] == 0 { // most likely across the border of two words
			s.total += s.weight[i] / 4
		} else {
			s.total += s.weight[i]
		}
	}
	s.texts = 0
	return s.walk(ctx, lib, s.rank)
}

// walk calls fn for all parts that may be quoted: not of the question itself, not
// of an answer that this provider gave.
func (s *search) walk(ctx context.Context, lib Library, fn func(source string, p part)) error {
	return lib.Passages(ctx, func(p Passage) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if strings.HasPrefix(p.Text, notice) || s.asks(p.Text) {
			return nil
		}
		s.texts++
		parts(p.Text, func(q part) { fn(p.Source, q) })
		return nil
	})
}

// asks says whether a text is the question itself.
func (s *search) asks(text string) bool {
	return len(text) <= s.longest && fingerprint(text) == s.question
}

// count returns how often each term stands in text, and how many terms it has.
func (s *search) count(text string) (seen [maxTerms]int, n int) {
	terms(text, func(t []byte) {
		n++
		if i, ok := s.terms[string(t)]; ok {
			seen[i]++
		}
	})
	return seen, n
}

// rank keeps a part if it is among the best. Of two that are as good the newer
// stays first. A very short part counts as half as long as the others: that a
// heading repeats the question does not make it the answer.
func (s *search) rank(source string, p part) {
	seen, n := s.count(p.text)
	average := max(float64(s.length)/float64(s.parts), 1)
	length := max(float64(n), average/2) / average
	h := hit{source: source, part: p}
	for i := range len(s.terms) {
		if seen[i] > 0 {
			f := float64(seen[i])
			h.score += s.weight[i] * f * (saturation + 1) / (f + saturation*(1-byLength+byLength*length))
			h.coverage += s.weight[i] / s.total
		}
	}
	if h.coverage < enough {
		return
	}
	h.score *= 0.5 + h.coverage // having more of the question beats having one word often
	at, _ := slices.BinarySearchFunc(s.hits, h, func(a, b hit) int {
		if a.score >= b.score {
			return -1
		}
		return 1
	})
	if at == maxHits || slices.ContainsFunc(s.hits, func(o hit) bool { return o.part.text == p.text }) {
		return
	}
	h.source, h.part.text = strings.Clone(source), strings.Clone(p.text) // not the whole passage
	s.hits = slices.Insert(s.hits, at, h)
	s.hits = s.hits[:min(len(s.hits), maxHits)]
}

// best returns what to quote: the best part, and up to two more that are nearly
// as good.
func (s *search) best() []hit {
	n, size := 0, 0
	for n < len(s.hits) && n < 3 && s.hits[n].score >= 0.55*s.hits[0].score {
		if size += len(s.hits[n].part.text); n > 0 && size > 2*maxPart {
			break
		}
		n++
	}
	return s.hits[:n]
}
