package search

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/parley-app/parley/store"
)

// A Query is a question, cut into words. All of them have to be in a text.
type Query struct {
	terms []queryTerm
}

type queryTerm struct {
	text   string
	prefix bool // it stands for all words that begin so
}

// maxQuery is how many words of a question count.
const maxQuery = 16

// Parse cuts a question into words. The last one is what the asker may still be
// writing: it stands for all words that begin so, unless a space is behind it.
func Parse(q string) Query {
	var list []word
	words(q, false, func(w word) { list = append(list, w) })
	var query Query
	for i, w := range list {
		t := queryTerm{w.term, i == len(list)-1 && w.end == len(q) && !w.pair || w.pair && w.alone()}
		if !slices.Contains(query.terms, t) && len(query.terms) < maxQuery {
			query.terms = append(query.terms, t)
		}
	}
	return query
}

// alone says whether a word is one character of a script without spaces.
func (w word) alone() bool { return len([]rune(w.term)) == 1 }

// IsEmpty says whether the question has no word in it.
func (q Query) IsEmpty() bool { return len(q.terms) == 0 }

// matches says whether a word of a text is one of the question's, and which.
func (q Query) matches(term string) (which int, ok bool) {
	for i, t := range q.terms {
		if t.text == term || t.prefix && strings.HasPrefix(term, t.text) {
			return i, true
		}
	}
	return 0, false
}

// A Hit is a text that has all words of a question.
type Hit struct {
	store.SearchRef
	Score float64
}

const (
	// firstLook is how many texts of each word are looked at first: if one word
	// has no more, only those need be looked up for the other words.
	firstLook = 300
	// maxLook bounds how many texts of one word in one scope are looked at, the
	// newest first. Beyond it, a search is no longer complete.
	maxLook = 20_000
)

// Find returns all texts in the scopes that have every word of q, the best first;
// of two that are as good the newer.
func Find(tx *store.Tx, q Query, scopes []store.SearchScope) ([]Hit, error) {
	found := map[store.ID]*Hit{}
	for _, scope := range scopes {
		if err := q.findIn(tx, scope, found); err != nil {
			return nil, err
		}
	}
	hits := make([]Hit, 0, len(found))
	for _, h := range found {
		hits = append(hits, *h)
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), b.Doc.Compare(a.Doc), cmp.Compare(a.Kind, b.Kind))
	})
	return hits, nil
}

// findIn adds what one scope has.
func (q Query) findIn(tx *store.Tx, scope store.SearchScope, found map[store.ID]*Hit) error {
	lists, err := q.lists(tx, scope)
	if err != nil || lists == nil {
		return err
	}
	rarest := slices.MinFunc(lists, func(a, b termList) int { return cmp.Compare(a.size(), b.size()) })
	candidates, err := tx.Alive(rarest.postings)
	if err != nil {
		return err
	}
	hits := map[store.ID]*Hit{}
	for _, p := range candidates {
		hits[p.Doc] = &Hit{SearchRef: p.SearchRef}
	}
	for i := range lists {
		postings := lists[i].postings
		if lists[i].more && !lists[i].prefix { // it has more than were looked at: ask for those that matter
			if postings, err = tx.PostingsOf(scope, lists[i].text, docsOf(hits)); err != nil {
				return err
			}
		}
		hits = lists[i].keep(hits, postings)
	}
	maps.Copy(found, hits)
	return nil
}

func docsOf(hits map[store.ID]*Hit) []store.ID {
	docs := make([]store.ID, 0, len(hits))
	for id := range hits {
		docs = append(docs, id)
	}
	return docs
}

// A termList is the texts that have one word of the question.
type termList struct {
	queryTerm
	postings []store.Posting
	more     bool // there are more
}

func (l *termList) size() int {
	if l.more {
		return maxLook + 1
	}
	return len(l.postings)
}

// lists returns the texts of every word; nil if some word is in none.
func (q Query) lists(tx *store.Tx, scope store.SearchScope) ([]termList, error) {
	lists := make([]termList, len(q.terms))
	ended := false
	for i, t := range q.terms {
		l := &lists[i]
		l.queryTerm = t
		var err error
		if l.postings, l.more, err = tx.Postings(scope, t.text, t.prefix, firstLook); err != nil || len(l.postings) == 0 {
			return nil, err
		}
		ended = ended || !l.more
	}
	for i := range lists {
		l := &lists[i]
		if !l.more || ended && !l.prefix {
			continue
		}
		var err error
		if l.postings, l.more, err = tx.Postings(scope, l.text, l.prefix, maxLook); err != nil {
			return nil, err
		}
	}
	return lists, nil
}

// kindWeights: what a thing is called says more of it than a word somewhere in it.
var kindWeights = map[store.SearchKind]float64{
	store.SearchThread: 2, store.SearchAttachment: 1.6, store.SearchSummary: 1.2, store.SearchMessage: 1,
}

// keep leaves the hits that are among postings and adds to their scores.
func (l *termList) keep(hits map[store.ID]*Hit, postings []store.Posting) map[store.ID]*Hit {
	rare := math.Log(2 + maxLook/float64(1+l.size()))
	kept := make(map[store.ID]*Hit, len(hits))
	best := map[store.ID]float64{}
	for _, p := range postings {
		h, ok := hits[p.Doc]
		if !ok {
			continue
		}
		kept[p.Doc] = h
		// BM25's saturation, with a text of 60 words as the usual one.
		count := float64(p.Count)
		score := rare * kindWeights[p.Kind] * count * 2.2 / (count + 1.2*(0.25+0.75*float64(p.Length)/60))
		if p.Term != l.text {
			score *= 0.6 // a word that only begins so
		}
		if score > best[p.Doc] {
			h.Score += score - best[p.Doc]
			best[p.Doc] = score
		}
	}
	return kept
}
