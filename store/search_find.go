package store

import (
	"bytes"
	"slices"

	"github.com/parley-app/parley/store/kv"
)

// Postings returns the newest n texts of a scope that have a word, and whether
// there are more; with prefix, any word that begins so, in no order.
func (tx *Tx) Postings(s SearchScope, term string, prefix bool, n int) (list []Posting, more bool, err error) {
	head := kv.Key(s.Project, s.Audience)
	r := kv.Prefix(kv.Key(s.Project, s.Audience, term))
	if prefix {
		r = kv.Prefix(append(slices.Clip(head), term...)) // no word has a zero byte
	}
	r.Reverse, r.Limit = true, n+1
	err = kv.Walk(tx.kv, postingSpace, r, func(e kv.Entry) error {
		if more = len(list) == n; more {
			return kv.Stop
		}
		word, ok := termOf(e.Key[len(head):])
		if !ok {
			return corrupt(postingSpace, e.Key, "is no posting")
		}
		p, err := parsePosting(e, word)
		list = append(list, p)
		return err
	})
	return list, more, err
}

// termOf reads the word of a posting's key behind its scope.
func termOf(rest []byte) (string, bool) {
	if len(rest) < 18 {
		return "", false
	}
	word, ok := bytes.CutSuffix(rest[:len(rest)-16], []byte{0, 1})
	return string(word), ok
}

// PostingsOf returns the postings of a word in some texts of a scope.
func (tx *Tx) PostingsOf(s SearchScope, term string, docs []ID) (list []Posting, err error) {
	keys := make([][]byte, len(docs))
	for i, doc := range docs {
		keys[i] = postingKey(s, term, doc)
	}
	vals, err := tx.kv.Get(postingSpace, keys...)
	for i, v := range vals {
		if v == nil || err != nil {
			continue
		}
		var p Posting
		p, err = parsePosting(kv.Entry{Key: keys[i], Value: v}, term)
		list = append(list, p)
	}
	return list, err
}

// Alive leaves those postings whose text is still to be found: its thread is
// there, and all its words are in the index.
func (tx *Tx) Alive(list []Posting) ([]Posting, error) {
	threadsThere := map[ID]bool{}
	for _, p := range list {
		threadsThere[p.Thread] = false
	}
	keys := make([][]byte, 0, len(threadsThere))
	ids := make([]ID, 0, len(threadsThere))
	for id := range threadsThere {
		keys, ids = append(keys, kv.Key(id)), append(ids, id)
	}
	vals, err := tx.kv.Get(threads.space, keys...)
	if err != nil {
		return nil, err
	}
	for i, v := range vals {
		threadsThere[ids[i]] = v != nil
	}
	var failed error
	list = slices.DeleteFunc(list, func(p Posting) bool {
		if !threadsThere[p.Thread] || !p.parts || failed != nil {
			return !threadsThere[p.Thread]
		}
		d, err := tx.searchDoc(p.Doc, 0)
		failed = err
		return d == nil
	})
	return list, failed
}
