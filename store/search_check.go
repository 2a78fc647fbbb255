package store

import (
	"bytes"
	"slices"

	"github.com/parley-app/parley/store/kv"
)

var searchSpaces = []kv.Space{postingSpace, searchDocSpace, searchQueueSpace}

// A searchFault is something in the index that does not fit.
type searchFault struct {
	space kv.Space
	key   []byte
	what  string
	// queue, if set, is the text that has to be put into the index anew.
	queue *SearchRef
	drop  bool // the entry has to go
}

// checkSearch reports what in the index of words does not fit the texts.
func checkSearch(tx *Tx, report *Findings) error {
	return tx.searchFaults(func(f searchFault) error {
		report.derived("%s %x: %s", f.space, f.key, f.what)
		return nil
	})
}

func (tx *Tx) searchFaults(fn func(searchFault) error) error {
	for _, look := range []func(func(searchFault) error) error{tx.queueFaults, tx.docFaults, tx.postingFaults, tx.textFaults} {
		if err := look(fn); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) queueFaults(fn func(searchFault) error) error {
	return kv.Walk(tx.kv, searchQueueSpace, kv.Range{}, func(e kv.Entry) error {
		if ref, err := parseQueueKey(e.Key); err != nil || ref.Kind.String() == "" {
			return fn(searchFault{space: searchQueueSpace, key: e.Key, what: "names no text", drop: true})
		}
		return nil
	})
}

// docFaults looks from what texts have in the index to the words.
func (tx *Tx) docFaults(fn func(searchFault) error) error {
	return kv.Walk(tx.kv, searchDocSpace, kv.Range{}, func(e kv.Entry) error {
		d, err := decodeSearchDoc(e.Key, e.Value)
		if err != nil || len(e.Key) != 20 {
			return fn(searchFault{space: searchDocSpace, key: e.Key, what: "is damaged", drop: true})
		}
		ref := SearchRef{d.Kind, d.Thread, ID(e.Key[:16])}
		for _, term := range d.Terms {
			v, err := tx.get1(postingSpace, postingKey(d.scope(), term, ref.Doc))
			if err != nil {
				return err
			}
			if len(v) != postingValue || !bytes.Equal(v[4:8], e.Key[16:]) {
				return fn(searchFault{space: searchDocSpace, key: e.Key, what: "has words that are not in the index", queue: &ref, drop: true})
			}
		}
		return tx.docFault(e.Key, ref, d, fn)
	})
}

// docFault says whether what is in the index of a text is still its text, or is
// about to be seen to.
func (tx *Tx) docFault(key []byte, ref SearchRef, d *searchDoc, fn func(searchFault) error) error {
	queued, err := tx.get1(searchQueueSpace, ref.queueKey())
	if err != nil || queued != nil {
		return err
	}
	text, err := tx.searchText(ref)
	if err != nil {
		return nil //nolint:nilerr // the record is damaged, which its own table says
	}
	there, err := threads.has(tx, ref.Thread)
	if err != nil || !there {
		return err // its thread is being taken down, and it is seen by nobody
	}
	if searchSum(text.Text) == d.Sum && text.Text != "" && text.Scope.Project == d.Project {
		return nil
	}
	return fn(searchFault{space: searchDocSpace, key: key, what: "is not what the " + d.Kind.String() + " says now", queue: &ref})
}

// postingFaults looks from the words to what their texts have.
func (tx *Tx) postingFaults(fn func(searchFault) error) error {
	var last *searchDoc
	var lastKey []byte
	var terms map[string]bool
	return kv.Walk(tx.kv, postingSpace, kv.Range{}, func(e kv.Entry) error {
		p, err := parsePosting(e, "")
		if err != nil || len(e.Key) < 32+18 {
			return fn(searchFault{space: postingSpace, key: e.Key, what: "is no posting", drop: true})
		}
		term, ok := termOf(e.Key[32:])
		row := searchDocKey(p.Doc, int(beUint32(e.Value[4:8])))
		if !bytes.Equal(row, lastKey) {
			v, err := tx.get1(searchDocSpace, row)
			if err != nil {
				return err
			}
			last, lastKey, terms = nil, row, nil
			if v != nil {
				last, _ = decodeSearchDoc(row, v) // that it is damaged has been said
			}
		}
		if last != nil && len(last.Terms) > 20 && terms == nil {
			terms = map[string]bool{}
			for _, t := range last.Terms {
				terms[t] = true
			}
		}
		if ok && last != nil && (terms[term] || terms == nil && slices.Contains(last.Terms, term)) &&
			last.scope() == (SearchScope{ID(e.Key[:16]), ID(e.Key[16:32])}) {
			return nil
		}
		return fn(searchFault{space: postingSpace, key: e.Key, what: "is of no text", drop: true})
	})
}

// textFaults looks from the texts to the index.
func (tx *Tx) textFaults(fn func(searchFault) error) error {
	return tx.eachText(func(ref SearchRef, text string) error {
		if text == "" {
			return nil
		}
		whole, err := tx.searchable(ref.Doc)
		if err != nil || whole {
			return err
		}
		queued, err := tx.get1(searchQueueSpace, ref.queueKey())
		if err != nil || queued != nil {
			return err
		}
		return fn(searchFault{space: searchDocSpace, key: searchDocKey(ref.Doc, 0), what: "missing, for a " + ref.Kind.String(), queue: &ref})
	})
}

// searchable says whether all chunks of a text's words are there.
func (tx *Tx) searchable(doc ID) (bool, error) {
	for chunk, chunks := 0, 1; chunk < chunks; chunk++ {
		key := searchDocKey(doc, chunk)
		v, err := tx.get1(searchDocSpace, key)
		if err != nil || v == nil {
			return false, err
		}
		d, err := decodeSearchDoc(key, v)
		if err != nil {
			return false, nil //nolint:nilerr // damaged is not there
		}
		chunks = d.Chunks
	}
	return true, nil
}

// eachText calls fn for every text that is to be found, of threads that are there.
func (tx *Tx) eachText(fn func(SearchRef, string) error) error {
	for _, kind := range searchables {
		err := kv.Walk(tx.kv, kind.space, kv.Range{}, func(e kv.Entry) error {
			ref, text, err := kind.read(e)
			if err != nil {
				return nil //nolint:nilerr // the record is damaged, which its own table says
			}
			if there, err := threads.has(tx, ref.Thread); err != nil || !there {
				return err
			}
			return fn(ref, text)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// A searchable is a table whose records have a text.
type searchable struct {
	space kv.Space
	read  func(kv.Entry) (SearchRef, string, error)
}

var searchables = []searchable{
	{threads.space, func(e kv.Entry) (SearchRef, string, error) {
		t, err := threads.decode(e.Key, e.Value)
		if err != nil {
			return SearchRef{}, "", err
		}
		return SearchRef{SearchThread, t.ID, t.ID}, t.Title, nil
	}},
	{messages.space, func(e kv.Entry) (SearchRef, string, error) {
		m, err := messages.decode(e.Key, e.Value)
		if err != nil {
			return SearchRef{}, "", err
		}
		return SearchRef{SearchMessage, m.ThreadID, m.ID}, m.searchText(), nil
	}},
	{summaries.space, func(e kv.Entry) (SearchRef, string, error) {
		s, err := summaries.decode(e.Key, e.Value)
		if err != nil {
			return SearchRef{}, "", err
		}
		return SearchRef{SearchSummary, s.ThreadID, s.ID}, s.searchText(), nil
	}},
	{attachments.space, func(e kv.Entry) (SearchRef, string, error) {
		a, err := attachments.decode(e.Key, e.Value)
		if err != nil {
			return SearchRef{}, "", err
		}
		return SearchRef{SearchAttachment, a.ThreadID, a.ID}, a.Name, nil
	}},
}

// search drops what does not fit and queues what has to be made again; see package
// api/search for the rest.
func (r *repairer) search() error {
	return r.store.View(r.ctx, func(tx *Tx) error {
		return tx.searchFaults(func(f searchFault) error {
			r.say("%s %x: %s; it is made again", f.space, f.key, f.what)
			if f.drop {
				was, err := tx.get1(f.space, f.key)
				if err != nil {
					return err
				}
				r.dropSame(f.space, f.key, was)
			}
			if f.queue != nil {
				r.write(searchQueueSpace, f.queue.queueKey(), []byte{})
			}
			return nil
		})
	})
}

// dropSame deletes a key if it still has the value that it had. If somebody has
// written it meanwhile, it is in step.
func (r *repairer) dropSame(space kv.Space, key, value []byte) {
	key, value = bytes.Clone(key), bytes.Clone(value)
	r.rewrite(space, key, func(tx *Tx) ([]byte, bool, error) {
		is, err := tx.get1(space, key)
		return nil, err == nil && bytes.Equal(is, value), err
	})
}

// queueMissing is the migration that queues the texts that are not in the index: an
// index of words before it had nothing of a text without a word, so that nobody
// could tell it from one whose words were lost.
func queueMissing(tx *Tx, place []byte) ([]byte, error) {
	return queueSome(tx, place, func(ref SearchRef) (bool, error) {
		whole, err := tx.searchable(ref.Doc)
		return !whole, err
	})
}

// queueTexts is the migration that has every text put into the index. Its place is
// the table, one byte, and the key that it goes on from.
func queueTexts(tx *Tx, place []byte) ([]byte, error) {
	return queueSome(tx, place, func(SearchRef) (bool, error) { return true, nil })
}

// queueSome is a step of a migration that queues the texts for which wanted says so.
// Records that are damaged have none.
func queueSome(tx *Tx, place []byte, wanted func(SearchRef) (bool, error)) ([]byte, error) {
	kind, from := 0, []byte(nil)
	if place != nil {
		kind, from = int(place[0]), place[1:]
	}
	page, err := tx.kv.Scan(searchables[kind].space, kv.Range{From: from, Limit: searchChunk})
	if err != nil {
		return nil, err
	}
	for _, e := range page {
		ref, text, err := searchables[kind].read(e)
		if err != nil || text == "" {
			continue
		}
		if ok, err := wanted(ref); err != nil {
			return nil, err
		} else if !ok {
			continue
		}
		if err := tx.kv.Put(searchQueueSpace, ref.queueKey(), []byte{}); err != nil {
			return nil, err
		}
	}
	switch {
	case len(page) == searchChunk:
		return append([]byte{byte(kind)}, append(page[len(page)-1].Key, 0)...), nil
	case kind+1 < len(searchables):
		return []byte{byte(kind + 1)}, nil
	default:
		return nil, nil
	}
}
