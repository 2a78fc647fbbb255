package store

import (
	"github.com/parley-app/parley/store/kv"
)

// SearchQueue returns at most n texts whose words are to be put into the index
// anew, or taken out of it.
func (tx *Tx) SearchQueue(n int) ([]SearchRef, error) {
	page, err := tx.kv.Scan(searchQueueSpace, kv.Range{Limit: n})
	if err != nil {
		return nil, err
	}
	refs := make([]SearchRef, len(page))
	for i, e := range page {
		if refs[i], err = parseQueueKey(e.Key); err != nil {
			return nil, err
		}
	}
	return refs, nil
}

// A SearchText is what is to be found of a record.
type SearchText struct {
	SearchRef
	Scope     SearchScope
	Text      string
	CreatedAt Time
}

// SearchText returns the text that ref names; it is empty if that is no more, or is
// damaged.
func (tx *Tx) SearchText(ref SearchRef) (SearchText, error) {
	t, err := tx.searchText(ref)
	if isDamage(err) {
		return SearchText{SearchRef: ref}, nil
	}
	return t, err
}

func (tx *Tx) searchText(ref SearchRef) (t SearchText, err error) {
	t.SearchRef = ref
	thread, err := threads.find(tx, kv.Key(ref.Thread))
	if err != nil || thread == nil {
		return t, err
	}
	t.Scope = thread.searchScope()
	switch ref.Kind {
	case SearchThread:
		t.Text, t.CreatedAt = thread.Title, thread.CreatedAt
	case SearchMessage:
		m, err := messages.find(tx, kv.Key(ref.Thread, ref.Doc))
		if err != nil || m == nil {
			return t, err
		}
		t.Text, t.CreatedAt = m.searchText(), m.CreatedAt
	case SearchSummary:
		s, err := summaries.find(tx, kv.Key(ref.Doc))
		if err != nil || s == nil {
			return t, err
		}
		t.Text, t.CreatedAt = s.searchText(), s.CreatedAt
	case SearchAttachment:
		a, err := attachments.find(tx, kv.Key(ref.Doc))
		if err != nil || a == nil {
			return t, err
		}
		t.Text, t.CreatedAt = a.Name, a.CreatedAt
	}
	return t, nil
}

// A SearchEntry is a text cut into words, for IndexSearch.
type SearchEntry struct {
	SearchText
	Terms  []string // each once
	Counts []int    // how often each is in the text
	Length int      // all words
}

// searchWrites is how many writes IndexSearch does at most, about: it shares the
// writer with those who wait for an answer.
const searchWrites = 500

// IndexSearch brings the index up to date with entries, as far as one bounded step
// goes, and says how many of them are done. It goes on where an earlier step was
// when it is called again; a text that was changed since it was read stays in the
// queue.
func (tx *Tx) IndexSearch(entries []SearchEntry) (done int, err error) {
	writes := 0
	for i := range entries {
		for finished := false; !finished; {
			n := 0
			if n, finished, err = tx.indexStep(&entries[i]); err != nil {
				return done, err
			}
			if writes += n; writes > searchWrites && !finished {
				return done, nil
			}
		}
		if done++; writes > searchWrites {
			break
		}
	}
	return done, nil
}

// indexStep writes or removes one chunk of words.
func (tx *Tx) indexStep(e *SearchEntry) (writes int, finished bool, err error) {
	now, err := tx.SearchText(e.SearchRef)
	if err != nil || now.Text != e.Text || now.Scope != e.Scope {
		return 0, true, err // for the next who looks into the queue
	}
	sum, chunks := searchSum(e.Text), e.chunks()
	have := map[int]bool{}
	page, err := tx.kv.Scan(searchDocSpace, kv.Prefix(kv.Key(e.Doc)))
	if err != nil {
		return 0, false, err
	}
	for _, row := range page {
		chunk := int(beUint32(row.Key[16:]))
		d, err := decodeSearchDoc(row.Key, row.Value)
		if err != nil || d.Sum != sum || d.Chunks != chunks || d.scope() != e.Scope || e.Text == "" {
			n, err := tx.unindexChunk(e.Doc, chunk)
			return n, false, err
		}
		have[chunk] = true
	}
	next := chunks - 1 // the last chunk is written first: with the first, the text is found
	for next >= 0 && have[next] {
		next--
	}
	if next < 0 || e.Text == "" {
		return 1, true, tx.kv.Delete(searchQueueSpace, e.queueKey())
	}
	n, err := tx.indexChunk(e, next, chunks, sum)
	return n, false, err
}

func beUint32(b []byte) (n uint32) {
	for _, c := range b[:min(4, len(b))] {
		n = n<<8 | uint32(c)
	}
	return n
}

// chunks returns how many entries the text has in the index. One without a word has
// one too, which is empty: so a check can tell it from one whose entry is lost.
func (e *SearchEntry) chunks() int {
	if e.Text == "" {
		return 0
	}
	return max(1, (len(e.Terms)+searchChunk-1)/searchChunk)
}

func (tx *Tx) indexChunk(e *SearchEntry, chunk, chunks int, sum uint32) (writes int, err error) {
	from, to := chunk*searchChunk, min(len(e.Terms), (chunk+1)*searchChunk)
	for i := from; i < to; i++ {
		p := Posting{SearchRef: e.SearchRef, Count: e.Counts[i], Length: e.Length, parts: chunks > 1}
		if err := tx.kv.Put(postingSpace, postingKey(e.Scope, e.Terms[i], e.Doc), p.value(chunk)); err != nil {
			return 0, err
		}
	}
	d := searchDoc{e.Kind, e.Thread, e.Scope.Project, e.Scope.Audience, sum, chunks, e.Terms[from:to]}
	key := searchDocKey(e.Doc, chunk)
	v, err := encode(key, 0, &d)
	if err != nil {
		return 0, err
	}
	return to - from + 1, tx.kv.Put(searchDocSpace, key, v)
}

// unindexChunk takes one chunk of a text's words out of the index.
func (tx *Tx) unindexChunk(doc ID, chunk int) (writes int, err error) {
	key := searchDocKey(doc, chunk)
	v, err := tx.get1(searchDocSpace, key)
	if err != nil || v == nil {
		return 0, err
	}
	d, err := decodeSearchDoc(key, v)
	if err != nil { // it keeps nobody from writing; Check names it, and the words that stay
		return 1, tx.kv.Delete(searchDocSpace, key)
	}
	for _, term := range d.Terms {
		if err := tx.kv.Delete(postingSpace, postingKey(d.scope(), term, doc)); err != nil {
			return 0, err
		}
	}
	return len(d.Terms) + 1, tx.kv.Delete(searchDocSpace, key)
}
