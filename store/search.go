package store

import (
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"strings"

	"github.com/parley-app/parley/store/kv"
)

// The search index is inverted: a posting for each word of each text, under who may
// read it, so that a search never sees what it may not show.
//
// A write of a text notes it in a queue, in the same transaction, and takes the old
// words out. Whoever empties the queue cuts the text into words, which is slow and
// not our business here, and hands them to IndexSearch, in bounded steps that
// survive a kill. A text whose thread is deleted is found no more, because its
// thread is looked up; its words go when the queue gets to it.
const (
	postingSpace     kv.Space = "search"
	searchDocSpace   kv.Space = "search.docs"
	searchQueueSpace kv.Space = "search.queue"
)

// A SearchKind is what kind of record a text is of.
type SearchKind uint8

// The kinds; they are stored.
const (
	SearchThread SearchKind = iota + 1
	SearchMessage
	SearchSummary
	SearchAttachment
)

// String returns the wire's word.
func (k SearchKind) String() string {
	words := []string{"", "thread", "message", "summary", "attachment"}
	if int(k) >= len(words) {
		return ""
	}
	return words[k]
}

// A SearchScope is who may read a text: the members of a project, or of those the
// one Audience names.
type SearchScope struct{ Project, Audience ID }

func (t *Thread) searchScope() SearchScope { return SearchScope{t.ProjectID, t.audience()} }

// A SearchRef names a record that has a text.
type SearchRef struct {
	Kind        SearchKind
	Thread, Doc ID
}

func (r SearchRef) queueKey() []byte { return kv.Key(uint8(r.Kind), r.Thread, r.Doc) }

func parseQueueKey(key []byte) (r SearchRef, err error) {
	if len(key) != 33 {
		return r, corrupt(searchQueueSpace, key, "names no text")
	}
	return SearchRef{SearchKind(key[0]), ID(key[1:17]), ID(key[17:33])}, nil
}

// A searchDoc is what is in the index of a text, or of a chunk of its words: what
// must go when the text goes.
type searchDoc struct {
	Kind    SearchKind `json:"kind"`
	Thread  ID         `json:"thread"`
	Project ID         `json:"project"`
	Viewer  ID         `json:"viewer"` // the audience
	Sum     uint32     `json:"sum"`    // of the text
	Chunks  int        `json:"chunks"`
	Terms   []string   `json:"terms"`
}

func (d *searchDoc) scope() SearchScope { return SearchScope{d.Project, d.Viewer} }

// searchChunk is how many words a step writes or removes.
const searchChunk = 250

func searchSum(text string) uint32 { return crc32.Checksum([]byte(text), castagnoli) }

func searchDocKey(doc ID, chunk int) []byte { return kv.Key(doc, uint32(chunk)) }

func decodeSearchDoc(key, v []byte) (*searchDoc, error) {
	_, record, err := open(key, v)
	if err != nil {
		return nil, corrupt(searchDocSpace, key, "%w", err)
	}
	d := new(searchDoc)
	if err := json.Unmarshal(record, d); err != nil {
		return nil, corrupt(searchDocSpace, key, "%w", err)
	}
	return d, nil
}

func (tx *Tx) searchDoc(doc ID, chunk int) (*searchDoc, error) {
	key := searchDocKey(doc, chunk)
	v, err := tx.get1(searchDocSpace, key)
	if err != nil || v == nil {
		return nil, err
	}
	return decodeSearchDoc(key, v)
}

// postingKey is [project, audience, word, text].
func postingKey(s SearchScope, term string, doc ID) []byte {
	return kv.Key(s.Project, s.Audience, term, doc)
}

// A Posting says that a word is in a text.
type Posting struct {
	SearchRef
	Term   string
	Count  int  // how often, at most 255
	Length int  // about how many words the text has
	parts  bool // the words are in several chunks, so it counts only once all are there
}

// A posting's value is kind, count, the logarithm of the length, whether there are
// several chunks, the chunk, and the thread.
const postingValue = 4 + 4 + 16

