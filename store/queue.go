package store

import (
	"bytes"

	"github.com/parley-app/parley/store/kv"
)

// MaxQueued is how many questions of one thread may wait.
const MaxQueued = 10

// A Queued is a question that waits until the answers before it have ended. Its
// message has StatusQueued. AnswerID is reserved with it and follows its id directly,
// so each answer stands behind its question, whatever was asked in between.
type Queued struct {
	ThreadID  ID     `json:"thread_id"`
	MessageID ID     `json:"message_id"`
	AnswerID  ID     `json:"answer_id"`
	Model     string `json:"model,omitempty"` // that the question asks for
	CreatedAt Time   `json:"created_at"`
}

var queue = &table[Queued]{
	space: "queue", noun: "queued question", damaged: damagedQueued,
	key: func(q *Queued) []byte { return kv.IDs(q.ThreadID, q.MessageID) },
	refs: []reference[Queued]{
		{name: "thread_id", to: "threads", id: func(q *Queued) ID { return q.ThreadID }, then: cascade},
	},
	recover: func(_ *Tx, key []byte, read *Queued) (*Queued, error) {
		if read != nil {
			return read, nil
		}
		return damagedQueued(key), nil
	},
}

// damagedQueued returns the entry of a key whose record is damaged: all but the wish
// for a model follows from the key. It is nil for what is no key of the queue.
func damagedQueued(key []byte) *Queued {
	if len(key) != 2*len(ID{}) {
		return nil
	}
	q := &Queued{ThreadID: ID(key[:len(ID{})]), MessageID: ID(key[len(ID{}):])}
	q.AnswerID, q.CreatedAt = q.MessageID.Next(), q.MessageID.madeAt()
	return q
}

// Enqueue adds q to the end of its thread's queue. That the queue is full is
// CodeGenerating.
func (tx *Tx) Enqueue(q *Queued) error {
	waiting, err := tx.QueueOf(q.ThreadID)
	if err != nil {
		return err
	}
	if len(waiting) >= MaxQueued {
		return Errorf(CodeGenerating, "%d questions are waiting in this thread already: try again once one of them is answered", len(waiting))
	}
	return queue.replace(tx, nil, q)
}

// QueueOf returns the questions that wait in a thread, in the order in which they
// are answered.
func (tx *Tx) QueueOf(thread ID) ([]*Queued, error) {
	return queue.scan(tx, kv.Prefix(kv.IDs(thread)))
}

// QueuedIn returns the entry of a message in its thread's queue, or nil.
func (tx *Tx) QueuedIn(thread, message ID) (*Queued, error) {
	key := kv.IDs(thread, message)
	q, err := queue.find(tx, key)
	if isDamage(err) {
		return damagedQueued(key), nil
	}
	return q, err
}

// Dequeue removes q from its queue.
func (tx *Tx) Dequeue(q *Queued) error { return queue.remove(tx, q) }

// QueuedThreads returns at most n threads after one (zero: from the first) in which
// questions wait.
func (tx *Tx) QueuedThreads(after ID, n int) (threads []ID, err error) {
	r := kv.Range{Limit: 1}
	if !after.IsZero() {
		r.From = kv.IDs(after.Next())
	}
	for len(threads) < n {
		page, err := tx.kv.Scan(queue.space, r)
		if err != nil || len(page) == 0 {
			return threads, err
		}
		if len(page[0].Key) < len(ID{}) {
			return threads, corrupt(queue.space, page[0].Key, "not a key of the queue")
		}
		thread := ID(bytes.Clone(page[0].Key[:len(ID{})]))
		threads = append(threads, thread)
		r.From = kv.IDs(thread.Next())
	}
	return threads, nil
}
