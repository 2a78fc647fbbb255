// Package kv is the contract between Parley's records and the engine that
// keeps them: an ordered key-value store with serializable transactions.
// It knows no records and imports nothing of ours. Every engine passes the
// suite in kvtest.
package kv

import (
	"context"
	"errors"
)

// The limits that every engine enforces, the embedded one included, so that
// what runs on one runs on all.
const (
	MaxKey    = 1 << 10 // bytes of a key
	MaxValue  = 4 << 20 // bytes of a value; what is larger belongs in a blob
	MaxWrites = 1000    // puts and deletes of one transaction
	MaxBytes  = 8 << 20 // bytes of keys and values written by one transaction
	MaxPage   = 1000    // entries that one Scan returns
)

// Errors that engines return, wrapped or bare.
var (
	// ErrLimit says that a key, value or transaction is over a limit above.
	// The transaction changes nothing.
	ErrLimit = errors.New("kv: over a limit")
	// ErrReadOnly says that a write was tried in View.
	ErrReadOnly = errors.New("kv: read-only transaction")
	// ErrClosed says that the engine was closed before the call.
	ErrClosed = errors.New("kv: engine is closed")
	// ErrBroken says that an earlier commit failed in the file system. What it
	// left behind is unknown, so the engine refuses all later writes; the
	// process must end, and the next start must check.
	ErrBroken = errors.New("kv: an earlier commit failed")
)

// A Space names a keyspace: a bucket in bbolt, a table in PostgreSQL. Spaces
// come into being with their first write.
type Space string

// An Engine runs serializable transactions. It is safe for concurrent use.
// Transactions do not nest: opening one inside another's function deadlocks.
type Engine interface {
	// View runs fn in a read-only snapshot. fn must not wait for the network
	// or for another transaction: a reader that lingers keeps old pages alive.
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn in a read-write transaction and returns when its writes
	// are durable, or with fn's error when they are undone. It may run fn more
	// than once: outside its Tx, fn may only overwrite results. A context that
	// ends while the call waits in line takes it out of the line; one that
	// ends later has no effect.
	Update(ctx context.Context, fn func(Tx) error) error

	// Close waits for the running transactions and releases the engine.
	Close() error
}

// A Tx is one transaction. It is valid only inside the function it was given
// to and only on that function's goroutine. Slices it takes are copied before
// it returns; slices it hands out are copies that the caller owns.
type Tx interface {
	// Get returns the values of keys in their order, nil for a key that is not
	// there. An empty value comes back empty, not nil. It takes many keys
	// because an engine across a network pays a round trip for each call.
	Get(space Space, keys ...[]byte) ([][]byte, error)

	// Put sets key to value. An empty key is ErrLimit.
	Put(space Space, key, value []byte) error

	// Delete removes key; that it was not there is no error.
	Delete(space Space, key []byte) error

	// Scan returns one page of entries in key order. It sees this
	// transaction's own writes. What a caller does not get in one page it asks
	// for with the next (see Walk).
	Scan(space Space, r Range) ([]Entry, error)

	// AfterCommit has fn run once, after this transaction is durable and before
	// any later one's functions run. fn must be quick and must not open a
	// transaction. In View it is ErrReadOnly.
	AfterCommit(fn func()) error
}

// A Range is a page of a keyspace: the keys k with From <= k < To. A nil From
// is the first key, a nil To is past the last.
type Range struct {
	From, To []byte
	Reverse  bool // the largest keys first
	Limit    int  // 0 or more than MaxPage means MaxPage
}

// Prefix is the range of all keys that start with p.
func Prefix(p []byte) Range {
	return Range{From: p, To: Next(p)}
}

// An Entry is a key and its value.
type Entry struct {
	Key, Value []byte
}

// Walk calls fn for every entry of r in order, page by page, until fn returns
// an error, which Walk returns, or Stop, which ends it without one. fn may
// write, also to the entries it is given; entries that it adds behind the
// walk's position may or may not be visited. r.Limit bounds the whole walk.
func Walk(tx Tx, space Space, r Range, fn func(Entry) error) error {
	left := r.Limit
	for {
		page, err := tx.Scan(space, Range{From: r.From, To: r.To, Reverse: r.Reverse, Limit: left})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, e := range page {
			if err := fn(e); errors.Is(err, Stop) {
				return nil
			} else if err != nil {
				return err
			}
		}
		if left > 0 {
			if left -= len(page); left <= 0 {
				return nil
			}
		}
		last := page[len(page)-1].Key
		if r.Reverse {
			r.To = last
		} else {
			r.From = append(last, 0)
		}
	}
}

// Stop ends a Walk early, without an error.
var Stop = errors.New("kv: stop")