func (p *Posting) value(chunk int) []byte {
	length := uint8(0)
	for n := p.Length; n > 1; n /= 2 {
		length++
	}
	v := []byte{byte(p.Kind), byte(min(p.Count, 255)), length, 0}
	if p.parts {
		v[3] = 1
	}
	v = binary.BigEndian.AppendUint32(v, uint32(chunk))
	return append(v, p.Thread[:]...)
}

func parsePosting(e kv.Entry, term string) (p Posting, err error) {
	if len(e.Key) < 16 || len(e.Value) != postingValue {
		return p, corrupt(postingSpace, e.Key, "is no posting")
	}
	p.Doc = ID(e.Key[len(e.Key)-16:])
	p.Kind, p.Count, p.Length, p.parts = SearchKind(e.Value[0]), int(e.Value[1]), 1<<min(e.Value[2], 30), e.Value[3] == 1
	p.Thread, p.Term = ID(e.Value[8:]), term
	return p, nil
}

// What happens to the index when a record is written or removed; see table.moved.

func (tx *Tx) threadMoved(old, t *Thread) error {
	return tx.textMoved(refOf(old, t, func(t *Thread) SearchRef { return SearchRef{SearchThread, t.ID, t.ID} }),
		textOf(old, func(t *Thread) string { return t.Title }), textOf(t, func(t *Thread) string { return t.Title }), t == nil)
}

func (tx *Tx) messageMoved(old, m *Message) error {
	return tx.textMoved(refOf(old, m, func(m *Message) SearchRef { return SearchRef{SearchMessage, m.ThreadID, m.ID} }),
		textOf(old, (*Message).searchText), textOf(m, (*Message).searchText), m == nil)
}

// searchText is what of a message is found: nothing of one that is still written.
func (m *Message) searchText() string {
	if m.IsDeleted || m.Status == StatusStreaming {
		return ""
	}
	return m.Content
}

// summaryMoved leaves all to the queue: many summaries may go with one message, and
// whoever shows what was found reads the record again.
func (tx *Tx) summaryMoved(old, s *Summary) error {
	ref := refOf(old, s, func(s *Summary) SearchRef { return SearchRef{SearchSummary, s.ThreadID, s.ID} })
	if textOf(old, (*Summary).searchText) == textOf(s, (*Summary).searchText) {
		return nil
	}
	return tx.kv.Put(searchQueueSpace, ref.queueKey(), []byte{})
}

func (s *Summary) searchText() string {
	return strings.Join(append([]string{s.SummaryText}, s.KeyTopics...), "\n")
}

func (tx *Tx) attachmentMoved(old, a *Attachment) error {
	return tx.textMoved(refOf(old, a, func(a *Attachment) SearchRef { return SearchRef{SearchAttachment, a.ThreadID, a.ID} }),
		textOf(old, func(a *Attachment) string { return a.Name }), textOf(a, func(a *Attachment) string { return a.Name }), a == nil)
}

func refOf[T any](old, r *T, ref func(*T) SearchRef) SearchRef {
	if r == nil {
		return ref(old)
	}
	return ref(r)
}

func textOf[T any](r *T, text func(*T) string) string {
	if r == nil {
		return ""
	}
	return text(r)
}

// textMoved takes a text that is no more out of the index at once, and notes that
// there is work. What goes with its whole thread is left to that work: it is found
// no more as it is.
func (tx *Tx) textMoved(ref SearchRef, old, text string, gone bool) error {
	if old == text {
		return nil
	}
	if old != "" {
		there := true
		if gone {
			var err error
			if there, err = threads.has(tx, ref.Thread); err != nil {
				return err
			}
		}
		if there {
			if _, err := tx.unindexChunk(ref.Doc, 0); err != nil {
				return err
			}
		}
	}
	return tx.kv.Put(searchQueueSpace, ref.queueKey(), []byte{})
}
