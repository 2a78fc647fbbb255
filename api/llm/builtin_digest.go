package llm

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Digest sums up a conversation without any language model: it chooses the
// sentences that say most of what the whole speaks of, word for word. The same
// texts always come to the same. Its memory does not grow with the conversation
// beyond some megabytes. It is not safe for concurrent use.
type Digest struct {
	seen      map[string]int    // how many sentences have a term
	written   map[string]string // a term, as it was first written
	sentences []quotable
	every     int // of so many sentences one is kept
	n         int
}

// A quotable is a sentence that may be chosen: who said it, and its terms without the common words.
type quotable struct {
	at           int
	source       string
	text         string
	terms        []string
	score, bonus float64
}

const (
	maxSentences = 4000   // candidates
	maxSeen      = 50_000 // terms that are counted
	minSentence  = 12     // bytes; what is shorter says nothing by itself
	maxSentence  = 400    // bytes; what is longer is cut
	perText      = 60     // sentences of one text
	digestLines  = 14     // sentences of a summary
	maxTries     = 150    // sentences that are looked at for them
)

// NewDigest returns an empty Digest.
func NewDigest() *Digest {
	return &Digest{seen: map[string]int{}, written: map[string]string{}, every: 1}
}

// Add takes what source has said. Texts come in the order of the conversation.
func (d *Digest) Add(source, text string) { d.add(source, text, 1) }

// AddSummary takes what an earlier summary says of what came before: it stands
// for more than a sentence of the conversation does.
func (d *Digest) AddSummary(text string) { d.add("", text, 2) }

func (d *Digest) add(source, text string, bonus float64) {
	stop := stopWords()
	n := 0
	sentencesOf(text, func(s string) bool {
		var list []string
		terms(s, func(t []byte) {
			if len(t) > 1 && !stop[string(t)] && !slices.Contains(list, string(t)) {
				list = append(list, string(t))
			}
		})
		d.count(s, list)
		if len(list) > 0 {
			first := 1.0
			if n == 0 {
				first = 1.3 // what a message begins with is what it is about
			}
			d.keep(quotable{source: source, text: s, terms: list, bonus: bonus * first})
		}
		n++
		return n < perText
	})
}

func (d *Digest) count(s string, list []string) {
	for _, t := range list {
		if _, known := d.seen[t]; !known && len(d.seen) >= maxSeen {
			continue
		}
		d.seen[t]++
		if _, has := d.written[t]; !has {
			d.written[t] = writtenAs(s, t)
		}
	}
}

// writtenAs returns the word of s whose term is t, as it stands there, or t.
func writtenAs(s, t string) string {
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.Mn, r) }) {
		found := false
		terms(word, func(x []byte) { found = found || string(x) == t })
		if found && len(word) <= maxTerm {
			return strings.Clone(word)
		}
	}
	return t
}

// keep adds a candidate; when there are too many, every other one goes.
func (d *Digest) keep(s quotable) {
	if d.n++; d.n%d.every != 0 && s.bonus < 2 {
		return
	}
	s.at, s.text = d.n, strings.Clone(s.text)
	if d.sentences = append(d.sentences, s); len(d.sentences) <= maxSentences {
		return
	}
	kept := d.sentences[:0]
	for i, s := range d.sentences {
		if i%2 == 0 {
			kept = append(kept, s)
		}
	}
	d.sentences, d.every = kept, 2*d.every
}

