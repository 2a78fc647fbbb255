package kvtest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

// A memory is the simplest engine that passes the suite, and, with a fault, one
// of the many that must not.
type memory struct {
	fault string
	line  chan struct{} // has one element when nobody writes
	users *sync.RWMutex // held for reading by who is inside; Close takes all

	mu     sync.Mutex
	state  state
	closed bool
}

func newMemory(fault string) *memory {
	m := &memory{fault: fault, line: make(chan struct{}, 1), users: new(sync.RWMutex), state: state{}}
	m.line <- struct{}{}
	return m
}

func (m *memory) Reopen(*testing.T) kv.Engine {
	again := newMemory(m.fault)
	if m.fault != "forgets when closed" {
		again.state = m.state
	}
	return again
}

func (m *memory) Close() error {
	if m.fault != "closes under its users" {
		m.users.Lock()
		defer m.users.Unlock()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// enter lets a transaction in that leave must let out.
func (m *memory) enter(ctx context.Context) (state, error) {
	m.users.RLock()
	m.mu.Lock()
	defer m.mu.Unlock()
	err := ctx.Err()
	if m.fault == "runs what is cancelled" {
		err = nil
	}
	if m.closed && m.fault != "works when closed" {
		err = kv.ErrClosed
	}
	if err != nil {
		m.users.RUnlock()
	}
	return m.state, err
}

func (m *memory) leave() { m.users.RUnlock() }

func (m *memory) View(ctx context.Context, fn func(kv.Tx) error) error {
	s, err := m.enter(ctx)
	if err != nil {
		return err
	}
	defer m.leave()
	tx := &memoryTx{m: m, ctx: ctx, state: s, readOnly: true}
	defer tx.end()
	return fn(tx)
}

func (m *memory) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if m.fault != "has no line" {
		select {
		case <-m.line:
		case <-ctx.Done():
			return ctx.Err()
		}
		defer func() { m.line <- struct{}{} }()
	}
	s, err := m.enter(ctx)
	if err != nil {
		return err
	}
	defer m.leave()
	tx := &memoryTx{m: m, ctx: context.Background(), state: s.clone(), before: s}
	if m.fault == "writes in place" {
		tx.state = s
	}
	return m.finish(tx, fn)
}

func (m *memory) finish(tx *memoryTx, fn func(kv.Tx) error) (err error) {
	defer tx.end()
	if m.fault == "swallows panics" {
		defer func() { _ = recover() }()
	}
	if err = fn(tx); err == nil && m.fault != "forgets its own errors" {
		err = tx.err
	}
	tx.end()
	if err == nil || m.fault == "keeps what failed" {
		m.mu.Lock()
		m.state = tx.state
		m.mu.Unlock()
	}
	if err == nil || m.fault == "tells what failed" {
		if m.fault == "lets others in before it tells" {
			m.line <- struct{}{}
			defer func() { <-m.line }()
		}
		publish(tx.after)
	}
	return err
}

func publish(fns []func()) {
	if len(fns) > 0 {
		defer publish(fns[1:])
		fns[0]()
	}
}

type memoryTx struct {
	m             *memory
	ctx           context.Context
	state, before state
	readOnly      bool
	writes, bytes int
	err           error
	done          bool
	after         []func()
}

func (tx *memoryTx) end() { tx.done = tx.m.fault != "has no end" }

func (tx *memoryTx) usable() error {
	switch {
	case tx.done:
		return kv.ErrDone
	case tx.err != nil && tx.m.fault != "forgets its own errors":
		return tx.err
	case tx.m.fault == "reads on when cancelled":
		return nil
	}
	return tx.ctx.Err()
}

// sees is the state that a read of tx is answered from.
func (tx *memoryTx) sees() state {
	tx.m.mu.Lock()
	defer tx.m.mu.Unlock()
	switch {
	case tx.m.fault == "does not see its writes" && !tx.readOnly:
		return tx.before
	case tx.m.fault == "sees what comes" && tx.readOnly:
		return tx.m.state
	}
	return tx.state
}

func (tx *memoryTx) Get(space kv.Space, keys ...[]byte) ([][]byte, error) {
	values := make([][]byte, len(keys))
	s := tx.sees()
	for i, k := range keys {
		if v, ok := s[space][string(k)]; ok || tx.m.fault == "makes missing empty" {
			values[i] = append([]byte{}, v...)
		}
		if len(values[i]) == 0 && tx.m.fault == "makes empty missing" {
			values[i] = nil
		}
	}
	return values, tx.usable()
}

func (tx *memoryTx) Scan(space kv.Space, r kv.Range) ([]kv.Entry, error) {
	s := tx.sees()[space]
	keys := slices.Sorted(maps.Keys(s))
	if r.Reverse && tx.m.fault != "cannot reverse" {
		slices.Reverse(keys)
	}
	if r.Limit <= 0 || r.Limit > kv.MaxPage {
		r.Limit = kv.MaxPage
	}
	if tx.m.fault == "has no pages" {
		r.Limit = len(keys)
	}
	var page []kv.Entry
	var joined []byte // all in one piece, if that is the fault
	for _, k := range keys {
		if !tx.within(k, r) || len(page) == r.Limit {
			continue
		}
		e := kv.Entry{Key: []byte(k), Value: append([]byte{}, s[k]...)}
		if tx.m.fault == "joins its results" {
			n := len(joined)
			joined = append(slices.Grow(joined, 1<<16), k+s[k]...)
			e = kv.Entry{Key: joined[n : n+len(k)], Value: joined[n+len(k):]}
		}
		page = append(page, e)
	}
	return page, tx.usable()
}

func (tx *memoryTx) within(k string, r kv.Range) bool {
	switch tx.m.fault {
	case "includes the upper bound":
		return k >= string(r.From) && (r.To == nil || k <= string(r.To))
	case "excludes the lower bound":
		return (r.From == nil || k > string(r.From)) && (r.To == nil || k < string(r.To))
	case "takes an empty bound for none":
		return k >= string(r.From) && (len(r.To) == 0 || k < string(r.To))
	case "compares as text":
		return strings.Compare(strings.ToLower(k), strings.ToLower(string(r.From))) >= 0 &&
			(r.To == nil || k < string(r.To))
	}
	return k >= string(r.From) && (r.To == nil || k < string(r.To))
}

func (tx *memoryTx) Put(space kv.Space, key, value []byte) error {
	return tx.write(key, value, func() {
		if tx.state[space] == nil {
			tx.state[space] = map[string]string{}
		}
		tx.state[space][string(key)] = string(value)
	})
}

func (tx *memoryTx) Delete(space kv.Space, key []byte) error {
	return tx.write(key, nil, func() {
		if tx.m.fault != "does not delete" {
			delete(tx.state[space], string(key))
		}
	})
}

func (tx *memoryTx) write(key, value []byte, do func()) error {
	if err := tx.usable(); err != nil && !tx.readOnly {
		return err
	}
	if tx.readOnly {
		if tx.m.fault == "lets views write" {
			return nil
		}
		return kv.ErrReadOnly
	}
	tx.writes++
	tx.bytes += len(key) + len(value)
	over := map[string]int{tx.m.fault: 1}
	if len(key) == 0 && over["takes empty keys"] == 0 || len(key) > kv.MaxKey+over["takes longer keys"] ||
		len(value) > kv.MaxValue+over["takes larger values"] || tx.writes > kv.MaxWrites+over["takes more writes"] ||
		tx.bytes > kv.MaxBytes+over["takes more bytes"] {
		tx.err = kv.ErrLimit
		return tx.err
	}
	do()
	return nil
}

func (tx *memoryTx) AfterCommit(fn func()) error {
	if err := tx.usable(); err != nil {
		return err
	}
	if tx.readOnly {
		return kv.ErrReadOnly
	}
	if tx.m.fault == "tells too early" {
		fn()
	}
	tx.after = append(tx.after, fn)
	return nil
}
