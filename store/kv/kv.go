// Package kv is the contract between Parley's records and the engine that
// keeps them: an ordered key-value store with serializable transactions.
// It knows no records and imports nothing of ours. Every engine passes the
// suite in kvtest.
package kv

import (
	"bytes"
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
	// The transaction changes nothing, even if its function ignores the error.
	ErrLimit = errors.New("kv: over a limit")
	// ErrReadOnly says that a write was tried in View.
	ErrReadOnly = errors.New("kv: read-only transaction")
	// ErrDone says that a Tx was used after its function had returned.
	ErrDone = errors.New("kv: transaction has ended")
	// ErrClosed says that the engine was closed before the call had its turn.
	ErrClosed = errors.New("kv: engine is closed")
	// ErrBroken says that an earlier commit failed in the file system. What it
	// left behind is unknown, so the engine refuses all later transactions; the
	// process must end, and the next start must check.
	ErrBroken = errors.New("kv: an earlier commit failed")
	// ErrFull reports that the disk has no room for what the transaction writes.
	// The transaction changed nothing, and the engine goes on.
	ErrFull = errors.New("kv: the disk is full")
	// ErrDamaged reports that the engine's file is damaged where the transaction
	// reads. The transaction changed nothing, and the engine goes on.
	ErrDamaged = errors.New("kv: the file is damaged")
)

// reserveKey marks a context; see InReserve.
type reserveKey struct{}

// InReserve returns a context whose Updates may use the room that an engine keeps
// back when the disk is full. It is for small writes that make room, or without
// which nobody can make any.
func InReserve(ctx context.Context) context.Context {
	return context.WithValue(ctx, reserveKey{}, true)
}

// UsesReserve reports whether ctx comes from InReserve.
func UsesReserve(ctx context.Context) bool { return ctx.Value(reserveKey{}) != nil }

// A Space names a keyspace: a bucket in bbolt, a table in PostgreSQL. Spaces
// come into being with their first write.
type Space string

// An Engine runs serializable transactions. It is safe for concurrent use.
// Transactions do not nest: opening one inside another's function deadlocks.
type Engine interface {
	// View runs fn in a read-only snapshot. fn must not wait for the network
	// or for another transaction: a reader that lingers keeps old pages alive.
	// A context that ends makes the calls of fn's Tx fail with its error.
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn in a read-write transaction and returns when its writes
	// are durable, or with fn's error when they are undone. It may run fn more
	// than once: outside its Tx, fn may only overwrite results. A context that
	// ends while the call waits in line takes it out of the line; one that
	// ends later has no effect. If fn panics, its writes are undone and the
	// panic goes on in the caller; no other transaction notices.
	Update(ctx context.Context, fn func(Tx) error) error

	// Close waits for the running transactions and releases the engine; calls
	// still in line get ErrClosed. It must not be called inside a transaction.
	// A second Close does nothing and returns what the first did.
	Close() error
}

// A Tx is one transaction. It is valid only inside the function it was given
// to and only on that function's goroutine; after that its methods return
// ErrDone. Slices it takes are copied before it returns. Slices it hands out
// inside Update are copies that the caller owns; inside View they may be the
// engine's own memory, which is not to be changed and is gone when the function
// returns: what is to outlive it must be copied (kvtest.Lent finds who forgot).
// A write that fails fails the transaction: every later call returns the same
// error, and so does Update, even if fn ignores it.
type Tx interface {
	// Get returns the values of keys in their order, nil for a key that is not
	// there. An empty value comes back empty, not nil. It takes many keys
	// because an engine across a network pays a round trip for each call.
	Get(space Space, keys ...[]byte) ([][]byte, error)

	// Put sets key to value. A nil value is an empty one. An empty key is
	// ErrLimit.
	Put(space Space, key, value []byte) error

	// Delete removes key; that it was not there is no error, but an empty key
	// is ErrLimit, as in Put.
	Delete(space Space, key []byte) error

	// Scan returns one page of entries in key order. It sees this
	// transaction's own writes. A page with fewer entries than it could have
	// is the last; for more, the caller asks for the next (see Walk).
	Scan(space Space, r Range) ([]Entry, error)

	// AfterCommit has fn run once, after this transaction is durable, before
	// its Update returns and before the AfterCommit functions of any later
	// transaction, though perhaps not before their functions. fn must be quick
	// and must not open a transaction: all of those wait for it. If it panics,
	// the panic goes on in the caller of Update; what is durable stays. In View
	// it is ErrReadOnly.
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

// Clone returns a copy of e, for who keeps it longer than it was lent; see Tx.
func (e Entry) Clone() Entry { return Entry{Key: bytes.Clone(e.Key), Value: bytes.Clone(e.Value)} }

// Clone copies a page in its place, and returns it.
func Clone(page []Entry) []Entry {
	for i, e := range page {
		page[i] = e.Clone()
	}
	return page
}

// Stop ends a Walk early, without an error.
var Stop = errors.New("kv: stop")