// Summary returns the summary as a list in Markdown, of about maxTokens at most.
func (d *Digest) Summary(maxTokens int) string {
	chosen := d.choose(maxTokens)
	slices.SortFunc(chosen, func(a, b quotable) int { return cmp.Compare(a.at, b.at) })
	var b strings.Builder
	for _, s := range chosen {
		b.WriteString("- ")
		if s.source != "" {
			b.WriteString(s.source + ": ")
		}
		b.WriteString(s.text + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// choose takes the sentence with the highest score, again and again. What is said
// only lowers scores, so the first of the heap is scored anew, and no other.
func (d *Digest) choose(maxTokens int) []quotable {
	c := choice{said: map[string]bool{}, tokens: maxTokens}
	rest := byScore(slices.Clone(d.sentences))
	for i := range rest {
		rest[i].score = d.score(&rest[i], c.said)
	}
	heap.Init(&rest)
	for !c.done && len(rest) > 0 {
		if now := d.score(&rest[0], c.said); now < rest[0].score {
			rest[0].score = now
			heap.Fix(&rest, 0)
		} else {
			c.take(heap.Pop(&rest).(quotable))
		}
	}
	return c.taken
}

// A choice is the sentences that were taken for a summary so far.
type choice struct {
	taken  []quotable
	said   map[string]bool // the terms of taken
	tokens int             // left for more
	tries  int
	done   bool // no more may be taken
}

// take takes s, unless it says little that is new or there is no room for it.
func (c *choice) take(s quotable) {
	c.tries++
	if s.adds(c.said) {
		if c.tokens -= CountTokens(s.text) + 8; c.tokens < 0 {
			c.done = true
			return
		}
		for _, t := range s.terms {
			c.said[t] = true
		}
		c.taken = append(c.taken, s)
	}
	c.done = len(c.taken) == digestLines || c.tries == maxTries
}

// byScore is a heap of sentences, the highest score first, of equal ones the earliest.
type byScore []quotable

func (h byScore) Len() int { return len(h) }

func (h byScore) Less(i, j int) bool {
	return h[i].score > h[j].score || h[i].score == h[j].score && h[i].at < h[j].at
}

func (h byScore) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h *byScore) Push(s any) { *h = append(*h, s.(quotable)) }

func (h *byScore) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	*h = (*h)[:last]
	return s
}

// adds says whether a third of a sentence is news, at least.
func (s *quotable) adds(said map[string]bool) bool {
	n := 0
	for _, t := range s.terms {
		if !said[t] {
			n++
		}
	}
	return 3*n >= len(s.terms)
}

// score says how much of the conversation a sentence speaks of, and how much of
// that has not been said yet.
func (d *Digest) score(s *quotable, said map[string]bool) float64 {
	sum := 0.0
	for _, t := range s.terms {
		w := math.Log(1 + float64(d.seen[t]))
		if said[t] {
			w *= 0.2
		}
		sum += w
	}
	return s.bonus * sum / (6 + float64(len(s.terms)))
}

// Topics returns up to five words that the conversation is about.
func (d *Digest) Topics() []string {
	list := make([]string, 0, len(d.seen))
	for t := range d.seen {
		if utf8.RuneCountInString(t) > 2 || t[0] >= utf8.RuneSelf {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(d.seen[b], d.seen[a]), strings.Compare(a, b)) })
	topics := []string{}
	for _, t := range list[:min(len(list), 5)] {
		topics = append(topics, d.written[t])
	}
	return topics
}

// sentencesOf calls fn for the sentences of a Markdown text that are worth
// quoting, until it returns false. Code is left out.
func sentencesOf(text string, fn func(string) bool) {
	fence := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if isFence(line) {
			fence = !fence
			continue
		}
		line = strings.TrimSpace(strings.TrimLeft(line, "#>-*+| 0123456789.)"))
		if fence || strings.Trim(line, "|-: ") == "" {
			continue
		}
		for len(line) > 0 {
			n := sentenceEnd(line)
			s := strings.TrimSpace(line[:n])
			line = line[n:]
			if len(s) > maxSentence {
				s = s[:cutAt(s, maxSentence)] + "…"
			}
			if len(s) >= minSentence && !fn(s) {
				return
			}
		}
	}
}

// sentenceEnd returns where the first sentence of s ends.
func sentenceEnd(s string) int {
	for i, r := range s {
		end := i + utf8.RuneLen(r)
		if r == utf8.RuneError {
			end = i + 1
		}
		switch {
		case strings.ContainsRune("。！？", r):
			return end
		case strings.ContainsRune(".!?", r) && end < len(s) && space(s[end]) && end >= minSentence:
			return end
		}
	}
	return len(s)
}
