package bolt

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/parley-app/parley/store/kv"
)

// A group takes who is in line until one of these is reached, so that nobody
// waits long for others.
const (
	groupCalls  = 1000
	groupWrites = 10_000
	groupBytes  = 8 << 20
)

// A group is the calls that one bbolt transaction commits, in their order. The
// writer has one, whose memory serves one group after the other: when bbolt's
// transaction has ended, nothing refers to it any more.
type group struct {
	snapshot
	calls   []*call
	alone   bool  // takes one call only
	damage  error // a write met a damaged page: nothing of the group can be committed
	damages *atomic.Int64
	running *call    // at present, for the writer
	writes  int      // asked for by the calls that went well
	bytes   int      // of these
	log     []change // what is to be committed
	own     arena    // has the keys and values of log; bbolt keeps the values until the commit
}

// A change is one that undo can take back and that the log can tell. The old value
// lies in the file or where an earlier Put of the group copied it; both outlast
// the group.
type change struct {
	bucket     *bucket
	key, value []byte // value is nil if key was deleted
	old        []byte // nil if key was not there
}

// keptLog is for how many changes a log has room that waits for the next group.
const keptLog = 4096

func newGroup(packed map[kv.Space]bool) *group {
	return &group{snapshot: newSnapshot(nil, packed)}
}

// reserve reports whether g may use the room that is kept back on a full disk.
func (g *group) reserve() bool { return g.alone && g.calls[0].reserve }

func (g *group) full() bool {
	return len(g.calls) >= groupCalls || g.writes >= groupWrites || g.bytes >= groupBytes
}

// read is get, and readPage is scan, with an error for a damaged page.
func (g *group) read(space kv.Space, keys [][]byte) (values [][]byte, err error) {
	defer meetDamage(g.damages, &err)
	return g.get(space, keys), nil
}

func (g *group) readPage(space kv.Space, r kv.Range) (page []kv.Entry, err error) {
	defer meetDamage(g.damages, &err)
	return g.scan(space, r), nil
}

// spoil is deferred by every function that writes with bbolt: after a damaged page nothing of the
// group can be committed or undone in part.
func (g *group) spoil(err *error) {
	if g.damage = *err; !errors.Is(*err, kv.ErrDamaged) {
		g.damage = nil
	}
}

func (g *group) put(b *bucket, key, value []byte) (err error) {
	defer g.spoil(&err)
	defer meetDamage(g.damages, &err)
	key, value = g.own.copy(key), g.own.copy(value)
	g.log = append(g.log, change{b, key, value, b.get(key)})
	return b.Put(key, value)
}

func (g *group) delete(b *bucket, key []byte) (err error) {
	defer g.spoil(&err)
	defer meetDamage(g.damages, &err)
	old := b.get(key)
	if old == nil {
		return nil
	}
	g.log = append(g.log, change{b, g.own.copy(key), nil, old})
	return b.Delete(key)
}

// settle counts what c has written if it went well, and else undoes it.
func (g *group) settle(c *call) error {
	if g.damage != nil {
		return nil //nolint:nilerr // the group is undone as a whole
	}
	if !c.ok {
		return g.undo(c.tx.before)
	}
	g.writes += c.tx.writes
	g.bytes += c.tx.bytes
	return nil
}

// undo puts back what was changed since the log had n changes, the last change
// first. That nobody else has written since makes it exact.
func (g *group) undo(n int) error {
	for i := len(g.log) - 1; i >= n; i-- {
		c, err := g.log[i], error(nil)
		if c.old != nil {
			err = c.bucket.Put(c.key, c.old)
		} else {
			err = c.bucket.Delete(c.key)
		}
		if err != nil {
			return fmt.Errorf("undo: %w", err)
		}
	}
	clear(g.log[n:])
	g.log = g.log[:n]
	return nil
}

// reset makes g that of nobody, once its transaction has ended.
func (g *group) reset() {
	g.snapshot.reset()
	clear(g.calls)
	clear(g.log)
	g.calls, g.log, g.writes, g.bytes = g.calls[:0], g.log[:0], 0, 0
	if cap(g.log) > keptLog {
		g.log = nil
	}
	g.own.reset()
	g.alone, g.damage = false, nil
}
